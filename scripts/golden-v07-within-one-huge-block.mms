# SPDX-License-Identifier: GPL-2.0-or-later
# Golden vector V7. Both ends lie in one 2 MiB block. The split at the start announces the
# block; at the end the block no longer lies whole in the VMA, which now begins at the
# start: one CLEAR, not two.
map ram 0x100000000000 4G rw anon private noreserve nohuge
touch ram+12K 4K w
mprotect ram+4K 16K r
> linux-3.14  CLEAR ram ram+2M
> linux-3.14  PROTECTION_VMA ram+4K ram+20K
> linux-6.1+  CLEAR ram ram+2M
> linux-6.1+  PROTECTION_VMA ram+4K ram+20K
