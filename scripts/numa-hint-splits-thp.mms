# SPDX-License-Identifier: GPL-2.0-or-later
# NUMA hinting splits no VMA, so a chunk that ends inside a huge page meets it whole:
# change_pmd splits it inside the notification. The order is start, CLEAR, CLEAR's end,
# end.
map ram 0x100000000000 8M rw anon private noreserve huge
touch ram 8M w stride=2M
numa_hint ram 3M
> linux-3.14  PROTECTION_VMA ram ram+3M
> linux-3.14  CLEAR ram+2M ram+4M
> linux-6.1+  PROTECTION_VMA ram ram+3M
> linux-6.1+  CLEAR ram+2M ram+4M
