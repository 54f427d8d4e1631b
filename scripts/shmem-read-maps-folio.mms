# SPDX-License-Identifier: GPL-2.0-or-later
# A read in a VMA that may not map an object's huge page as a whole: up to 6.17 the 16 pages around
# it are mapped, later all of a large folio of which a page is among them. Reclaim takes it out as
# one then; of one that is mapped in part it makes small pages.
sysctl shmem_thp madvise
map m 0x100000000000 2M rw shmem shared huge
touch m 4K w
map v 0x110000000000 2M rw shmem shared nohuge of=m
munmap m 2M
touch v+1M 4K
madvise v+1536K 4K pageout
> linux-6.12 none
> linux-7.2 CLEAR v v+2M
touch v 4K
madvise v 4K pageout
> linux-6.12 CLEAR v v+2M
> linux-7.2 CLEAR v v+4K
