# SPDX-License-Identifier: GPL-2.0-or-later
# A guest that rewrites entries of its page tables: the shadow page becomes unsync, and
# the old translation holds until CR3 is loaded or the page is invalidated. Tables of an
# address space that is not loaded are synchronised when it is. Of six address spaces KVM
# keeps the roots of the last four.
map     ram 0x100000000000 64M rw anon private noreserve nohuge
vm      vm0 shadow
memslot vm0 0 gpa=0 ram 64M
guest_map vm0 1G 32M 64K rw tables=16M
guest_map vm0 4G 16M 8M  rw tables=16M
guest_map vm0 1G 32M 64K rw tables=17M
guest_map vm0 4G 16M 8M  rw tables=17M
guest_map vm0 1G 32M 64K rw tables=18M
guest_map vm0 1G 32M 64K rw tables=19M
guest_map vm0 1G 32M 64K rw tables=20M
guest_map vm0 1G 32M 64K rw tables=21M
cr3     vm0 16M
guest   vm0 w gva=1G 16K
guest_remap vm0 1G 40M rw tables=16M via=4G
invlpg  vm0 1G
guest   vm0 w gva=1G 4K
cr3     vm0 17M
guest   vm0 w gva=1G 16K
guest_remap vm0 1G+4K 41M rw tables=16M via=4G
cr3     vm0 16M
guest   vm0 r gva=1G+4K 4K
cr3     vm0 18M
cr3     vm0 19M
cr3     vm0 20M
cr3     vm0 21M
cr3     vm0 16M
munmap  ram+32M 2M
> UNMAP ram+32M ram+34M
guest   vm0 r gva=1G+8K 4K
> none
> errno EFAULT
