# SPDX-License-Identifier: GPL-2.0-or-later
# The same guest of 32 TiB (munmap-32t.mms), torn down: its process exits.
#
# exit_mmap() lets every subscriber go first (mmu_notifier_release): KVM zaps its page tables, one
# shadow page after the other, and may yield behind each, in every kernel. Then nobody is left who
# would have to be told that 32 TiB are unmapped: no notification, no reverse map scanned. Memory
# that is unmapped before its process ends costs a scan of 8606744576 heads; a process that just
# exits costs its shadow pages: 32768 tables of 4 KiB pages, as many above them (a page in each
# GiB has both to itself), 64 of 512 GiB, and the root, which is counted again when the vCPU
# lets go of it: 65602.
#	mmuscope compare --mmu shadow,direct scripts/stories/exit-32t.mms
fork qemu
switch qemu
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
switch main
exit qemu
assert notifications == 0
assert rmap_scanned == 0
assert pages_4k == 0
assert mmu_shadow_zapped == 65602

# Verdicts by costs/shadow-6.18.cost:
# verdict linux-3.14 linux-6.1 linux-6.12 linux-7.2: longest stretch 0: no soft lockup (20.0 s)
# Nobody is notified: no stretch, whatever the size.
