# one touched page at the head of a 512 GiB guest, shadow paging
map      ram 0x100000000000 512G rw anon private noreserve nohuge
vm       vm0 shadow                        # tdp | direct | shadow | nested
memslot  vm0 0 gpa=4G ram 512G
touch    ram 4K w
mprotect ram 512G r
> linux-6.1   PROTECTION_VMA ram ram+1G
> linux-6.12+ PROTECTION_VMA ram ram+512G
mprotect ram 512G rw
> linux-3.14 none
> errno ENOMEM
> linux-6.1+ PROTECTION_VMA 0 0x1000 noend
mbind ram 4K bind 0,1 move
repeat 3
touch ram+1G+4K 8K stride=2M
end
assert linux-6.1+ remote_tlb_flush <= 1
memslot vm0 0 delete
uffd wp ram 4K
sysctl thp never
heap h 0x1000000
brk h+4K
mremap ram 1G 2M 0x200000000000 dontunmap
move_pages ram 4K 3
fork c
switch c
exit c
map f 0x300000000000 1G rw hugetlb=2M shared
map g 0x310000000000 1G rw hugetlb=2M shared of=f offset=512M
truncate f 4K
device d f 4K
guest vm0 w 4G 4K stride=64K
