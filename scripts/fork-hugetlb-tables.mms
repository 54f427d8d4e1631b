# SPDX-License-Identifier: GPL-2.0-or-later
# fork() of private hugetlb memory makes every table that the parent has, also where nothing is
# mapped any more: memory in the same GiB is notified in the child from 6.12 on.
map h 0x108000200000 4M rw hugetlb=2M private noreserve
map g 0x108020800000 8M rw anon private nohuge
touch h 2M w stride=2M
madvise h 2M dontneed
fork p0
switch p0
mprotect g 8M r
> linux-3.14  PROTECTION_VMA g g+8M
> linux-6.1   none
> linux-6.12+ PROTECTION_VMA g g+8M
