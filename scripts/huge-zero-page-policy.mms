# SPDX-License-Identifier: GPL-2.0-or-later
# The huge page that takes the place of the huge zero page (7.2) is made where the policy says:
# mbind finds nothing to move. Before, its first small page is made there.
map a 0x100000000000 4M rw anon private huge
mbind a 4M bind 1
touch a 4K r
touch a 4K w
mbind a 4M bind 1 move
> none
