/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Benchmarks: each measures the model, what it is compared with and the limit by turns in one
 * run, and says which targets it has. bench.c has the table and the command, bench_report.c
 * prints, the other files measure.
 */
#ifndef CLI_BENCH_INTERNAL_H
#define CLI_BENCH_INTERNAL_H

#include <base/strbuf.h>
#include <report/json.h>
#include <report/sample.h>
#include <sim/sim.h>

#define BENCH_MAX_SERIES 9
#define BENCH_MAX_TARGETS 8
#define BENCH_MAX_FACTS 10
#define BENCH_SIZES 4
#define BENCH_NAME_MAX 40
#define BENCH_PAGE 4096u
/* What is linear passes from one cache to the next on its way from the smallest size. */
#define BENCH_LINEAR 1.25
/* The same where every page lies in tables and heads of its own: a few cache lines each. */
#define BENCH_SPARSE 1.45

/* How a number is to be read. */
enum bench_unit {
	BENCH_NS,    /* nanoseconds */
	BENCH_RATIO, /* times as much */
	BENCH_RATE,  /* per second */
	BENCH_BYTES,
	BENCH_COUNT,
};

/**
 * struct bench_series - measurements of one thing, in nanoseconds
 * @per: what each is for: "page", "call", "line"
 */
struct bench_series {
	const char *name;
	const char *per;
	double *values;
	size_t nr, cap;
	struct report_sample sample; /* once the benchmark is through */
};

struct bench_fact {
	const char *name;
	enum bench_unit unit;
	double value;
};

/**
 * struct bench_target - what must be reached
 * @at_least: @value must be at least @limit, otherwise at most
 * @judged: false where the run cannot tell: a smaller size than the target is for
 */
struct bench_target {
	const char *name;
	enum bench_unit unit;
	double value;
	double limit;
	bool at_least;
	bool judged;
};

/**
 * struct bench_growth - how the time grows with the size
 * @size: bytes of memory, or whatever the benchmark's size counts; @ns: of one run
 */
struct bench_growth {
	unsigned int nr;
	double size[BENCH_SIZES];
	double ns[BENCH_SIZES];
	double exponent;
};

/**
 * struct bench_result - what one benchmark has to say
 * @size: that it ran with, 0 for none; @full: it is the size that the targets are for
 * @notes: lines for the reader, each ended by a newline
 * @skipped: why nothing was measured, "" if something was
 */
struct bench_result {
	uint64_t size;
	bool full;
	struct bench_series series[BENCH_MAX_SERIES];
	unsigned int nr_series;
	struct bench_fact facts[BENCH_MAX_FACTS];
	unsigned int nr_facts;
	struct bench_target targets[BENCH_MAX_TARGETS];
	unsigned int nr_targets;
	struct bench_growth growth;
	struct strbuf notes;
	struct strbuf skipped;
	char names[BENCH_MAX_SERIES + 1][BENCH_NAME_MAX]; /* made for this result */
	unsigned int nr_names;
	double all_ops, all_ns; /* replay: of all recordings */
};

/**
 * struct bench_env - how to measure
 * @runs: measurements of each thing
 * @quick: small sizes
 * @size: instead of the benchmarks' own, 0 for those
 * @memory: bytes that may be used
 * @recordings: folder of recordings
 */
struct bench_env {
	unsigned int runs;
	bool quick;
	uint64_t size;
	uint64_t memory;
	const char *recordings;
};

/**
 * struct bench - one benchmark
 * @reference: what it is compared with
 * @size, @quick_size: bytes, VMAs or operations; 0: it has none
 * @per_page: bytes that it needs for each 4 KiB of its size; 0: memory does not depend on it
 * @run: Return: 0; -ENOMEM; another negative errno
 */
struct bench {
	const char *name;
	const char *summary;
	const char *reference;
	uint64_t size;
	uint64_t quick_size;
	double per_page;
	int (*run)(const struct bench *bench, const struct bench_env *env,
		   struct bench_result *result);
};

int bench_protect_dense(const struct bench *bench, const struct bench_env *env,
			struct bench_result *result);
int bench_protect_guest(const struct bench *bench, const struct bench_env *env,
			struct bench_result *result);
int bench_trace_on(const struct bench *bench, const struct bench_env *env,
		   struct bench_result *result);
int bench_hint_empty(const struct bench *bench, const struct bench_env *env,
		     struct bench_result *result);
int bench_hint_sparse(const struct bench *bench, const struct bench_env *env,
		      struct bench_result *result);
int bench_populate(const struct bench *bench, const struct bench_env *env,
		   struct bench_result *result);
int bench_guest(const struct bench *bench, const struct bench_env *env,
		struct bench_result *result);
int bench_vma(const struct bench *bench, const struct bench_env *env,
	      struct bench_result *result);
int bench_replay(const struct bench *bench, const struct bench_env *env,
		 struct bench_result *result);
int bench_import(const struct bench *bench, const struct bench_env *env,
		 struct bench_result *result);
int bench_start(const struct bench *bench, const struct bench_env *env,
		struct bench_result *result);

/* ---- what they use: bench_result.c ---- */

/** bench_add() - one more measurement of series @name, which the first one makes. 0 or -ENOMEM. */
int bench_add(struct bench_result *result, const char *name, const char *per, double ns);
/** bench_median() - of series @name so far; 0 when there is none. */
double bench_median(struct bench_result *result, const char *name);
void bench_fact(struct bench_result *result, const char *name, enum bench_unit unit, double value);
/** bench_at_least(), bench_at_most() - a target; judged where the size is the full one. */
void bench_at_least(struct bench_result *result, const char *name, enum bench_unit unit,
		    double value, double limit);
void bench_at_most(struct bench_result *result, const char *name, enum bench_unit unit,
		   double value, double limit);
/** bench_always() - a target that holds at every size: at most @limit. */
void bench_always(struct bench_result *result, const char *name, enum bench_unit unit,
		  double value, double limit);
/** bench_grow() - one more size and its time. */
void bench_grow(struct bench_result *result, double size, double ns);
/** bench_grown() - all sizes are in: fit, with a target for the exponent. */
void bench_grown(struct bench_result *result, double limit);
bool bench_reached(const struct bench_target *target);
void bench_result_finish(struct bench_result *result);
void bench_result_release(struct bench_result *result);

/**
 * bench_model() - run a script with options->timed; @text is released.
 * Return: what sim_run() returned; -EINVAL for a script that does not parse; -ENOMEM.
 */
int bench_model(struct strbuf *text, struct sim_options *options);

/** bench_progress() - what is being measured, on standard error if that is a terminal. */
__attribute__((format(printf, 1, 2))) void bench_progress(const char *fmt, ...);
void bench_progress_clear(void);

/* ---- bench_report.c ---- */

/** bench_print() - as text. */
void bench_print(const struct bench *bench, const struct bench_result *result);
/** bench_json() - as one object of an array. */
void bench_json(struct report_json *out, const struct bench *bench,
		const struct bench_result *result, int err);

#endif /* CLI_BENCH_INTERNAL_H */
