# SPDX-License-Identifier: GPL-2.0-or-later
# A name belongs to one living process: the second "fork a" is EEXIST, makes none and notifies
# nobody. The name is free again when its process has ended.
map ram 0x100000000000 4M rw anon private nohuge
touch ram 64K w
repeat 2
	fork a
end
assert notifications == 1
exit a
fork a
> PROTECTION_PAGE ram ram+4M
exit a
