# SPDX-License-Identifier: GPL-2.0-or-later
# A guest's memory that starts at address 0 of its process. mprotect from 3.15 on starts a
# notification at 0 and, taking range.start == 0 for "not started", sends no end
# (golden-v10-address-zero.mms). KVM's mmu_invalidate_in_progress stays raised: the
# guest's next access in the range is retried for ever (EAGAIN here; KVM_RUN spins on a
# real kernel until a signal comes). What happens to memslots is in
# stories/address-zero-memslots.mms. The audit reports invariant 4 from the mprotect on.
map ram 0x0 4M rw anon private noreserve nohuge
vm vm0 tdp
memslot vm0 0 gpa=0 ram 4M
guest vm0 w 0 4K
> errno 0
mprotect ram 4M r
> linux-3.14 PROTECTION_VMA ram ram+4M
> linux-6.1+ PROTECTION_VMA ram ram+4M noend
guest vm0 r 0 4K
> linux-3.14 errno 0
> linux-6.1+ errno EAGAIN
