# SPDX-License-Identifier: GPL-2.0-or-later
# Growing in place says nothing, shrinking is a munmap of the tail.
map ram 0x100000000000 8M rw anon private noreserve nohuge
touch ram 8M w
mremap ram 8M 16M
> none
mremap ram 16M 5M
> CLEAR ram+4M ram+6M
> UNMAP ram+5M ram+16M
