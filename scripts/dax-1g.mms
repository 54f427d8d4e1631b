# SPDX-License-Identifier: GPL-2.0-or-later
# 1 GiB device DAX under a guest. From 4.11 to 6.11 mprotect finds the leaf, calls it a
# "bad pud" and clears it, silently: the process faults it in again with the new protection,
# and the guest keeps a writable 1 GiB mapping of memory that is read-only now. The audit
# reports invariant 1 (changed without a notification while the guest maps it) and 2 (a stale
# mapping) under linux-6.1. From 6.12 on the leaf is announced and changed in place.
map pmem 0x100000000000 2G rw dax=1G shared
vm vm0 tdp
memslot vm0 0 gpa=1G pmem 2G
guest vm0 w 1G 4K
assert pages_1g == 1
mprotect pmem 2G r
> linux-6.1   none
> linux-6.12+ PROTECTION_VMA pmem pmem+2G
assert linux-6.1   pages_1g == 1
assert linux-6.12+ pages_1g == 0
guest vm0 r 1G 4K
> errno 0
guest vm0 w 1G 4K
> linux-6.1   errno 0
> linux-6.12+ errno EFAULT
