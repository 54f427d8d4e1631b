# SPDX-License-Identifier: GPL-2.0-or-later
# The kernel asks its secondary MMUs which pages are in use and takes the accessed bits away. That
# notifies nobody and zaps nothing: the guest's next access sets the bit again without a fault. Up to
# 6.12 clear_flush_young flushes the guest's TLB when it found something, later kernels leave that
# out. A page that is split for a dirty log is as old as it was.
sysctl   thp madvise
map      ram 0x100000000000 8M rw anon private huge
map      small 0x110000000000 4M rw anon private nohuge
vm       vm0 tdp
memslot  vm0 0 gpa=8G ram 8M
memslot  vm0 1 gpa=16G small 4M
age      ram 8M flush
> none
> errno ENODATA
guest    vm0 w 8G 8M stride=2M
guest    vm0 w 16G 64K
age      small 4K test
> errno 0
age      small+1M 1M clear
> errno ENODATA
age      small 4M clear
> none
> errno 0
age      small 4K test
> errno ENODATA
guest    vm0 r 16G 4K
assert   pf_taken == 20
age      small 4K test
> errno 0
age      ram+2M 2M flush
> errno 0
memslot  vm0 0 gpa=8G ram 8M dirty_log
age      ram+2M 2M flush
> errno ENODATA
guest    vm0 w 8G+2M 64K
age      ram 8M clear
> errno 0
dirty_log vm0 0
guest    vm0 w 8G 64K
mprotect small 64K r
age      small 4M flush
> errno ENODATA
