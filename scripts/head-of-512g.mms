# SPDX-License-Identifier: GPL-2.0-or-later
# One touched page at the head of a 512 GiB guest, shadow paging: which reverse-map heads
# does one mprotect look at?
map      ram 0x100000000000 512G rw anon private noreserve nohuge
vm       vm0 shadow
memslot  vm0 0 gpa=4G ram 512G
touch    ram 4K w
mprotect ram 512G r
> linux-6.1   PROTECTION_VMA ram ram+1G
> linux-6.12+ PROTECTION_VMA ram ram+512G
mprotect ram 512G rw
