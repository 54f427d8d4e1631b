mprotct ram 4K r
map ram 0x1000 4k wr anon private
map ram 0x1000 4K wr anon private
map ram 0x1000 4K rw annon private
map x 0x1000 4K rw
map y 0x1000 4K rw anon shared private
mprotect rma 4K r
mprotect ram+ 4K r
mprotect ram-1G 4K r
touch ram 0
vm ram tdp
> linux-6.2 none
> PROTECTION_VM ram ram+4K
> errno ENOMEN
madvise ram 4K dontned
repeat 2
touch 0x10 4K q
map z 0x1000 99999999999T rw anon private
guest vmx r 0 4K
touch 4K 4K stride=0
touch 4K
touch 4K 4K 5K
