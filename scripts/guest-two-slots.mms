# SPDX-License-Identifier: GPL-2.0-or-later
# The same memory in two memslots (an alias in guest-physical space): one notification
# zaps it in both.
map ram 0x100000000000 64M rw anon private noreserve nohuge
vm vm0 tdp
memslot vm0 0 gpa=0  ram 64M
memslot vm0 1 gpa=4G ram 64M
guest vm0 w 0 16K
guest vm0 w 4G 16K
assert pages_4k == 8
madvise ram 8K dontneed
> CLEAR ram ram+8K
assert sptes_zapped == 4
assert pages_4k == 4
