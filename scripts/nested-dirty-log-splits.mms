# SPDX-License-Identifier: GPL-2.0-or-later
# Large pages of L2 under dirty logging: KVM splits them in its shadow tables when logging starts,
# as it splits L1's own, into direct pages of the same rights. What L2 may not write yet is mapped
# along with its neighbours all the same.
map     ram 0x100000000000 64M rw anon private huge
touch   ram 64M w stride=2M
vm      vm0 nested
memslot vm0 0 gpa=0 ram 64M
l2_map  vm0 1G 32M 8M rwx tables=16M page=2M
guest   vm0 w l2=1G 4K
guest   vm0 w l2=1G+2M 8K
guest   vm0 w 36M 4K
assert  pages_2m == 3
memslot vm0 0 gpa=0 ram 64M dirty_log
assert  pages_2m == 0
guest   vm0 w l2=1G 16K
guest   vm0 w l2=1G+2M 4K
guest   vm0 r l2=1G+4M 4K
dirty_log vm0 0
guest   vm0 w l2=1G 8K
dirty_log vm0 0
memslot vm0 0 gpa=0 ram 64M
guest   vm0 w l2=1G 8K
