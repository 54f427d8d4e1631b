# SPDX-License-Identifier: GPL-2.0-or-later
# MADV_COLLAPSE of memory that userfaultfd protects. A page that is protected keeps its block, the
# other blocks are collapsed; a hole ends the call, with EBUSY since 6.12. Pages of an object are
# replaced all the same, but page tables stay, for the markers that are in them.
map a 0x100000000000 6M rw anon private nohuge
map s 0x100010000000 4M rw shmem shared
map t 0x100020000000 4M rw shmem shared of=s
touch a 100K w
touch a+2M 4M w
touch s 4M w
touch t 4M w
uffd register a 6M
uffd register s 4M
uffd wp a+2M+64K 4K
uffd wp s+64K 8K
madvise a 6M hugepage
madvise a 6M collapse
> none
> linux-6.1 errno EINVAL
> linux-6.12+ errno EBUSY
madvise a+2M 4M collapse
> CLEAR a+4M a+6M
> errno EINVAL
touch a+2M+64K 4K w
> none
> errno EFAULT
madvise t 2M collapse
touch s+64K 4K w
> none
> errno EFAULT
touch s+80K 4K w
> none
madvise s+2M 2M collapse
> errno EINVAL
mprotect t 4M r
mprotect s 4M r
