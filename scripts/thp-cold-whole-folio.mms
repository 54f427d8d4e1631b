# SPDX-License-Identifier: GPL-2.0-or-later
# A huge page that PTEs map from its first page to its last is advised as a whole from 6.12 on: MADV_COLD
# over all of it splits nothing. 6.1 looks at one entry at a time and splits the huge page.
map m 0x100000000000 4M rw anon private huge
touch m 4K w
mprotect m+4K 4K r
> linux-3.14  CLEAR m m+2M
> linux-3.14  PROTECTION_VMA m+4K m+8K
> linux-6.1   CLEAR m m+2M
> linux-6.1   PROTECTION_VMA m+4K m+8K
> linux-6.12+ CLEAR m m+2M
> linux-6.12+ PROTECTION_VMA m+4K m+8K
mprotect m+4K 4K rw
madvise m 2M cold
> linux-3.14  CLEAR m m+2M
> linux-3.14  CLEAR m m+2M
> linux-6.1   CLEAR m m+2M
> linux-6.1   CLEAR m m+2M
> linux-6.12+ none
