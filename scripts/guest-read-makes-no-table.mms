# SPDX-License-Identifier: GPL-2.0-or-later
# A guest's read of memory without PROT_READ fails before anything is faulted in: the process has no
# page table for it afterwards, and an mprotect beside it finds nothing populated.
map m 0x117fbfe00000 3M rw anon private
map n 0x117fc0100000 64M w file shared noreserve
vm vm0 shadow
memslot vm0 0 gpa=0x400100000 n 64M
guest vm0 r 0x402900000 16K
> errno EFAULT
mprotect m 3M r
> linux-6.1+ none
