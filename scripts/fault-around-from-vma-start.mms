# SPDX-License-Identifier: GPL-2.0-or-later
# A read fault of a file maps 16 pages at once, as far as the page cache has them. They begin at a
# multiple of 64K; in a VMA that begins behind that, at its start, and are 16 then, too. So here,
# where the VMA begins at 40K of a 64K window, the pages up to 104K are there: a write to the last
# of them is a copy, and notified; one to the page behind finds nothing that anybody could map.
map lib 0x10000000a000 256K rw file private cached
touch lib+12K 4K r
> none
touch lib+60K 4K w
> CLEAR lib+60K lib+64K
touch lib+64K 4K w
> none
# and no further than the page table
map end 0x1000001fd000 64K rw file private cached
touch end 4K r
touch end+8K 4K w
> CLEAR end+8K end+12K
touch end+12K 4K w
> none
