# SPDX-License-Identifier: GPL-2.0-or-later
# Pages of objects that are pinned for DMA. A hole in a huge one is zeroed, but nothing is split and
# no page goes. Nor is it collapsed. Migration takes it out once for each batch and once alone from
# 6.3 on, ten times before; move_pages ends with it.
sysctl shmem_thp madvise
map m 0x100000000000 4M rw shmem shared huge
touch m 4M w
pin m 4K
madvise m+1M 2M remove
> linux-6.1+ CLEAR m+1M m+3M
> linux-6.1+ CLEAR m m+2M
> linux-6.1+ CLEAR m+2M m+4M
> linux-6.1 CLEAR m+2M m+4M
> linux-6.1 CLEAR m+2M m+4M
> linux-6.12 CLEAR m+2M m+4M
> linux-7.2 CLEAR m+2M m+4M
> linux-7.2 CLEAR m+3M m+4M
> errno 0
madvise m+64K 64K cold
madvise m 2M pageout
touch m 4K
move_pages m 4M 1
> linux-6.12+ CLEAR m m+2M
> linux-6.12+ CLEAR m m+2M
mbind m 2M bind 1 move strict
> linux-6.12+ CLEAR m m+2M
> linux-6.12+ CLEAR m m+2M
> errno EIO
truncate m 1M
truncate m 4M
touch m 4K
sysctl shmem_thp never
map c 0x110000000000 2M rw shmem shared huge
touch c 2M w
pin c+4K 4K
madvise c 2M collapse
> none
> errno EAGAIN
