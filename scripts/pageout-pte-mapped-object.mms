# SPDX-License-Identifier: GPL-2.0-or-later
# A huge page of an object that is mapped page by page, by one VMA: 6.12 and later page it out as
# one. It was never written to, and the memory goes with it: the next access finds small pages.
# Moved to another node it stays whole, mapped in part or not.
sysctl shmem_thp madvise
map m 0x100000000000 2M rw shmem shared huge
touch m 4K
map v 0x110000000000 2M rw shmem shared nohuge of=m
munmap m 2M
touch v 2M
move_pages v 2M 1
> CLEAR v v+2M
madvise v+4K 4K dontneed
move_pages v 2M 0
> linux-6.12+ CLEAR v v+2M
touch v 2M
madvise v 2M pageout
> linux-6.12+ CLEAR v v+2M
touch v 4K
madvise v 2M pageout
> linux-6.12+ CLEAR v v+4K
