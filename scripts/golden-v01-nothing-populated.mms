# SPDX-License-Identifier: GPL-2.0-or-later
# Golden vector V1. mprotect over 4 TiB in which nothing was ever touched: no page-table
# page exists below the PGD. Up to 3.14 change_protection() brackets the whole chunk
# before it looks at a table; the walk of every later kernel meets only none entries and
# says nothing. This is the case that the move of 3.15 was made for (NUMA scanning of a
# fresh multi-TiB guest).
map ram 0x100000000000 4T rw anon private noreserve nohuge
mprotect ram 4T r
> linux-3.14 PROTECTION_VMA ram ram+4T
> linux-6.1+ none
