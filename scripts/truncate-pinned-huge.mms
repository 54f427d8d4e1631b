# SPDX-License-Identifier: GPL-2.0-or-later
# A truncation that ends inside a pinned huge page can not split it: it stays whole, and the call
# succeeds.
sysctl shmem_thp always
map s 0x100000000000 4M rw shmem shared
touch s 4M w
pin s 4K
truncate s 1M
> errno 0
touch s 4M r
> errno EFAULT
truncate s 4M
touch s 4M w
> errno 0
madvise s 2M collapse
> errno 0
mprotect s 4M r
