# SPDX-License-Identifier: GPL-2.0-or-later
# a guest with reverse maps comes back after each mprotect: faults, heads, zaps
map      ram 0x100000000000 128M rw anon private noreserve nohuge
touch    ram 128M w
vm       vm0 shadow
memslot  vm0 0 gpa=0 ram 128M
repeat 10
guest    vm0 w 0 128M
mprotect ram 128M r
mprotect ram 128M rw
end
