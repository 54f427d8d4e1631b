# SPDX-License-Identifier: GPL-2.0-or-later
# 6.1 gives a short object a huge page. When that is split, here to punch a hole, the pages behind
# the end of the object go: nothing is left, and the next fault gets a huge page again.
sysctl shmem_thp always
map ram 0x100000000000 32K rw shmem shared noreserve huge
touch ram 32K w
madvise ram 32K remove
touch ram 12K r
madvise ram 32K pageout
