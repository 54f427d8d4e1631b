# SPDX-License-Identifier: GPL-2.0-or-later
# A huge page that one process maps as a whole and another, its child, by what is left of its small
# entries: MADV_PAGEOUT sees one mapping of the first page and goes on. To 6.8 reclaim asks every
# mapping of the folio whether it was used, the child's too, of which the parent's VM hears nothing.
map ram 0x100000000000 4M rw anon private noreserve huge
vm vm0 tdp
memslot vm0 0 gpa=4G ram 4M
touch ram 2M w
guest vm0 r 4G 4K
fork child
switch child
munmap ram 64K
munmap ram+128K 1M
switch main
madvise ram 2M pageout
guest vm0 r 4G 4K
madvise ram 2M pageout
madvise ram 2M pageout
