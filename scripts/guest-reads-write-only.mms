# SPDX-License-Identifier: GPL-2.0-or-later
# The processor lets a process read what it may only write; get_user_pages() does not. A guest's read
# of memory mapped without PROT_READ fails, unless a writable entry is there already: the fast path
# looks at the entry and not at the VMA.
map     ram 0x100000000000 16K wx anon private nohuge
vm      vm0 tdp
memslot vm0 0 gpa=8G ram 16K
touch   ram 4K w
guest   vm0 r 8G 4K
> errno 0
guest   vm0 r 0x200001000 4K
> errno EFAULT
guest   vm0 w 0x200002000 4K
> errno 0
