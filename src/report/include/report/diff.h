/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What differs between two runs of result stores, or between all runs of two stores. Runs are
 * matched by what went into them, whatever came out.
 */
#ifndef REPORT_DIFF_H
#define REPORT_DIFF_H

#include <report/store.h>

/* What went in and need not be the same for two runs to be matched, as bits. */
enum {
	REPORT_DIFF_SCRIPT = 1 << 0,
	REPORT_DIFF_PROFILE = 1 << 1,
	REPORT_DIFF_DESIGN = 1 << 2, /* with how it is tuned */
	REPORT_DIFF_MMU = 1 << 3,
	REPORT_DIFF_LEVELS = 1 << 4,
	REPORT_DIFF_COST = 1 << 5,
};

struct report_diff;

/**
 * report_diff_open() - two stores side by side.
 * @run_a, @run_b: at least REPORT_RUN_ID_MIN digits of the id of one run of each, which are then
 *	the only pair; both NULL for all runs. Of runs of a store that went in alike the latest counts.
 * @ignore: REPORT_DIFF_* that need not be the same
 * Return: 0; a negative errno as report_store_open(); -ESRCH when no run has such an id, or several.
 */
int report_diff_open(const char *path_a, const char *run_a, const char *path_b, const char *run_b,
		     unsigned int ignore, struct strbuf *diag, struct report_diff **ret_diff);

/** report_diff_close() - NULL is fine; returns NULL. */
struct report_diff *report_diff_close(struct report_diff *diff);

/**
 * struct report_diff_pair - two matched runs, or one without a partner
 * @number: for the calls below
 * @in_a, @in_b: it is there
 * @differs: something that was counted or predicted, or an operation, is not the same
 */
struct report_diff_pair {
	int64_t number;
	bool in_a;
	bool in_b;
	bool differs;
	struct report_run_names a;
	struct report_run_names b;
};

/**
 * struct report_diff_value - a statistic of both
 * @name: a counter, or a time if it ends in "_ns"; @line, @text: of the operation, 0 and NULL for a
 *	whole run; @op_a, @op_b: its index, -1 where there is none such
 * @runs: over all pairs: in how many it differs
 * @text_a, @text_b: for what is no number ("result", "notifications"); else NULL
 */
struct report_diff_value {
	const char *name;
	int64_t line;
	const char *text;
	int64_t op_a;
	int64_t op_b;
	uint64_t runs;
	double a;
	double b;
	const char *text_a;
	const char *text_b;
};

typedef int (*report_diff_pair_fn)(void *ctx, const struct report_diff_pair *pair);
typedef int (*report_diff_value_fn)(void *ctx, const struct report_diff_value *value);

/*
 * Each calls @fn for one after another, until it returns something else than 0, which is then
 * returned. What @fn is given is gone when it returns.
 * Return: 0, what @fn returned, or a negative errno with a line in @diag.
 */
/** report_diff_pairs() - matched runs in the order of A, then those of A alone, then of B. */
int report_diff_pairs(struct report_diff *diff, struct strbuf *diag, report_diff_pair_fn fn,
		      void *ctx);
/** report_diff_statistics() - every statistic of a pair, equal or not. */
int report_diff_statistics(struct report_diff *diff, int64_t pair, struct strbuf *diag,
			   report_diff_value_fn fn, void *ctx);
/** report_diff_operations() - what differs per operation of a pair. */
int report_diff_operations(struct report_diff *diff, int64_t pair, struct strbuf *diag,
			   report_diff_value_fn fn, void *ctx);
/** report_diff_totals() - every statistic summed over the matched pairs; maxima are summed, too. */
int report_diff_totals(struct report_diff *diff, struct strbuf *diag, report_diff_value_fn fn,
		       void *ctx);

#endif /* REPORT_DIFF_H */
