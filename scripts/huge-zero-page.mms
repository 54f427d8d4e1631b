# SPDX-License-Identifier: GPL-2.0-or-later
# A read of a huge-page VMA maps the huge zero page, a write takes it away: 2 MiB are
# announced for the one page that was written. 6.1 and 6.12 split it into small zero pages
# first, of which the write then replaces one (a COW with a CLEAR of its own); 7.x puts a
# new huge page in its place.
map ram 0x100000000000 16M rw anon private noreserve huge
touch ram 4K r
> none
touch ram 4K w
> linux-3.14 CLEAR ram ram+2M
> linux-3.14 CLEAR ram ram+4K
> linux-6.1  CLEAR ram ram+2M
> linux-6.1  CLEAR ram ram+4K
> linux-6.12 CLEAR ram ram+2M
> linux-6.12 CLEAR ram ram+4K
> linux-7.2  CLEAR ram ram+2M
