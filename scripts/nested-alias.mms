# SPDX-License-Identifier: GPL-2.0-or-later
# One L1 frame under two addresses of L2, and mapped by L1 itself: its reverse map has two
# SPTEs, since L1's own mapping is the TDP MMU's. All three go with one notification.
map     ram 0x100000000000 1G rw anon private noreserve nohuge
vm      vm0 nested
memslot vm0 0 gpa=0 ram 1G
l2_map  vm0 256M 512M 4K rwx tables=1M
l2_map  vm0 300M 512M 4K rwx tables=1M
guest   vm0 w 512M 4K
guest   vm0 w l2=256M 4K
guest   vm0 w l2=300M 4K
assert pages_4k == 3
assert max_mmu_rmap_size == 1
mprotect ram+512M 2M r
> PROTECTION_VMA ram+512M ram+514M
assert sptes_zapped == 3
assert pages_4k == 0
mprotect ram+512M 2M rw
guest   vm0 w l2=300M 4K
assert pages_4k == 1
