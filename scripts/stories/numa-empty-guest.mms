# SPDX-License-Identifier: GPL-2.0-or-later
# The soft lockup of 2014: NUMA hinting of a freshly started 4 TiB guest with nothing
# touched.
#
# 3.14 brackets each chunk of the scan with a notification before it looks at a page
# table. KVM then looks at every reverse-map head of the range: one per 4 KiB, per 2 MiB
# and per 1 GiB of it,
#	2^42 / 4K = 1073741824, 2^42 / 2M = 2097152, 2^42 / 1G = 4096, together 1075843072,
# under mmu_lock. (The scanner works in chunks of 256 MiB; one call over everything has
# the same sum, but for the heads of the 1 GiB level, which each of four chunks meets
# again.) Since 3.15 the walk is silent where nothing is populated.
map ram 0x100000000000 4T rw anon private noreserve nohuge
vm vm0 shadow
memslot vm0 0 gpa=0 ram 4T
numa_hint ram 4T
> linux-3.14 PROTECTION_VMA ram ram+4T
> linux-6.1+ none
assert linux-3.14 frames_covered == 1073741824
assert linux-3.14 rmap_scanned == 1075843072
assert linux-6.1+ rmap_scanned == 0

# Verdicts by costs/shadow-6.18.cost:
# verdict linux-3.14: longest stretch 654 ms (line 15): no soft lockup (20.0 s) below 122T
# verdict linux-6.1 linux-6.12 linux-7.2: longest stretch 0: no soft lockup (20.0 s)
# 3.14 tells of each chunk of the scan, populated or not; later kernels tell of nothing, and what
# is not sent does not stall.
