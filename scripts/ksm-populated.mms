# SPDX-License-Identifier: GPL-2.0-or-later
# Pages that were populated and never written to hold zeros: ksmd merges them with each other, and
# the written ones with the written ones.
map file 0x118000100000 16K rw file private noreserve populate
map anon 0x118000200000 16K rw anon private noreserve nohuge
map zeros 0x118000300000 8K rw anon private noreserve nohuge
touch file+12K 4K w
madvise anon 8K populate_write
touch anon+8K 8K w
madvise zeros 8K populate_write
madvise file 16K mergeable
madvise anon 16K mergeable
madvise zeros 8K mergeable
ksm 3
touch file 16K w
touch anon 16K w
madvise zeros 8K unmergeable
madvise zeros 8K mergeable
ksm 3
