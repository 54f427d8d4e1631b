// SPDX-License-Identifier: GPL-2.0-or-later
/* Which shapes are measured, and what the model counts for them. */
#include "cli_internal.h"
#include "probe_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <base/errname.h>

#define GIB (1ull << 30)
#define MIB (1ull << 20)
#define PAGE 4096ull
#define MOST_ROUNDS 5
#define LAST UINT64_MAX	    /* the last page */
#define MIDDLE (UINT64_MAX - 1) /* the one in the middle */

struct line {
	unsigned int op;
	unsigned int gib;
	uint64_t first;
	uint64_t nr;
	uint64_t stride;
	bool vm;
	bool guest;
	unsigned int aliases;
};

#define MPROTECT HOST_PROBE_MPROTECT
#define DONTNEED HOST_PROBE_DONTNEED
#define MUNMAP HOST_PROBE_MUNMAP
#define REFAULT HOST_PROBE_REFAULT

static const struct line fit_lines[] = {
	{ MPROTECT, 1, 0, 0, 0, false, false },
	{ MPROTECT, 1, 0, 1, 0, false, false },
	{ MPROTECT, 1, 0, 1024, PAGE, false, false },
	{ MPROTECT, 1, 0, 4096, PAGE, false, false },
	{ MPROTECT, 1, 0, 16384, PAGE, false, false },
	{ MPROTECT, 1, 0, 512, 2 * MIB, false, false },
	{ MPROTECT, 4, 0, 2048, 2 * MIB, false, false },
	{ MPROTECT, 1, LAST, 1, 0, true, false },
	{ MPROTECT, 1, 0, 4096, PAGE, true, false },
	{ MPROTECT, 1, 0, 1, 0, true, true },
	{ MPROTECT, 1, 0, 1024, PAGE, true, true },
	{ MPROTECT, 1, 0, 4096, PAGE, true, true },
	{ MPROTECT, 1, 0, 16384, PAGE, true, true },
	{ MPROTECT, 1, 0, 1024, PAGE, true, true, 3 },
	{ MPROTECT, 1, 0, 1024, PAGE, true, true, 8 },
	{ MPROTECT, 1, 0, 256, 2 * PAGE, true, true, 8 },
	{ REFAULT, 1, 0, 1024, PAGE, true, true },
	{ REFAULT, 1, 0, 4096, PAGE, true, true },
	{ MPROTECT, 4, 0, 2048, 2 * MIB, true, false },
	{ MPROTECT, 4, 0, 1024, 4 * MIB, true, true },
	{ MPROTECT, 8, 0, 1, 0, true, false },
	{ DONTNEED, 16, 0, 0, 0, true, false },
	{ MPROTECT, 32, 0, 0, 0, true, false },
	{ MPROTECT, 32, 0, 1, 0, true, false },
	{ MPROTECT, 32, LAST, 1, 0, true, false },
	{ MUNMAP, 32, 0, 0, 0, true, false },
	{ MPROTECT, 128, 0, 1, 0, true, false },
	{ DONTNEED, 128, 0, 0, 0, true, false },
};

static const struct line check_lines[] = {
	{ MPROTECT, 3, 0, 2000, PAGE, false, false },
	{ MPROTECT, 2, 0, 1000, 2 * MIB, false, false },
	{ MPROTECT, 2, GIB, 8192, PAGE, true, false },
	{ REFAULT, 2, 0, 2000, PAGE, true, true },
	{ MPROTECT, 3, 0, 2500, PAGE, true, true },
	{ MPROTECT, 3, 0, 800, PAGE, true, true, 5 },
	{ MPROTECT, 5, 0, 400, 8 * MIB, true, true },
	{ MPROTECT, 5, 0, 1, 0, true, false },
	{ MPROTECT, 24, 0, 1, 0, true, false },
	{ DONTNEED, 40, 0, 0, 0, true, false },
	{ MPROTECT, 48, MIDDLE, 1, 0, true, false },
	{ MPROTECT, 96, 3 * GIB, 1, 0, true, true },
	{ MUNMAP, 96, 0, 0, 0, true, false },
	{ MPROTECT, 256, 0, 1, 0, true, true },
	{ MPROTECT, 512, 0, 1, 0, true, true },
};

static const unsigned int grid_sizes[] = { 1, 4, 16, 64, 256, 512, 1024, 2048 };
static const unsigned int quick_sizes[] = { 1, 16, 64, 512 };

static struct host_probe_shape make_shape(const struct line *line)
{
	struct host_probe_shape shape = {
		.op = line->op, .len = line->gib * GIB, .first = line->first, .nr = line->nr,
		.stride = line->stride, .vm = line->vm, .guest = line->guest,
		.aliases = line->aliases,
	};

	if (line->first == LAST)
		shape.first = shape.len - PAGE;
	else if (line->first == MIDDLE)
		shape.first = shape.len / 2;
	return shape;
}

static bool same(const struct host_probe_shape *a, const struct host_probe_shape *b)
{
	return a->op == b->op && a->len == b->len && a->first == b->first && a->nr == b->nr &&
	       a->stride == b->stride && a->vm == b->vm && a->guest == b->guest &&
	       a->aliases == b->aliases;
}

static void add(const struct host_probe *probe, struct probe_plan *plan, const struct line *line,
		unsigned int role)
{
	const struct host_probe_shape shape = make_shape(line);
	uint64_t bytes = host_probe_bytes(probe, &shape);
	size_t i;

	/* with two-dimensional paging a page has one SPTE wherever the guest maps it */
	if (shape.aliases && host_probe_get_info(probe)->mmu != HOST_PROBE_MMU_SHADOW)
		return;
	for (i = 0; i < plan->nr; i++) {
		if (!same(&plan->items[i].shape, &shape))
			continue;
		plan->items[i].roles |= role;
		return;
	}
	if (bytes > host_probe_get_info(probe)->memory || plan->nr == PROBE_MAX_ITEMS) {
		plan->left_out++;
		return;
	}
	plan->items[plan->nr++] = (struct probe_item){ .shape = shape, .roles = role };
	plan->bytes = bytes > plan->bytes ? bytes : plan->bytes;
	plan->largest = shape.len > plan->largest ? shape.len : plan->largest;
}

static void add_grid(const struct host_probe *probe, struct probe_plan *plan, unsigned int gib,
		     bool quick)
{
	unsigned int vm;

	for (vm = 0; vm < 2; vm++) {
		const struct line lines[] = {
			{ MPROTECT, gib, 0, 0, 0, vm, false },
			{ MPROTECT, gib, 0, 1, 0, vm, false },
			{ MPROTECT, gib, LAST, 1, 0, vm, false },
			{ DONTNEED, gib, 0, 0, 0, vm, false },
			{ MUNMAP, gib, 0, 0, 0, vm, false },
			{ MPROTECT, gib, 0, 1024, PAGE, vm, vm },
			{ MPROTECT, gib, MIDDLE, 1, 0, vm, false },
			{ MPROTECT, gib, 0, gib, GIB, vm, false },
		};
		unsigned int i, nr = quick ? 4 : sizeof(lines) / sizeof(lines[0]);

		for (i = 0; i < nr; i++)
			add(probe, plan, &lines[i], PROBE_GRID);
	}
}

/* The same memslot serves all shapes of one length. */
static int by_length(const void *a, const void *b)
{
	const struct host_probe_shape *x = &((const struct probe_item *)a)->shape;
	const struct host_probe_shape *y = &((const struct probe_item *)b)->shape;

	if (x->len != y->len)
		return x->len < y->len ? -1 : 1;
	if (x->vm != y->vm)
		return x->vm - y->vm;
	if (x->op != y->op)
		return (int)x->op - (int)y->op;
	if (x->nr != y->nr)
		return x->nr < y->nr ? -1 : 1;
	return x->first < y->first ? -1 : x->first > y->first;
}

/* Several rounds, as many as have three calls each. */
static void choose_rounds(struct probe_plan *plan, unsigned int samples)
{
	plan->rounds = samples >= 3 * MOST_ROUNDS ? MOST_ROUNDS : samples >= 3 ? samples / 3 : 1;
	plan->samples = (samples + plan->rounds - 1) / plan->rounds;
}

static void estimate(const struct host_probe *probe, struct probe_plan *plan)
{
	uint64_t guest = 0; /* its bytes */
	size_t i;

	for (i = 0; i < plan->nr; i++) {
		struct probe_item *item = &plan->items[i];
		uint64_t bytes = item->shape.vm ? item->shape.len : 0;

		item->seconds = host_probe_estimate(probe, &item->shape, plan->samples, bytes != guest);
		plan->seconds += item->seconds * plan->rounds;
		guest = bytes;
	}
}

void probe_plan_make(const struct host_probe *probe, bool quick, bool check,
		     unsigned int samples, struct probe_plan *plan)
{
	const unsigned int *sizes = quick ? quick_sizes : grid_sizes;
	size_t i, nr = quick ? sizeof(quick_sizes) / sizeof(quick_sizes[0]) :
			       sizeof(grid_sizes) / sizeof(grid_sizes[0]);

	memset(plan, 0, sizeof(*plan));
	choose_rounds(plan, samples ? samples : quick ? 9 : 25);
	for (i = 0; i < sizeof(fit_lines) / sizeof(fit_lines[0]); i++)
		add(probe, plan, &fit_lines[i], PROBE_FIT);
	for (i = 0; check && i < sizeof(check_lines) / sizeof(check_lines[0]); i++)
		add(probe, plan, &check_lines[i], PROBE_CHECK);
	for (i = 0; i < nr; i++)
		add_grid(probe, plan, sizes[i], quick);
	qsort(plan->items, plan->nr, sizeof(plan->items[0]), by_length);
	estimate(probe, plan);
}

static double time_of(const struct probe_plan *plan, const struct line *line)
{
	const struct host_probe_shape shape = make_shape(line);
	size_t i;

	for (i = 0; i < plan->nr; i++)
		if (same(&plan->items[i].shape, &shape) && !plan->items[i].err)
			return plan->items[i].times.best;
	return 0;
}

/*
 * 32 GiB with one page at its head, at its end, and with none. The head alone is dear where the
 * notification goes on from there; all three where nobody looks first.
 */
enum probe_placement probe_placement(const struct probe_plan *plan)
{
	double first = time_of(plan, &(struct line){ MPROTECT, 32, 0, 1, 0, true, false });
	double last = time_of(plan, &(struct line){ MPROTECT, 32, LAST, 1, 0, true, false });
	double empty = time_of(plan, &(struct line){ MPROTECT, 32, 0, 0, 0, true, false });
	double unmap = time_of(plan, &(struct line){ MUNMAP, 32, 0, 0, 0, true, false });

	if (!first || !last || !empty || unmap < 20 * empty)
		return PROBE_UNKNOWN;
	if (empty > first / 4)
		return PROBE_WHOLE;
	return first > 4 * last ? PROBE_PUD : PROBE_PMD;
}

struct counting {
	uint64_t last[SIM_COUNTER_NR];
};

static void op_done(void *ctx, const struct sim_op_result *result)
{
	struct counting *counting = ctx;

	memcpy(counting->last, result->delta, sizeof(counting->last));
}

static void note_nothing(void *ctx, const char *text)
{
	(void)ctx;
	(void)text;
}

/* The work of the measured call out of the model's counters. */
static void take_work(struct probe_item *item, const uint64_t *counters)
{
	struct report_work *work = &item->row.work;

	model_work(counters, work);
	if (item->shape.op == HOST_PROBE_REFAULT) {
		*work = (struct report_work){ .nr[COST_REFAULT] = counters[SIM_PF_FIXED] };
		return;
	}
	work->nr[COST_SYSTEM_CALL] = 1;
	work->nr[COST_REFAULT] = 0;
	if (!item->shape.vm) /* nobody listens */
		work->nr[COST_NOTIFICATION_PAIR] = 0;
}

static int count_one(struct probe_item *item, const char *profile, const char *mmu)
{
	struct strbuf text = STRBUF_INIT, diag = STRBUF_INIT;
	struct counting counting = { { 0 } };
	const struct sim_options options = { .profile = profile, .mmu = -1, .op_done = op_done,
					     .note = note_nothing, .ctx = &counting };
	struct sim_result result = { 0 };
	struct script *script = NULL;
	int err;

	host_probe_script(&item->shape, mmu, &text);
	err = script_parse("shape", strbuf_str(&text), text.len, &diag, &script);
	if (!err)
		err = sim_run(script, &options, &result);
	if (!err)
		take_work(item, counting.last);
	item->counted = !err;
	item->row.ns = item->times.best;
	item->row.noise = item->times.noise;
	fputs(err ? strbuf_str(&diag) : "", stderr);
	sim_result_release(&result);
	script_free(script);
	strbuf_release(&text);
	strbuf_release(&diag);
	return err;
}

int probe_count(struct probe_plan *plan, const char *profile, const char *mmu)
{
	size_t i;

	for (i = 0; i < plan->nr; i++) {
		struct probe_item *item = &plan->items[i];
		int err;

		if (item->err || !(item->roles & (PROBE_FIT | PROBE_CHECK)))
			continue;
		err = count_one(item, profile, mmu);
		if (err)
			return model_error("a measured shape", err);
	}
	return STATUS_OK;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

void probe_check_errors(const struct probe_plan *plan, struct probe_result *result)
{
	double errors[PROBE_MAX_ITEMS];
	size_t i, nr = 0;

	for (i = 0; i < plan->nr; i++) {
		const struct probe_item *item = &plan->items[i];

		if (item->counted && item->row.ns > 0 && item->roles & PROBE_CHECK &&
		    !(item->roles & PROBE_FIT))
			errors[nr++] = fabs(report_fit_error(&result->cost, &item->row));
		if (!item->counted || !item->times.counted)
			continue;
		result->compared++;
		result->agreed += item->times.zapped == item->row.work.nr[COST_SPTE_ZAPPED];
	}
	if (!nr)
		return;
	qsort(errors, nr, sizeof(errors[0]), by_value);
	result->check_median = errors[nr / 2];
	result->check_worst = errors[nr - 1];
}
