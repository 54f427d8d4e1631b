# SPDX-License-Identifier: GPL-2.0-or-later
# Golden vector V2. One page at the head of 4 TiB. 3.15 to 6.11 start in
# change_pmd_range() and stop at the end of the PUD entry (1 GiB); 6.12 and later start in
# change_pud_range() and stop at the end of the P4D entry (512 GiB). 4 KiB are mapped in
# either.
map ram 0x100000000000 4T rw anon private noreserve nohuge
touch ram 4K w
mprotect ram 4T r
> linux-3.14  PROTECTION_VMA ram ram+4T
> linux-6.1   PROTECTION_VMA ram ram+1G
> linux-6.12+ PROTECTION_VMA ram ram+512G
