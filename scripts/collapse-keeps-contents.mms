# SPDX-License-Identifier: GPL-2.0-or-later
# What MADV_COLLAPSE copies into a huge page stays what it was: pages that were written are not
# zeros when the huge page is split again (6.12 on), an object's are dirty and are not reclaimed,
# and the huge page comes from the node that most of them were on, so that mbind finds it in place.
map a 0x100000000000 4M rw anon private nohuge
map s 0x100010000000 4M rw shmem shared
mbind a 4M bind 1
mbind s 4M bind 1
touch a 1M w
touch s 2M w
mbind a 4M default
mbind s 4M default
madvise a 4M hugepage
madvise a 2M collapse
> CLEAR a a+2M
madvise s 2M collapse
mbind a 2M bind 1 move
> none
mbind s 2M bind 1 move
> none
madvise s 2M pageout
> linux-6.12+ CLEAR s s+2M
madvise s 2M collapse
> linux-6.12+ none
> linux-6.12+ errno 0
madvise a 64K free
touch a+512K 64K w
> none
