# SPDX-License-Identifier: GPL-2.0-or-later
# MADV_FREE of a page of a huge page that was never written, mapped by PTEs. The huge page is split
# first, and from 6.12 on the split leaves the zero page there: nothing that could be freed.
sysctl   thp always
map      ram 0x100000000000 4M rw anon private
touch    ram 4K w
mprotect ram+1M 4K r
mprotect ram+1M 4K rw
madvise  ram+8K 4K free
madvise  ram 4K free
touch    ram+8K 4K w
touch    ram 4K w
mprotect ram 2M r
