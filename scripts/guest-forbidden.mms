# SPDX-License-Identifier: GPL-2.0-or-later
# A guest cannot do more than its process: read-only memory in a writable memslot.
map ram 0x100000000000 64M rw anon private noreserve nohuge
vm vm0 tdp
memslot vm0 0 gpa=0 ram 64M
guest vm0 w 0 4K
mprotect ram 64M r
> PROTECTION_VMA ram ram+64M
guest vm0 r 0 4K
> errno 0
guest vm0 w 0 4K
> errno EFAULT
