# SPDX-License-Identifier: GPL-2.0-or-later
# The same memory at two guest addresses, and in two VMs: one notification zaps all of it.
sysctl   thp never
map      ram 0x100000000000 2M rw anon private
touch    ram 64K w
vm       vm0 direct
vm       vm1 direct
memslot  vm0 0 gpa=8G ram 2M
memslot  vm0 1 gpa=16G ram 2M
memslot  vm1 0 gpa=8G ram 2M
guest    vm0 w 8G 4K
guest    vm0 w 16G 4K
guest    vm1 w 8G 4K
# each fault maps its eight neighbours along
assert   pages_4k == 24
mprotect ram 2M r
> PROTECTION_VMA ram ram+2M
assert   sptes_zapped == 24
assert   pages_4k == 0
guest    vm0 r 16G 4K
guest    vm1 r 8G 4K
assert   pages_4k == 2
memslot  vm0 1 delete
assert   pages_4k == 1
guest    vm0 r 16G 4K
> errno ENOENT
