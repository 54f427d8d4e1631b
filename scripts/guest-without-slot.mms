# SPDX-License-Identifier: GPL-2.0-or-later
# A guest's access to memory without a slot goes to user space. KVM remembers that there is no slot
# in an entry with a reserved bit, so that the next access costs no walk; a slot that comes later
# makes the entry void, and the access ends in the new memory.
map ram 0x100000000000 2M rw anon private noreserve nohuge
vm vm0 tdp
guest vm0 w 4G 4K
> errno ENOENT
guest vm0 r 4G 4K
> errno ENOENT
memslot vm0 0 gpa=4G ram 2M
guest vm0 w 4G 4K
guest vm0 r 4G+2M 4K
> errno ENOENT
mprotect ram 2M r
> PROTECTION_VMA 0x100000000000 0x100000200000
