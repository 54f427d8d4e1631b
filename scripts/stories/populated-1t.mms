# SPDX-License-Identifier: GPL-2.0-or-later
# A fully populated guest of 1 TiB in huge pages: one notification zaps all of it.
sysctl   thp madvise
map      ram 0x100000000000 1T rw anon private noreserve huge
vm       vm0 tdp
memslot  vm0 0 gpa=4G ram 1T
guest    vm0 w 4G 1T stride=2M
assert   pages_2m == 524288
assert   pf_taken == 524288
madvise  ram 1T dontneed
> CLEAR ram ram+1T
assert   sptes_zapped == 524288
assert   pages_2m == 0

# Verdicts by costs/shadow-6.18.cost:
# verdict linux-3.14 linux-6.1 linux-6.12 linux-7.2: longest stretch 16.7 ms (line 10): no soft lockup (20.0 s) below 1.1P
# 524288 SPTEs of 2 MiB at 59.7 ns in one notification that nothing cuts.
