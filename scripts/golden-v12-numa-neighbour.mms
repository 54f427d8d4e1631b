# SPDX-License-Identifier: GPL-2.0-or-later
# Golden vector V12. A NUMA chunk of 256 MiB with nothing populated; the only page of this
# GiB belongs to another VMA. The PMD table that it keeps alive makes the PUD entry not
# none, so a PUD placement notifies a chunk without a page of its own.
map idle 0x100100000000 256M rw anon private noreserve nohuge
map busy 0x100120000000 256M rw anon private noreserve nohuge
touch busy 4K w
numa_hint idle 256M
> linux-3.14  PROTECTION_VMA idle idle+256M
> linux-6.1   none
> linux-6.12+ PROTECTION_VMA idle idle+256M
