# SPDX-License-Identifier: GPL-2.0-or-later
# A child that lives only to exit (or to exec) costs its parent one PROTECTION_PAGE over
# the whole VMA: 1 GiB for 64 KiB of memory. Nobody shares the pages any more when the
# parent writes again, so they are reused.
map ram 0x100000000000 1G rw anon private noreserve nohuge
touch ram 64K w
forkwait
> PROTECTION_PAGE ram ram+1G
touch ram 64K w
> none
forkwait
> PROTECTION_PAGE ram ram+1G
