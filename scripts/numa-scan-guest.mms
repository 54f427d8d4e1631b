# SPDX-License-Identifier: GPL-2.0-or-later
# The scanner sees what a script maps, and none of what the executor of verify maps itself, for a
# guest's first access among others: that has a policy and is passed over.
map     ram 16T 512M rw anon private noreserve nohuge
map     obj 17T 64M rw shmem shared
vm      vm0 tdp
memslot vm0 0 gpa=8G ram 512M
touch   ram 64K w
touch   obj 4K w
guest   vm0 w 8G 64K
numa_scan 1
> PROTECTION_VMA ram ram+256M
numa_scan 1
> linux-3.14  PROTECTION_VMA ram+256M ram+512M
> linux-6.1   none
> linux-6.12+ PROTECTION_VMA ram+256M ram+512M
> linux-6.12+ PROTECTION_VMA obj obj+64M
guest   vm0 r 8G 64K
numa_scan 1
> PROTECTION_VMA ram ram+256M
numa_scan 2
