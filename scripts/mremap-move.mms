# SPDX-License-Identifier: GPL-2.0-or-later
# Moving memory: an UNMAP of what was at the destination, one around the move, and one
# more for the munmap of the old place, in which nothing is left. (The middle of the VMA
# moves: the two new boundaries are not 2 MiB aligned, hence the CLEARs.)
map ram  0x100000000000 64M rw anon private noreserve nohuge
map dest 0x200000000000 64M rw anon private noreserve nohuge
touch ram 64M w
mremap ram+33M 4M 4M dest+1M
touch dest+1M 4M w
> none
# MREMAP_DONTUNMAP keeps the old VMA, empty
map other 0x300000000000 8M rw anon private noreserve nohuge
touch other 8M w
mremap other 8M 8M 0x310000000000 dontunmap
> UNMAP other other+8M
