# SPDX-License-Identifier: GPL-2.0-or-later
# Soft-dirty bits cleared, shared memory is mapped read-only by reads, so that the first write is
# seen; a huge page is taken out of the page table for that.
sysctl shmem_thp always
map ram 0x100000000000 2M rw shmem shared noreserve
clear_refs 4
> SOFT_DIRTY 0x0 0xffffffffffffffff
touch ram 4K r
touch ram 4K w
> CLEAR 0x100000000000 0x100000200000
touch ram 8K w
