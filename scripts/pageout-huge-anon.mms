# SPDX-License-Identifier: GPL-2.0-or-later
# There is nowhere to write an anonymous huge page to; MADV_PAGEOUT splits it before it sees that.
# To 6.8 reclaim asks first whether the page was used, here by a guest, and once it is split asks
# the same of each small page: one kvm_age_hva after the other. Entries that are no huge page, here
# those of a table into which mremap has moved some, are reclaimed when all of the table has been
# looked at.
map ram 0x100000000000 8M rw anon private noreserve huge
map small 0x100010000000 2M rw anon private noreserve nohuge
vm vm0 tdp
memslot vm0 0 gpa=4G ram 8M
memslot vm0 1 gpa=5G small 2M
guest vm0 w 4G 4K
guest vm0 w 0x100200000 4K
madvise ram 4M pageout
> linux-6.1 none
> linux-6.12 CLEAR ram ram+2M
> linux-6.12 CLEAR ram ram+2M
> linux-6.12 CLEAR ram+2M ram+4M
> linux-6.12 CLEAR ram+2M ram+4M
> linux-7.2 CLEAR ram ram+2M
> linux-7.2 CLEAR ram+2M ram+4M
madvise ram 4M pageout
guest vm0 w 4G 4K
touch ram+4M 4K w
touch small 32K w
mremap ram+5M 64K 64K small+64K
guest vm0 r 5G 4K
madvise small 2M pageout
