// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mprotect of populated memory: without a guest, against the running kernel; with each kind of
 * MMU behind it; and with every event written out.
 */
#include "bench_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <base/mem.h>
#include <base/stopwatch.h>
#include <host/bench.h>
#include <script/script.h>
#include <trace/trace.h>

/* Toggles before those that are measured. */
#define WARM 2

struct protect {
	struct bench_result *result;
	uint64_t pages;
	unsigned int skip;
	bool compare;
	struct host_area area;
	struct host_area words;
	uint64_t round;
	uint64_t sptes;
	uint64_t events;
	const char *series;
	const char *mmu;
	int err;
};

static void keep_error(int *err, int new)
{
	if (!*err)
		*err = new;
}

/* The same entries once more, in a plain loop. */
static void plain_loop(struct protect *at, const char *name, unsigned int words_per_page)
{
	size_t nr = at->pages * words_per_page;
	double ns = host_loop_modify((uint64_t *)at->words.base, nr, ++at->round);

	keep_error(&at->err, bench_add(at->result, name, "page", ns / at->pages));
}

static void dense_done(void *ctx, const struct sim_op_result *op)
{
	struct protect *at = ctx;
	double ns;

	keep_error(&at->err, op->err);
	if (op->op->code != OP_MPROTECT)
		return;
	if (at->skip) {
		at->skip--;
		return;
	}
	keep_error(&at->err, bench_add(at->result, at->series, "page",
				       (double)op->ns / at->pages));
	if (!at->compare)
		return;
	keep_error(&at->err, host_area_protect(&at->area, 0, at->area.len, at->round & 1, &ns));
	keep_error(&at->err, bench_add(at->result, "kernel", "page",
				       ns / (at->area.len / BENCH_PAGE)));
	plain_loop(at, "plain loop", 1);
}

static int dense_model(struct protect *at, uint64_t size, unsigned int toggles)
{
	struct sim_options options = { .mmu = -1, .op_done = dense_done, .ctx = at };
	struct strbuf text = STRBUF_INIT;
	int err;

	at->pages = size / BENCH_PAGE;
	at->skip = WARM;
	strbuf_addf(&text,
		    "map ram 0x100000000000 %llu rw anon private noreserve nohuge\n"
		    "touch ram %llu w\n"
		    "repeat %u\nmprotect ram %llu r\nmprotect ram %llu rw\nend\n",
		    (unsigned long long)size, (unsigned long long)size, (toggles + WARM + 1) / 2,
		    (unsigned long long)size, (unsigned long long)size);
	err = bench_model(&text, &options);
	return err ? err : at->err;
}

static int dense_small(struct protect *at, uint64_t size)
{
	return dense_model(at, size, 5);
}

/* Quarters of the size, down to a 64th, the model alone; @mmu: of the VM, if there is one. */
static int growth(const struct bench *bench, const char *mmu, struct bench_result *result,
		  int (*model)(struct protect *at, uint64_t size))
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < BENCH_SIZES && !err; i++) {
		uint64_t size = (result->size >> 2 * (BENCH_SIZES - 1 - i)) & ~(BENCH_PAGE - 1ull);
		struct bench_result alone = { 0 };
		struct protect at = { .result = &alone, .series = "ours", .mmu = mmu };

		if (!size)
			continue;
		bench_progress("%s: growth", bench->name);
		err = model(&at, size);
		if (!err)
			bench_grow(result, size, bench_median(&alone, "ours") * at.pages);
		bench_result_release(&alone);
	}
	if (!err)
		bench_grown(result, BENCH_LINEAR);
	return err;
}

/* Memory for the other two sides; the kernel's toggles run over less where there is less. */
static int dense_areas(const struct bench_env *env, struct protect *at, uint64_t size)
{
	uint64_t real = size;
	int err;

	while (real > env->memory / 2 && real > (1u << 20))
		real /= 2;
	if (real < size)
		strbuf_addf(&at->result->notes,
			    "the kernel's mprotect ran over %llu MiB: memory is short\n",
			    (unsigned long long)real >> 20);
	err = host_area_map(size / BENCH_PAGE * 8, true, &at->words);
	return err ? err : host_area_map(real, true, &at->area);
}

int bench_protect_dense(const struct bench *bench, const struct bench_env *env,
			struct bench_result *result)
{
	struct protect at = { .result = result, .compare = true, .series = "ours" };
	double ours;
	int err;

	bench_progress("%s: making pages", bench->name);
	err = dense_areas(env, &at, result->size);
	bench_progress("%s: measuring", bench->name);
	if (!err)
		err = dense_model(&at, result->size, env->runs);
	host_area_unmap(&at.area);
	host_area_unmap(&at.words);
	if (err)
		return err;
	ours = bench_median(result, "ours");
	bench_at_least(result, "kernel / ours", BENCH_RATIO, bench_median(result, "kernel") / ours,
		       15);
	bench_at_most(result, "ours / plain loop", BENCH_RATIO,
		      ours / bench_median(result, "plain loop"), 2);
	return growth(bench, NULL, result, dense_small);
}

static void guest_done(void *ctx, const struct sim_op_result *op)
{
	struct protect *at = ctx;
	const char *name = at->series;

	keep_error(&at->err, op->err);
	at->sptes += op->delta[SIM_SPTES_ZAPPED];
	if (op->op->code == OP_GUEST)
		name = "fault back in";
	else if (op->op->code != OP_MPROTECT)
		return;
	else if (op->op->prot & SCRIPT_PROT_W)
		name = "change alone";
	if (at->skip) {
		at->skip--;
		return;
	}
	if (strcmp(name, at->series) && !at->compare)
		return;
	keep_error(&at->err, bench_add(at->result, name, "page", (double)op->ns / at->pages));
	if (!strcmp(name, "change alone"))
		plain_loop(at, "plain loop", at->compare ? 2 : 1);
}

static void guest_script(struct strbuf *text, const char *mmu, uint64_t size, unsigned int rounds)
{
	strbuf_addf(text,
		    "map ram 0x100000000000 %1$llu rw anon private noreserve nohuge\n"
		    "touch ram %1$llu w\nvm vm0 %2$s\nmemslot vm0 0 gpa=0 ram %1$llu\n"
		    "repeat %3$u\nguest vm0 w 0 %1$llu\nmprotect ram %1$llu r\n"
		    "mprotect ram %1$llu rw\nend\n",
		    (unsigned long long)size, mmu, rounds);
}

static int guest_model(struct protect *at, const char *mmu, uint64_t size, unsigned int rounds,
		       struct event_sink *sink)
{
	struct sim_options options = { .mmu = -1, .op_done = guest_done, .ctx = at, .sink = sink };
	struct strbuf text = STRBUF_INIT;
	int err;

	at->pages = size / BENCH_PAGE;
	at->skip = 3; /* the first round */
	guest_script(&text, mmu, size, rounds + 1);
	err = bench_model(&text, &options);
	return err ? err : at->err;
}

static int guest_small(struct protect *at, uint64_t size)
{
	return guest_model(at, at->mmu, size, 5, NULL);
}

int bench_protect_guest(const struct bench *bench, const struct bench_env *env,
			struct bench_result *result)
{
	const char *mmu = strchr(bench->name, '-') + 1;
	double limit = !strcmp(mmu, "tdp") ? 5 : !strcmp(mmu, "direct") ? 12 : 15;
	struct protect at = { .result = result, .compare = true, .series = "ours" };
	int err;

	bench_progress("%s: measuring", bench->name);
	err = host_area_map(result->size / BENCH_PAGE * 16, true, &at.words);
	if (!err)
		err = guest_model(&at, mmu, result->size, env->runs, NULL);
	host_area_unmap(&at.words);
	if (err)
		return err;
	bench_fact(result, "SPTEs zapped", BENCH_COUNT, at.sptes);
	bench_at_most(result, "notify, zap, change", BENCH_NS, bench_median(result, "ours"), limit);
	return growth(bench, mmu, result, guest_small);
}

/* A writer that counts. */
static int traced(struct protect *at, uint64_t size, unsigned int rounds, double *ret_ns)
{
	char path[] = "/tmp/mmuscope-bench-XXXXXX";
	struct trace_writer writer;
	int fd = mkstemp(path), err;
	struct stopwatch watch;

	if (fd < 0)
		return -errno;
	close(fd);
	err = trace_writer_open(&writer, path);
	stopwatch_start(&watch);
	if (!err) {
		err = guest_model(at, "tdp", size, rounds, &writer.sink);
		at->events += writer.events;
		keep_error(&err, trace_writer_close(&writer));
	}
	*ret_ns = stopwatch_ns(&watch);
	unlink(path);
	return err;
}

int bench_trace_on(const struct bench *bench, const struct bench_env *env,
		   struct bench_result *result)
{
	double ns = 0, all_on = 0, all_off = 0;
	uint64_t events = 0;
	unsigned int i;
	int err = 0;

	for (i = 0; i < env->runs && !err; i++) {
		struct protect off = { .result = result, .series = "off" };
		struct protect on = { .result = result, .series = "on" };
		struct stopwatch watch;

		bench_progress("%s: run %u of %u", bench->name, i + 1, env->runs);
		stopwatch_start(&watch);
		err = guest_model(&off, "tdp", result->size, 1, NULL);
		all_off = stopwatch_ns(&watch);
		if (!err)
			err = traced(&on, result->size, 1, &ns);
		if (err)
			break;
		all_on = ns - all_off;
		events = on.events;
		err = bench_add(result, "an event", "event", all_on / on.events);
	}
	if (err)
		return err;
	bench_fact(result, "events in a run", BENCH_COUNT, events);
	bench_fact(result, "events written", BENCH_RATE, 1e9 / bench_median(result, "an event"));
	bench_at_most(result, "off: notify, zap, change", BENCH_NS, bench_median(result, "off"), 5);
	bench_at_most(result, "cost of an event", BENCH_NS, bench_median(result, "an event"), 1000);
	return 0;
}
