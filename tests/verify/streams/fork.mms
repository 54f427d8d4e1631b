# SPDX-License-Identifier: GPL-2.0-or-later
# copy on write after a fork; shared and file memory; a move
sysctl thp never
map a 0x100000000000 8M rw anon private
map s 0x100010000000 8M rw shmem shared
map f 0x100020000000 8M rw file private
touch a 16K w
touch s 16K w
touch f 8K r
forkwait
touch a+4K 8K w
touch f 8K w
mprotect s+4K 8K r
mremap a 64K 64K 0x100030000000
madvise s 4K remove
munmap 0x100030000000 64K
munmap f 8M
