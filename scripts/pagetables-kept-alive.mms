# SPDX-License-Identifier: GPL-2.0-or-later
# Which tables stay when memory goes decides what a PUD placement says later.
# MADV_DONTNEED frees pages and keeps all tables, until 7.x, which frees PTE tables that
# become empty, but no PMD tables; munmap frees what lies whole in the gap.
map ram 0x100000000000 4G rw anon private noreserve nohuge
touch ram+1G 4K w
madvise ram 4G dontneed
> CLEAR ram ram+4G
mprotect ram 4G r
> linux-3.14  PROTECTION_VMA ram ram+4G
> linux-6.1   PROTECTION_VMA ram+1G ram+2G
> linux-6.12+ PROTECTION_VMA ram+1G ram+4G
mprotect ram 4G rw
munmap ram+1G 1G
map again 0x100040000000 1G rw anon private noreserve nohuge
mprotect ram 4G r
> linux-3.14  PROTECTION_VMA ram ram+4G
> linux-6.1+  none
