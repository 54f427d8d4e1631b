# SPDX-License-Identifier: GPL-2.0-or-later
# A loader that gives an entry of an upper table the user bit writes it as it knows it: without the
# accessed bit, which the guest's next access sets anew. After fork() that is a copy of the table.
map gm 0xe0000000000 32M rw anon private nohuge
vm vm0 shadow
memslot vm0 200 gpa=0 gm 32M
guest_map vm0 4G 16M 2M rw tables=17M page=2M
cr3 vm0 17M
guest vm0 r gva=4G 4K
guest_map vm0 24K 68K 4K rw tables=17M user
fork p0
guest vm0 w gva=24K 4K
> CLEAR gm+17M gm+17M+4K
> CLEAR gm+17M+4K gm+17M+8K
> CLEAR gm+17M+12K gm+17M+16K
> CLEAR gm+17M+16K gm+17M+20K
