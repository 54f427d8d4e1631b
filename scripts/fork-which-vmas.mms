# SPDX-License-Identifier: GPL-2.0-or-later
# Which VMAs fork announces: those that are private and writable (VM_MAYWRITE) and have an
# anon_vma. The anon_vma is made by the first write, so a mapping that was only read is
# copied without a word, and so is shared memory, whose entries the child faults in by
# itself.
map written  0x100000000000 64M rw anon private noreserve nohuge
map read     0x100010000000 64M rw anon private noreserve nohuge
map shared   0x100020000000 64M rw anon shared
map priv     0x100030000000 64M rw file private
map unshared 0x100040000000 64M rw file private
touch written 4K w
touch read 4K r
touch shared 4K w
touch priv 4K r
touch unshared 4K w
forkwait
> PROTECTION_PAGE written written+64M
> PROTECTION_PAGE unshared unshared+64M
