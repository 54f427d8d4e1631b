# SPDX-License-Identifier: GPL-2.0-or-later
# many small operations: VMAs that split and merge, single faults, copies, sparse hints
map      ram 0x100000000000 64G rw anon private noreserve nohuge
vm       vm0 tdp
memslot  vm0 0 gpa=0 ram 64G
repeat 2000
touch    ram 2M w stride=64K
mprotect ram+4K 4K r
mprotect ram+16K 64K r
guest    vm0 r 0 1M stride=32K
mprotect ram+4K 4K rw
mprotect ram+16K 64K rw
numa_hint ram 64G
madvise  ram 1M dontneed
end
