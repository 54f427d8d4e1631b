// SPDX-License-Identifier: GPL-2.0-or-later
/* NUMA hints over memory with nothing, or next to nothing, in it. */
#include "bench_internal.h"

#include <string.h>

#include <host/bench.h>
#include <script/script.h>

struct hint {
	struct bench_result *result;
	const char *series;
	struct host_area area;
	bool write;
	uint64_t notifications;
	uint64_t counts[4]; /* scanned, visited, zapped, longest */
	int err;
};

static void hint_done(void *ctx, const struct sim_op_result *op)
{
	struct hint *at = ctx;
	double ns;

	if (!at->err)
		at->err = op->err;
	if (op->op->code != OP_NUMA_HINT)
		return;
	at->notifications += op->delta[SIM_NOTIFICATIONS];
	at->counts[0] = op->delta[SIM_RMAP_SCANNED];
	at->counts[1] = op->delta[SIM_RMAP_VISITED];
	at->counts[2] = op->delta[SIM_SPTES_ZAPPED];
	at->counts[3] = op->delta[SIM_RMAP_LONGEST];
	if (!at->err)
		at->err = bench_add(at->result, at->series, "call", op->ns);
	if (!at->area.base || at->err)
		return;
	at->write = !at->write;
	at->err = host_area_protect(&at->area, 0, at->area.len, at->write, &ns);
	if (!at->err)
		at->err = bench_add(at->result, "kernel", "call", ns);
}

static int hint_model(struct hint *at, struct strbuf *text, bool literal)
{
	struct sim_options options = {
		.profile = "linux-6.12",
		.mmu = -1,
		.literal = literal,
		.op_done = hint_done,
		.ctx = at,
	};
	int err = bench_model(text, &options);

	return err ? err : at->err;
}

static int empty_model(struct hint *at, uint64_t size, unsigned int times)
{
	struct strbuf text = STRBUF_INIT;

	strbuf_addf(&text,
		    "map ram 0x100000000000 %1$llu rw anon private noreserve\nvm vm0 tdp\n"
		    "repeat %2$u\nnuma_hint ram %1$llu\nend\n",
		    (unsigned long long)size, times);
	return hint_model(at, &text, false);
}

int bench_hint_empty(const struct bench *bench, const struct bench_env *env,
		     struct bench_result *result)
{
	struct hint at = { .result = result, .series = "ours" };
	unsigned int i;
	int err;

	bench_progress("%s: measuring", bench->name);
	if (host_area_map(result->size, false, &at.area))
		strbuf_addf(&result->notes, "the kernel has no address space for a VMA like that\n");
	err = empty_model(&at, result->size, 100 * env->runs);
	host_area_unmap(&at.area);
	for (i = 0; i < BENCH_SIZES && !err; i++) {
		uint64_t size = result->size >> 5 * (BENCH_SIZES - 1 - i);
		struct bench_result alone = { 0 };
		struct hint small = { .result = &alone, .series = "ours" };

		if (size < BENCH_PAGE)
			continue;
		err = empty_model(&small, size & ~(BENCH_PAGE - 1ull), 1000);
		if (!err)
			bench_grow(result, size, bench_median(&alone, "ours"));
		at.notifications += small.notifications;
		bench_result_release(&alone);
	}
	if (err)
		return err;
	bench_always(result, "notifications", BENCH_COUNT, at.notifications, 0);
	bench_at_most(result, "one call", BENCH_NS, bench_median(result, "ours"), 1000);
	bench_grown(result, 0.05);
	return 0;
}

/* KVM takes less than 8 TiB in one slot. */
#define SLOT_BYTES (4ull << 40)

static void add_slots(struct strbuf *text, uint64_t size)
{
	uint64_t at, len;

	for (at = 0; at < size; at += len) {
		len = size - at < SLOT_BYTES ? size - at : SLOT_BYTES;
		strbuf_addf(text, "memslot vm0 %1$llu gpa=%2$llu ram+%2$llu %3$llu\n",
			    (unsigned long long)(at / SLOT_BYTES), (unsigned long long)at,
			    (unsigned long long)len);
	}
}

static int sparse_model(struct hint *at, uint64_t size, unsigned int times, bool literal)
{
	struct strbuf text = STRBUF_INIT;

	strbuf_addf(&text,
		    "map ram 0x100000000000 %llu rw anon private noreserve nohuge\nvm vm0 shadow\n",
		    (unsigned long long)size);
	add_slots(&text, size);
	strbuf_addf(&text,
		    "repeat %2$u\nguest vm0 w 0 %1$llu stride=1G\nnuma_hint ram %1$llu\nend\n",
		    (unsigned long long)size, times);
	return hint_model(at, &text, literal);
}

int bench_hint_sparse(const struct bench *bench, const struct bench_env *env,
		      struct bench_result *result)
{
	struct hint ours = { .result = result, .series = "ours" };
	struct hint scan = { .result = result, .series = "literal scan" };
	unsigned int i, differ = 0;
	int err;

	bench_progress("%s: measuring", bench->name);
	err = sparse_model(&ours, result->size, env->runs, false);
	bench_progress("%s: the literal scan", bench->name);
	if (!err)
		err = sparse_model(&scan, result->size, 1, true);
	for (i = 0; i < BENCH_SIZES && !err; i++) {
		uint64_t size = result->size >> 2 * (BENCH_SIZES - 1 - i);
		struct bench_result alone = { 0 };
		struct hint small = { .result = &alone, .series = "ours" };

		if (size < BENCH_PAGE)
			continue;
		err = sparse_model(&small, size & ~(BENCH_PAGE - 1ull), 5, false);
		if (!err)
			bench_grow(result, size, bench_median(&alone, "ours"));
		bench_result_release(&alone);
	}
	if (err)
		return err;
	for (i = 0; i < 4; i++)
		differ += ours.counts[i] != scan.counts[i];
	bench_fact(result, "heads scanned", BENCH_COUNT, ours.counts[0]);
	bench_fact(result, "heads visited", BENCH_COUNT, ours.counts[1]);
	bench_always(result, "counts that differ", BENCH_COUNT, differ, 0);
	bench_at_least(result, "literal / ours", BENCH_RATIO,
		       bench_median(result, "literal scan") / bench_median(result, "ours"), 1000);
	bench_grown(result, BENCH_SPARSE);
	return 0;
}
