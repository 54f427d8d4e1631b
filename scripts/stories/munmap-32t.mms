# SPDX-License-Identifier: GPL-2.0-or-later
# munmap of a guest of 32 TiB of which 1 of each 262144 pages was used, with shadow paging. KVM
# takes at most 8 TiB less a page per memslot: eight slots of 4 TiB.
#
# One notification in every kernel, never cut: 2^45 / 4K = 8589934592 frames, and heads of three
# levels: 8589934592 + 16777216 + 32768 = 8606744576. Who yields where:
#   up to 6.11   nowhere. All heads in one stretch under mmu_lock, at 1.23 ns each 10.6 s: with
#                60 TiB it is a soft lockup, and the guest stands still meanwhile.
#   from 6.12    behind each visited head. A used page in each GiB is one: the longest stretch is
#                the empty 2 MiB heads of a slot, 4T / 2M = 2097152, and not one head more.
#                Nothing promises that: an empty guest has no head to yield at
#                (munmap-empty-2t.mms).
# The TDP MMU has no heads; it skips what is not there and may yield at every entry.
#	mmuscope compare --mmu shadow,direct,tdp scripts/stories/munmap-32t.mms
map ram 0x100000000000 32T rw anon private noreserve nohuge
vm vm0 shadow
memslot vm0 0 gpa=0T ram+0T 4T
memslot vm0 1 gpa=4T ram+4T 4T
memslot vm0 2 gpa=8T ram+8T 4T
memslot vm0 3 gpa=12T ram+12T 4T
memslot vm0 4 gpa=16T ram+16T 4T
memslot vm0 5 gpa=20T ram+20T 4T
memslot vm0 6 gpa=24T ram+24T 4T
memslot vm0 7 gpa=28T ram+28T 4T
guest vm0 w 0 32T stride=1G
assert pages_4k == 32768
munmap ram 32T
> UNMAP ram ram+32T
assert frames_covered == 8589934592
assert rmap_scanned == 8606744576
assert rmap_visited == 32784
assert sptes_zapped == 32768
assert linux-3.14 rmap_longest == 8606744576
assert linux-6.1 rmap_longest == 8606744576
assert linux-6.12+ rmap_longest == 2097152
assert remote_tlb_flush == 1

# Verdicts by costs/shadow-6.18.cost:
# verdict linux-3.14 linux-6.1: longest stretch 5.23 s (line 27): no soft lockup (20.0 s) below 122T
# verdict linux-6.12 linux-7.2: longest stretch 2.75 ms (line 27): no soft lockup (20.0 s) below 122T
# 8606744576 heads at 0.56 ns, and 32768 SPTEs. Up to 6.11 in one stretch; from 6.12 on KVM may
# yield at each used head, one per GiB, which leaves the 2097152 empty heads of 2 MiB pages of
# one slot, and the SPTEs, all taken for one stretch. The whole call takes 4.8 s in every kernel.
