# SPDX-License-Identifier: GPL-2.0-or-later
# KVM maps with 2 MiB what the primary MMU maps with 2 MiB, if the memslot's alignment
# allows. When the process protects one page of it, the split of the VMA takes the whole
# huge SPTE away, and the guest comes back in small pages.
map ram 0x100000000000 8M rw anon private noreserve huge
vm vm0 tdp
memslot vm0 0 gpa=0 ram 8M
guest vm0 w 0 8M stride=2M
assert pages_2m == 4
mprotect ram+4100K 4K r
> linux-3.14 CLEAR ram+4M ram+6M
> linux-3.14 PROTECTION_VMA ram+4100K ram+4104K
> linux-6.1+ CLEAR ram+4M ram+6M
> linux-6.1+ PROTECTION_VMA ram+4100K ram+4104K
assert pages_2m == 3
guest vm0 w 4M 4K
assert pages_4k >= 1
assert pages_2m == 3
