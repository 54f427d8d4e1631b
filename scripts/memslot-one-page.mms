# SPDX-License-Identifier: GPL-2.0-or-later
# A memslot of one page in the middle of a huge page: mapped with 4 KiB, without neighbours, and a
# notification over 1 GiB scans three heads for it.
sysctl   thp madvise
map      ram 0x100000000000 1G rw anon private huge
touch    ram 2M w
vm       vm0 direct
memslot  vm0 0 gpa=8589938688 ram+4K 4K
guest    vm0 w 8589938688 4K
assert   pages_4k == 1
assert   pages_2m == 0
guest    vm0 r 8G 4K
> errno ENOENT
madvise  ram 1G dontneed
assert   rmap_scanned == 3
assert   sptes_zapped == 1
