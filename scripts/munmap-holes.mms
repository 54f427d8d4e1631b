# SPDX-License-Identifier: GPL-2.0-or-later
# munmap: one UNMAP over the request, holes and all, if one VMA at least is in it. It does
# not matter whether anything is populated.
map a 0x100000000000 4M rw anon private noreserve nohuge
map b 0x100010000000 4M rw anon private noreserve nohuge
munmap a 1G
> UNMAP a a+1G
munmap a 1G
> none
> errno 0
munmap a+1 4K
> none
> errno EINVAL
