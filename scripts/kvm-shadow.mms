# SPDX-License-Identifier: GPL-2.0-or-later
# The host side of the stream recorded on 6.12 with npt=0 (shadow paging): the
# notifications are those of kvm-tdp.mms. The recorded guest runs in long mode and its
# tables are shadowed; accesses by guest-physical address are those of a guest without
# paging, which KVM maps as kvm-direct.mms.
map ram 0x100000000000 2G rw anon private noreserve nohuge
vm vm0 shadow
memslot vm0 0 gpa=0 ram 2G
# what the loader of the guest wrote: code, tables
touch ram+4K 4K w
touch ram+64K 16K w
touch ram+2M 32K w
touch ram+4M 4K w
# V1
guest vm0 w 0x10000 12K
guest vm0 w 0x200000 4K
guest vm0 x 0x1000 4K
guest vm0 w 0x13000 4K
guest vm0 w 0x400000 4K
guest vm0 w 1G 32K
> none
assert pages_4k == 22
assert pf_fixed == 12
# V2
mprotect ram 2G r
> linux-3.14  PROTECTION_VMA ram ram+2G
> linux-6.1   PROTECTION_VMA ram ram+1G
> linux-6.1   PROTECTION_VMA ram+1G ram+2G
> linux-6.12+ PROTECTION_VMA ram ram+2G
assert pages_4k == 0
mprotect ram 2G rw
> linux-3.14  PROTECTION_VMA ram ram+2G
> linux-6.1   PROTECTION_VMA ram ram+1G
> linux-6.1   PROTECTION_VMA ram+1G ram+2G
> linux-6.12+ PROTECTION_VMA ram ram+2G
# V3
guest vm0 w 0x10000 12K
guest vm0 w 0x200000 4K
guest vm0 x 0x1000 4K
guest vm0 w 0x13000 4K
guest vm0 w 0x400000 4K
guest vm0 w 1G 32K
assert pages_4k == 22
assert pf_fixed == 17
# V4: the end of the 64 KiB is in the middle of a 2 MiB block; its CLEAR takes the eight
# pages before the change itself is announced
mprotect ram+1G 64K r
> linux-3.14 CLEAR ram+1G ram+1026M
> linux-3.14 PROTECTION_VMA ram+1G ram+1048640K
> linux-6.1+ CLEAR ram+1G ram+1026M
> linux-6.1+ PROTECTION_VMA ram+1G ram+1048640K
mprotect ram+1G 64K rw
> PROTECTION_VMA ram+1G ram+1048640K
assert sptes_zapped == 30
