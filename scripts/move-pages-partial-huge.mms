# SPDX-License-Identifier: GPL-2.0-or-later
# A huge page that has lost a page: 6.1 moves it as it is, later kernels split it and move what is
# left page by page, the first one last.
sysctl thp always
map ram 0x100000000000 2M rw anon private noreserve
touch ram 2M w stride=1M
madvise ram+4K 4K dontneed
> CLEAR 0x100000001000 0x100000002000
> CLEAR 0x100000000000 0x100000200000
mbind ram 2M bind 1 move
> linux-6.1 CLEAR 0x100000000000 0x100000200000
> linux-6.12 CLEAR 0x100000000000 0x100000200000
> linux-6.12 CLEAR 0x100000000000 0x100000200000
> linux-6.12 CLEAR 0x100000100000 0x100000101000
> linux-6.12 CLEAR 0x100000000000 0x100000001000
> linux-7.2 CLEAR 0x100000000000 0x100000200000
> linux-7.2 CLEAR 0x100000100000 0x100000101000
> linux-7.2 CLEAR 0x100000000000 0x100000001000
