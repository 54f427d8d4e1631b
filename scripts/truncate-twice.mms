# SPDX-License-Identifier: GPL-2.0-or-later
# ftruncate unmaps what is cut off from every VMA that maps it, twice: before and after the
# page cache is emptied, since a fault in between could have mapped a page again. Two CLEARs
# per VMA, all of the first round before the second, whatever is populated.
map f 0x100000000000 64M rw shmem shared
touch f 1M w
truncate f 32M
> CLEAR f+32M f+64M
> CLEAR f+32M f+64M
# growing says nothing
truncate f 64M
> none
