# SPDX-License-Identifier: GPL-2.0-or-later
# Calls that fail before they do anything notify nothing.
map ram 0x100000000000 64M rw anon private noreserve nohuge
map ro  0x200000000000 64M r shmem shared
touch ram 1M w
mprotect ram+1 4K r
> none
> errno EINVAL
mprotect ram 0 r
> none
> errno 0
mprotect 0x300000000000 4K r
> none
> errno ENOMEM
madvise ram+1 4K dontneed
> none
> errno EINVAL
madvise ro 4K free
> none
> errno EINVAL
munmap ram 0
> none
> errno EINVAL
mremap ram+1 4K 4K 0x400000000000
> none
> errno EINVAL
