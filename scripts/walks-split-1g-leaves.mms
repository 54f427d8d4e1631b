# SPDX-License-Identifier: GPL-2.0-or-later
# Walks over a process's pages that know entries of 2 MiB and below split a 1 GiB leaf of a device,
# which is a notification: clearing references, here within the SOFT_DIRTY window.
map pmem 0x100000000000 1G rw dax=1G shared noreserve
touch pmem 4K w
clear_refs 1
> CLEAR 0x100000000000 0x100040000000
touch pmem 4K w
clear_refs 4
> SOFT_DIRTY 0x0 0xffffffffffffffff
> CLEAR 0x100000000000 0x100040000000
