# SPDX-License-Identifier: GPL-2.0-or-later
# The log's last word has one frame, the last of a large page: clearing it splits the page.
map     ram 0x100000000000 8M rw anon private huge
touch   ram 8M w stride=2M
vm      vm0 tdp initially_set
memslot vm0 0 gpa=1G+2044K ram+2044K 2052K
guest   vm0 w 1G+3M 4K
memslot vm0 0 gpa=1G+2044K ram+2044K 2052K dirty_log
assert  pages_2m == 1
clear_dirty_log vm0 0 2M 4K
assert  pages_2m == 0
guest   vm0 w 1G+4092K 4K
guest   vm0 w 1G+3M 4K
