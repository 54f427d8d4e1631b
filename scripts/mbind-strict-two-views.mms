# SPDX-License-Identifier: GPL-2.0-or-later
# Two views of an object's huge page in one mbind. What several entries map is somebody else's, too,
# and stays; only 7.2 counts who maps it, takes the folio, and fails a strict call when it meets the
# folio again behind another one.
sysctl shmem_thp madvise
map m 0x100000000000 2M rw shmem shared huge
map w 0x100000200000 2M rw shmem shared huge
map v 0x100000400000 2M rw shmem shared nohuge of=m
touch m 4K w
touch w 4K w
touch v 2M
mbind m 6M bind 1 move strict
> linux-7.2 CLEAR m m+2M
> linux-7.2 CLEAR v v+2M
> linux-7.2 CLEAR w w+2M
> linux-7.2 errno EIO
> linux-6.12 CLEAR w w+2M
> linux-6.12 errno 0
