# SPDX-License-Identifier: GPL-2.0-or-later
# The worst case of a reverse map under a nested guest: L1's tables give L2 one frame 10,000 times,
# by twenty tables, and L1 has it, too, by the TDP MMU. KVM gives up a head of more than 1,000: the
# next entry that is added zaps all of them (RMAP_RECYCLE_THRESHOLD), so that no notification ever
# meets 10,000. What is left goes with one notification, over one head.
map     ram 0x100000000000 256M rw anon private noreserve nohuge
vm      vm0 nested
memslot vm0 0 gpa=0 ram 256M
guest   vm0 w 1M 4K
l2_map  vm0 1G 1M 40000K rwx tables=64M dirty same
guest   vm0 w l2=1G 2000K
guest   vm0 w l2=1G+2000K 2000K
guest   vm0 w l2=1G+4000K 2000K
guest   vm0 w l2=1G+6000K 2000K
guest   vm0 w l2=1G+8000K 2000K
guest   vm0 w l2=1G+10000K 2000K
guest   vm0 w l2=1G+12000K 2000K
guest   vm0 w l2=1G+14000K 2000K
guest   vm0 w l2=1G+16000K 2000K
guest   vm0 w l2=1G+18000K 2000K
guest   vm0 w l2=1G+20000K 2000K
guest   vm0 w l2=1G+22000K 2000K
guest   vm0 w l2=1G+24000K 2000K
guest   vm0 w l2=1G+26000K 2000K
guest   vm0 w l2=1G+28000K 2000K
guest   vm0 w l2=1G+30000K 2000K
guest   vm0 w l2=1G+32000K 2000K
guest   vm0 w l2=1G+34000K 2000K
guest   vm0 w l2=1G+36000K 2000K
guest   vm0 w l2=1G+38000K 2000K
assert  max_mmu_rmap_size <= 1001
assert  pages_4k <= 1021
mprotect ram+1M 4K r
> CLEAR ram ram+2M
> PROTECTION_VMA ram+1M ram+1028K
