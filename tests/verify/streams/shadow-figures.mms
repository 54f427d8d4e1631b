# SPDX-License-Identifier: GPL-2.0-or-later
# KVM's figures of guests under shadow paging: paging off, flat, and tables of their own
map     ram 0x100000000000 64M rw anon private noreserve nohuge
vm      vm0 shadow
memslot vm0 0 gpa=0 ram 64M
memslot vm0 1 gpa=8G ram 16M
guest   vm0 w 1M 16K
guest   vm0 w 8G 8K
guest_map vm0 1G 32M 64K rw tables=16M
guest_map vm0 4G 16M 2M rw tables=16M
guest_map vm0 1G 32M 64K r tables=20M
cr3     vm0 16M
guest   vm0 w gva=1G 16K
guest   vm0 x gva=1G 4K
guest_remap vm0 1G 40M rwx tables=16M via=4G
guest   vm0 x gva=1G 4K
invlpg  vm0 1G
guest   vm0 x gva=1G 4K
guest   vm0 w gva=5G 4K
guest_remap vm0 1G 0 none tables=16M via=4G page=2M
guest   vm0 r gva=1G 4K
cr3     vm0 20M
guest   vm0 r gva=1G 8K
guest   vm0 w gva=1G 4K
cr3     vm0 16M
cr3     vm0 16M
guest   vm0 w gva=4G 4K
guest   vm0 x 1M 4K
vm      vm1 shadow
memslot vm1 0 gpa=0 ram 64M
guest_map vm1 1G 32M 64K rw tables=24M pae
guest_map vm1 2G 24M 64K rw tables=24M pae
cr3     vm1 24M
guest   vm1 w gva=1G 8K
guest_remap vm1 1G 36M rw tables=24M via=2G
guest   vm1 r gva=1G 4K
guest   vm1 r gva=1M 4K
vm      vm2 shadow
memslot vm2 0 gpa=0 ram 64M
guest_map vm2 1G 32M 64K rw tables=28M 2level
guest_map vm2 2G 28M 64K rw tables=28M 2level
cr3     vm2 28M
guest   vm2 w gva=1G 8K
guest_remap vm2 1G 36M rw tables=28M via=2G
guest   vm2 r gva=1G 4K
guest   vm2 x gva=1M 4K
vm      vm3 shadow
memslot vm3 0 gpa=0 ram 64M
guest_map vm3 1G 32M 64K rw tables=30M la57
cr3     vm3 30M
guest   vm3 w gva=1G 8K
madvise ram+32M 64K dontneed
guest   vm3 w gva=1G 4K
