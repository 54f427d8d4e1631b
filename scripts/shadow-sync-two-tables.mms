# SPDX-License-Identifier: GPL-2.0-or-later
# Two tables of a guest are unsync when CR3 is loaded: both are write-protected, with one flush, then
# both are synchronised, with one more if an entry went.
map     ram 0x100000000000 64M rw anon private noreserve nohuge
vm      vm0 shadow
memslot vm0 0 gpa=0 ram 64M
guest_map vm0 1G 32M 64K rw tables=16M dirty
guest_map vm0 2G 33M 64K rw tables=16M dirty
guest_map vm0 4G 16M 1M rw tables=16M dirty
cr3     vm0 16M
guest   vm0 w gva=1G 16K
guest   vm0 w gva=2G 16K
guest_remap vm0 1G 40M rw tables=16M via=4G dirty
guest_remap vm0 2G 41M rw tables=16M via=4G dirty
cr3     vm0 16M
guest   vm0 r gva=1G 4K
guest_remap vm0 1G 40M rw tables=16M via=4G dirty
guest_remap vm0 2G 41M rw tables=16M via=4G dirty
cr3     vm0 16M
guest_remap vm0 2G 0 none tables=16M via=4G
cr3     vm0 16M
guest   vm0 r gva=2G 4K
> errno EACCES
