# SPDX-License-Identifier: GPL-2.0-or-later
# Golden vector V3. The page is at +1.5 GiB: the start is the first populated *entry* at
# the level of the placement, not the first page. That is the 2 MiB block for a PMD
# placement, and the 1 GiB block, half a GiB before the page, for a PUD placement.
map ram 0x100000000000 4T rw anon private noreserve nohuge
touch ram+1536M 4K w
mprotect ram 4T r
> linux-3.14  PROTECTION_VMA ram ram+4T
> linux-6.1   PROTECTION_VMA ram+1536M ram+2G
> linux-6.12+ PROTECTION_VMA ram+1G ram+512G
