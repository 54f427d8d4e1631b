# SPDX-License-Identifier: GPL-2.0-or-later
# A guest with page tables of its own, and a log of all its memory, the tables included. A table that
# is shadowed for the first time is write-protected with a flush, be it that the log has taken the
# right to write already. INVLPG maps what is logged on 6.1, where the entry is accessed and dirty;
# prefetch does not.
map     ram 0x100000000000 64M rw anon private noreserve nohuge
vm      vm0 shadow
memslot vm0 0 gpa=0 ram 64M
guest_map vm0 1G 32M 64K rw tables=16M dirty
guest_map vm0 2G 33M 64K rw tables=16M dirty
guest_map vm0 4G 16M 1M rw tables=16M dirty
cr3     vm0 16M
guest   vm0 w gva=1G 8K
guest_remap vm0 2G 34M rw tables=16M via=4G
memslot vm0 0 gpa=0 ram 64M dirty_log
guest   vm0 w gva=2G 4K
guest_remap vm0 1G 40M rw tables=16M via=4G dirty
guest_remap vm0 1G+4K 41M rw tables=16M via=4G dirty
invlpg  vm0 1G
guest   vm0 w gva=1G 8K
dirty_log vm0 0
guest   vm0 w gva=1G 8K
dirty_log vm0 0
