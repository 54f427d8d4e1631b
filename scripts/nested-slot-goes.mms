# SPDX-License-Identifier: GPL-2.0-or-later
# A slot goes while KVM has roots for L1 and for L2: both are let go of when L1 runs next, whether it
# enters L2 then or not. Roots for another set of nested tables go, too.
map     ram 0x100000000000 64M rw anon private noreserve nohuge
vm      vm0 nested
memslot vm0 0 gpa=0 ram 32M
memslot vm0 1 gpa=8G ram+32M 32M
l2_map  vm0 1G 1M 64K rwx tables=16M
l2_map  vm0 1G 2M 64K rwx tables=20M
guest   vm0 w l2=1G 16K
vmrun   vm0 tables=20M
guest   vm0 w l2=1G 16K
guest   vm0 w 8G 4K
memslot vm0 1 delete
assert  mmu_shadow_zapped >= 6
guest   vm0 w 0 4K
guest   vm0 w l2=1G 16K
vmrun   vm0 tables=16M
guest   vm0 w l2=1G 16K
guest   vm0 w 8G 4K
> errno ENOENT
