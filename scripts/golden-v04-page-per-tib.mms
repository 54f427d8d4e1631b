# SPDX-License-Identifier: GPL-2.0-or-later
# Golden vector V4. One page per TiB: one pair for each parent entry with something in it.
# 4 GiB are notified in four pairs up to 6.11, 2 TiB in four pairs from 6.12 on, for 16
# KiB of memory.
map ram 0x100000000000 4T rw anon private noreserve nohuge
touch ram 4T w stride=1T
mprotect ram 4T r
> linux-3.14  PROTECTION_VMA ram ram+4T
> linux-6.1   PROTECTION_VMA ram ram+1G
> linux-6.1   PROTECTION_VMA ram+1T ram+1025G
> linux-6.1   PROTECTION_VMA ram+2T ram+2049G
> linux-6.1   PROTECTION_VMA ram+3T ram+3073G
> linux-6.12+ PROTECTION_VMA ram ram+512G
> linux-6.12+ PROTECTION_VMA ram+1T ram+1536G
> linux-6.12+ PROTECTION_VMA ram+2T ram+2560G
> linux-6.12+ PROTECTION_VMA ram+3T ram+3584G
