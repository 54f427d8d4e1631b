# SPDX-License-Identifier: GPL-2.0-or-later
# Equal flags are the first thing that mprotect_fixup() looks at: no split, no walk, no
# notification, however much is mapped. The pair of calls that sets and undoes a
# protection costs two walks; asking twice for the same costs one.
map ram 0x100000000000 1G rw anon private noreserve nohuge
touch ram 1M w
mprotect ram 1G rw
> none
mprotect ram+4K 64K rw
> none
mprotect ram 1G r
> PROTECTION_VMA ram ram+1G
mprotect ram 1G r
> none
