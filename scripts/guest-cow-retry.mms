# SPDX-License-Identifier: GPL-2.0-or-later
# A guest writes where it has only read: KVM takes the sequence count, asks the primary
# MMU for a writable page, and that replaces the zero page, which is an invalidation. The
# count has moved, so KVM throws the new page away and the guest faults again; the second
# try finds it.
map ram 0x100000000000 64M rw anon private noreserve nohuge
vm vm0 tdp
memslot vm0 0 gpa=0 ram 64M
guest vm0 r 0 4K
> none
assert pages_4k == 1
guest vm0 w 0 4K
> CLEAR ram ram+4K
assert pf_retried == 1
assert pages_4k == 1
# never touched: no invalidation, no retry
guest vm0 w 4K 4K
> none
assert pf_retried == 1
