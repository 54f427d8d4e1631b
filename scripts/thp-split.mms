# SPDX-License-Identifier: GPL-2.0-or-later
# Huge pages and who splits them.
map ram 0x100000000000 16M rw anon private noreserve huge
touch ram 16M w stride=2M
assert thp_fault_alloc == 8
# a whole huge page: the entry is changed in place
mprotect ram 2M r
> PROTECTION_VMA ram ram+2M
assert thp_split_pmd == 0
# half of one: the VMA is split first, and that splits the huge page, so the change itself
# finds small entries
mprotect ram+3M 3M r
> CLEAR ram+2M ram+4M
> PROTECTION_VMA ram+3M ram+6M
assert thp_split_pmd == 1
# DONTNEED of a part leaves the VMA whole; the zap meets the huge entry and splits it
# inside its own notification
madvise ram+8M 1M dontneed
> CLEAR ram+8M ram+9M
> CLEAR ram+8M ram+10M
assert thp_split_pmd == 2
# munmap of a part: the split of the VMA again
munmap ram+13M 1M
> CLEAR ram+12M ram+14M
> UNMAP ram+13M ram+14M
assert thp_split_pmd == 3
