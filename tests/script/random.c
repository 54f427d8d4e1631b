// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Random scripts: the same for the same seed, within their bounds, and mostly meaningful.
 */
#include "script_test.h"

#include <script/random.h>

#define ALL 0x3ffu
#define MAX_PAGES 4096
#define NR_UNITS 4096

static void generate(uint64_t seed, unsigned int ops, unsigned int features,
		     struct strbuf *text)
{
	struct script_random_options options = { .ops = ops, .features = features, .max_touched = MAX_PAGES };

	strbuf_reset(text);
	script_random(seed, &options, text);
}

static void test_same(void)
{
	struct strbuf a = STRBUF_INIT, b = STRBUF_INIT;

	generate(1, 500, ALL, &a);
	generate(1, 500, ALL, &b);
	tap_ok(a.len && !strcmp(strbuf_str(&a), strbuf_str(&b)),
	       "a seed gives one script");
	generate(2, 500, ALL, &b);
	tap_ok(strcmp(strbuf_str(&a), strbuf_str(&b)), "another seed gives another");
	generate(1, 0, ALL, &b);
	tap_eq(b.len, 0, "no operations, no text");
	strbuf_release(&a);
	strbuf_release(&b);
}

/* Pages touched, and whether all maps lie where they should. */
static bool within_bounds(const struct script *script, unsigned int nr_ops)
{
	uint64_t pages = 0;
	size_t i;

	for (i = 0; i < script->nr_ops; i++) {
		const struct script_op *op = &script->ops[i];

		if (op->code == OP_MAP &&
		    (op->addr < 0x100000000000 || op->addr + op->len > 0x200000000000 ||
		     op->len > (2ull << 40)))
			return false;
		if (op->code == OP_TOUCH || op->code == OP_GUEST)
			pages += (op->len - 1) / op->step + 1;
	}
	return pages <= MAX_PAGES && script->nr_ops == nr_ops;
}

static void test_bounds(void)
{
	struct strbuf text = STRBUF_INIT;
	unsigned int features, bad = 0;

	for (features = 0; features <= ALL; features++) {
		struct parsed p;

		generate(features * 7919, 120, features, &text);
		p = parse(strbuf_str(&text));
		if (p.err || !within_bounds(p.script, 120)) {
			bad++;
			printf("# features %#x: %s\n", features, strbuf_str(&p.diag));
		}
		release(&p);
	}
	tap_eq(bad, 0,
	       "every set of features gives well-formed scripts within the bounds");
	strbuf_release(&text);
}

/* Each operation that a feature asks for is there; without the feature it is not. */
static void test_features(void)
{
	static const struct {
		unsigned int features;
		const char *word;
	} cases[] = {
		{SCRIPT_RANDOM_ANON, " anon "},
		{SCRIPT_RANDOM_SHMEM, " shmem "},
		{SCRIPT_RANDOM_FILE, " file "},
		{SCRIPT_RANDOM_THP, "noreserve huge"},
		{SCRIPT_RANDOM_HUGETLB, "hugetlb="},
		{SCRIPT_RANDOM_DAX, "dax="},
		{SCRIPT_RANDOM_FORK, "forkwait"},
		{SCRIPT_RANDOM_NUMA, "numa_hint"},
		{SCRIPT_RANDOM_GUEST, "guest vm0"},
		{SCRIPT_RANDOM_MREMAP, "mremap"},
		{SCRIPT_RANDOM_SHADOW, "guest_map"},
		{SCRIPT_RANDOM_EXEC, "exec"},
	};
	struct strbuf text = STRBUF_INIT;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool with, without;

		generate(i, 600, (cases[i].features == SCRIPT_RANDOM_EXEC ? 0 : ALL) | cases[i].features,
			 &text);
		with = strstr(strbuf_str(&text), cases[i].word);
		generate(i, 600, ALL & ~cases[i].features, &text);
		without = strstr(strbuf_str(&text), cases[i].word);
		tap_ok(with && !without, "'%s' with its feature only", cases[i].word);
	}
	strbuf_release(&text);
}

/* The kind of the script's VMs, if it has one and all are of it; SCRIPT_MMU_NR else. */
static enum script_mmu kind_of(const struct script *script)
{
	enum script_mmu mmu = SCRIPT_MMU_NR;
	size_t i;

	for (i = 0; i < script->nr_ops; i++) {
		if (script->ops[i].code != OP_VM)
			continue;
		if (mmu != SCRIPT_MMU_NR && script->ops[i].mmu != mmu)
			return SCRIPT_MMU_NR;
		mmu = script->ops[i].mmu;
	}
	return mmu;
}

/* Every script of a kind has a VM of it, whatever the features; what they allow comes up. */
static void test_kinds(void)
{
	static const unsigned int features[] = { SCRIPT_RANDOM_ANON, ALL,
						 (SCRIPT_RANDOM_AGE << 1) - 1 };
	static const char *const words[SCRIPT_MMU_NR][3] = {
		[SCRIPT_MMU_TDP] = { "dirty_log", "guest vm0 w 0x", "age " },
		[SCRIPT_MMU_DIRECT] = { "dirty_log", "guest vm0 w 0x", "age " },
		[SCRIPT_MMU_SHADOW] = { "dirty_log vm0 200", "guest_remap", "guest vm0 w 0x" },
		[SCRIPT_MMU_NESTED] = { "dirty_log vm0 100", "l2_remap", "guest vm0 w l2=" },
	};
	struct strbuf text = STRBUF_INIT;
	unsigned int kind, seed, bad, w, seen;

	for (kind = 0; kind < SCRIPT_MMU_NR; kind++) {
		for (seed = bad = seen = 0; seed < 90; seed++) {
			const struct script_random_options options = { .ops = 80,
				.features = features[seed % 3], .max_touched = MAX_PAGES,
				.kinds = 1u << kind };
			struct parsed p;

			strbuf_reset(&text);
			script_random(seed, &options, &text);
			p = parse(strbuf_str(&text));
			bad += p.err || kind_of(p.script) != (enum script_mmu)kind;
			for (w = 0; w < 3; w++)
				seen |= (strstr(strbuf_str(&text), words[kind][w]) != NULL) << w;
			release(&p);
		}
		tap_ok(!bad && seen == 7, "--kind %s: %u without, %#x seen", script_mmu_name(kind),
		       bad, seen);
	}
	strbuf_release(&text);
}

/* struct model - what is mapped, by brute force: the script's own operations on a list */
struct model {
	struct {
		uint64_t start;
		uint64_t end;
		uint8_t prot;
		uint64_t page_size;
	} units[NR_UNITS];
	size_t nr;
};

static void model_add(struct model *m, uint64_t start, uint64_t end, uint8_t prot,
		      uint64_t size)
{
	if (start < end && m->nr < NR_UNITS) {
		m->units[m->nr].start = start;
		m->units[m->nr].end = end;
		m->units[m->nr].prot = prot;
		m->units[m->nr++].page_size = size;
	}
}

/* Cuts [start, end) out; what was in it comes back with @prot when @keep. */
static void model_cut(struct model *m, uint64_t start, uint64_t end, bool keep,
		      uint8_t prot)
{
	size_t i, nr = m->nr;

	for (i = 0; i < nr; i++) {
		uint64_t s = m->units[i].start, e = m->units[i].end,
			 size = m->units[i].page_size;
		uint8_t old = m->units[i].prot;

		if (s >= end || e <= start)
			continue;
		m->units[i].start = m->units[i].end = 0;
		model_add(m, s, start > s ? start : s, old, size);
		model_add(m, end < e ? end : e, e, old, size);
		if (keep)
			model_add(m, start > s ? start : s, end < e ? end : e, prot,
				  size);
	}
	for (i = nr = 0; i < m->nr; i++)
		if (m->units[i].start < m->units[i].end)
			m->units[nr++] = m->units[i];
	m->nr = nr;
}

static bool model_allows(const struct model *m, uint64_t addr, uint8_t prot)
{
	size_t i;

	for (i = 0; i < m->nr; i++)
		if (m->units[i].start <= addr && addr < m->units[i].end)
			return m->units[i].prot & prot;
	return false;
}

static void model_step(struct model *m, const struct script_op *op)
{
	uint64_t end = (op->addr + op->len + 4095) & ~4095ull;

	if (op->addr & 4095 || !op->len)
		return;
	if (op->code == OP_MAP) {
		model_cut(m, op->addr, end, false, 0);
		model_add(m, op->addr, end, op->prot, op->page_size);
	} else if (op->code == OP_MUNMAP) {
		model_cut(m, op->addr, end, false, 0);
	} else if (op->code == OP_MPROTECT) {
		model_cut(m, op->addr, end, true, op->prot);
	}
}

static void test_sense(void)
{
	struct strbuf text = STRBUF_INIT;
	unsigned int touches = 0, wild = 0;
	uint64_t seed;

	for (seed = 0; seed < 50; seed++) {
		struct model model = {.nr = 0};
		struct parsed p;
		size_t i;

		/*
		 * kinds whose huge pages no range can split, and no moves: the model is
		 * exact
		 */
		generate(seed, 200, SCRIPT_RANDOM_ANON | SCRIPT_RANDOM_SHMEM, &text);
		p = parse(strbuf_str(&text));
		for (i = 0; p.script && i < p.script->nr_ops; i++) {
			const struct script_op *op = &p.script->ops[i];

			model_step(&model, op);
			if (op->code != OP_TOUCH)
				continue;
			touches++;
			wild += !model_allows(&model, op->addr,
					      op->access ? SCRIPT_PROT_W : SCRIPT_PROT_R);
		}
		release(&p);
	}
	tap_ok(touches > 1000, "%u touches", touches);
	tap_ok(wild * 20 < touches, "%u of them of memory that forbids it", wild);
	strbuf_release(&text);
}

int main(void)
{
	uint64_t live = mem_live();

	test_same();
	test_bounds();
	test_features();
	test_kinds();
	test_sense();
	tap_eq(mem_live(), live, "nothing leaks");
	return tap_done();
}
