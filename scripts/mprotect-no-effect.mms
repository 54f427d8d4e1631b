# SPDX-License-Identifier: GPL-2.0-or-later
# The notification follows the VMA's flags, not the entries: a private file mapping that
# was only read has read-only entries. Taking VM_WRITE away changes none of them, and the
# whole range is announced all the same.
map f 0x100000000000 16M rw file private
touch f 64K
mprotect f 16M r
> PROTECTION_VMA f f+16M
mprotect f 16M none
> PROTECTION_VMA f f+16M
