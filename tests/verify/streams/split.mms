# SPDX-License-Identifier: GPL-2.0-or-later
# huge pages that an operation cuts: split notifications inside larger ones
sysctl thp madvise
map a 0x100000000000 64M rw anon private noreserve huge
touch a 4K w
touch a+2M 4K w
touch a+6M 4K w
mprotect a 3M r
mprotect a+2M 64K r
mprotect a+7M 4K none
madvise a+6M 4K dontneed
munmap a+1M 64K
mremap a+40M 2M 2M a+50M
munmap a 64M
