# SPDX-License-Identifier: GPL-2.0-or-later
# fork write-protects private anonymous memory in the parent: PROTECTION_PAGE over each
# VMA that has an anon_vma, whatever is mapped in it. While the child lives each write
# copies the page and sends CLEAR for it; the last owner of a page writes to it without a
# copy.
map ram 0x100000000000 1G rw anon private noreserve nohuge
touch ram 16K w
fork child
> PROTECTION_PAGE ram ram+1G
touch ram 8K w
> CLEAR ram ram+4K
> CLEAR ram+4K ram+8K
switch child
touch ram+12K 4K w
> CLEAR ram+12K ram+16K
switch main
exit child
# +8K was shared until now; +12K has been the parent's own since the child copied it
touch ram+8K 8K w
> none
