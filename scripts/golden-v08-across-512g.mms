# SPDX-License-Identifier: GPL-2.0-or-later
# Golden vector V8. 2 GiB across a 512 GiB boundary, one page on either side of it. A walk
# is cut where the parent entry ends, so there are two pairs with a PUD placement, too;
# they meet at the boundary.
map ram 0x107fc0000000 2G rw anon private noreserve nohuge
touch ram+1048572K 4K w
touch ram+1G 4K w
mprotect ram 2G r
> linux-3.14  PROTECTION_VMA ram ram+2G
> linux-6.1   PROTECTION_VMA ram+1022M ram+1G
> linux-6.1   PROTECTION_VMA ram+1G ram+2G
> linux-6.12+ PROTECTION_VMA ram ram+1G
> linux-6.12+ PROTECTION_VMA ram+1G ram+2G
