# SPDX-License-Identifier: GPL-2.0-or-later
# Golden vector V11. As V10, with a second populated GiB at +2 GiB. Under a PMD placement
# each GiB has a loop of its own: the second pair is whole. Under a PUD placement both are
# entries of one loop: since range.start is still 0, the second entry starts a second
# notification, whose struct overwrites the first; the one end that follows is the
# second's.
map ram 0x0 4G rw anon private noreserve nohuge
touch ram 4K w
touch ram+2G 4K w
mprotect ram 4G r
> linux-3.14  PROTECTION_VMA ram ram+4G
> linux-6.1   PROTECTION_VMA ram ram+1G noend
> linux-6.1   PROTECTION_VMA ram+2G ram+3G
> linux-6.12+ PROTECTION_VMA ram ram+4G noend
> linux-6.12+ PROTECTION_VMA ram+2G ram+4G
