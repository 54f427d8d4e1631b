# SPDX-License-Identifier: GPL-2.0-or-later
# What MREMAP_DONTUNMAP leaves behind of anonymous memory is as new: its offset is that of its
# address, not that of the memory that was moved here before, so that it merges with no neighbour.
# Fork tells of it by leaving it out.
map     m1 0x108100000000 10M rw anon private nohuge
touch   m1 4K w
mremap  m1 10M 10M 0x118100000000
mprotect 0x118100000000 9M r
mremap  0x118100900000 1M 1M 0x11ffffef0000 dontunmap
mprotect 0x118100900000 1M rx
mprotect 0x118100000000 10M rw
forkwait
> PROTECTION_PAGE 0x118100000000 0x118100900000
> PROTECTION_PAGE 0x11ffffef0000 0x11ffffff0000
