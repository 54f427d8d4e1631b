# SPDX-License-Identifier: GPL-2.0-or-later
# A guest that uses all of its memory: here no design can win, and none may lose.
#
# 1 GiB has 262144 + 512 + 1 = 262657 heads. With "rmap=index" the walk looks at each of the
# 262144 heads and at one word of the index for each 64 of them: 1.4 % more.
#	mmuscope compare --design all scripts/stories/design-dense-guest.mms
map ram 0x100000000000 1G rw anon private noreserve nohuge
vm vm0 shadow
memslot vm0 0 gpa=4G ram 1G
guest vm0 w 4G 1G
mprotect ram 1G r
> linux-3.14+ PROTECTION_VMA ram ram+1G
> tight PROTECTION_VMA ram ram+1G
assert sptes_zapped == 262144
assert tight lazy-unmap rmap=index numa-skip sptes_zapped == 262144
assert linux-3.14+ rmap_scanned == 262657
assert tight rmap_scanned <= 266300
assert lazy-unmap rmap_scanned <= 266300
assert rmap=index rmap_scanned <= 266300
mprotect ram 1G rw
guest vm0 w 4G 1G
munmap ram 1G
> linux-3.14+ UNMAP ram ram+1G
> lazy-unmap UNMAP ram ram+1G
assert linux-3.14+ rmap_scanned == 787971
assert rmap=index rmap_scanned <= 799000
assert tight lazy-unmap rmap=index numa-skip remote_tlb_flush <= 2

# Verdicts by costs/shadow-6.18.cost:
# verdict linux-3.14: longest stretch 12.0 ms (line 11): no soft lockup (20.0 s) below 1.6T
# verdict linux-6.1: longest stretch 12.0 ms (line 11): no soft lockup (20.0 s) at any size (1G at most)
# verdict linux-6.12 linux-7.2: longest stretch 11.8 ms (line 11): no soft lockup (20.0 s) at any size (512G at most)
# 262144 SPTEs at 59.7 ns and as many heads at 0.56 ns. All SPTEs that an operation zaps are
# taken for one stretch, also where KVM may yield between them; a notification of 6.1 is 1 GiB at
# most, so there it never gets longer.
