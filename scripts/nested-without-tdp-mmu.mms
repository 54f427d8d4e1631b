# SPDX-License-Identifier: GPL-2.0-or-later
# An L1 hypervisor on a host without the TDP MMU (tdp_mmu=0): L1's own mapping of a frame is in the
# same reverse map as the two that L2 has by L1's nested tables, and the heads are there from the
# start. Without a slot below it, L1's mapping is a page of 2 MiB where L2's are of 4 KiB.
map     ram 0x100000000000 1G rw anon private noreserve nohuge
map     big 0x110000000000 4M rw anon private noreserve huge
vm      vm0 nested no_tdp_mmu
memslot vm0 0 gpa=0 ram 1G
memslot vm0 1 gpa=4G big 4M
guest   vm0 w 512M 64K
mprotect ram+512M 2M r
# 512 frames of 4 KiB, one of 2 MiB, one of 1 GiB
assert  rmap_scanned == 514
assert  sptes_zapped == 16
mprotect ram+512M 2M rw
l2_map  vm0 256M 512M 4K rwx tables=1M
l2_map  vm0 300M 512M 4K rwx tables=1M
guest   vm0 w 512M 4K
guest   vm0 w l2=256M 4K
guest   vm0 w l2=300M 4K
assert  max_mmu_rmap_size == 2
mprotect ram+512M 2M r
> PROTECTION_VMA ram+512M ram+514M
# of L1's own, seven are neighbours that KVM mapped along with the first
assert  sptes_zapped == 26
touch   big 4K w
guest   vm0 w 4G 4K
l2_map  vm0 512M 4G 64K rwx tables=1M
l2_map  vm0 768M 4G 4M rwx tables=1M page=2M
guest   vm0 w l2=512M 16K
guest   vm0 w l2=768M 16K
madvise big 4K dontneed
guest   vm0 w l2=768M 8K
