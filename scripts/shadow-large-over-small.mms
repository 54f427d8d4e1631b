# SPDX-License-Identifier: GPL-2.0-or-later
# A guest maps its memory with pages of 2 MiB and 1 GiB, the host backs it with pages of
# 4 KiB: KVM splits the guest's large pages into direct shadow pages, one set for each
# set of rights. The first write to a page that was only read sets the guest's dirty bit
# and moves to another direct page.
map     ram 0x100000000000 64M rw anon private noreserve nohuge
vm      vm0 shadow
memslot vm0 0 gpa=0 ram 64M
guest_map vm0 1G 32M 4M rw  tables=16M page=2M
guest_map vm0 2G 0   1G rwx tables=16M page=1G
cr3     vm0 16M
guest   vm0 r gva=1G 8K
assert  pages_4k == 2
guest   vm0 w gva=1G 8K
guest   vm0 w gva=2G+32M 8K
assert  pages_2m == 0
# one frame, several entries: all go
mprotect ram+32M 4K r
> CLEAR ram+32M ram+34M
> PROTECTION_VMA ram+32M ram+32772K
guest   vm0 w gva=1G+4K 4K
> none
