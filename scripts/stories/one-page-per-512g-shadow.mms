# SPDX-License-Identifier: GPL-2.0-or-later
# One touched page in each 512 GiB of a 2 TiB guest, seen by KVM with MMU kind "shadow".
#
# Shadow paging finds its SPTEs through the reverse maps only: the walk looks at every
# head in the range, used or not. This is the case that was asked about when the
# notification moved to PUDs.
#
# Frames: 4 * 512G / 4K = 536870912 where 512 GiB are notified four times (6.12) or 2 TiB
# at once (3.14); 4 * 1G / 4K = 1048576 where it is 1 GiB (6.1). Heads of one
# notification: 512 GiB have 134217728 of 4 KiB, 262144 of 2 MiB, 512 of 1 GiB, which is
# 134480384; 1 GiB has 262144 + 512 + 1 = 262657. Four of them: 537921536 and 1050628. 2
# TiB at once (3.14): 536870912 + 1048576 + 2048 = 537921536, too. Longest stretch without
# a chance to yield: up to 6.11 the whole walk. From 6.12 on KVM may yield behind each
# visited head; head 0 holds the SPTE, the 134217727 behind it are empty, and the next one
# to be visited is the first of the 2 MiB level: 134217728.
map ram 0x100000000000 2T rw anon private noreserve nohuge
touch ram 2T w stride=512G
vm vm0 shadow
memslot vm0 0 gpa=0 ram 2T
guest vm0 w 0 2T stride=512G
assert pages_4k == 4
mprotect ram 2T r
> linux-3.14  PROTECTION_VMA ram ram+2T
> linux-6.1   PROTECTION_VMA ram ram+1G
> linux-6.1   PROTECTION_VMA ram+512G ram+513G
> linux-6.1   PROTECTION_VMA ram+1T ram+1025G
> linux-6.1   PROTECTION_VMA ram+1536G ram+1537G
> linux-6.12+ PROTECTION_VMA ram ram+512G
> linux-6.12+ PROTECTION_VMA ram+512G ram+1T
> linux-6.12+ PROTECTION_VMA ram+1T ram+1536G
> linux-6.12+ PROTECTION_VMA ram+1536G ram+2T
assert sptes_zapped == 4
assert linux-3.14  frames_covered == 536870912
assert linux-6.1   frames_covered == 1048576
assert linux-6.12+ frames_covered == 536870912
assert linux-3.14  rmap_scanned == 537921536
assert linux-6.1   rmap_scanned == 1050628
assert linux-6.12+ rmap_scanned == 537921536
assert linux-3.14  rmap_longest == 537921536
assert linux-6.1   rmap_longest == 262657
assert linux-6.12+ rmap_longest == 134217728

# Verdicts by costs/shadow-6.18.cost:
# verdict linux-3.14: longest stretch 327 ms (line 22): no soft lockup (20.0 s) below 122T
# verdict linux-6.1: longest stretch 160 us (line 22): no soft lockup (20.0 s) at any size (1G at most)
# verdict linux-6.12 linux-7.2: longest stretch 81.6 ms (line 22): no soft lockup (20.0 s) at any size (512G at most)
# Four notifications of 512 GiB from 6.12 on, each 134480384 heads at 0.56 ns: they add up, but
# KVM lets go of the lock between them, and none gets larger. 3.14 tells of all 2 TiB at once.
