# SPDX-License-Identifier: GPL-2.0-or-later
# A device that mirrors a range subscribes with an interval: it hears of overlapping
# notifications only, but by the range of the notification, not by what changed in it.
map ram 0x100000000000 4G rw anon private noreserve nohuge
device gpu ram+3G 1G
touch ram 4K w
mprotect ram 4G r
> linux-3.14  PROTECTION_VMA ram ram+4G
> linux-6.1   PROTECTION_VMA ram ram+1G
> linux-6.12+ PROTECTION_VMA ram ram+4G
