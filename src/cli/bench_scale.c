// SPDX-License-Identifier: GPL-2.0-or-later
/* Filling big guests: how fast, and in how much memory. Each runs in a process of its own. */
#include "bench_internal.h"

#include <string.h>

#include <base/stopwatch.h>
#include <host/bench.h>
#include <script/script.h>

/* What a guest takes in a process of its own: times of the parts and of the whole. */
struct scale {
	const char *mmu;
	uint64_t size;
	bool huge;
	bool protect;
};

struct scale_result {
	double touch;
	double guest;
	double protect;
	double total;
	int err;
};

static void scale_done(void *ctx, const struct sim_op_result *op)
{
	struct scale_result *at = ctx;

	if (!at->err)
		at->err = op->err;
	if (op->op->code == OP_TOUCH)
		at->touch += op->ns;
	else if (op->op->code == OP_GUEST)
		at->guest += op->ns;
	else if (op->op->code == OP_MPROTECT)
		at->protect += op->ns;
}

static int scale_work(void *ctx, void *result)
{
	const struct scale *scale = ctx;
	struct scale_result *at = result;
	struct sim_options options = { .mmu = -1, .op_done = scale_done, .ctx = at };
	struct stopwatch watch;
	struct strbuf text = STRBUF_INIT;
	int err;

	stopwatch_start(&watch);
	strbuf_addf(&text,
		    "map ram 0x100000000000 %1$llu rw anon private noreserve %2$s\n"
		    "touch ram %1$llu w\nvm vm0 %3$s\nmemslot vm0 0 gpa=0 ram %1$llu\n"
		    "guest vm0 w 0 %1$llu\n",
		    (unsigned long long)scale->size, scale->huge ? "huge" : "nohuge", scale->mmu);
	if (scale->protect)
		strbuf_addf(&text, "mprotect ram %llu r\n", (unsigned long long)scale->size);
	err = bench_model(&text, &options);
	at->total = stopwatch_ns(&watch);
	return err ? err : at->err;
}

static int scale_run(const struct scale *scale, struct scale_result *ret, uint64_t *ret_resident)
{
	return host_bench_child(scale_work, (void *)scale, ret, sizeof(*ret), ret_resident);
}

/* The same words in a plain loop over fresh memory: @per_page bytes for each page. */
static int plain_fill(struct bench_result *result, const char *name, unsigned int per_page)
{
	uint64_t pages = result->size / BENCH_PAGE;
	struct host_area area;
	double ns;
	int err = host_area_fresh(pages * per_page, &area);

	if (err)
		return err;
	ns = host_loop_fill((uint64_t *)area.base, pages * per_page / 8, 1);
	host_area_unmap(&area);
	return bench_add(result, name, "page", ns / pages);
}

static int populate_once(struct bench_result *result)
{
	struct scale scale = { .mmu = "tdp", .size = result->size };
	uint64_t pages = result->size / BENCH_PAGE, resident;
	struct scale_result at = { 0 };
	int err = scale_run(&scale, &at, &resident);

	if (!err)
		err = bench_add(result, "primary", "page", at.touch / pages);
	if (!err)
		err = bench_add(result, "secondary", "page", at.guest / pages);
	/* entries and frames; entries of the guest's tables */
	if (!err)
		err = plain_fill(result, "plain fill, primary", 16);
	if (!err)
		err = plain_fill(result, "plain fill, secondary", 8);
	return err;
}

/* Sizes down to a 64th; the whole run each. */
static int scale_growth(const struct bench *bench, const struct scale *scale,
			struct bench_result *result, double whole)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i + 1 < BENCH_SIZES && !err; i++) {
		struct scale small = *scale;
		struct scale_result at = { 0 };
		uint64_t resident;

		small.size = (scale->size >> 2 * (BENCH_SIZES - 1 - i)) & ~((2ull << 20) - 1);
		if (!small.size)
			continue;
		bench_progress("%s: growth", bench->name);
		err = scale_run(&small, &at, &resident);
		if (!err)
			bench_grow(result, small.size, at.touch + at.guest + at.protect);
	}
	if (err)
		return err;
	bench_grow(result, scale->size, whole);
	bench_grown(result, BENCH_LINEAR);
	return 0;
}

int bench_populate(const struct bench *bench, const struct bench_env *env,
		   struct bench_result *result)
{
	struct scale scale = { .mmu = "tdp", .size = result->size };
	double primary, secondary;
	unsigned int i;
	int err = 0;

	for (i = 0; i < env->runs && !err; i++) {
		bench_progress("%s: run %u of %u", bench->name, i + 1, env->runs);
		err = populate_once(result);
	}
	if (err)
		return err;
	primary = bench_median(result, "primary");
	secondary = bench_median(result, "secondary");
	bench_fact(result, "primary / plain fill", BENCH_RATIO,
		   primary / bench_median(result, "plain fill, primary"));
	bench_fact(result, "secondary / plain fill", BENCH_RATIO,
		   secondary / bench_median(result, "plain fill, secondary"));
	bench_at_least(result, "primary, pages", BENCH_RATE, 1e9 / primary, 50e6);
	bench_at_least(result, "secondary, pages", BENCH_RATE, 1e9 / secondary, 20e6);
	return scale_growth(bench, &scale, result,
			    (primary + secondary) * (result->size / BENCH_PAGE));
}

/* One kind of MMU, once; @prefix names the facts. */
static int guest_once(const struct bench *bench, const struct scale *scale,
		      struct bench_result *result, struct scale_result *at, double *ret_resident)
{
	uint64_t resident;
	int err;

	bench_progress("%s: %s", bench->name, scale->mmu);
	memset(at, 0, sizeof(*at));
	err = scale_run(scale, at, &resident);
	if (!err)
		err = bench_add(result, !strcmp(scale->mmu, "tdp") ? "tdp" : "shadow", "run",
				at->total);
	if (!err && resident > *ret_resident)
		*ret_resident = resident;
	return err;
}

int bench_guest(const struct bench *bench, const struct bench_env *env,
		struct bench_result *result)
{
	struct scale scale = { .mmu = "tdp", .size = result->size, .protect = true };
	struct scale shadow = { .mmu = "shadow", .size = result->size, .protect = true };
	bool huge = !strncmp(bench->name, "thp", 3);
	unsigned int i, runs = huge ? env->runs : 1;
	uint64_t pages = result->size / BENCH_PAGE;
	double tdp_bytes = 0, shadow_bytes = 0;
	struct scale_result at, other;
	int err = 0;

	scale.huge = shadow.huge = huge;
	for (i = 0; i < runs && !err; i++) {
		err = guest_once(bench, &scale, result, &at, &tdp_bytes);
		if (!err)
			err = guest_once(bench, &shadow, result, &other, &shadow_bytes);
	}
	if (err)
		return err;
	bench_fact(result, "tdp: populate", BENCH_NS, at.touch);
	bench_fact(result, "tdp: the guest touches", BENCH_NS, at.guest);
	bench_fact(result, "tdp: mprotect", BENCH_NS, at.protect);
	bench_fact(result, "shadow: the guest touches", BENCH_NS, other.guest);
	bench_fact(result, "shadow: mprotect", BENCH_NS, other.protect);
	bench_fact(result, "tdp: bytes per 4K page", BENCH_COUNT, tdp_bytes / pages);
	bench_fact(result, "shadow: bytes per 4K page", BENCH_COUNT, shadow_bytes / pages);
	bench_at_most(result, "tdp: all", BENCH_NS, bench_median(result, "tdp"), huge ? 0.5e9 : 30e9);
	bench_at_most(result, "shadow: all", BENCH_NS, bench_median(result, "shadow"),
		      huge ? 0.5e9 : 30e9);
	bench_at_most(result, "tdp: resident", BENCH_BYTES, tdp_bytes,
		      huge ? 200.0 * (1 << 20) : 10.0 * (1 << 30));
	bench_at_most(result, "shadow: resident", BENCH_BYTES, shadow_bytes,
		      huge ? 200.0 * (1 << 20) : 10.0 * (1 << 30));
	return scale_growth(bench, &scale, result, at.touch + at.guest + at.protect);
}
