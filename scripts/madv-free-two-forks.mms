# SPDX-License-Identifier: GPL-2.0-or-later
# MADV_FREE leaves a reference in a per-CPU batch, which makes the next write copy. On 7.2, where an
# unmap does not empty the batches, a second fork does: the parent's stack was copied by the first.
map ram 0x100000000000 4K rw anon private noreserve nohuge
touch ram 4K w
madvise ram 4K free
> CLEAR 0x100000000000 0x100000001000
forkwait
> PROTECTION_PAGE 0x100000000000 0x100000001000
forkwait
> PROTECTION_PAGE 0x100000000000 0x100000001000
touch ram 4K w
