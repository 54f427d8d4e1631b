# SPDX-License-Identifier: GPL-2.0-or-later
# execve(): the old address space is released first, so that KVM drops all its entries in one go and
# leaves; the unmap that follows covers everything and is heard by nobody but device mirrors. The
# process goes on with nothing: no map, no VM.
map      ram 0x100000000000 64M rw anon private nohuge
map      obj 0x100010000000 64K rw shmem shared
touch    obj 64K w
vm       vm0 tdp
memslot  vm0 0 gpa=0 ram 64M
guest    vm0 w 0 1M
touch    ram+2M 1M w
exec
> UNMAP 0 0xffffffffffffffff
touch    ram 4K w
> errno EFAULT
> none

# the new program; the object that the old one had made is still open
map      ram 0x100000000000 64M rw anon private nohuge
map      view 0x100020000000 64K rw shmem shared of=obj
touch    view 64K r
touch    ram 64K w
vm       vm1 tdp
memslot  vm1 0 gpa=0 ram 64M
guest    vm1 w 0 64K
mprotect ram 64M r
> PROTECTION_VMA ram ram+64M

# a child that executes another program gives its copies up; the parent may write without copying
fork     child
switch   child
exec
> UNMAP 0 0xffffffffffffffff
switch   main
mprotect ram 64M rw
touch    ram 64K w
> none
exit     child
