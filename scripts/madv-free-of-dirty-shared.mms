# SPDX-License-Identifier: GPL-2.0-or-later
# MADV_FREE clears the dirty bit of a page, and passes over what it cannot clear because another
# process maps it, too. Pages are dirty, beside their entries, once they were split off a dirty huge
# page or were moved to another node.
map ram 0x100000000000 4M rw anon private noreserve huge
map moved 0x100010000000 64K rw anon private noreserve nohuge
touch ram 2M w
madvise ram 1M cold
touch moved 32K w
mbind moved 16K bind 1 move
fork child
madvise ram 128K free
madvise moved 32K free
exit child
madvise ram 128K pageout
> none
madvise moved 32K pageout
> CLEAR moved+16K moved+20K
> CLEAR moved+20K moved+24K
> CLEAR moved+24K moved+28K
> CLEAR moved+28K moved+32K
