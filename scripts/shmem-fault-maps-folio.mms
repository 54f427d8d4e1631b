# SPDX-License-Identifier: GPL-2.0-or-later
# A write fault in an object whose huge page cannot be mapped as one maps all of it by PTEs from
# 6.12 on, if the VMA has room for all: a guest's next pages are mapped with the first then.
sysctl shmem_thp always
map m1 0x120040a00000 4M rw shmem shared noreserve
touch m1 4K w
map m2 0x130040a00000 4M rw shmem shared noreserve nohuge of=m1
map m4 0x150040a01000 1M rw shmem shared noreserve nohuge of=m1
vm vm0 direct
memslot vm0 0 gpa=8G m2 4M
memslot vm0 2 gpa=10G m4 1M
guest vm0 w 8G+64K 4K
guest vm0 w 8G+128K 4K
guest vm0 w 10G+64K 4K
