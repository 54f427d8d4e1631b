# SPDX-License-Identifier: GPL-2.0-or-later
# MAP_POPULATE of shared memory reads it: reclaim finds the pages clean, and lets go of them, so that
# a read maps none around it.
map obj 0x118000100000 32K rw shmem shared noreserve populate
madvise obj 32K pageout
touch obj+8K 4K r
madvise obj 32K pageout
> CLEAR obj+8K obj+12K
