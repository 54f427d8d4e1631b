# SPDX-License-Identifier: GPL-2.0-or-later
# What ksmd has merged does not move: mremap() gives the page back its own copy first.
map a 0x100000000000 4K rw anon private noreserve
map b 0x110000000000 4K rw anon private noreserve
touch a 4K w
touch b 4K w
madvise a 4K mergeable
madvise b 4K mergeable
ksm 3
> CLEAR 0x110000000000 0x110000001000
> CLEAR 0x100000000000 0x100000001000
> CLEAR 0x100000000000 0x100000001000
mremap a 4K 4K 0x120000000000
> CLEAR 0x100000000000 0x100000001000
> UNMAP 0x100000000000 0x100000001000
> UNMAP 0x100000000000 0x100000001000
