# SPDX-License-Identifier: GPL-2.0-or-later
# What one notification covers depends on which VMAs were merged before. CLEAR of
# MADV_DONTNEED, one per VMA, shows it.
#
# An untouched VMA joins the written one on its left as soon as their flags are equal. The
# PUD entry that they share is in use, so 6.12 and later notify the untouched chunk, too.
map a 0x100000000000 64M rw anon private noreserve nohuge
map b 0x100004000000 64M r  anon private noreserve nohuge
touch a 4K w
mprotect b 64M rw
> linux-3.14  PROTECTION_VMA b b+64M
> linux-6.1   none
> linux-6.12+ PROTECTION_VMA b b+64M
madvise a 128M dontneed
> CLEAR a a+128M
# Both written before their flags become equal: two anon_vmas, never one VMA.
map c 0x200000000000 64M rw anon private noreserve nohuge
map d 0x200004000000 64M rw anon private noreserve
touch c 4K w
touch d 4K w
madvise d 64M nohugepage
madvise c 128M dontneed
> CLEAR c c+64M
> CLEAR d d+64M
# The untouched VMA is the one on the left, which would have to take over the anon_vma of
# the other. Refused for years, since its own list of anon_vmas is empty and not of length
# one; allowed now.
map e 0x300000000000 64M rw anon private noreserve nohuge
map f 0x300004000000 64M rw anon private noreserve
touch f 4K w
madvise f 64M nohugepage
madvise e 128M dontneed
> linux-3.14 CLEAR e e+64M
> linux-3.14 CLEAR f f+64M
> linux-6.1  CLEAR e e+64M
> linux-6.1  CLEAR f f+64M
> linux-6.12 CLEAR e e+64M
> linux-6.12 CLEAR f f+64M
> linux-7.2  CLEAR e e+128M
# An untouched VMA that loses VM_WRITE keeps VM_ACCOUNT in 6.1 and gives it back later;
# its written neighbour, read-only as well, keeps it in both, so that from then on their
# flags differ.
map g 0x400000000000 64M rw anon private nohuge
touch g 4K w
map h 0x400004000000 64M rw anon private
mprotect g 64M r
mprotect h 64M r
madvise h 64M nohugepage
madvise g 128M dontneed
> linux-3.14  CLEAR g g+128M
> linux-6.1   CLEAR g g+128M
> linux-6.12+ CLEAR g g+64M
> linux-6.12+ CLEAR h h+64M
