# SPDX-License-Identifier: GPL-2.0-or-later
# A hole in a huge page of an object: up to 6.14 all of it becomes small pages; later only the page
# at the hole's edge does, and the others stay in halves, quarters and so on, which are mapped,
# moved and paged out as one each. A hole in one of these halves it again.
sysctl shmem_thp madvise
map m 0x100000000000 2M rw shmem shared huge
touch m 4K w
madvise m+2M-4K 4K remove
touch m 4K
madvise m 2M pageout
> linux-7.2 CLEAR m m+1M
touch m+1M 4K w
touch m+1M+512K 4K w
madvise m 2M pageout
> linux-7.2 CLEAR m+1M m+1M+512K
> linux-7.2 CLEAR m+1M+512K m+1M+768K
madvise m+512K 4K remove
> linux-6.1 CLEAR m+512K m+516K
> linux-6.12 CLEAR m+512K m+516K
> linux-7.2 CLEAR m+512K m+516K
> linux-7.2 CLEAR m m+1M
touch m 4K
touch m+1M-4K 4K
madvise m 2M pageout
> linux-7.2 CLEAR m m+512K
> linux-7.2 CLEAR m+768K m+1M
