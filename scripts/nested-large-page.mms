# SPDX-License-Identifier: GPL-2.0-or-later
# L1 maps 2 MiB where the host has 4 KiB pages: a shadow page with SPTEs of the host's size,
# keyed by the L1 frame. L1 then points the entry elsewhere. 6.1 and 6.12 leave the page and
# its SPTEs, which the next notification zaps; 7.2 zaps the page at once.
map     ram 0x100000000000 1G rw anon private noreserve nohuge
vm      vm0 nested
memslot vm0 0 gpa=0 ram 1G
l2_map  vm0 1G 512M 2M rwx tables=1M page=2M
touch   ram+512M 64K w
guest   vm0 w l2=1G 64K
assert pages_4k == 16
# two groups of eight: a fault each, the rest is prefetched
assert pf_fixed == 2
l2_remap vm0 1G 640M rwx tables=1M page=2M
> none
assert linux-6.1 linux-6.12 mmu_shadow_zapped == 0
assert linux-7.2 mmu_shadow_zapped == 1
mprotect ram+512M 2M r
> PROTECTION_VMA ram+512M ram+514M
assert linux-6.1 linux-6.12 sptes_zapped == 16
assert linux-7.2 sptes_zapped == 0
guest   vm0 w l2=1G 4K
