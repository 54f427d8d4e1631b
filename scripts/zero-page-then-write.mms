# SPDX-License-Identifier: GPL-2.0-or-later
# A read of untouched anonymous memory maps the zero page. The first write replaces it:
# that is a COW fault like another, with a CLEAR for the page, whereas a first touch by
# writing sends nothing.
map ram 0x100000000000 1G rw anon private noreserve nohuge
touch ram 8K r
> none
touch ram 4K w
> CLEAR ram ram+4K
touch ram+64K 4K w
> none
touch ram+64K 4K w
> none
