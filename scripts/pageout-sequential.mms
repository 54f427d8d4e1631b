# SPDX-License-Identifier: GPL-2.0-or-later
# What is read sequentially is not read again, to 6.2: a page that only a guest has used since is
# reclaimed where MADV_SEQUENTIAL was said, and stays elsewhere.
map ram 0x100000000000 64K rw shmem shared noreserve
map seq 0x100000100000 64K rw shmem shared noreserve
vm vm0 tdp
memslot vm0 0 gpa=4G ram 64K
memslot vm0 1 gpa=5G seq 64K
madvise seq 64K sequential
guest vm0 r 4G 4K
guest vm0 r 5G 4K
madvise ram 64K pageout
> linux-6.1 none
> linux-6.12+ CLEAR ram ram+4K
madvise seq 64K pageout
> CLEAR seq seq+4K
