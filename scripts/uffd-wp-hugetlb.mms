# SPDX-License-Identifier: GPL-2.0-or-later
# uffd-wp of hugetlb memory: what is not mapped gets a marker, and is mapped read-only later; a
# write to it fails. Zapping for the moment leaves markers, lifting the protection takes them away.
# A mapping that is shared is writable at once then on 6.1, later with the first write.
map h 0x108000000000 8M rw hugetlb=2M shared noreserve
map p 0x118000000000 4M rw hugetlb=2M private noreserve
vm vm0 tdp
memslot vm0 0 gpa=8G h 8M
touch h 2M w stride=2M
uffd register h 8M
uffd register p 4M
uffd wp h 4M
> PROTECTION_VMA h h+4M
uffd wp p 4M
> PROTECTION_VMA p p+4M
touch h 2M w stride=2M
> errno EFAULT
touch h+2M 2M r stride=2M
touch h+2M 2M w stride=2M
> errno EFAULT
touch h+4M 2M w stride=2M
touch p 2M w stride=2M
> none
> errno EFAULT
madvise h 4M dontneed
touch h 2M w stride=2M
> errno EFAULT
uffd unwp h 2M
> PROTECTION_VMA h h+2M
touch h 2M w stride=2M
> errno 0
guest vm0 r 8G 4M stride=2M
uffd unregister p 4M
> PROTECTION_VMA p p+4M
touch p 2M w stride=2M
> errno 0
# soft-dirty is none of hugetlb's concern
clear_refs 4
guest vm0 r 8G 4M stride=2M
