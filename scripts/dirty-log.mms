# SPDX-License-Identifier: GPL-2.0-or-later
# Dirty logging by write protection: what the guest writes is in the log once, and is protected
# again when the log is read; the next write to it takes the lockless path. A huge page is split
# when logging starts and is whole again when it stops.
sysctl   thp madvise
map      ram 0x100000000000 8M rw anon private huge
touch    ram 8M w stride=2M
vm       vm0 tdp
memslot  vm0 0 gpa=8G ram 8M
guest    vm0 w 8G 8M stride=2M
assert   pages_2m == 4
memslot  vm0 0 gpa=8G ram 8M dirty_log
assert   pages_2m == 0
assert   pages_4k == 2048
guest    vm0 r 8G 64K
guest    vm0 w 8G 16K
assert   pf_fast == 4
dirty_log vm0 0
assert   dirty_pages == 4
guest    vm0 w 8G 4K
dirty_log vm0 0
assert   dirty_pages == 5
dirty_log vm0 0
assert   dirty_pages == 5
memslot  vm0 0 gpa=8G ram 8M
guest    vm0 r 8G 8M stride=2M
assert   pages_2m == 4
dirty_log vm0 0
> errno ENOENT
