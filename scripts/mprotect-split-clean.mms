# SPDX-License-Identifier: GPL-2.0-or-later
# On 6.1 the entries of a split huge page are not dirty: made read-only and writable again, they stay
# write-protected until the next write, and KVM maps only those along that were written.
map ram 0x100000000000 8M rw anon private huge
vm vm0 shadow
memslot vm0 0 gpa=0 ram 8M
touch ram 4M w stride=2M
mprotect ram 32K r
mprotect ram 8M rw
touch ram+4K 8K w
guest vm0 w 0 4K
assert linux-6.1 pages_4k == 3
assert linux-6.12+ pages_4k == 8
# dirty entries are writable at once, also on 6.1
touch ram+32K 16K w
mprotect ram+32K 32K r
mprotect ram 8M rw
guest vm0 w 36K 4K
assert linux-6.1 pages_4k == 4
assert linux-6.12+ pages_4k == 8
# split as a page, not as an entry: what was dirty stays so
madvise ram+2M 4K mergeable
madvise ram+2M 4K pageout
mprotect ram+2M 64K r
mprotect ram+2M 64K rw
guest vm0 w 2052K 4K
# MADV_FREE cleans, too
touch ram+6M 4K w
madvise ram+6M 4K nohugepage
touch ram+4M 64K w
madvise ram+4M 32K free
mprotect ram+4M 64K r
mprotect ram+4M 64K rw
guest vm0 r 4M 4K
guest vm0 w 4132K 4K
assert linux-6.1 pages_4k == 14
assert linux-6.12+ pages_4k == 26
