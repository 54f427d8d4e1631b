# SPDX-License-Identifier: GPL-2.0-or-later
# One page at the head of a 512 GiB guest with shadow paging, made read-only by mprotect: the
# kernel as it is, and designs that no kernel has.
#
# linux-6.12 tells of 512 GiB and looks at 134217728 + 262144 + 512 = 134480384 reverse-map heads
# to find one SPTE. "tight" tells of the 2 MiB that hold something: 512 + 1 + 1 heads. With
# "rmap=index" the walk reads one word per level of the index down to the head, and one per level
# up again: 13 in all, of which one is the head.
#	mmuscope compare --design all scripts/stories/design-one-page-512g.mms
map ram 0x100000000000 512G rw anon private noreserve nohuge
vm vm0 shadow
memslot vm0 0 gpa=4G ram 512G
guest vm0 w 4G 4K
mprotect ram 512G r
> linux-3.14 PROTECTION_VMA ram ram+512G
> linux-6.1 PROTECTION_VMA ram ram+1G
> linux-6.12+ PROTECTION_VMA ram ram+512G
> tight PROTECTION_VMA ram ram+2M
assert sptes_zapped == 1
assert tight lazy-unmap rmap=index numa-skip sptes_zapped == 1
assert linux-6.12+ rmap_scanned == 134480384
assert tight rmap_scanned <= 514
assert tight rmap_longest <= 514
assert rmap=index rmap_scanned <= 15
assert rmap=index rmap_visited == 1
assert rmap=index rmap_longest == 1

# Verdicts by costs/shadow-6.18.cost:
# verdict linux-3.14: longest stretch 81.7 ms (line 14): no soft lockup (20.0 s) below 122T
# verdict linux-6.1: longest stretch 160 us (line 14): no soft lockup (20.0 s) at any size (1G at most)
# verdict linux-6.12 linux-7.2: longest stretch 81.6 ms (line 14): no soft lockup (20.0 s) at any size (512G at most)
# 134480384 heads at 0.56 ns for one SPTE. Not one notification of 6.12 covers more than 512 GiB,
# so it is at its largest here and no guest is large enough for a lockup; up to 3.14 nothing cuts
# it.
