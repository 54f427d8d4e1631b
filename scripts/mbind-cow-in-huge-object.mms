# SPDX-License-Identifier: GPL-2.0-or-later
# A private view of an object's huge page, with copies of its own in between: the folio is taken
# once to be moved, not again behind each copy. Only 6.1 fails a strict call for that.
sysctl shmem_thp madvise
map m 0x100000000000 2M rw shmem private huge
touch m+32K 4K w
touch m 64K
mbind m 2M bind 1 move
> CLEAR m m+2M
> CLEAR m+32K m+36K
mbind m 2M bind 0 move strict
> CLEAR m m+2M
> CLEAR m+32K m+36K
> linux-6.1 errno EIO
> linux-6.12+ errno 0
