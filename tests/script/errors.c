// SPDX-License-Identifier: GPL-2.0-or-later
/* Every message that the parser has, with its place. */
#include "script_test.h"

#include <errno.h>
#include <stdlib.h>

#define MAP "map ram 1T 1G rw anon private\n"
#define VM "vm vm0 tdp\n"

static const struct {
	const char *text;
	const char *want; /* the first line of the diagnosis starts so */
} errors[] = {
	/* words */
	{"mprotct ram 4K r",
	 "t.mms:1:1: error: unknown operation 'mprotct'; did you mean 'mprotect'?"},
	{"xyzzyplugh", "t.mms:1:1: error: unknown operation 'xyzzyplugh'\n"},
	{MAP "mprotect ram 4K wr", "t.mms:2:17: error: expected a protection (none r rw "
				   "rx rwx), got 'wr'; did you mean 'rw'?"},
	{MAP "mprotect ram 4K none1",
	 "t.mms:2:17: error: expected a protection (none r rw rx rwx), "
	 "got 'none1'; did you mean 'none'?"},
	{MAP "madvise ram 4K dontned",
	 "t.mms:2:16: error: expected an advice (normal random"},
	{MAP "mbind ram 4K bnd",
	 "t.mms:2:14: error: expected a memory policy (default bind preferred "
	 "interleave local), got 'bnd'; did you mean 'bind'?"},
	{"sysctl thq never",
	 "t.mms:1:8: error: expected a setting (thp shmem_thp), got 'thq'; did you "
	 "mean 'thp'?"},
	{"vm vm0 tpd",
	 "t.mms:1:8: error: expected an MMU kind (tdp direct shadow nested), got 'tpd'"},
	{"vm vm0 tdp no_tdp_mmu",
	 "t.mms:1:8: error: 'no_tdp_mmu' is for nested VMs; without the TDP MMU this is 'direct'"},
	{MAP "age ram 8K test",
	 "t.mms:2:9: error: 'test' is about one page: the length is 4K"},
	{VM "guest vm0 q 0 4K", "t.mms:2:11: error: expected an access (r w x), got 'q'"},
	{"uffd wq 0 4K",
	 "t.mms:1:6: error: expected what to do (register wp unwp unregister), got 'wq'; "
	 "did you mean 'wp'?"},
	{"forkwait now", "t.mms:1:10: error: 'now' is too much here; usage: forkwait"},
	{MAP "touch ram 4K w stirde=2M",
	 "t.mms:2:16: error: 'stirde=2M' is not a word of 'touch'; usage: "
	 "touch ADDR LEN"},
	{MAP "touch ram 4K w strid=",
	 "t.mms:2:16: error: 'strid=' is not a word of 'touch'; did you mean "
	 "'stride='?"},
	{MAP "touch ram 4K stride=",
	 "t.mms:2:14: error: expected a value behind 'stride='"},
	{MAP "touch ram 4K r w", "t.mms:2:16: error: 'w' contradicts 'r'"},
	{MAP "touch ram 4K w w", "t.mms:2:16: error: 'w' is given twice"},
	{VM "memslot vm0 0 delete now", "t.mms:2:22: error: 'now' is too much here"},
	{VM "memslot vm0 0 gap=4G 0 4K",
	 "t.mms:2:15: error: expected gpa=GPA or 'delete', got 'gap=4G'"},
	{VM "memslot vm0 0 gpa= 0 4K",
	 "t.mms:2:15: error: expected a guest-physical address behind 'gpa='"},
	{VM "memslot vm0 131072 delete",
	 "t.mms:2:13: error: expected a slot number from 0 to 131071"},
	/* numbers and addresses */
	{"touch", "t.mms:1:6: error: expected an address (NAME, NAME+OFFSET or 0x...), "
		  "got the end of the line"},
	{"touch 4K", "t.mms:1:9: error: expected a length such as 4K, 2M or 1G, got the "
		     "end of the line"},
	{"touch 4K 4k", "t.mms:1:10: error: expected a length such as 4K, 2M or 1G, got "
			"'4k'; did you mean '4K'?"},
	{"touch 4K 4KiB",
	 "t.mms:1:10: error: expected a length such as 4K, 2M or 1G, got '4KiB'; did you "
	 "mean '4K'?"},
	{"touch 4K -4K", "t.mms:1:10: error: expected a length"},
	{"touch 4K 1.5G", "t.mms:1:10: error: expected a length"},
	{"touch 0x 4K", "t.mms:1:7: error: expected an address"},
	{"touch 0x12g 4K", "t.mms:1:7: error: expected an address"},
	{"touch 18446744073709551616 4K",
	 "t.mms:1:7: error: '18446744073709551616' does not fit into 64 bits"},
	{"touch 0x10000000000000000 4K",
	 "t.mms:1:7: error: '0x10000000000000000' does not fit into 64 bits"},
	{"touch 16777216T 4K", "t.mms:1:7: error: '16777216T' does not fit into 64 bits"},
	{"touch 0xfffffffffffff000+4K 4K",
	 "t.mms:1:7: error: the address '0xfffffffffffff000+4K' wraps around 2^64"},
	{MAP "touch ram-2T 4K",
	 "t.mms:2:7: error: the address 'ram-2T' wraps around zero"},
	{MAP "touch ram+ 4K", "t.mms:2:10: error: expected a size behind '+'"},
	{MAP "touch ram++4K 4K", "t.mms:2:10: error: expected a size behind '+'"},
	{MAP "touch ram+ram 4K",
	 "t.mms:2:11: error: expected a size such as 4K, 2M, 1G or 0x1000, got 'ram'"},
	{MAP "touch ra 4K",
	 "t.mms:2:7: error: no map is called 'ra' above this line; did you mean 'ram'?"},
	{"touch $ 4K", "t.mms:1:7: error: expected an address"},
	{"numa_scan 4294967296",
	 "t.mms:1:11: error: expected a number of steps, got '4294967296'"},
	{MAP "mbind ram 4K bind 0,,1",
	 "t.mms:2:19: error: expected NUMA nodes from 0 to 63"},
	{MAP "mbind ram 4K bind 64",
	 "t.mms:2:19: error: expected NUMA nodes from 0 to 63"},
	{MAP "move_pages ram 4K 0,1",
	 "t.mms:2:19: error: expected a NUMA node from 0 to 63, got '0,1'"},
	{MAP VM "guest vm0 r ram 4K",
	 "t.mms:3:13: error: expected a guest-physical address"},
	/* names */
	{"map 1a 0 4K r anon private", "t.mms:1:5: error: expected a name (letters"},
	{"map a-b 0 4K r anon private", "t.mms:1:5: error: expected a name (letters"},
	{"map aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggggg 0 4K r "
	 "anon private",
	 "t.mms:1:5: error: the name is 65 bytes long; the limit is 64"},
	{MAP "vm ram tdp",
	 "t.mms:2:4: error: 'ram' is a map (line 1) and cannot be a VM as well"},
	{"map main 0 4K r anon private",
	 "t.mms:1:5: error: 'main' is the first process and cannot be a map "
	 "as well"},
	{MAP "guest ram r 0 4K", "t.mms:2:7: error: 'ram' is a map (line 1), not a VM"},
	{VM "touch vm0 4K", "t.mms:2:7: error: 'vm0' is a VM (line 1), not a map"},
	{"touch main 4K", "t.mms:1:7: error: 'main' is the first process, not a map"},
	{"heap h 0\ntruncate h 4K",
	 "t.mms:2:10: error: 'h' is a heap (line 1), not a map"},
	{VM VM, "t.mms:2:4: error: there is a VM 'vm0' already (line 1)"},
	{"device d 0 4K\ndevice d 0 4K",
	 "t.mms:2:8: error: there is a device 'd' already (line 1)"},
	{"forkwait\nassert c < 1\ntouch c 4K",
	 "t.mms:3:7: error: no map is called 'c' above this line"},
	/* processes */
	{"switch x", "t.mms:1:8: error: no process is called 'x' above this line"},
	{"fork a\nfork a", "t.mms:2:6: error: the process 'a' (line 1) is still running"},
	{"fork main", "t.mms:1:6: error: 'main' is the first process"},
	{"fork a\nswitch a\nexit a",
	 "t.mms:3:6: error: 'a' is the running process; switch to another first"},
	{MAP "mremap ram 4K 4K ram dontunmap",
	 "t.mms:2:22: error: 'dontunmap' needs another address to move to"},
	{MAP "mremap ram 4K", "t.mms:2:14: error: expected a new length such as 4K"},
	{"fork a\nexit a\nswitch a",
	 "t.mms:3:8: error: the process 'a' (line 1) has exited"},
	{"fork a\nexit a\nexit a",
	 "t.mms:3:6: error: the process 'a' (line 1) has exited"},
	{"exit main",
	 "t.mms:1:6: error: 'main' runs to the end of the script and cannot exit"},
	/* map */
	{"map a 0 4K r",
	 "t.mms:1:13: error: the map lacks its kind (anon, shmem, file, hugetlb=2M|1G, "
	 "dax=4K|2M|1G) and private or shared"},
	{"map a 0 4K r private", "t.mms:1:21: error: the map lacks its kind (anon"},
	{"map a 0 4K r anon", "t.mms:1:18: error: the map lacks private or shared"},
	{"map a 0 4K r anon file private",
	 "t.mms:1:19: error: 'file' contradicts 'anon'"},
	{"map a 0 4K r anon anon private", "t.mms:1:19: error: 'anon' is given twice"},
	{"map a 0 4K r anon private shared",
	 "t.mms:1:27: error: 'shared' contradicts 'private'"},
	{"map a 0 4K r anon private huge nohuge",
	 "t.mms:1:32: error: 'nohuge' contradicts 'huge'"},
	{"map a 0 0 r anon private", "t.mms:1:9: error: the length is 0"},
	{"map a 1 4K r anon private",
	 "t.mms:1:7: error: the address 0x1 is not a multiple of 4K"},
	{"map a 0 4097 r anon private",
	 "t.mms:1:9: error: the length 0x1001 is not a multiple of 4K"},
	{"map a 0x100000000000000 4K r anon private",
	 "t.mms:1:7: error: the map ends beyond 2^56"},
	{"map a 4K 65536T r anon private", "t.mms:1:7: error: the map ends beyond 2^56"},
	{"map a 0 1G r hugetlb=4K private",
	 "t.mms:1:14: error: a hugetlb page is 2M or 1G"},
	{"map a 0 1G r hugetlb private",
	 "t.mms:1:14: error: 'hugetlb' is not a word of 'map'; did you mean "
	 "'hugetlb='?"},
	{"map a 0 1G r dax=3M shared", "t.mms:1:14: error: a dax page is 4K, 2M or 1G"},
	{"map a 0 1G r dax=x shared", "t.mms:1:18: error: expected a page size, got 'x'"},
	{MAP "map b 0 4K r anon shared of=ram",
	 "t.mms:2:26: error: the map 'ram' (line 1) is private anonymous "
	 "memory"},
	{"map a 0 4K r file shared\nmap b 1G 4K r shmem shared of=a",
	 "t.mms:2:28: error: the map 'a' (line 1) is of another kind"},
	{"map b 0 4K r file shared of=b",
	 "t.mms:1:29: error: no map is called 'b' above this line"},
	{"map b 0 4K r file shared offset=1",
	 "t.mms:1:26: error: the offset is not a multiple of 4K"},
	{"map b 0 8K r file shared offset=0xfffffffffffff000",
	 "t.mms:1:26: error: the offset wraps around 2^64"},
	{"map b 0 4K r anon private offset=4K",
	 "t.mms:1:27: error: an anon map has no object to start inside of"},
	/* accesses and ranges */
	{"touch 0 0", "t.mms:1:9: error: the length is 0"},
	{"touch 0 4K stride=0", "t.mms:1:12: error: the stride is 0"},
	{"touch 0xfffffffffffff000 8K",
	 "t.mms:1:7: error: the range 0xfffffffffffff000 + 0x2000 wraps around 2^64"},
	{VM "guest vm0 r 0 0", "t.mms:2:15: error: the length is 0"},
	{VM "guest vm0 r 0 4K stride=0", "t.mms:2:18: error: the stride is 0"},
	{VM "guest vm0 r 0xfffffffffffff000 8K", "t.mms:2:13: error: the range"},
	{VM "l2_map vm0 1G 0 4K rwx", "t.mms:2:23: error: 'l2_map' lacks tables=GPA"},
	{VM "l2_map vm0 1G 0 4K rwx tables=0", "t.mms:2:24: error: the top table cannot be at 0"},
	{VM "l2_map vm0 1G 0 4K none tables=4K", "t.mms:2:20: error: nothing to map with"},
	{VM "l2_map vm0 1G 0 4K wx tables=4K", "t.mms:2:20: error: a page that L2 has can be"},
	{VM "l2_map vm0 1G 4K 2M r tables=4K page=2M", "t.mms:2:15: error: 0x1000 is not a mul"},
	{VM "l2_map vm0 1G 0 4M r tables=4K page=4M", "t.mms:2:32: error: a page is 4K, 2M"},
	{VM "l2_map vm0 512G 0 4K r tables=4K", "t.mms:2:12: error: ends behind 0x8000000000"},
	{VM "l2_map vm0 1G 1T 4K r tables=4K", "t.mms:2:15: error: ends behind 0xffffff0000"},
	{VM "l2_remap vm0 1G 0 r tables=4097", "t.mms:2:21: error: 0x1001 is not a multiple"},
	{VM "guest vm0 r l2=512G 4K", "t.mms:2:13: error: ends behind 0x8000000000"},
	{VM "vmrun vm0 tables=2T", "t.mms:2:11: error: ends behind"},
	{VM "memslot vm0 7 gpa=0 0 0",
	 "t.mms:2:23: error: the length is 0; write 'memslot vm0 7 delete'"},
	{VM "memslot vm0 7 gpa=0xfffffffffffff000 0 8K", "t.mms:2:15: error: the range"},
	{"mprotect 0xfffffffffffff000 8K r", "t.mms:1:10: error: the range"},
	{"mremap 0 4K 8K 0xfffffffffffff000", "t.mms:1:16: error: the range"},
	{"numa_hint 1 4K", "t.mms:1:11: error: 0x1 is not a multiple of 4K"},
	{"numa_hint 0 1", "t.mms:1:13: error: 0x1 is not a multiple of 4K"},
	{"device d 0 0", "t.mms:1:12: error: the length is 0"},
	{"heap h 65536T", "t.mms:1:8: error: the heap starts beyond 2^56"},
	/* loops */
	{"repeat 0\nforkwait\nend",
	 "t.mms:1:8: error: expected a number of rounds, at least 1, got '0'"},
	{"repeat 2\nend", "t.mms:2:1: error: the loop of line 1 repeats nothing"},
	{"forkwait\n  repeat 2\nforkwait\n",
	 "t.mms:2:3: error: this 'repeat' has no 'end'; the script ends in line 3"},
	{"end", "t.mms:1:1: error: 'end' without 'repeat'\n"},
	{"repeat 2\nforkwait\nend\nend",
	 "t.mms:4:1: error: 'end' without 'repeat': the loop of line 1 ended in line 3"},
	{"repeat 1\nrepeat 1\nrepeat 1\nrepeat 1\nrepeat 1\nrepeat 1\nrepeat 1\nrepeat "
	 "1\nrepeat 1\nforkwait\n"
	 "end\nend\nend\nend\nend\nend\nend\nend\nend\n",
	 "t.mms:9:1: error: loops are nested more than 8 deep"},
	/* expectations */
	{"> none", "t.mms:1:3: error: an expectation before any operation"},
	{"forkwait\n>", "t.mms:2:2: error: expected an event such as PROTECTION_VMA, "
			"'none' or 'errno', got the "
			"end of the line"},
	{"forkwait\n> PROTECTION_VM 0 4K",
	 "t.mms:2:3: error: expected an event such as PROTECTION_VMA, 'none' or "
	 "'errno', got 'PROTECTION_VM'; did you mean 'PROTECTION_VMA'?"},
	{"forkwait\n> linux-6.2 none",
	 "t.mms:2:3: error: unknown profile 'linux-6.2'; did you mean 'linux-6.1'?"},
	{"forkwait\n> CLEAR 4K",
	 "t.mms:2:11: error: expected the end of the range, got the end of the line"},
	{"forkwait\n> CLEAR 4K 4K",
	 "t.mms:2:12: error: the range [0x1000, 0x1000) is empty"},
	{"forkwait\n> CLEAR 0 4K end",
	 "t.mms:2:14: error: expected 'noend' or the end of the line, got 'end'"},
	{"forkwait\n> errno ENOMEN",
	 "t.mms:2:9: error: expected 0 or an errno name such as ENOMEM, got 'ENOMEN'; "
	 "did you mean 'ENOMEM'?"},
	{"forkwait\n> errno", "t.mms:2:8: error: expected 0 or an errno name"},
	{"forkwait\n> none 4K",
	 "t.mms:2:8: error: '4K' is too much here; usage: > [PROFILE...]"},
	{"forkwait\n> none\n> CLEAR 0 4K", "t.mms:3:3: error: contradicts line 2"},
	{"forkwait\n> CLEAR 0 4K\n> linux-6.1 none",
	 "t.mms:3:13: error: contradicts line 2"},
	{"forkwait\n> errno 0\n> errno EINVAL", "t.mms:3:3: error: contradicts line 2"},
	{"repeat 2\n> none\nforkwait\nend",
	 "t.mms:2:3: error: an expectation belongs directly behind its "
	 "operation, not behind 'repeat' (line 1)"},
	{"forkwait\nassert a < 1\n> none",
	 "t.mms:3:3: error: an expectation belongs directly behind"},
	{"assert a = 1",
	 "t.mms:1:10: error: expected a comparison (< <= == != >= >), got '='"},
	{"assert linux-9 a < 1", "t.mms:1:8: error: unknown profile 'linux-9'"},
	{"assert 1 < 1",
	 "t.mms:1:8: error: expected a counter such as remote_tlb_flush, got '1'"},
	{"assert a < x", "t.mms:1:12: error: expected a number, got 'x'"},
	/* files */
	{"", "t.mms: error: no operations\n"},
	{"# nothing\n\n", "t.mms: error: no operations\n"},
	{"fork\x01wait", "t.mms:1:5: error: binary data: byte 0x01; a script is text"},
	{"\x7f"
	 "ELF",
	 "t.mms:1:1: error: binary data: byte 0x7f"},
	{"bogus\nbogus\x02", "t.mms:2:6: error: binary data: byte 0x02"},
	{"fork\rwait\n", "t.mms:1:5: error: binary data: byte 0x0d"},
	{"# \x1b[31m\nxx", "t.mms:1:3: error: binary data: byte 0x1b"},
};

static const struct {
	const char *text;
	const char *want; /* found in the diagnosis of a script that is accepted; NULL: it
			     is empty */
} warnings[] = {
	{MAP "map b 1T 4K r anon private", "t.mms:2:7: warning: replaces [0x10000000000, "
					   "0x10000001000) of 'ram', as MAP_FIXED does"},
	{MAP "map b 0x1003ffff000 8K r anon private",
	 "t.mms:2:7: warning: replaces [0x1003ffff000, 0x10040000000) of 'ram', as "
	 "MAP_FIXED does"},
	{MAP "map b 0x10040000000 4K r anon private\nmap c 1T 2G r anon private",
	 "t.mms:3:7: warning: replaces [0x10000000000, 0x10040000000) of 'ram' and parts "
	 "of 1 more"},
	{MAP "munmap ram 1G\nmap b 1T 4K r anon private", NULL},
	{MAP "munmap ram+4K 4K\nmap b ram+4K 4K r anon private", NULL},
	{MAP "munmap ram+4K 4K\nmap b ram 4K r anon private",
	 "warning: replaces [0x10000000000, 0x10000001000)"},
	{MAP "munmap ram+4K 1\nmap b ram+4K 4K r anon private", NULL},
	{MAP "mremap ram 1G 1G 2T\nmap b 1T 4K r anon private", NULL},
	{MAP "mremap ram 1G 1G 2T\nmap b 2T 4K r anon private",
	 "warning: replaces [0x20000000000, 0x20000001000) of 'ram'"},
	{MAP "mremap ram 1G 1G 2T dontunmap\nmap b 1T 4K r anon private",
	 "warning: replaces"},
	{MAP "fork c\nswitch c\nmap b 1T 4K r anon private", NULL},
	{MAP "munmap ram 1G\n" MAP, NULL},
	{MAP "mremap ram 1G 4K\nmap b ram+4K 4K r anon private", NULL},
	{MAP "mremap ram 1G 8K\nmap b ram+4K 4K r anon private", "warning: replaces"},
	{"map a 1T 4K r anon private\nmap a 2T 4K r anon private",
	 "warning: 'a' meant 0x10000000000 (line 1)"},
	{MAP "mprotect ram 0 r", "t.mms:2:14: warning: length 0: Linux does nothing"},
	{MAP "munmap ram 0", "t.mms:2:12: warning: length 0: Linux returns EINVAL"},
	{MAP "madvise ram 0 dontneed",
	 "t.mms:2:13: warning: length 0: Linux does nothing"},
	{MAP "mremap ram 0 4K 2T",
	 "warning: length 0: Linux copies a shared map and refuses a private one"},
	{MAP "mremap ram 4K 0 2T",
	 "t.mms:2:15: warning: new length 0: Linux returns EINVAL"},
	{MAP "mprotect ram+1 4K r", "t.mms:2:10: warning: 0x10000000001 is not a "
				    "multiple of 4K: Linux returns EINVAL"},
	{MAP "mremap ram 4K 4K 1",
	 "t.mms:2:18: warning: 0x1 is not a multiple of 4K: Linux returns EINVAL"},
	{"mprotect 0x100000000000000 4K r",
	 "warning: the range ends beyond every address space"},
	{MAP "mbind ram 4K bind", "warning: no nodes: Linux returns EINVAL"},
	{MAP "mbind ram 4K local 1", "warning: this policy takes no nodes"},
	{MAP "uffd wp ram 1", "warning: the length is not a multiple of 4K"},
	{MAP "numa_hint ram 0", "warning: length 0: nothing is hinted"},
	{MAP "move_pages ram 0 1", "warning: length 0: no page is moved"},
	{MAP VM "memslot vm0 0 gpa=1 ram 4K",
	 "t.mms:3:15: warning: 0x1 is not a multiple of 4K"},
	{"# \xff\xfe invalid UTF-8 in a comment\nforkwait", NULL},
};

static void test_errors(void)
{
	size_t i;

	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		struct parsed p = parse(errors[i].text);
		const char *got = strbuf_str(&p.diag);
		bool right = p.err == -EINVAL && !p.script &&
			     !strncmp(got, errors[i].want, strlen(errors[i].want));

		tap_ok(right, "%.*s", (int)strcspn(errors[i].want, "\n"), errors[i].want);
		if (!right)
			comment(got);
		tap_ok(!strstr(strchr(got, '\n') + 1, "error:"), "and nothing else");
		release(&p);
	}
}

static void test_warnings(void)
{
	size_t i;

	for (i = 0; i < sizeof(warnings) / sizeof(warnings[0]); i++) {
		struct parsed p = parse(warnings[i].text);
		const char *got = strbuf_str(&p.diag), *want = warnings[i].want;
		bool right = !p.err && (want ? strstr(got, want) != NULL : !p.diag.len);

		tap_ok(right, "%s", want ? want : "no warning");
		if (!right)
			comment(got);
		release(&p);
	}
}

static unsigned int count(const char *text, const char *word)
{
	unsigned int n = 0;

	for (; (text = strstr(text, word)); text++)
		n++;
	return n;
}

static void test_many(void)
{
	struct strbuf text = STRBUF_INIT;
	struct parsed p;
	unsigned int i;

	for (i = 0; i < 1000; i++)
		strbuf_addstr(&text, "frokwait\n");
	p = parse(strbuf_str(&text));
	tap_eq(count(strbuf_str(&p.diag), "unknown operation"), 20, "20 errors");
	tap_eq(count(strbuf_str(&p.diag), "too many errors"), 1, "and a last word");
	release(&p);
	strbuf_reset(&text);
	for (i = 0; i < 1000; i++)
		strbuf_addstr(&text, "munmap 0 0\n");
	p = parse(strbuf_str(&text));
	tap_ok(!p.err && count(strbuf_str(&p.diag), "length 0") == 20 &&
		       count(strbuf_str(&p.diag), "not shown") == 1,
	       "20 warnings");
	release(&p);
	strbuf_release(&text);
}

static void test_one_mistake(void)
{
	struct parsed p =
		parse("map a 0 4K wr anon private\nmprotect a 4K r\n> CLEAR a a+4K\n"
		      "bogus\n> none\nrepeat x\nforkwait\nend\n");

	tap_eq(count(strbuf_str(&p.diag), "error:"), 3, "one message per mistake");
	release(&p);
}

/* A script over a limit of size: @unit repeated until it is. */
static void test_long_line(size_t len, bool fits)
{
	struct strbuf text = STRBUF_INIT;
	struct parsed p;

	strbuf_addstr(&text, "forkwait #");
	while (text.len < len)
		strbuf_addch(&text, 'a');
	strbuf_addstr(&text, "\nforkwait\n");
	p = parse(strbuf_str(&text));
	if (fits)
		tap_ok(!p.err, "a line of %zu bytes", len);
	else
		tap_ok(p.err == -EINVAL &&
			       strstr(strbuf_str(&p.diag),
				      "t.mms:1:1: error: the line is") &&
			       strstr(strbuf_str(&p.diag), "the limit is 65536"),
		       "a line of %zu bytes is refused", len);
	tap_ok(p.diag.len < 1000, "in few words");
	release(&p);
	strbuf_release(&text);
}

static void test_quotation(void)
{
	struct strbuf text = STRBUF_INIT;
	struct parsed p =
		parse("forkwait\nmprotect\t0 4K wr # caf\xc3\xa9 \xff\xc2\x9b\n");

	tap_ok(!strcmp(strbuf_str(&p.diag), "t.mms:2:15: error: expected a protection "
					    "(none r rw rx rwx), got 'wr'; did you "
					    "mean 'rw'?\n"
					    "    2 | mprotect 0 4K wr # caf\xc3\xa9 ???\n"
					    "      |               ^~\n"),
	       "the line is quoted with a caret");
	release(&p);
	while (text.len < 3000)
		strbuf_addstr(&text, "          ");
	strbuf_addstr(&text, "bogus");
	while (text.len < 6000)
		strbuf_addstr(&text, " x");
	p = parse(strbuf_str(&text));
	tap_ok(strstr(strbuf_str(&p.diag), "\n    1 | ...") &&
		       strstr(strbuf_str(&p.diag), "x ...\n") && p.diag.len < 300,
	       "a long line is clipped on both sides");
	release(&p);
	strbuf_release(&text);
}

/* A token of bytes that continue a UTF-8 character that never began. */
static void test_broken_utf8(void)
{
	struct strbuf text = STRBUF_INIT;
	struct parsed p;

	strbuf_addstr(&text, "forkwait\n> ");
	while (text.len < 400)
		strbuf_addch(&text, '\xbf');
	p = parse(strbuf_str(&text));
	tap_ok(p.err == -EINVAL && strstr(strbuf_str(&p.diag), "got '????") &&
		       p.diag.len < 500,
	       "a token of broken UTF-8");
	release(&p);
	strbuf_release(&text);
}

static void test_binary(void)
{
	struct parsed p = parse_len("forkwait\nfork\0wait\nbogus\n", 24);

	tap_ok(p.err == -EINVAL && strstr(strbuf_str(&p.diag),
					  "t.mms:2:5: error: binary data: byte 0x00"),
	       "a NUL byte");
	tap_eq(count(strbuf_str(&p.diag), "error:"), 1, "ends the parse");
	release(&p);
}

/* Limits on numbers of things, -E2BIG. */
static void test_limits(void)
{
	struct strbuf text = STRBUF_INIT;
	struct parsed p;
	unsigned int i;

	for (i = 0; i <= SCRIPT_MAX_NAMES; i++)
		strbuf_addf(&text, "fork p%u\n", i);
	p = parse(strbuf_str(&text));
	tap_ok(p.err == -E2BIG && strstr(strbuf_str(&p.diag), "more than 1048576 names"),
	       "too many names");
	release(&p);
	strbuf_release(&text);
	p = parse_len("", (size_t)SCRIPT_MAX_BYTES + 1);
	tap_ok(p.err == -E2BIG && strstr(strbuf_str(&p.diag), "the limit is 1073741824"),
	       "too many bytes");
	release(&p);
}

int main(void)
{
	uint64_t live = mem_live();

	test_errors();
	test_warnings();
	test_many();
	test_one_mistake();
	test_long_line(65536, true);
	test_long_line(65537, false);
	test_long_line(1 << 20, false);
	test_quotation();
	test_broken_utf8();
	test_binary();
	test_limits();
	tap_eq(mem_live(), live, "nothing leaks");
	return tap_done();
}
