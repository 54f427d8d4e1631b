repeat 2
repeat 3
numa_scan 1
end
touch 0x1000+4K-1 4097 w stride=3
> linux-3.14 CLEAR 0 2M noend
end
fork a
switch a
map x 1T 4K none dax=4K shared
exit a
assert linux-6.12+ c != 0xff
