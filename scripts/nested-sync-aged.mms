# SPDX-License-Identifier: GPL-2.0-or-later
# Entries that were written to and then aged, in a table that L1 changes: synchronising it, 6.1 makes
# them all anew, clean, and flushes for that; later kernels leave alone what has not changed.
map     ram 0x100000000000 64M rw anon private noreserve nohuge
vm      vm0 nested
memslot vm0 0 gpa=0 ram 64M
l2_map  vm0 1G 1M 64K rwx tables=16M dirty
guest   vm0 w l2=1G 16K
age     ram 64M clear
l2_remap vm0 1G+16K 2M rwx tables=16M dirty
vmrun   vm0
guest   vm0 w l2=1G 20K
l2_remap vm0 1G+16K 3M r tables=16M
vmrun   vm0
guest   vm0 r l2=1G 20K
