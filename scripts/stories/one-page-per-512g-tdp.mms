# SPDX-License-Identifier: GPL-2.0-or-later
# One touched page in each 512 GiB of a 2 TiB guest, seen by KVM with MMU kind "tdp".
#
# The TDP MMU walks its own tables: it enters the 4 subtrees that exist and skips the
# rest, so the length of a notification does not matter to it. No reverse map, no head
# scanned.
#
# Frames: 4 * 512G / 4K = 536870912 where 512 GiB are notified four times (6.12) or 2 TiB
# at once (3.14); 4 * 1G / 4K = 1048576 where it is 1 GiB (6.1).
map ram 0x100000000000 2T rw anon private noreserve nohuge
touch ram 2T w stride=512G
vm vm0 tdp
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
assert rmap_scanned == 0

# Verdicts by costs/shadow-6.18.cost:
# verdict linux-3.14: longest stretch 128 ns (line 16): no soft lockup (20.0 s) at any size
# verdict linux-6.1: longest stretch 128 ns (line 16): no soft lockup (20.0 s) at any size (1G at most)
# verdict linux-6.12 linux-7.2: longest stretch 128 ns (line 16): no soft lockup (20.0 s) at any size (512G at most)
# Four SPTEs at 59.7 ns; the TDP MMU looks at no heads. What is untouched costs nothing at any
# size.
