// SPDX-License-Identifier: GPL-2.0-or-later
/* What is written parses to the same script. */
#include "script_test.h"

#include <script/random.h>

static const char every_word[] =
	"map ram 0x100000000000 512G rw anon private noreserve nohuge\n"
	"map f 0x200000000000 1G r file shared huge populate\n"
	"> errno ENOMEM\n"
	"map g 0x300000000000 512M rx file shared of=f offset=2M\n"
	"map h 0x10000000000 4M none hugetlb=2M private\n"
	"map s 0x30000000000 12K rwx shmem shared\n"
	"map d 0x40000000000 2G wx dax=1G shared\n"
	"touch 0x100000000000 4K\n"
	"touch 0x100000000000 8K w stride=512\n"
	"touch 0x100000000001 4097 x\n"
	"mprotect 0x100000000000 512G r\n"
	"> linux-6.1 PROTECTION_VMA 0x100000000000 0x100040000000\n"
	"> linux-6.12+ PROTECTION_VMA 0x100000000000 0x108000000000\n"
	"> linux-3.14 CLEAR 0x0 0x200000 noend\n"
	"munmap 0x100000000000 4K\n"
	"> linux-3.14 linux-6.12 none\n"
	"> linux-6.12+ errno 0\n"
	"madvise 0x100000000000 1G populate_write\n"
	"mremap 0x100000000000 2M 4M 0x208000000000 dontunmap\n"
	"mremap 0x100000000000 2M 4M\n"
	"heap brk0 0x555555554000\n"
	"brk 0x555555575000\n"
	"mbind 0x100000000000 1G interleave 0,2,63 move strict\n"
	"mbind 0x100000000000 1G default\n"
	"move_pages 0x100000000000 4K 3\n"
	"truncate f 4K\n"
	"uffd register 0x100000000000 2M\n"
	"clear_refs 4\n"
	"pagemap_scan 0x100000000000 2M wp\n"
	"ksm 2\n"
	"sysctl thp madvise\n"
	"forkwait\n"
	"numa_hint 0x100000000000 1G\n"
	"numa_scan 7\n"
	"vm vm0 shadow\n"
	"memslot vm0 3 gpa=0x100000000 0x100000000000 2G readonly\n"
	"guest vm0 w 0x100000000 12K stride=8K\n"
	"guest vm0 x 0x100000000 4K\n"
	"guest vm0 r gva=0x200000 8K\n"
	"guest_map vm0 0x200000 0x100000 1M rwx tables=0x1000 user accessed same\n"
	"guest_map vm0 0x0 0x0 2M rx tables=0x1000 page=2M dirty la57\n"
	"guest_remap vm0 0x200000 0x0 none tables=0x1000 via=0x0\n"
	"guest_remap vm0 0x400000 0x400000 rw tables=0x1000 via=0x10000 page=4M user dirty\n"
	"cr3 vm0 0x1000\n"
	"invlpg vm0 0x200000\n"
	"guest vm0 x l2=0x40000000 8K stride=8K\n"
	"l2_map vm0 0x40000000 0x100000 1M rwx tables=0x1000\n"
	"l2_map vm0 0x40000000 0x0 1G r tables=0x1000 page=1G dirty\n"
	"l2_map vm0 0x0 0x200000 2M rx tables=0x1000 page=2M accessed\n"
	"l2_remap vm0 0x40000000 0x0 none tables=0x1000\n"
	"l2_remap vm0 0x40000000 0x0 rw tables=0x1000 page=1G\n"
	"vmrun vm0\n"
	"vmrun vm0 tables=0x1000\n"
	"memslot vm0 3 delete\n"
	"device gpu 0x100000000000 1G\n"
	"fork child\n"
	"switch child\n"
	"repeat 3\n"
	"repeat 2\n"
	"touch 0x0 4K w\n"
	"end\n"
	"end\n"
	"switch main\n"
	"exit child\n"
	"assert linux-6.1 linux-7.2 remote_tlb_flush <= 1\n"
	"assert pages_4k != 16\n";

/* The same operations and expectations, but for where they stand in the text. */
static bool same_scripts(const struct script *a, const struct script *b)
{
	size_t i;

	if (a->nr_ops != b->nr_ops || a->nr_expects != b->nr_expects ||
	    a->nr_names != b->nr_names)
		return false;
	for (i = 0; i < a->nr_ops; i++) {
		struct script_op x = a->ops[i], y = b->ops[i];

		x.line = y.line = x.text_len = y.text_len = 0;
		x.text = y.text = 0;
		if (memcmp(&x, &y, sizeof(x)))
			return false;
	}
	for (i = 0; i < a->nr_expects; i++) {
		const struct script_expect *x = &a->expects[i], *y = &b->expects[i];

		if (x->kind != y->kind || x->event != y->event ||
		    x->no_end != y->no_end || x->err != y->err ||
		    x->profiles != y->profiles || x->start != y->start ||
		    x->end != y->end)
			return false;
	}
	for (i = 0; i < a->nr_names; i++)
		if (strcmp(a->names[i], b->names[i]))
			return false;
	return true;
}

/* Writes and parses again; the texts of two rounds must be equal as well. */
static bool round_trip(const char *text)
{
	struct strbuf once = STRBUF_INIT, twice = STRBUF_INIT;
	struct parsed p = parse(text), q;
	bool same;

	script_write(p.script, &once);
	q = parse(strbuf_str(&once));
	if (q.script)
		script_write(q.script, &twice);
	same = q.script && same_scripts(p.script, q.script) &&
	       !strcmp(strbuf_str(&once), strbuf_str(&twice));
	if (!same) {
		comment(strbuf_str(&q.diag));
		comment(strbuf_str(&once));
	}
	release(&p);
	release(&q);
	strbuf_release(&once);
	strbuf_release(&twice);
	return same;
}

static void test_identity(void)
{
	struct strbuf out = STRBUF_INIT;
	struct parsed p = parse(every_word);

	tap_ok(!p.err, "a script with every word parses");
	if (p.script)
		script_write(p.script, &out);
	tap_ok(!strcmp(strbuf_str(&out), every_word),
	       "canonical text is written as it was");
	tap_ok(p.script && round_trip(every_word), "and parses to the same");
	release(&p);
	strbuf_release(&out);
}

static void test_op_line(void)
{
	struct parsed p = parse_ok(
		"map ram 1T 1G rw anon private\ntouch ram+4K 8K w # a comment\n");
	struct strbuf out = STRBUF_INIT;

	script_write_op(p.script, &p.script->ops[1], &out);
	tap_ok(!strcmp(strbuf_str(&out), "touch 0x10000001000 8K w"),
	       "one operation, no newline");
	release(&p);
	strbuf_release(&out);
}

static void test_random(void)
{
	struct script_random_options options = { .ops = 300, .features = 0, .max_touched = 4096 };
	struct strbuf text = STRBUF_INIT;
	bool same = true;
	uint64_t seed;

	for (seed = 0; seed < 200 && same; seed++) {
		options.features = seed * 37 & 0x3ff;
		strbuf_reset(&text);
		script_random(seed, &options, &text);
		same = round_trip(strbuf_str(&text));
	}
	tap_ok(same, "random scripts, up to seed %llu", (unsigned long long)seed);
	strbuf_release(&text);
}

static void test_names(void)
{
	tap_ok(!strcmp(script_opcode_name(OP_MPROTECT), "mprotect"),
	       "operations have names");
	tap_ok(!strcmp(script_advice_name(SCRIPT_MADV_POPULATE_WRITE), "populate_write"),
	       "advices");
	tap_ok(!strcmp(script_mmu_name(SCRIPT_MMU_NESTED), "nested"), "MMU kinds");
	tap_ok(!strcmp(script_opcode_name(OP_NR), "?"), "and nothing else has");
}

int main(void)
{
	uint64_t live = mem_live();

	test_identity();
	test_op_line();
	test_random();
	test_names();
	tap_eq(mem_live(), live, "nothing leaks");
	return tap_done();
}
