# SPDX-License-Identifier: GPL-2.0-or-later
# KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2: reading a log changes nothing, clearing a part of it protects
# that part. What logging starts with is everything, and nothing is protected before it is cleared.
sysctl   thp never
map      ram 0x100000000000 1M rw anon private
touch    ram 1M w
vm       vm0 direct initially_set
memslot  vm0 0 gpa=8G ram 1M
guest    vm0 w 8G 1M
memslot  vm0 0 gpa=8G ram 1M dirty_log
dirty_log vm0 0
assert   dirty_pages == 256
clear_dirty_log vm0 0 0 256K
dirty_log vm0 0
assert   dirty_pages == 448
guest    vm0 w 8G 8K
assert   pf_fast == 2
dirty_log vm0 0
assert   dirty_pages == 642
clear_dirty_log vm0 0 4K 256K
> errno EINVAL
clear_dirty_log vm0 0 1M 256K
> errno EINVAL
clear_dirty_log vm0 1 0 256K
> errno ENOENT
