# SPDX-License-Identifier: GPL-2.0-or-later
# hugetlb pages move between nodes like others; each is one folio.
map ram 0x100000000000 8M rw hugetlb=2M private noreserve
touch ram 4M w stride=2M
mbind ram 8M bind 1 move
> CLEAR 0x100000000000 0x100000200000
> CLEAR 0x100000200000 0x100000400000
move_pages ram 2M 0
> CLEAR 0x100000000000 0x100000200000
> linux-6.1 errno EACCES
> linux-6.12 errno EBUSY
> linux-7.2 errno EBUSY
