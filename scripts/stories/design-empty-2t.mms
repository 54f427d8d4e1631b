# SPDX-License-Identifier: GPL-2.0-or-later
# Unmapping what was never touched, 2 TiB of it, with a shadow-paging guest.
#
# MADV_DONTNEED, MADV_FREE and munmap tell of their whole range whatever it holds: 536870912 +
# 1048576 + 2048 = 537921536 heads each time. "lazy-unmap" finds the range empty and says nothing;
# "rmap=index" is told and looks at two words of the bottom level and one of each level above it:
# 6 (4 KiB), 5 (2 MiB) and 3 (1 GiB).
#	mmuscope compare --design all scripts/stories/design-empty-2t.mms
map ram 0x100000000000 2T rw anon private noreserve nohuge
vm vm0 shadow
memslot vm0 0 gpa=0 ram 2T
madvise ram 2T dontneed
> linux-3.14+ CLEAR ram ram+2T
> lazy-unmap none
madvise ram 2T free
> linux-3.14+ CLEAR ram ram+2T
> lazy-unmap none
munmap ram 2T
> linux-3.14+ UNMAP ram ram+2T
> lazy-unmap none
assert linux-3.14+ rmap_scanned == 1613764608
assert lazy-unmap notifications == 0
assert lazy-unmap frames_covered == 0
assert lazy-unmap rmap_scanned == 0
assert rmap=index rmap_scanned <= 45

# Verdicts by costs/shadow-6.18.cost:
# verdict linux-3.14 linux-6.1: longest stretch 327 ms (line 12): no soft lockup (20.0 s) below 122T
# verdict linux-6.12 linux-7.2: longest stretch 326 ms (line 12): no soft lockup (20.0 s) below 122T
# 537921536 heads at 0.56 ns and none of them in use, so nowhere to yield, from 6.12 on either;
# the range is not cut, so with 67 times the guest it is a lockup.
