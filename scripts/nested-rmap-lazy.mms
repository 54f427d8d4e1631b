# SPDX-License-Identifier: GPL-2.0-or-later
# A host with two-dimensional paging has no reverse maps, and a notification looks at no head,
# until a guest becomes a hypervisor: from the first shadow root on every slot has them, and
# every notification walks both MMUs, also over memory that L2 never sees.
map     ram 0x100000000000 1G rw anon private noreserve nohuge
vm      vm0 nested
memslot vm0 0 gpa=0 ram 1G
guest   vm0 w 512M 64K
mprotect ram+512M 2M r
assert rmap_scanned == 0
assert sptes_zapped == 16
mprotect ram+512M 2M rw
vmrun   vm0 tables=1M
guest   vm0 w 512M 64K
mprotect ram+512M 2M r
# 512 frames of 4 KiB, one of 2 MiB, one of 1 GiB
assert rmap_scanned == 514
assert sptes_zapped == 32
