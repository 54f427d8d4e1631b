# SPDX-License-Identifier: GPL-2.0-or-later
# Pages that only L2 uses: KVM knows their L2 frames by a shadow page of L1's nested table, and
# finds the SPTEs from the host's address through the reverse maps of the L1 frames. mprotect of
# one backing page zaps one SPTE; the next VMRUN takes one fault. The map is smaller than 2 MiB,
# or the split of it would clear a whole block first.
map     ram  0x100000000000 64M rw anon private noreserve nohuge
map     data 0x110000000000 32K rw anon private noreserve nohuge
vm      vm0 nested
memslot vm0 0 gpa=0 ram 64M
memslot vm0 1 gpa=64M data 32K
l2_map  vm0 256M 64M 32K rwx tables=1M
guest   vm0 w l2=256M 32K
assert pages_4k == 8
assert pf_fixed == 8
# nothing changed: no fault
guest   vm0 w l2=256M 32K
assert pf_taken == 8
mprotect data+4K 4K r
> PROTECTION_VMA data+4K data+8K
assert sptes_zapped == 1
assert pages_4k == 7
guest   vm0 r l2=256M 32K
> none
assert pf_fixed == 9
# the process may not write there, and so may not the guest's guest
guest   vm0 w l2=256M 8K
> errno EFAULT
# L1's nested tables themselves: the shadow pages of them do not care
mprotect ram 64M r
> PROTECTION_VMA ram ram+64M
mprotect ram 64M rw
assert pages_4k == 8
guest   vm0 r l2=256M 32K
assert pages_4k == 8
