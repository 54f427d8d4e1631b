# SPDX-License-Identifier: GPL-2.0-or-later
# A writable page of the guest that holds one of its tables is mapped with 4 KiB pages on 6.1. With
# two levels of tables the guest's large pages have 4 MiB, KVM's have 2 MiB: the half without the
# table is still a large page.
map     ram 0x100000000000 64M rw anon private noreserve huge
vm      vm0 shadow
memslot vm0 0 gpa=0 ram 64M
touch   ram+16M 4M w stride=2M
guest_map vm0 8M 16M 4M rw tables=17M page=4M 2level
cr3     vm0 17M
guest   vm0 w gva=10M 4K
guest   vm0 w gva=8M 4K
guest   vm0 r gva=11M 4K
