# SPDX-License-Identifier: GPL-2.0-or-later
# Neighbours are mapped along, in aligned groups of eight, where L1's entries have their
# accessed bit and the host has the page writable: one fault and seven more SPTEs. Without the
# bit, or eight pages apart, each page faults.
map     ram 0x100000000000 1G rw anon private noreserve nohuge
vm      vm0 nested
memslot vm0 0 gpa=0 ram 1G
touch   ram+512M 1M w
l2_map  vm0 256M 512M 64K rwx tables=1M dirty
l2_map  vm0 258M 513M 64K rwx tables=1M
touch   ram+513M 64K w
guest   vm0 w l2=256M 64K
assert pages_4k == 16
assert pf_fixed == 2
guest   vm0 w l2=258M 64K
assert pages_4k == 32
assert pf_fixed == 18
l2_map  vm0 260M 512M 256K rwx tables=1M
guest   vm0 w l2=260M 256K stride=32K
assert pages_4k == 40
assert pf_fixed == 26
