# SPDX-License-Identifier: GPL-2.0-or-later
# where the notification of mprotect starts and ends; errors in the middle
map a 0x100000000000 4G rw anon private noreserve nohuge
mprotect a 4G r
mprotect a 4G rw
touch a+1026M+64K 4K w
mprotect a 4G r
mprotect a+1026M+60K 12K rw
touch a+1026M+64K 4K w
mprotect a+4095M 8M r
mprotect a+16 4K r
munmap a+1G 8K
madvise a 2G dontneed
munmap a 4G
