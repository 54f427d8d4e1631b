# SPDX-License-Identifier: GPL-2.0-or-later
# MADV_DONTNEED notifies VMA by VMA, whether or not anything is mapped; at a hole it goes
# on and returns ENOMEM at the end. munmap of the same range would be one notification.
map a 0x100000000000 1G rw anon private noreserve nohuge
map b 0x100080000000 1G rw anon private noreserve nohuge
madvise a 3G dontneed
> CLEAR a a+1G
> CLEAR b b+1G
> errno ENOMEM
