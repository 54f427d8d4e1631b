# SPDX-License-Identifier: GPL-2.0-or-later
# A huge page of an object that was only read is all zeros, and reclaim gives it back. After a hole
# in it, or an end inside of it, it counts as written: what is left stays in memory, and a later
# access finds what the hole made of it. In another object the block is free again, and gets a huge page.
sysctl shmem_thp madvise
map a 0x100000000000 2M rw shmem shared huge
map b 0x110000000000 2M rw shmem shared huge
touch a 4K
touch b 4K
madvise a+1M 4K remove
touch a 2M
touch b 2M
madvise a 2M pageout
madvise b 2M pageout
touch a 4K
touch b 4K
move_pages a+4K 4K 1
> linux-6.1 CLEAR a+4K a+8K
> linux-6.12 CLEAR a+4K a+8K
> linux-7.2 CLEAR a a+1M
move_pages b+4K 4K 1
> CLEAR b b+2M
