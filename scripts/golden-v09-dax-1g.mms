# SPDX-License-Identifier: GPL-2.0-or-later
# Golden vector V9. Three 1 GiB leaves of device DAX. From 4.11 to 6.11 change_pud_range()
# took a leaf for a broken table ("bad pud") and cleared it: no notification, and a
# secondary MMU keeps what it had. From 6.12 on the leaf is a populated PUD entry as any
# other. (3.14 had no 1 GiB DAX.)
map pmem 0x100000000000 3G rw dax=1G shared
touch pmem 3G w stride=1G
mprotect pmem 3G r
> linux-6.1   none
> linux-6.12+ PROTECTION_VMA pmem pmem+3G
