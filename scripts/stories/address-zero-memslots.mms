# SPDX-License-Identifier: GPL-2.0-or-later
# The other consequence of address-zero.mms: a change of the memslots waits until no
# notification is active, in kvm_swap_active_memslots(), uninterruptibly. The one that was
# never ended makes it wait for ever; the process can not even be killed. EBUSY here; on
# booted 6.1, 6.12 and 7.2 the ioctl does not return.
map ram 0x0 4M rw anon private noreserve nohuge
vm vm0 tdp
memslot vm0 0 gpa=0 ram 4M
touch ram 4K w
mprotect ram 4M r
> linux-3.14 PROTECTION_VMA ram ram+4M
> linux-6.1+ PROTECTION_VMA ram ram+4M noend
memslot vm0 1 gpa=1G ram 4K
> linux-3.14 errno 0
> linux-6.1+ errno EBUSY

# Verdicts by costs/shadow-6.18.cost:
# verdict linux-3.14 linux-6.1 linux-6.12 linux-7.2: longest stretch 0: no soft lockup (20.0 s)
# The guest has no SPTE and the TDP MMU looks at no head: nothing is done under mmu_lock.
