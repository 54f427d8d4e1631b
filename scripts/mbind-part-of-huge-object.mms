# SPDX-License-Identifier: GPL-2.0-or-later
# mbind() moves the whole huge page of an object though the range holds a page of it only: to where
# the policy of that page says, not that of the page that the folio begins with. Then move_pages()
# finds it where it is to be.
sysctl shmem_thp always
map ram 0x100000000000 4M rw shmem shared noreserve nohuge
touch ram 12K w
mbind ram+8K 4K bind 1 move
move_pages ram+8K 4K 1
> none
move_pages ram+8K 4K 0
