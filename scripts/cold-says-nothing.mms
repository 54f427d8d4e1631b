# SPDX-License-Identifier: GPL-2.0-or-later
# MADV_COLD changes accessed bits; secondary MMUs hear of it through aging at most, never
# through invalidation. MADV_FREE drops the dirty bits and must tell.
map ram 0x100000000000 64M rw anon private noreserve nohuge
touch ram 1M w
madvise ram 64M cold
> none
madvise ram 64M free
> CLEAR ram ram+64M
