# SPDX-License-Identifier: GPL-2.0-or-later
# One call of move_pages names three pages, and two of them are of one huge page (6.1; later kernels
# have small pages where the VMA cannot map a huge one): the first of the two takes it along, the
# other one is EBUSY, wherever in the call they are.
sysctl shmem_thp madvise
map m1 0x127fffc01000 8M rw shmem shared huge
touch 0x128000000000 12K
move_pages 0x127fffc02000 8184K 1
> linux-6.1 CLEAR 0x127fffe01000 0x128000001000
> linux-6.1 CLEAR 0x128000001000 0x128000201000
> linux-6.1 errno EBUSY
> linux-6.12+ CLEAR 0x128000000000 0x128000001000
> linux-6.12+ CLEAR 0x128000001000 0x128000002000
> linux-6.12+ CLEAR 0x128000002000 0x128000003000
> linux-6.12+ errno 0
