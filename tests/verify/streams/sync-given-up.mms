# SPDX-License-Identifier: GPL-2.0-or-later
# A fault that takes a shadow page with unsync children into use again: on 6.1 and 7.2 one fault did all
# of it; on 6.12 mmu_sync_children() gave up behind the first of them, and the fault came back.
map gm 0x100000000000 64M rw anon private noreserve nohuge
vm vm0 shadow
memslot vm0 0 gpa=0 gm 64M
guest_map vm0 4G 16M 8M rw tables=16M page=2M
guest_map vm0 1G 32K 32M rwx tables=16M same accessed
cr3 vm0 16M
guest vm0 r gva=1G 32M stride=2M
guest_remap vm0 1024M 64K r tables=16M via=4G
guest_remap vm0 1026M 64K r tables=16M via=4G
guest_remap vm0 1028M 64K r tables=16M via=4G
guest_remap vm0 1030M 64K r tables=16M via=4G
guest_remap vm0 1032M 64K r tables=16M via=4G
guest_remap vm0 1034M 64K r tables=16M via=4G
guest_remap vm0 1036M 64K r tables=16M via=4G
guest_remap vm0 1038M 64K r tables=16M via=4G
guest_remap vm0 1040M 64K r tables=16M via=4G
guest_remap vm0 1042M 64K r tables=16M via=4G
guest_remap vm0 1044M 64K r tables=16M via=4G
guest_remap vm0 1046M 64K r tables=16M via=4G
guest_remap vm0 1048M 64K r tables=16M via=4G
guest_remap vm0 1050M 64K r tables=16M via=4G
guest_remap vm0 1052M 64K r tables=16M via=4G
guest_remap vm0 1054M 64K r tables=16M via=4G
guest_map vm0 56K 184K 4K rw tables=16M user
guest vm0 r gva=1048640K 4K
guest vm0 w gva=1050690K 4K
