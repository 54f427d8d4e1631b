# SPDX-License-Identifier: GPL-2.0-or-later
# MADV_PAGEOUT makes the process's entries old before reclaim looks at them. Up to 6.8 reclaim asks
# whether the page has been used, and a guest's entry says so the first time: the page stays.
map ram 0x100000000000 64K rw shmem shared noreserve
vm vm0 tdp
memslot vm0 0 gpa=4G ram 64K
guest vm0 w 4G 4K
touch ram+4K 4K w
madvise ram 64K pageout
> linux-6.1 CLEAR 0x100000001000 0x100000002000
> linux-6.12+ CLEAR 0x100000000000 0x100000001000
> linux-6.12+ CLEAR 0x100000001000 0x100000002000
madvise ram 64K pageout
> linux-6.1 CLEAR 0x100000000000 0x100000001000
> linux-6.12+ none
