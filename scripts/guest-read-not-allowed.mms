# SPDX-License-Identifier: GPL-2.0-or-later
# A guest's read of memory that its process may write and not read fails at once: only where the
# process may read, KVM tries the page as a write, too, to learn whether it is poisoned
# (probes_poison). A fork tells that nothing was copied.
map ram 0x100000000000 64K wx shmem private noreserve
vm vm0 tdp
memslot vm0 0 gpa=4G ram 64K
guest vm0 r 4G 4K
fork child
> none
guest vm0 w 4G 4K
guest vm0 r 4G 4K
fork other
> PROTECTION_PAGE ram ram+64K
