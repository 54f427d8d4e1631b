# SPDX-License-Identifier: GPL-2.0-or-later
# mprotect over a hole is not undone: do_mprotect_pkey() has changed and notified the VMAs
# in front of it when it finds the hole, and returns ENOMEM.
map a 0x100000000000 4M rw anon private noreserve nohuge
map b 0x100000800000 4M rw anon private noreserve nohuge
touch a 4M w
touch b 4M w
mprotect a 12M r
> linux-3.14 PROTECTION_VMA a a+4M
> linux-6.1+ PROTECTION_VMA a a+4M
> errno ENOMEM
# the first VMA is read-only now, the second is not
touch a 4K w
> errno EFAULT
touch b 4K w
> errno 0
# a range that starts in the hole: refused before anything is done
mprotect a+4M 8M r
> none
> errno ENOMEM
