# SPDX-License-Identifier: GPL-2.0-or-later
# MADV_FREE puts each page into a per-CPU LRU batch (15 or 31 pages), and the batch holds
# a reference. A write to a write-protected page that waits there copies it, with a
# notification, although nobody shares it: for wp_can_reuse_anon_folio() a reference is an
# owner.
map a 0x100000000000 1G rw anon private noreserve nohuge
touch a 16K w
forkwait
> PROTECTION_PAGE a a+1G
madvise a 16K free
> CLEAR a a+16K
touch a 8K w
> CLEAR a a+4K
> CLEAR a+4K a+8K
munmap a 1G
# In the other order the child's exit empties the batches (lru_add_drain() in exit_mmap())
# up to 6.12, and the pages are reused; in 7.2 it does not.
map b 0x200000000000 1G rw anon private noreserve nohuge
touch b 8K w
madvise b 8K free
> CLEAR b b+8K
forkwait
> PROTECTION_PAGE b b+1G
touch b 8K w
> linux-3.14 none
> linux-6.1  none
> linux-6.12 none
> linux-7.2  CLEAR b b+4K
> linux-7.2  CLEAR b+4K b+8K
