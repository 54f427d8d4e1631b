# SPDX-License-Identifier: GPL-2.0-or-later
# A guest may write to a page through KVM's own entry while that of the process is writable, but
# clean: after a read of shared memory, or behind MADV_FREE. KVM makes the page dirty, and reclaim
# keeps it: the object's page stays in the object, from where a read next to it maps it again; the
# anonymous page was given up by MADV_FREE and is given up no more.
map ram 0x100000000000 64K rw shmem shared noreserve
map anon 0x100000100000 64K rw anon private noreserve nohuge
vm vm0 tdp
memslot vm0 0 gpa=4G ram 64K
memslot vm0 1 gpa=5G anon 64K
touch ram 4K r
guest vm0 r 4G 4K
madvise ram 64K pageout
madvise ram 64K pageout
touch ram+8K 4K r
madvise ram 64K pageout
> CLEAR ram ram+4K
> CLEAR ram+8K ram+12K
touch anon 16K w
madvise anon 8K free
guest vm0 r 5G 4K
madvise anon 64K pageout
madvise anon 64K pageout
> linux-6.1 CLEAR anon anon+4K
> linux-6.12+ none
guest vm0 r 5G 16K
madvise anon 64K pageout
