# SPDX-License-Identifier: GPL-2.0-or-later
# mprotect of populated memory, nobody behind it: the loop over entries
map      ram 0x100000000000 256M rw anon private noreserve nohuge
touch    ram 256M w
repeat 50
mprotect ram 256M r
mprotect ram 256M rw
end
