# SPDX-License-Identifier: GPL-2.0-or-later
# The heap: growth says nothing; shrinking is an UNMAP of the difference, after a CLEAR if
# the new break splits a 2 MiB block.
heap heap0 0x555555600000
brk heap0+16M
> none
touch heap0 1M w
brk heap0+5M
> CLEAR heap0+4M heap0+6M
> UNMAP heap0+5M heap0+16M
brk heap0+5M
> none
brk heap0
> UNMAP heap0 heap0+5M
