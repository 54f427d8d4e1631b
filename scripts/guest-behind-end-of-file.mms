# SPDX-License-Identifier: GPL-2.0-or-later
# A guest's read of memory behind the end of its file fails; up to 6.12 KVM tries it as a write
# then, to learn whether the page is poisoned, and the private mapping has an anon_vma from there
# on: fork() copies it, and tells.
map m0 0x110080200000 16K rw shmem private noreserve nohuge
vm vm0 tdp
memslot vm0 0 gpa=8G m0 16K
truncate m0 12K
guest vm0 r 8G 16K
forkwait
> linux-3.14 PROTECTION_PAGE m0 m0+16K
> linux-6.1  PROTECTION_PAGE m0 m0+16K
> linux-6.12 PROTECTION_PAGE m0 m0+16K
> linux-7.2  none
