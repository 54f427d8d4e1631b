# SPDX-License-Identifier: GPL-2.0-or-later
# Golden vector V5. A PMD table of which every entry is none: what stays behind when a
# huge page is given back with MADV_DONTNEED, which clears the PMD entry and frees no
# table. pud_none() is false, so a PUD placement notifies 507 GiB in which nothing is
# mapped; a PMD placement finds no populated PMD entry and stays silent. The only vector
# where 6.12 speaks and 6.11 does not.
map ram 0x100000000000 4T rw anon private noreserve huge
touch ram+5G 4K w
madvise ram+5G 2M dontneed
> CLEAR ram+5G ram+5122M
mprotect ram 4T r
> linux-3.14  PROTECTION_VMA ram ram+4T
> linux-6.1   none
> linux-6.12+ PROTECTION_VMA ram+5G ram+512G
