# SPDX-License-Identifier: GPL-2.0-or-later
# Every moved VMA boundary passes vma_adjust_trans_huge(). If the boundary is not 2 MiB
# aligned, its block lies whole in the VMA and a PMD table exists for it,
# __split_huge_pmd() announces the block before it looks whether there is anything huge to
# split. THP is off for this VMA.
map ram 0x100000000000 1G rw anon private noreserve nohuge
touch ram+512M 4K w
# start and end in two blocks: two CLEARs, then the notification of mprotect
mprotect ram+5M 10M r
> linux-3.14  CLEAR ram+4M ram+6M
> linux-3.14  CLEAR ram+14M ram+16M
> linux-3.14  PROTECTION_VMA ram+5M ram+15M
> linux-6.1   CLEAR ram+4M ram+6M
> linux-6.1   CLEAR ram+14M ram+16M
> linux-6.12+ CLEAR ram+4M ram+6M
> linux-6.12+ CLEAR ram+14M ram+16M
> linux-6.12+ PROTECTION_VMA ram+5M ram+15M
# aligned boundaries: nothing to split
mprotect ram+32M 2M r
> linux-3.14  PROTECTION_VMA ram+32M ram+34M
> linux-6.1   none
> linux-6.12+ PROTECTION_VMA ram+32M ram+34M
# the same by munmap, which has a notification of its own ...
munmap ram+101M 1M
> CLEAR ram+100M ram+102M
> UNMAP ram+101M ram+102M
# ... and by an madvise that only sets a flag and has none
madvise ram+201M 2M dontfork
> CLEAR ram+200M ram+202M
> CLEAR ram+202M ram+204M
