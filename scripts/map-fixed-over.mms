# SPDX-License-Identifier: GPL-2.0-or-later
# mmap(MAP_FIXED) over other maps unmaps them first: one UNMAP over the new map's range,
# holes included, and nothing if nothing was there.
map a 0x100000000000 4M rw anon private noreserve nohuge
map b 0x100000800000 4M rw anon private noreserve nohuge
touch a 4M w
touch b 4M w
map c 0x100000200000 8M rw anon private noreserve nohuge
> UNMAP c c+8M
map d 0x100001000000 8M rw anon private noreserve nohuge
> none
