# SPDX-License-Identifier: GPL-2.0-or-later
# A page of 4 MiB of a two-level guest holds the table that maps it, in its second half. KVM maps the
# first half with 2 MiB, the second with 4 KiB.
map     ram 0x100000000000 64M rw anon private huge
touch   ram 64M w stride=2M
vm      vm0 shadow
memslot vm0 0 gpa=0 ram 64M
guest_map vm0 1G 16M 4M rw tables=18M page=4M 2level
guest_map vm0 1G+4M 24M 4M rw tables=18M page=4M 2level
cr3     vm0 18M
guest   vm0 w gva=1G 4K
assert  pages_2m == 1
guest   vm0 w gva=1G+3M 8K
assert  pages_2m == 1
guest   vm0 w gva=1G+6M 8K
assert  pages_2m == 2
