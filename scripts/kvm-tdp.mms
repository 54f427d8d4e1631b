# SPDX-License-Identifier: GPL-2.0-or-later
# The program of the stream recorded on 6.12 with npt=1 tdp_mmu=1 (TDP MMU): a guest with
# 2 GiB whose own page tables are at 0x10000 and from 2 MiB on, code at 0x1000; it writes
# eight pages from 1 GiB. What the processor's nested walk does to the guest's tables are
# writes to them here. Every page is faulted in by itself: 15 faults, and 15 again when
# mprotect has taken all of it away.
map ram 0x100000000000 2G rw anon private noreserve nohuge
vm vm0 tdp
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
assert pages_4k == 15
assert pf_fixed == 15
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
assert pages_4k == 15
assert pf_fixed == 30
# V4: the end of the 64 KiB is in the middle of a 2 MiB block; its CLEAR takes the eight
# pages before the change itself is announced
mprotect ram+1G 64K r
> linux-3.14 CLEAR ram+1G ram+1026M
> linux-3.14 PROTECTION_VMA ram+1G ram+1048640K
> linux-6.1+ CLEAR ram+1G ram+1026M
> linux-6.1+ PROTECTION_VMA ram+1G ram+1048640K
mprotect ram+1G 64K rw
> PROTECTION_VMA ram+1G ram+1048640K
assert sptes_zapped == 23
