# SPDX-License-Identifier: GPL-2.0-or-later
# munmap of 2 TiB in which nothing was ever touched, with a shadow-paging guest. The
# notification is unconditional and not cut at any boundary, in every kernel: 2^41 / 4K =
# 536870912 frames and 536870912 + 1048576 + 2048 = 537921536 reverse-map heads for a call
# that frees nothing. Only the first head of each level is visited; the longest stretch of
# 6.12 is the 4 KiB level but for its first head, plus the first head of the 2 MiB level:
# 536870912.
map ram 0x100000000000 2T rw anon private noreserve nohuge
vm vm0 shadow
memslot vm0 0 gpa=0 ram 2T
munmap ram 2T
> UNMAP ram ram+2T
assert frames_covered == 536870912
assert rmap_scanned == 537921536
assert rmap_visited == 3
assert sptes_zapped == 0
assert linux-6.1   rmap_longest == 537921536
assert linux-6.12+ rmap_longest == 536870912

# Verdicts by costs/shadow-6.18.cost:
# verdict linux-3.14 linux-6.1: longest stretch 327 ms (line 11): no soft lockup (20.0 s) below 122T
# verdict linux-6.12 linux-7.2: longest stretch 326 ms (line 11): no soft lockup (20.0 s) below 122T
# 537921536 heads at 0.56 ns, none in use, nowhere to yield. The range is not cut in any kernel.
