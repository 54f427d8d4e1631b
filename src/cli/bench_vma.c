// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * As many VMAs as a process may have, every other one read-only, then mprotect calls on single
 * pages at random: what differs from its neighbours merges with them, what matches is split. The
 * same calls in the same order on the model and on the running kernel, by turns of some thousand.
 */
#include "bench_internal.h"

#include <errno.h>
#include <string.h>

#include <base/rng.h>
#include <host/bench.h>
#include <script/script.h>

/* Calls in a turn. */
#define TURN 2048u
#define VMA_SEED 1

struct vma_bench {
	struct bench_result *result;
	struct host_area area;
	uint64_t setup; /* calls that make the VMAs */
	unsigned int in_turn;
	double ns;
	struct {
		uint64_t offset;
		bool write;
	} turn[TURN];
	int err;
};

static void vma_done(void *ctx, const struct sim_op_result *op)
{
	struct vma_bench *at = ctx;
	double kernel = 0, ns = 0;
	unsigned int i;

	if (!at->err)
		at->err = op->err;
	if (op->op->code != OP_MPROTECT)
		return;
	if (at->setup) {
		at->setup--;
		return;
	}
	at->turn[at->in_turn].offset = op->op->addr - UINT64_C(0x100000000000);
	at->turn[at->in_turn++].write = op->op->prot & SCRIPT_PROT_W;
	at->ns += op->ns;
	if (at->in_turn < TURN)
		return;
	for (i = 0; i < TURN && at->area.base && !at->err; i++, kernel += ns)
		at->err = host_area_protect(&at->area, at->turn[i].offset, BENCH_PAGE,
					    at->turn[i].write, &ns);
	if (!at->err)
		at->err = bench_add(at->result, "ours", "call", at->ns / TURN);
	if (!at->err && at->area.base)
		at->err = bench_add(at->result, "kernel", "call", kernel / TURN);
	at->in_turn = 0;
	at->ns = 0;
}

static void vma_script(struct strbuf *text, uint64_t vmas, unsigned int turns, uint64_t *ret_setup)
{
	struct rng rng;
	uint64_t i;

	rng_seed(&rng, VMA_SEED);
	strbuf_addf(text, "map ram 0x100000000000 %llu rw anon private noreserve\n",
		    (unsigned long long)vmas * BENCH_PAGE);
	for (i = 1; i < vmas; i += 2)
		strbuf_addf(text, "mprotect ram+%llu 4K r\n", (unsigned long long)i * BENCH_PAGE);
	*ret_setup = vmas / 2;
	for (i = 0; i < (uint64_t)turns * TURN; i++) {
		uint64_t page = rng_below(&rng, vmas);

		strbuf_addf(text, "mprotect ram+%llu 4K %s\n",
			    (unsigned long long)page * BENCH_PAGE, rng_below(&rng, 2) ? "rw" : "r");
	}
}

static int vma_area(struct vma_bench *at, uint64_t vmas)
{
	double ns;
	uint64_t i;
	int err = host_area_map(vmas * BENCH_PAGE, false, &at->area);

	for (i = 1; i < vmas && !err; i += 2)
		err = host_area_protect(&at->area, i * BENCH_PAGE, BENCH_PAGE, false, &ns);
	return err;
}

static int vma_model(struct vma_bench *at, uint64_t vmas, unsigned int turns)
{
	struct sim_options options = { .mmu = -1, .op_done = vma_done, .ctx = at };
	struct strbuf text = STRBUF_INIT;
	int err;

	vma_script(&text, vmas, turns, &at->setup);
	err = bench_model(&text, &options);
	return err ? err : at->err;
}

/* The time of a call hardly depends on how many VMAs there are. */
static int vma_growth(const struct bench *bench, struct bench_result *result, uint64_t vmas)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < BENCH_SIZES && !err; i++) {
		uint64_t size = vmas >> 2 * (BENCH_SIZES - 1 - i);
		struct bench_result alone = { 0 };
		struct vma_bench at = { .result = &alone };

		if (size < 4)
			continue;
		bench_progress("%s: growth", bench->name);
		err = vma_model(&at, size, 5);
		if (!err)
			bench_grow(result, size, bench_median(&alone, "ours"));
		bench_result_release(&alone);
	}
	if (!err)
		bench_grown(result, 0.6);
	return err;
}

int bench_vma(const struct bench *bench, const struct bench_env *env, struct bench_result *result)
{
	struct vma_bench at = { .result = result };
	uint64_t room = host_bench_maps(), vmas = result->size;
	int err;

	/* the memory of the model itself needs some VMAs, too */
	room = room > 256 ? room - 256 : 0;
	if (vmas > room)
		vmas = room;
	if (vmas < result->size)
		strbuf_addf(&result->notes, "%llu VMAs: the rest of vm.max_map_count is in use\n",
			    (unsigned long long)vmas);
	if (vmas < 4) {
		strbuf_addstr(&result->skipped, "vm.max_map_count leaves no room for VMAs");
		return 0;
	}
	bench_progress("%s: measuring", bench->name);
	err = vma_area(&at, vmas);
	if (!err)
		err = vma_model(&at, vmas, 2 * env->runs);
	host_area_unmap(&at.area);
	if (err)
		return err;
	bench_fact(result, "VMAs", BENCH_COUNT, vmas);
	bench_at_most(result, "ours / kernel", BENCH_RATIO,
		      bench_median(result, "ours") / bench_median(result, "kernel"), 1);
	return vma_growth(bench, result, vmas);
}
