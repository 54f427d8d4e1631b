// SPDX-License-Identifier: GPL-2.0-or-later
/* What each operation and expectation is parsed to. */
#include "script_test.h"

#include <base/event.h>
#include <errno.h>

#define BASE 0x100000000000ull
#define MAP "map ram 0x100000000000 512G rw anon private noreserve nohuge\n"

static void test_map(void)
{
	struct parsed p =
		parse_ok(MAP "map f 0x200000000000 1G r file shared populate huge\n"
			     "map g 0x300000000000 512M rx file shared of=f offset=2M\n"
			     "map h 1T 4M none hugetlb=2M private\n"
			     "map d 2T 2G rwx dax=1G shared\n");
	const struct script_op *op;

	if (!p.script)
		return;
	op = p.script->ops;
	tap_eq(p.script->nr_ops, 5, "five operations");
	tap_ok(!strcmp(script_name(p.script, op->name), "ram"), "the name is kept");
	tap_eq(op->addr, BASE, "address");
	tap_eq(op->len, 512ull << 30, "length");
	tap_eq(op->prot, SCRIPT_PROT_R | SCRIPT_PROT_W, "protection");
	tap_eq(op->kind, SCRIPT_KIND_ANON, "kind");
	tap_eq(op->flags, SCRIPT_MAP_PRIVATE | SCRIPT_MAP_NORESERVE | SCRIPT_MAP_NOHUGE,
	       "flags");
	tap_eq(op->text_len, strlen(MAP) - 1, "the text is the line");
	tap_eq(op[1].flags, SCRIPT_MAP_SHARED | SCRIPT_MAP_POPULATE | SCRIPT_MAP_HUGE,
	       "populate and huge");
	tap_eq(op[2].flags, SCRIPT_MAP_SHARED | SCRIPT_MAP_OF, "a view");
	tap_eq(op[2].name2, op[1].name, "of another map's object");
	tap_eq(op[2].addr2, 2 << 20, "from an offset on");
	tap_eq(op[3].page_size, 2 << 20, "hugetlb page");
	tap_eq(op[3].prot, 0, "none");
	tap_eq(op[4].page_size, 1 << 30, "dax page");
	tap_eq(op[4].kind, SCRIPT_KIND_DAX, "dax");
	release(&p);
}

static void test_addresses(void)
{
	static const struct {
		const char *text;
		uint64_t addr;
	} cases[] = {
		{"ram", BASE},
		{"ram+4K", BASE + 4096},
		{"ram-4K", BASE - 4096},
		{"ram+1G+2M-4K", BASE + (1ull << 30) + (2 << 20) - 4096},
		{"ram+0x10", BASE + 16},
		{"0x7fFF0000", 0x7fff0000},
		{"4096", 4096},
		{"16T", 16ull << 40},
		{"0xffffffffffffffff", UINT64_MAX},
		{"18446744073709551615", UINT64_MAX},
		{"0", 0},
	};
	struct strbuf text = STRBUF_INIT;
	struct parsed p;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		strbuf_reset(&text);
		strbuf_addf(&text, MAP "brk %s\n", cases[i].text);
		p = parse(strbuf_str(&text));
		tap_ok(!p.err && p.script->ops[1].addr == cases[i].addr, "address %s",
		       cases[i].text);
		release(&p);
	}
	strbuf_release(&text);
}

static void test_memory_operations(void)
{
	struct parsed p = parse_ok(MAP "touch ram 8K\n"
				       "touch ram+1G 8K w stride=512\n"
				       "touch ram 4K x\n"
				       "mprotect ram 512G wx\n"
				       "munmap ram+2M 4K\n"
				       "madvise ram 1G populate_write\n"
				       "mremap ram 2M 4M 0x200000000000 dontunmap\n"
				       "heap brk0 0x555555554000\n"
				       "brk brk0+132K\n"
				       "mbind ram 1G interleave 0,2 move strict\n"
				       "move_pages ram 4K 3\n"
				       "truncate ram 4K\n"
				       "uffd unwp ram 2M\n"
				       "clear_refs 4\n"
				       "pagemap_scan ram 2M wp\n"
				       "ksm 2\n"
				       "sysctl shmem_thp always\n"
				       "forkwait\n"
				       "numa_hint ram 1G\n"
				       "numa_scan 7\n");
	const struct script_op *op;

	if (!p.script)
		return;
	op = p.script->ops;
	tap_ok(op[1].access == SCRIPT_ACCESS_R && op[1].step == 4096,
	       "touch reads each page");
	tap_ok(op[2].access == SCRIPT_ACCESS_W && op[2].step == 512,
	       "touch w stride=512");
	tap_eq(op[3].access, SCRIPT_ACCESS_X, "touch x");
	tap_eq(op[4].prot, SCRIPT_PROT_W | SCRIPT_PROT_X, "mprotect wx");
	tap_ok(op[5].code == OP_MUNMAP && op[5].addr == BASE + (2 << 20), "munmap");
	tap_eq(op[6].advice, SCRIPT_MADV_POPULATE_WRITE, "madvise");
	tap_ok(op[7].len == 2 << 20 && op[7].len2 == 4 << 20 &&
		       op[7].addr2 == 0x200000000000 &&
		       op[7].flags == SCRIPT_MREMAP_DONTUNMAP,
	       "mremap");
	tap_ok(op[8].code == OP_HEAP && op[9].addr == 0x555555554000 + 132 * 1024,
	       "heap and brk");
	tap_ok(op[10].policy == SCRIPT_MPOL_INTERLEAVE && op[10].nodes == 5 &&
		       op[10].flags == (SCRIPT_MBIND_MOVE | SCRIPT_MBIND_STRICT),
	       "mbind");
	tap_eq(op[11].nodes, 8, "move_pages: the node's bit");
	tap_ok(op[12].name2 == op[0].name && op[12].len == 4096, "truncate");
	tap_eq(op[13].flags, SCRIPT_UFFD_UNWP, "uffd");
	tap_eq(op[14].count, 4, "clear_refs");
	tap_eq(op[15].flags, SCRIPT_SCAN_WP, "pagemap_scan");
	tap_eq(op[16].count, 2, "ksm");
	tap_ok(op[17].sysctl == SCRIPT_SYSCTL_SHMEM_THP &&
		       op[17].count == SCRIPT_THP_ALWAYS,
	       "sysctl");
	tap_eq(op[18].code, OP_FORKWAIT, "forkwait");
	tap_eq(op[19].len, 1 << 30, "numa_hint");
	tap_eq(op[20].count, 7, "numa_scan");
	release(&p);
}

static void test_guests(void)
{
	struct parsed p = parse_ok(MAP "vm vm0 nested initially_set no_tdp_mmu\n"
				       "memslot vm0 3 gpa=4G ram+1G 2G readonly\n"
				       "guest vm0 w 0x100000000 12K stride=8K\n"
				       "guest vm0 x 5G-4K 4K\n"
				       "memslot vm0 3 delete\n"
				       "device gpu ram 1G\n");
	const struct script_op *op;

	if (!p.script)
		return;
	op = p.script->ops;
	tap_eq(op[1].mmu, SCRIPT_MMU_NESTED, "vm");
	tap_eq(op[1].flags, SCRIPT_VM_INITIALLY_SET | SCRIPT_VM_NO_TDP_MMU, "its words");
	tap_ok(op[2].name2 == op[1].name && op[2].slot == 3 &&
		       script_op_gpa(&op[2]) == 4ull << 30 &&
		       op[2].addr == BASE + (1 << 30) && op[2].len == 2ull << 30 &&
		       op[2].flags == SCRIPT_MEMSLOT_READONLY,
	       "memslot");
	tap_ok(op[3].access == SCRIPT_ACCESS_W && script_op_gpa(&op[3]) == 4ull << 30 &&
		       op[3].len == 12288 && op[3].step == 8192,
	       "guest");
	tap_ok(op[4].access == SCRIPT_ACCESS_X &&
		       script_op_gpa(&op[4]) == (5ull << 30) - 4096 && op[4].step == 4096,
	       "guest with arithmetic");
	tap_eq(op[5].flags, SCRIPT_MEMSLOT_DELETE, "memslot delete");
	tap_ok(op[6].code == OP_DEVICE && op[6].len == 1 << 30, "device");
	release(&p);
}

static void test_processes(void)
{
	struct parsed p = parse_ok(
		"fork a\nswitch a\nfork b\nswitch main\nexit a\nfork a\nexit b\n");

	if (!p.script)
		return;
	tap_ok(!strcmp(script_name(p.script, p.script->ops[1].name), "a"), "switch a");
	tap_ok(!strcmp(script_name(p.script, p.script->ops[3].name), SCRIPT_MAIN),
	       "switch main");
	tap_eq(p.script->ops[1].name2, p.script->ops[1].name, "as a reference, too");
	tap_eq(p.script->ops[5].name, p.script->ops[0].name, "a name may be used again");
	release(&p);
}

static void test_expectations(void)
{
	struct parsed p =
		parse_ok(MAP "mprotect ram 512G r\n"
			     ">linux-6.1 PROTECTION_VMA ram ram+1G\n"
			     "> linux-6.12+ PROTECTION_VMA ram ram+512G # whole entry\n"
			     "> CLEAR 0 2M noend\n"
			     "> linux-3.14 linux-7.2 errno ENOMEM\n"
			     "munmap ram 4K\n"
			     "> none\n"
			     "> errno 0\n");
	const struct script_expect *e;

	if (!p.script)
		return;
	e = p.script->expects;
	tap_eq(p.script->nr_expects, 6, "six expectations");
	tap_ok(p.script->ops[1].expect == 0 && p.script->ops[1].nr_expect == 4,
	       "four of the first");
	tap_ok(p.script->ops[2].expect == 4 && p.script->ops[2].nr_expect == 2,
	       "two of the second");
	tap_ok(e[0].kind == EXPECT_EVENT && e[0].event == MMU_NOTIFY_PROTECTION_VMA &&
		       e[0].start == BASE && e[0].end == BASE + (1 << 30) && !e[0].no_end,
	       "an event");
	tap_eq(e[0].profiles, 1 << 1, "one profile");
	tap_eq(e[1].profiles, 1 << 2 | 1 << 3, "a profile and later ones");
	tap_eq(e[2].profiles, UINT64_MAX, "all profiles");
	tap_ok(e[2].no_end, "noend");
	tap_ok(e[3].kind == EXPECT_ERRNO && e[3].err == ENOMEM &&
		       e[3].profiles == (1 | 1 << 3),
	       "an errno for two profiles");
	tap_eq(e[4].kind, EXPECT_NONE, "none");
	tap_ok(e[5].kind == EXPECT_ERRNO && e[5].err == 0, "success");
	release(&p);
}

static void test_assert(void)
{
	struct parsed p = parse_ok("forkwait\nassert remote_tlb_flush <= 1\n"
				   "assert linux-6.12+ pages_4k != 0x10\n");
	const struct script_op *op;

	if (!p.script)
		return;
	op = p.script->ops;
	tap_ok(!strcmp(script_name(p.script, op[1].name2), "remote_tlb_flush") &&
		       op[1].compare == SCRIPT_LE && op[1].count == 1 &&
		       op[1].profiles == UINT64_MAX,
	       "a budget for all");
	tap_ok(op[2].compare == SCRIPT_NE && op[2].count == 16 && op[2].profiles == 0xc,
	       "a budget for some");
	release(&p);
}

static void test_forms(void)
{
	struct parsed p = parse_ok(
		"\xef\xbb\xbf# caf\xc3\xa9\r\n\r\n\tforkwait \t # \xe2\x82\xac\r\n"
		"forkwait#glued\nforkwait");

	if (!p.script)
		return;
	tap_eq(p.script->nr_ops, 3, "BOM, CRLF, tabs, comments, no last newline");
	tap_eq(p.script->ops[0].line, 3, "line numbers");
	tap_ok(p.script->ops[0].text_len == 8 &&
		       !memcmp(p.script->text + p.script->ops[0].text, "forkwait", 8),
	       "the text is without blanks and comment");
	release(&p);
}

static void test_in_place(void)
{
	struct parsed p = parse_ok(MAP "mremap ram 1G 2M\nmremap ram 2M 4M ram\n"
				       "mremap ram 4M 4M 0x200000000000\n");

	if (!p.script)
		return;
	tap_ok(p.script->ops[1].flags == SCRIPT_MREMAP_IN_PLACE &&
		       p.script->ops[1].addr2 == BASE,
	       "no new address: in place");
	tap_eq(p.script->ops[2].flags, SCRIPT_MREMAP_IN_PLACE,
	       "the same address: in place");
	tap_eq(p.script->ops[3].flags, 0, "another address: moved");
	release(&p);
}

static void test_latest_name(void)
{
	struct parsed p =
		parse("map a 1T 4K r anon private\nmap a 2T 4K r anon private\nbrk a\n");

	tap_ok(!p.err && p.script->ops[2].addr == 2ull << 40,
	       "a name means its latest map");
	tap_ok(strstr(strbuf_str(&p.diag),
		      "t.mms:2:5: warning: 'a' meant 0x10000000000 (line 1); "
		      "from here on it means 0x20000000000\n"),
	       "and a warning says so");
	release(&p);
}

/* More names than one chunk of memory and many rehashes hold. */
static void test_many_names(void)
{
	struct strbuf text = STRBUF_INIT;
	bool right = true;
	struct parsed p;
	unsigned int i;

	for (i = 0; i < 20000; i++)
		strbuf_addf(&text, "map map_number_%u 0x%x000 4K r anon private\n", i,
			    i + 16);
	for (i = 0; i < 20000; i++)
		strbuf_addf(&text, "brk map_number_%u\n", i);
	p = parse_ok(strbuf_str(&text));
	for (i = 0; p.script && i < 20000; i++)
		right = right && p.script->ops[20000 + i].addr == (i + 16ull) << 12;
	tap_ok(right && p.script, "20,000 names keep their addresses");
	release(&p);
	strbuf_release(&text);
}

static void test_profiles(void)
{
	tap_eq(script_profile_index("linux-3.14"), 0, "the oldest profile");
	tap_ok(script_profile_index("linux-7.2") > script_profile_index("linux-6.12"),
	       "order");
	tap_ok(script_profile_index("linux-6.12+") < 0, "a set is no profile");
	tap_ok(script_profile_index("") < 0, "nor is nothing");
}

int main(void)
{
	uint64_t live = mem_live();

	test_map();
	test_addresses();
	test_memory_operations();
	test_guests();
	test_processes();
	test_expectations();
	test_assert();
	test_forms();
	test_latest_name();
	test_in_place();
	test_many_names();
	test_profiles();
	tap_eq(mem_live(), live, "nothing leaks");
	return tap_done();
}
