# SPDX-License-Identifier: GPL-2.0-or-later
# Two VMAs over one object: b shows all of it, a its upper half. mprotect and munmap
# concern the VMA that they are given; a hole punched into the object (MADV_REMOVE)
# concerns every VMA that maps a part of the hole, in the order of their offsets in the
# object.
map a 0x100000000000 32M rw shmem shared offset=32M
map b 0x200000000000 64M rw shmem shared of=a
touch a 1M w
touch b+32M 1M w
mprotect a 32M r
> PROTECTION_VMA a a+32M
madvise b+32M 2M remove
> CLEAR b+32M b+34M
> CLEAR a a+2M
madvise b 2M remove
> CLEAR b b+2M
munmap b 64M
> UNMAP b b+64M
