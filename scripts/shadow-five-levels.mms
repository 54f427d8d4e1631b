# SPDX-License-Identifier: GPL-2.0-or-later
# A guest with five levels of page tables: the shadow root is of level 5, and one range lies beyond
# the 256 TiB that four levels reach. Both address spaces map the same memory, so that its pages
# have two entries each.
map     ram 0x100000000000 64M rw anon private noreserve nohuge
touch   ram+32M 1M w
vm      vm0 shadow
memslot vm0 0 gpa=0 ram 64M
guest_map vm0 1G 32M 1M rw tables=16M la57
guest_map vm0 0x3000000000000 32M 64K rw tables=16M la57
guest_map vm0 4G 16M 8M rw tables=16M la57
guest_map vm0 1G 32M 2M rw tables=20M page=2M la57
cr3     vm0 16M
guest   vm0 w gva=1G 64K
guest   vm0 w gva=0x3000000000000 64K
guest_remap vm0 0x3000000000000 33M rw tables=16M via=4G
invlpg  vm0 0x3000000000000
guest   vm0 w gva=0x3000000000000 4K
cr3     vm0 20M
guest   vm0 w gva=1G 32K
cr3     vm0 16M
mprotect ram+32M 64K r
guest   vm0 r gva=0x3000000000000 16K
munmap  ram+32M 1M
> UNMAP ram+32M ram+33M
guest   vm0 r gva=1G 4K
> errno EFAULT
