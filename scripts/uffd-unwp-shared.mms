# SPDX-License-Identifier: GPL-2.0-or-later
# When uffd-wp is lifted, or mprotect allows writes again, while the memory is registered: shared
# memory stays read-only until its first write (6.1, lifting: writable at once), private memory is
# writable where nobody shares the page (6.1, lifting: with the first write). A guest's reads show it.
map h 0x108000000000 8M rw shmem shared noreserve nohuge
map p 0x118000000000 8M rw anon private nohuge
vm vm0 tdp
memslot vm0 0 gpa=8G h 8M
memslot vm0 1 gpa=9G p 8M
touch h 16K w
touch p 16K w
uffd register h 8M
uffd register p 8M
uffd wp h 8M
> PROTECTION_VMA h h+8M
uffd wp p 8M
uffd unwp h 8M
uffd unwp p 8M
guest vm0 r 8G 16K
guest vm0 r 9G 16K
mprotect h 8M r
mprotect h 8M rw
> PROTECTION_VMA h h+8M
guest vm0 r 8G 16K
