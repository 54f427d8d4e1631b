# SPDX-License-Identifier: GPL-2.0-or-later
# MAP_POPULATE and MADV_POPULATE_WRITE fault pages in and write nothing: shared memory is read, so
# that reclaim finds it clean; a huge page holds zeros, for which a split has the zero page
# (split_to_zeropage), and a write to that is a copy.
map obj 0x118000100000 32K rw shmem shared noreserve populate
madvise obj 32K pageout
touch obj+8K 4K r
madvise obj 32K pageout
> CLEAR obj+8K obj+12K
map ram 0x100000000000 4M rw anon private noreserve huge
madvise ram 16K populate_write
touch ram+32K 8K w
madvise ram 1M cold
fork child
exit child
touch ram 48K w
