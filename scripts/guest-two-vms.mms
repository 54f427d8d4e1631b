# SPDX-License-Identifier: GPL-2.0-or-later
# Two VMs of one process: both subscribe, both are told. Memory outside every memslot is
# notified, too, and costs KVM a look-up.
map ram   0x100000000000 64M rw anon private noreserve nohuge
map other 0x200000000000 64M rw anon private noreserve nohuge
vm vm0 tdp
vm vm1 tdp
memslot vm0 0 gpa=0 ram 64M
memslot vm1 0 gpa=0 ram 64M
guest vm0 w 0 16K
guest vm1 w 0 16K
touch other 16K w
assert pages_4k == 8
mprotect other 64M r
> PROTECTION_VMA other other+64M
assert sptes_zapped == 0
madvise ram 64M dontneed
> CLEAR ram ram+64M
assert sptes_zapped == 8
assert pages_4k == 0
