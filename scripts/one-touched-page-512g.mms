# SPDX-License-Identifier: GPL-2.0-or-later
# One touched page at the head of a 512 GiB guest with shadow paging. One mprotect of 6.12
# makes KVM look at 134217728 + 262144 + 512 = 134480384 reverse-map heads (one per 4 KiB,
# 2 MiB and 1 GiB of the range), all empty; one of 6.1 at 262144 + 512 + 1 = 262657.
map      ram 0x100000000000 512G rw anon private noreserve nohuge
vm       vm0 shadow                        # tdp | direct | shadow | nested
memslot  vm0 0 gpa=4G ram 512G
touch    ram 4K w
mprotect ram 512G r
> linux-3.14  PROTECTION_VMA ram ram+512G
> linux-6.1   PROTECTION_VMA ram ram+1G
> linux-6.12+ PROTECTION_VMA ram ram+512G
mprotect ram 512G rw
> linux-3.14  PROTECTION_VMA ram ram+512G
> linux-6.1   PROTECTION_VMA ram ram+1G
> linux-6.12+ PROTECTION_VMA ram ram+512G
