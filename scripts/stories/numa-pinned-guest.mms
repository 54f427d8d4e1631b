# SPDX-License-Identifier: GPL-2.0-or-later
# NUMA hinting of a guest with an assigned device: all its memory is pinned.
#
# Since 5.18 hinting leaves pinned pages of a private mapping alone: not one entry of the primary
# page table changes. But the notification was sent before that was known, and KVM has zapped
# every SPTE: the guest faults them all back in, and the next scan zaps them again.
#
# "numa-skip", proposed in 2023: the notification says that it is NUMA hinting, KVM zaps nothing
# then, and is told which pages have really become protnone. What it leaves: the notification
# itself with the window in which the guest's faults wait, and, for memory that is not pinned,
# one flush for each run of pages within a page table instead of one for all.
#	mmuscope compare --design numa-skip scripts/stories/numa-pinned-guest.mms
map ram 0x100000000000 256M rw anon private noreserve nohuge
pin ram 256M
vm vm0 tdp
memslot vm0 0 gpa=0 ram 256M
guest vm0 w 0 256M
assert pf_fixed == 65536
repeat 3
	numa_hint ram 256M
	> linux-3.14 PROTECTION_VMA ram ram+256M
	> linux-6.1+ PROTECTION_VMA ram ram+256M
	> numa-skip PROTECTION_VMA ram ram+256M
	guest vm0 w 0 256M
end
assert linux-6.1+ primary_changed == 0
assert linux-6.1+ sptes_zapped == 196608
assert linux-6.1+ pf_fixed == 262144
assert linux-6.1+ remote_tlb_flush == 3
assert numa-skip primary_changed == 0
assert numa-skip sptes_zapped == 0
assert numa-skip pf_fixed == 65536
assert numa-skip remote_tlb_flush == 0
# what is not pinned: every page becomes protnone, and the guest brings it back
map more 0x200000000000 256M rw anon private noreserve nohuge
memslot vm0 1 gpa=4G more 256M
guest vm0 w 4G 256M
numa_hint more 256M
assert linux-6.1+ remote_tlb_flush == 4
assert numa-skip sptes_zapped == 65536
assert numa-skip remote_tlb_flush == 128

# Verdicts by costs/shadow-6.18.cost:
# verdict linux-3.14: longest stretch 2.09 ms (line 20): no soft lockup (20.0 s) below 2.3T
# verdict linux-6.1: longest stretch 2.09 ms (line 20): no soft lockup (20.0 s) at any size (1G at most)
# verdict linux-6.12 linux-7.2: longest stretch 2.09 ms (line 20): no soft lockup (20.0 s) at any size (512G at most)
# 65536 SPTEs at 59.7 ns per hint. What one notification covers bounds it from 3.15 on.
