# SPDX-License-Identifier: GPL-2.0-or-later
# One touched page at +1 GiB +2 MiB of 4 GiB, through the operations in which the kernels
# differ, and two in which they agree. Recorded from booted 6.1, 6.12 and 7.2.
map ram 0x100000000000 4G rw anon private noreserve nohuge
mprotect ram 4G r
> linux-3.14  PROTECTION_VMA ram ram+4G
> linux-6.1+  none
mprotect ram 4G rw
> linux-6.1+  none
touch ram+1026M 4K w
> none
mprotect ram 4G r
> linux-3.14  PROTECTION_VMA ram ram+4G
> linux-6.1   PROTECTION_VMA ram+1026M ram+2G
> linux-6.12+ PROTECTION_VMA ram+1G ram+4G
mprotect ram 4G rw
> linux-6.1   PROTECTION_VMA ram+1026M ram+2G
> linux-6.12+ PROTECTION_VMA ram+1G ram+4G
# +1034M to +1037M: the end is in the middle of a 2 MiB block, so the split of the VMA
# sends CLEAR for it. Nothing is mapped there. 6.1 finds no populated PMD entry in the
# chunk and is done; 6.12 finds the PUD entry that holds the page at +1026M.
mprotect ram+1034M 3M r
> linux-3.14  CLEAR ram+1036M ram+1038M
> linux-3.14  PROTECTION_VMA ram+1034M ram+1037M
> linux-6.1   CLEAR ram+1036M ram+1038M
> linux-6.12+ CLEAR ram+1036M ram+1038M
> linux-6.12+ PROTECTION_VMA ram+1034M ram+1037M
# three VMAs now, one CLEAR for each
madvise ram 4G dontneed
> CLEAR ram ram+1034M
> CLEAR ram+1034M ram+1037M
> CLEAR ram+1037M ram+4G
# one UNMAP for the call, however many VMAs
munmap ram 4G
> UNMAP ram ram+4G
