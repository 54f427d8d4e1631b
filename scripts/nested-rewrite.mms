# SPDX-License-Identifier: GPL-2.0-or-later
# L1 rewrites entries of its lowest table: the first write makes the shadow page unsync, the
# SPTE stays what it was until the next VMRUN synchronises; then the old SPTE goes.
map     ram 0x100000000000 1G rw anon private noreserve nohuge
vm      vm0 nested
memslot vm0 0 gpa=0 ram 1G
l2_map  vm0 256M 512M 32K rwx tables=1M
guest   vm0 w l2=256M 32K
assert pages_4k == 8
l2_remap vm0 256M 600M rwx tables=1M
# the eight, and L1's own mapping of its table
assert pages_4k == 9
l2_remap vm0 0x10001000 600M none tables=1M
assert pages_4k == 9
vmrun   vm0
assert pages_4k == 7
guest   vm0 w l2=256M 4K
> errno 0
guest   vm0 r l2=0x10001000 4K
> errno EACCES
assert pages_4k == 8
