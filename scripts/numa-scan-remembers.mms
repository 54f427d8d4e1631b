# SPDX-License-Identifier: GPL-2.0-or-later
# What the scanner knows of a VMA (6.4 on) stays with the part behind a hole and is lost for the
# part below it; a VMA that it has scanned twice and nobody used is left out. fork() lets the
# parent's count of scans begin again, a guest's first access does not.
map ram 16T 16M rw anon private nohuge
map low 8T 16M rw anon private nohuge
vm vm0 tdp
memslot vm0 0 gpa=8G ram 16M
touch ram 16K w
touch low 16K w
numa_scan 3
numa_scan 1
guest vm0 w 8G 4K
munmap ram+8M 4K
munmap low+8M 4K
numa_scan 1
> linux-3.14  PROTECTION_VMA low low+8M
> linux-3.14  PROTECTION_VMA low+8M+4K low+16M
> linux-3.14  PROTECTION_VMA ram ram+8M
> linux-3.14  PROTECTION_VMA ram+8M+4K ram+16M
numa_scan 2
forkwait
numa_scan 1
numa_scan 1
fork p0
switch p0
numa_scan 2
munmap ram+4M 4K
numa_scan 3
switch main
numa_scan 2
