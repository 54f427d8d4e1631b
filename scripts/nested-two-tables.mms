# SPDX-License-Identifier: GPL-2.0-or-later
# An L1 with two L2 guests. KVM keeps the three latest roots: going back to one of them makes no
# new root, and its shadow pages are still there.
map     ram 0x100000000000 1G rw anon private noreserve nohuge
vm      vm0 nested
memslot vm0 0 gpa=0 ram 1G
l2_map  vm0 256M 512M 16K rwx tables=1M
l2_map  vm0 256M 513M 16K rw tables=2M
guest   vm0 w l2=256M 16K
assert pf_fixed == 4
vmrun   vm0 tables=2M
guest   vm0 w l2=256M 16K
assert pf_fixed == 8
guest   vm0 x l2=256M 4K
> errno EACCES
vmrun   vm0 tables=1M
guest   vm0 w l2=256M 16K
assert pf_fixed == 8
