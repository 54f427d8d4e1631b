# SPDX-License-Identifier: GPL-2.0-or-later
# KVM's figures of a hypervisor: what L1 and L2 need for themselves counts, too
map     ram 0x100000000000 64M rw anon private noreserve nohuge
vm      vm0 nested
memslot vm0 0 gpa=0 ram 64M
guest   vm0 w 1M 8K
l2_map  vm0 1G 1M 64K rwx tables=16M
l2_map  vm0 2G 2M 2M rw tables=16M page=2M
l2_map  vm0 1G 1M 64K r tables=20M
guest   vm0 w l2=1G 16K
guest   vm0 w l2=2G+64K 4K
guest   vm0 x l2=1G+32K 8K
guest   vm0 x l2=2G 4K
l2_remap vm0 1G 4M rw tables=16M
guest   vm0 r l2=1G 4K
vmrun   vm0 tables=20M
guest   vm0 w l2=1G 4K
guest   vm0 r l2=1G 8K
l2_remap vm0 2G 4M none tables=16M page=2M
mprotect ram+1M 64K r
vmrun   vm0 tables=16M
guest   vm0 r l2=1G+4K 4K
memslot vm0 0 gpa=0 ram 64M dirty_log
guest   vm0 w l2=1G 4K
dirty_log vm0 0
