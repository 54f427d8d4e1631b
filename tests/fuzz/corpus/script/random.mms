sysctl thp madvise
map m0 0x107fffe00000 512G rw anon private noreserve
map m1 0x107fffe00000 4M rw file shared huge
map m2 0x108000200000 8M rw dax=2M shared noreserve
map m3 0x10ffffe00000 2M rw anon shared noreserve huge
mprotect m1 4194288 rw
vm vm0 shadow
touch m3+1M+412K 4K r
munmap m2 6M
memslot vm0 0 gpa=0x23fe00000 m3 2M
mprotect m2+6M 2M rw
madvise m1 4M cold
touch m0+12M 20K
map m4 0x10ffffdfb000 20K rx file private huge
mprotect m1+2M 516K rw
mremap m0+5G+865M+440K 197296716K 197296716K 0x1268fafb7000
mprotect m1+1M+1020K 4K r
guest vm0 r 0x23fe00000 16K
guest vm0 w 0x23fe00000 12K
touch m1+2M+516K 4K w
mprotect m3 2M r
touch m0+194G+2M+4K 4K
mprotect m4 20K r
munmap m4 2068K
madvise m1+2M+516K 1532K hugepage
