# SPDX-License-Identifier: GPL-2.0-or-later
# Golden vector V6. From 4 KiB into the VMA to 4 KiB behind 3 GiB. Splitting the VMA at
# +4K calls vma_adjust_trans_huge(): the boundary is not 2 MiB aligned, its block lies in
# the VMA and the PUD entry is present, so __split_huge_pmd() sends CLEAR for the block
# although a PTE table, no huge page, is there. The end (+3 GiB +4K) has no such effect:
# nothing is mapped in its GiB.
map ram 0x100000000000 4G rw anon private noreserve nohuge
touch ram+12K 4K w
touch ram+2097164K 4K w
mprotect ram+4K 3145744K r
> linux-3.14  CLEAR ram ram+2M
> linux-3.14  PROTECTION_VMA ram+4K ram+3145748K
> linux-6.1   CLEAR ram ram+2M
> linux-6.1   PROTECTION_VMA ram+4K ram+1G
> linux-6.1   PROTECTION_VMA ram+2G ram+3G
> linux-6.12+ CLEAR ram ram+2M
> linux-6.12+ PROTECTION_VMA ram+4K ram+3145748K
