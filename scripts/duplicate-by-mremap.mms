# SPDX-License-Identifier: GPL-2.0-or-later
# An old length of 0 makes another mapping of shared memory.
map ram 0x100000000000 64K rw shmem shared noreserve
touch ram 4K w
mremap ram 0 64K 0x110000000000
touch 0x110000000000 4K r
truncate ram 0
> CLEAR 0x100000000000 0x100000010000
> CLEAR 0x110000000000 0x110000010000
> CLEAR 0x100000000000 0x100000010000
> CLEAR 0x110000000000 0x110000010000
