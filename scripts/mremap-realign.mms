# SPDX-License-Identifier: GPL-2.0-or-later
# Since 6.7 move_page_tables() may begin at the 2 MiB boundary *below* the old address, so
# that it can move whole PTE tables instead of entries: if nothing else is mapped down
# there, on both sides. The notification then starts below the VMA: 1 MiB of address space
# that was never mapped.
map ram 0x100000100000 7M rw anon private noreserve nohuge
touch ram 7M w
mremap ram 7M 7M 0x200000100000
> linux-3.14  UNMAP ram ram+7M
> linux-3.14  UNMAP ram ram+7M
> linux-6.1   UNMAP ram ram+7M
> linux-6.1   UNMAP ram ram+7M
> linux-6.12+ UNMAP 0x100000000000 ram+7M
> linux-6.12+ UNMAP ram ram+7M
# another map below: no realignment
map low 0x300000000000 1M rw anon private noreserve
map two 0x300000100000 7M rw anon private noreserve huge
touch two 7M w
mremap two 7M 7M 0x400000100000
> UNMAP two two+7M
> UNMAP two two+7M
