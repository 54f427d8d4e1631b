# SPDX-License-Identifier: GPL-2.0-or-later
# What MREMAP_DONTUNMAP copies into a hole of its own VMA does not join the part that it came from,
# though it matches as any untouched memory does. On 6.1 it joins the other side of the hole neither.
# The fork tells which VMA has been written to.
map ram 0x100000000000 16M rwx anon private noreserve nohuge
mremap ram+4K 12K 12K ram+8M dontunmap
touch ram+8204K 4K w
fork child
> linux-3.14 PROTECTION_PAGE ram+8204K ram+16M
> linux-6.1 PROTECTION_PAGE ram+8204K ram+16M
> linux-6.12+ PROTECTION_PAGE ram+8M ram+16M
map far 0x100010000000 16M rwx anon private noreserve nohuge
mremap far+4K 12K 12K far+8M
touch far+8M 4K w
fork other
> linux-3.14 PROTECTION_PAGE ram+8204K ram+16M
> linux-6.1 PROTECTION_PAGE ram+8204K ram+16M
> linux-6.12+ PROTECTION_PAGE ram+8M ram+16M
> PROTECTION_PAGE far+16K far+16M
