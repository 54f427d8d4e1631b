# SPDX-License-Identifier: GPL-2.0-or-later
# Golden vector V13. A NUMA chunk with one page in its middle. change_prot_numa() splits
# no VMA, so no CLEAR can precede, whatever the alignment of the chunk.
map ram 0x100100000000 256M rw anon private noreserve nohuge
touch ram+128M 4K w
numa_hint ram 256M
> linux-3.14  PROTECTION_VMA ram ram+256M
> linux-6.1   PROTECTION_VMA ram+128M ram+256M
> linux-6.12+ PROTECTION_VMA ram ram+256M
