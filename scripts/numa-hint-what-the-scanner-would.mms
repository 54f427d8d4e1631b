# SPDX-License-Identifier: GPL-2.0-or-later
# NUMA hinting leaves out what Linux's scanner does: hugetlb memory, devices, memory without access.
map a 0x100000000000 2M rw anon private noreserve nohuge
map b 0x100000200000 2M none anon private noreserve nohuge
map h 0x100000400000 2M rw hugetlb=2M private noreserve
map c 0x100000600000 2M rw anon private noreserve nohuge
touch a 4K w
touch h 4K w
touch c 4K w
numa_hint a 8M
> PROTECTION_VMA 0x100000000000 0x100000200000
> PROTECTION_VMA 0x100000600000 0x100000800000
