# SPDX-License-Identifier: GPL-2.0-or-later
# Golden vector V14. Four pages in 1 TiB. 3.14 sends 1 pair of 1 TiB, 3.15 to 6.11 send 4
# pairs of 4 GiB in all, 6.12 and later send 2 pairs of 936 GiB in all.
map ram 0x100000000000 1T rw anon private noreserve nohuge
touch ram 4K w
touch ram+3G 4K w
touch ram+511G 4K w
touch ram+600G 4K w
mprotect ram 1T r
> linux-3.14  PROTECTION_VMA ram ram+1T
> linux-6.1   PROTECTION_VMA ram ram+1G
> linux-6.1   PROTECTION_VMA ram+3G ram+4G
> linux-6.1   PROTECTION_VMA ram+511G ram+512G
> linux-6.1   PROTECTION_VMA ram+600G ram+601G
> linux-6.12+ PROTECTION_VMA ram ram+512G
> linux-6.12+ PROTECTION_VMA ram+600G ram+1T
assert linux-3.14  bytes_notified == 1099511627776  # 1 TiB
assert linux-6.1   bytes_notified == 4294967296     # 4 GiB
assert linux-6.12+ bytes_notified == 1005022347264  # 936 GiB
