# SPDX-License-Identifier: GPL-2.0-or-later
# Where the reverse-map walk can yield: in 6.1 nowhere, from 6.12 on behind each visited
# head, and a head is visited if it is not empty or the first of its level. One page per
# GiB in 64 GiB: 16777216 + 32768 + 64 = 16810048 heads under both placements, 64
# notifications of 262144 + 512 + 1 = 262657 heads in 6.1, one notification in 6.12. The
# longest stretch without a chance to yield is a whole notification in 6.1 and in 6.12 the
# 262143 empty heads behind a page with the head that ends them.
map ram 0x100000000000 64G rw anon private noreserve nohuge
vm vm0 direct
memslot vm0 0 gpa=0 ram 64G
guest vm0 w 0 64G stride=1G
mprotect ram 64G r
assert sptes_zapped == 64
assert linux-6.1   rmap_scanned == 16810048
assert linux-6.12+ rmap_scanned == 16810048
assert linux-6.1   rmap_longest == 262657
assert linux-6.12+ rmap_longest == 262144
