# SPDX-License-Identifier: GPL-2.0-or-later
# The worst case of a reverse map: one frame that a guest's tables map 10,000 times, in
# twenty page tables. Each access adds an SPTE to the head of that frame. KVM gives up a
# head of more than 1,000: the next entry that is added zaps all of them
# (RMAP_RECYCLE_THRESHOLD), so that no notification ever meets 10,000.
map     ram 0x100000000000 256M rw anon private noreserve nohuge
vm      vm0 shadow
memslot vm0 0 gpa=0 ram 256M
guest_map vm0 1G 1M 40000K rw tables=64M dirty same
cr3     vm0 64M
guest   vm0 w gva=1G 40000K
assert  max_mmu_rmap_size <= 1001
assert  pages_4k <= 1001
mprotect ram+1M 4K r
> CLEAR ram ram+2M
> PROTECTION_VMA ram+1M ram+1028K
assert  pages_4k == 0
