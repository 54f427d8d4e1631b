# SPDX-License-Identifier: GPL-2.0-or-later
# Zapping leaves a marker of each page that uffd-wp protects: an entry that is there and maps nothing.
# The second mprotect is told about 4 MiB in which 2 pages are populated, and 4 MiB + 8 KiB is all.
map m 0x7f0000000000 4M rw shmem shared nohuge
vm vm0 tdp
memslot vm0 0 gpa=8G m 4M
touch m 4M w
uffd register m 4M
uffd wp m 4M
> PROTECTION_VMA m m+4M
assert bytes_populated == 4194304
madvise m 4088K dontneed
assert bytes_populated == 8380416
mprotect m 4M r
> PROTECTION_VMA m m+4M
assert bytes_populated == 8388608
