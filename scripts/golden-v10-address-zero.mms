# SPDX-License-Identifier: GPL-2.0-or-later
# Golden vector V10. A VMA at address 0 (vm.mmap_min_addr=0) with its first page
# populated. The walk takes range.start == 0 for "no notification started yet": the start
# is sent, and where the end should be sent it looks as if there were nothing to end.
map ram 0x0 4G rw anon private noreserve nohuge
touch ram 4K w
mprotect ram 4G r
> linux-3.14  PROTECTION_VMA ram ram+4G
> linux-6.1   PROTECTION_VMA ram ram+1G noend
> linux-6.12+ PROTECTION_VMA ram ram+4G noend
