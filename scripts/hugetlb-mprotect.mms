# SPDX-License-Identifier: GPL-2.0-or-later
# hugetlb has a path of its own: the notification is unconditional, under every kernel, and is
# not cut at any boundary. Private memory; nothing is populated in the first call.
map h 0x100000000000 16M rw hugetlb=2M private noreserve
mprotect h 16M r
> PROTECTION_VMA h h+16M
mprotect h 16M rw
> PROTECTION_VMA h h+16M
touch h 4M w
mprotect h+2M 4M r
> PROTECTION_VMA h+2M h+6M
