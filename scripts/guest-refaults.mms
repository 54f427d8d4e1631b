# SPDX-License-Identifier: GPL-2.0-or-later
# A pair of mprotect calls that change nothing for the process (read-only and back) takes
# every page in the notified range away from the guest, which faults them all in again: 16
# pages here under every kernel, because a notification covers what it covers and KVM does
# not ask what changed.
map ram 0x100000000000 1G rw anon private noreserve nohuge
vm vm0 tdp
memslot vm0 0 gpa=4G ram 1G
guest vm0 w 4G 64K
assert pf_fixed == 16
mprotect ram+512M 4K r
> linux-3.14  CLEAR ram+512M ram+514M
> linux-3.14  PROTECTION_VMA ram+512M ram+524292K
> linux-6.1   CLEAR ram+512M ram+514M
> linux-6.12+ CLEAR ram+512M ram+514M
> linux-6.12+ PROTECTION_VMA ram+512M ram+524292K
assert sptes_zapped == 0
mprotect ram 4K r
mprotect ram 4K rw
guest vm0 w 4G 64K
assert sptes_zapped == 16
assert pf_fixed == 32
