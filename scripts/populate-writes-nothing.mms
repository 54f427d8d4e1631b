# SPDX-License-Identifier: GPL-2.0-or-later
# MAP_POPULATE and MADV_POPULATE_WRITE fault pages in for writing and write nothing: they are all
# zeros, and equal to each other, not to written ones. When the huge page is split, 6.12 and later
# leave the zero page in their place; a copy of what is collapsed keeps what it was.
sysctl thp always
map m 0x100000000000 2M rw anon private populate
touch m+4K 8K w
madvise m+64K 4K cold
move_pages m 2M 1
> linux-6.12+ CLEAR m+4K m+8K
> linux-6.12+ CLEAR m+8K m+12K
sysctl thp never
map s 0x110000000000 28K rw anon private
madvise s 28K populate_write
touch s+4K 8K w
madvise s 28K mergeable
ksm 2
> linux-6.12+ CLEAR s+8K s+12K
> linux-6.12+ CLEAR s+4K s+8K
> linux-6.12+ CLEAR s+4K s+8K
> linux-6.12+ CLEAR s+12K s+16K
> linux-6.12+ CLEAR s s+4K
> linux-6.12+ CLEAR s s+4K
> linux-6.12+ CLEAR s+16K s+20K
> linux-6.12+ CLEAR s+16K s+20K
> linux-6.12+ CLEAR s+20K s+24K
> linux-6.12+ CLEAR s+20K s+24K
> linux-6.12+ CLEAR s+24K s+28K
> linux-6.12+ CLEAR s+24K s+28K
map c 0x120000000000 2M rw anon private
touch c+8K 8K w
touch c+64K 64K
madvise c 2M collapse
> CLEAR c c+2M
madvise c+1M 4K cold
move_pages c 2M 1
> linux-6.12+ CLEAR c+8K c+12K
> linux-6.12+ CLEAR c+12K c+16K
