// SPDX-License-Identifier: GPL-2.0-or-later
/* What each memory call of a strace log becomes. */
#include "import_test.h"

#define ANON(len, at)                                                                    \
	"mmap(NULL, " len                                                                \
	", PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = " at "\n"
#define M1 "map m1 0x100000 64K rw anon private\n"

static void maps(void)
{
	check("length is rounded up", ANON("5000", "0x100000"),
	      "map m1 0x100000 8K rw anon private\n");
	check("protections",
	      "mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x1000\n"
	      "mmap(NULL, 4096, PROT_READ|PROT_EXEC, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = "
	      "0x3000\n"
	      "mmap(NULL, 4096, PROT_EXEC, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x5000\n"
	      "mmap(NULL, 4096, PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7000\n"
	      "mmap(NULL, 4096, PROT_READ|PROT_WRITE|PROT_EXEC, "
	      "MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)"
	      " = 0x9000\n",
	      "map m1 0x1000 4K none anon private\nmap m2 0x3000 4K rx anon private\n"
	      "map m3 0x5000 4K rx anon private\nmap m4 0x7000 4K rw anon private\n"
	      "map m5 0x9000 4K rwx anon private\n");
	check("flags",
	      "mmap(NULL, 4096, PROT_READ, "
	      "MAP_SHARED|MAP_ANONYMOUS|MAP_NORESERVE|MAP_POPULATE|"
	      "MAP_STACK, -1, 0) = 0x1000\n",
	      "map m1 0x1000 4K r anon shared noreserve populate\n");
	check("huge pages",
	      "mmap(NULL, 2097152, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_HUGETLB, -1, "
	      "0) = "
	      "0x200000\n"
	      "mmap(NULL, 1073741824, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_HUGETLB|"
	      "30<<MAP_HUGE_SHIFT, -1, 0) = 0x40000000\n",
	      "map m1 0x200000 2M r hugetlb=2M private\nmap m2 0x40000000 1G r "
	      "hugetlb=1G private\n");
	check("kinds by path",
	      "mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 3</dev/zero>, 0) = 0x1000\n"
	      "mmap(NULL, 4096, PROT_READ, MAP_SHARED, 3</dev/shm/x>, 0) = 0x3000\n"
	      "mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 3</lib/libc.so.6>, 0) = 0x5000\n"
	      "mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 3, 0) = 0x7000\n",
	      "map m1 0x1000 4K r anon private\nmap m2 0x3000 4K r shmem shared\n"
	      "map m3 0x5000 4K r file private\nmap m4 0x7000 4K r file private\n");
	check("views of one object",
	      "mmap(NULL, 8192, PROT_READ, MAP_SHARED, 3</memfd:a (deleted)>, 0) = "
	      "0x10000\n"
	      "mmap(NULL, 4096, PROT_READ, MAP_SHARED, 3</memfd:a (deleted)>, 0x1000) = "
	      "0x20000\n"
	      "mmap(NULL, 4096, PROT_READ, MAP_SHARED, 4</memfd:a (deleted)>, 0x1000) = "
	      "0x30000\n",
	      "map m1 0x10000 8K r shmem shared\nmap m2 0x20000 4K r shmem shared of=m1 "
	      "offset=4K\n"
	      "map m3 0x30000 4K r shmem shared offset=4K\n");
	check("over an existing map, and names inside it",
	      ANON("65536", "0x100000") ANON(
		      "4096", "0x104000") "munmap(0x106000, 4096) = 0\nmunmap(0x104000, "
					  "4096) = 0\nmunmap(0x104000, 4096) = 0\n",
	      M1 "map m2 0x104000 4K rw anon private fixed\nmunmap m1+24K 4K\nmunmap m2 4K\n"
		 "munmap 0x104000 4K\n");
}

static void protections(void)
{
	check("mprotect",
	      ANON("65536", "0x100000") "mprotect(0x101000, 5000, PROT_READ) = 0\n",
	      M1 "mprotect m1+4K 8K r\n");
	check("pkey_mprotect",
	      ANON("65536",
		   "0x100000") "pkey_mprotect(0x100000, 4096, PROT_NONE, 1) = 0\n",
	      M1 "mprotect m1 4K none\n");
	check("mprotect of what was never mapped",
	      "mprotect(0x100000, 8192, PROT_READ) = 0\nmprotect(0x100000, 4096, "
	      "PROT_NONE) = 0\n",
	      "map seen1 0x100000 8K rw anon private  # assumed, not shown being mapped\n"
	      "mprotect seen1 8K r\nmprotect seen1 4K none\n");
	tap_eq(report.implied, 1, "... is counted");
	check("mprotect over a hole in what is known",
	      ANON("4096", "0x100000") ANON(
		      "4096", "0x102000") "mprotect(0x100000, 12288, PROT_READ) = 0\n",
	      "map m1 0x100000 4K rw anon private\nmap m2 0x102000 4K rw anon private\n"
	      "map seen1 0x101000 4K rw anon private  # assumed, not shown being mapped\n"
	      "mprotect m1 12K r\n");
	check("mprotect that failed at a hole",
	      ANON("4096", "0x100000")
		      ANON("4096", "0x102000") "mprotect(0x100000, 12288, PROT_READ) = "
					       "-1 ENOMEM (Cannot allocate memory)\n",
	      "map m1 0x100000 4K rw anon private\nmap m2 0x102000 4K rw anon private\n"
	      "mprotect m1 12K r  # ENOMEM\n");
	check("mprotect that failed at once",
	      ANON("4096", "0x100000") "mprotect(0x100001, 4096, PROT_READ) = -1 EINVAL "
				       "(Invalid argument)\n",
	      "map m1 0x100000 4K rw anon private\n");
}

static void advices(void)
{
	check("madvise",
	      ANON("65536",
		   "0x100000") "madvise(0x100000, 4096, MADV_DONTNEED) = 0\n"
			       "madvise(0x101000, 4096, 0x8 /* MADV_FREE */) = 0\n"
			       "madvise(0x102000, 4096, 0xe) = 0\n"
			       "madvise(0x103000, 4096, MADV_DONTNEED) = -1 ENOMEM "
			       "(Cannot allocate memory)\n"
			       "madvise(0x104000, 0, MADV_DONTNEED) = 0\n",
	      M1
	      "madvise m1 4K dontneed\nmadvise m1+4K 4K free\nmadvise m1+8K 4K hugepage\n"
	      "madvise m1+12K 4K dontneed  # ENOMEM\n");
	check("madvise without a word in scripts",
	      ANON("65536",
		   "0x100000") "madvise(0x100000, 4096, MADV_HWPOISON) = 0\n"
			       "madvise(0x100000, 4096, 0x66 /* MADV_??? */) = 0\n",
	      M1);
	tap_eq(find_call("madvise")->seen - find_call("madvise")->used, 2,
	       "... is counted");
	check("mbind",
	      ANON("65536",
		   "0x100000") "mbind(0x100000, 65536, MPOL_BIND, [0x0000000000000005], "
			       "65, "
			       "MPOL_MF_STRICT|MPOL_MF_MOVE) = 0\n"
			       "mbind(0x100000, 4096, MPOL_DEFAULT, NULL, 0, 0) = 0\n",
	      M1 "mbind m1 64K bind 0,2 move strict\nmbind m1 4K default\n");
}

static void moves(void)
{
	check("mremap in place",
	      ANON("65536", "0x100000") "mremap(0x100000, 65536, 131072, MREMAP_MAYMOVE) "
					"= 0x100000\n"
					"mprotect(0x110000, 4096, PROT_READ) = 0\n"
					"mremap(0x100000, 65536, 4096, 0) = 0x100000\n",
	      M1 "mremap m1 64K 128K m1\nmprotect m1+64K 4K r\nmremap m1 64K 4K m1\n");
	check("mremap elsewhere",
	      ANON("65536", "0x100000") "mremap(0x100000, 65536, 131072, MREMAP_MAYMOVE) "
					"= 0x900000\n"
					"mprotect(0x900000, 131072, PROT_READ) = "
					"0\nmunmap(0x100000, 4096) = 0\n",
	      M1 "mremap m1 64K 128K 0x900000\nmprotect 0x900000 128K r\nmunmap 0x100000 "
		 "4K\n");
	check("mremap to a given place, keeping the old",
	      ANON("65536", "0x100000") "mremap(0x100000, 65536, 65536, "
					"MREMAP_MAYMOVE|MREMAP_FIXED|"
					"MREMAP_DONTUNMAP, 0x900000) = "
					"0x900000\nmunmap(0x100000, 4096) = 0\n",
	      M1 "mremap m1 64K 64K 0x900000 dontunmap\nmunmap m1 4K\n");
	check("brk",
	      "brk(NULL) = 0x100000\nbrk(0x121000) = 0x121000\nbrk(0x121000) = 0x121000\n"
	      "mprotect(0x110000, 4096, PROT_READ) = 0\nbrk(0x101000) = 0x101000\n"
	      "brk(0xffffffffffff) = 0x101000\nbrk(0x100000) = 0x100000\n",
	      "heap heap 0x100000\nbrk heap+132K\nmprotect heap+64K 4K r\nbrk "
	      "heap+4K\nbrk heap\n");
}

static void refused(void)
{
	check("impossible ranges",
	      ANON("4096", "0x101") ANON("0", "0x1000") ANON(
		      "18446744073709551615",
		      "0x1000") "munmap(0xffffffffff600000, 4096) = 0\nmprotect(0x1000, "
				"72057594037927936, 0) = 0\n"
				"mremap(0x1000, 0, 4096, MREMAP_MAYMOVE) = 0x2000\n"
				"mremap(0x1000, 8192, 8192, MREMAP_MAYMOVE) = 0x2000\n",
	      "");
	tap_ok(report.outside > 0, "... are counted");
	check("numbers too long",
	      "munmap(99999999999999999999999, 4096) = 0\ngetpid() = 1\n", "");
	tap_eq(report.nr_bad, 1, "... make the line unreadable");
}

int main(void)
{
	maps();
	protections();
	advices();
	moves();
	refused();
	return tap_done();
}
