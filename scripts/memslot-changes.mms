# SPDX-License-Identifier: GPL-2.0-or-later
# A slot that goes or moves takes every page table of the VM with it; one that only starts to log
# takes none. Size and rights of a slot cannot change.
sysctl   thp never
map      ram 0x100000000000 4M rw anon private
touch    ram 64K w
vm       vm0 tdp
memslot  vm0 0 gpa=8G ram 2M
memslot  vm0 1 gpa=16G ram+2M 2M
guest    vm0 w 8G 64K
assert   pages_4k == 16
memslot  vm0 1 gpa=16G ram+2M 2M dirty_log
assert   pages_4k == 16
memslot  vm0 1 gpa=24G ram+2M 2M
assert   pages_4k == 0
guest    vm0 w 8G 64K
memslot  vm0 1 delete
assert   pages_4k == 0
guest    vm0 w 24G 4K
> errno ENOENT
memslot  vm0 0 gpa=8G ram 1M
> errno EINVAL
memslot  vm0 0 gpa=8G ram 2M readonly
> errno EINVAL
memslot  vm0 2 gpa=8590983168 ram 2M
> errno EEXIST
memslot  vm0 3 gpa=32G ram 2M readonly
guest    vm0 r 32G 4K
guest    vm0 w 32G 4K
> errno ENOENT
