# SPDX-License-Identifier: GPL-2.0-or-later
# How the cost of an mprotect over 64 GiB grows with the pages that are touched in it, kernel by
# kernel. For "mmuscope sweep": every combination of the values.
param pages   1,64,4096
param profile linux-6.1,linux-6.12
param mmu     shadow,tdp

map      ram 0x100000000000 64G rw anon private noreserve nohuge
vm       vm0 shadow
memslot  vm0 0 gpa=4G ram 64G
touch    ram ${pages*16M} w stride=16M     # one page in each 16 MiB
mprotect ram 64G r
