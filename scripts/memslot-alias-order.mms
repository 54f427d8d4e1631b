# SPDX-License-Identifier: GPL-2.0-or-later
# Two slots over the same memory: a notification goes through them in the order in which they were
# made, until one of them changes, what it logs, say: then that one is the last.
map     ram 0x100000000000 1M rw anon private nohuge
vm      vm0 tdp
memslot vm0 0 gpa=8G ram 1M
memslot vm0 1 gpa=16G ram 1M
guest   vm0 w 8G 4K
guest   vm0 w 16G 4K
madvise ram 4K dontneed
memslot vm0 0 gpa=8G ram 1M dirty_log
guest   vm0 w 8G 4K
guest   vm0 w 16G 4K
madvise ram 4K dontneed
