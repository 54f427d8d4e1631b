/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What diff found, and its ways of showing it. */
#ifndef CLI_DIFF_INTERNAL_H
#define CLI_DIFF_INTERNAL_H

#include <report/diff.h>

#include "keep_internal.h"

/* Rows of a table of operations unless all are asked for. */
#define DIFF_MAX_OPS 40

/**
 * struct diff_value - a statistic that differs, kept
 * @text: the operation, cleaned; NULL for a whole run
 * @text_a, @text_b: NULL for a number
 */
struct diff_value {
	char *name;
	char *text;
	char *text_a;
	char *text_b;
	int64_t line;
	int64_t op_a;
	int64_t op_b;
	uint64_t runs;
	double a;
	double b;
};

struct diff_values {
	struct diff_value *values;
	size_t nr;
	size_t cap;
};

/**
 * struct diff_pair - two runs, or one without a partner
 * @who: of it, or of A's run, in words; @who_b: "" when both are described alike
 * @id_a, @id_b: "" where it is missing
 * @statistics: those that differ; @equal: how many do not
 */
struct diff_pair {
	char *who;
	char *who_b;
	char *id_a;
	char *id_b;
	struct diff_values statistics;
	struct diff_values operations;
	size_t equal;
	bool differs;
};

/**
 * struct difference - all of it
 * @single: one run of each is compared, not whole stores
 * @totals: sums over all matched pairs
 */
struct difference {
	const char *name_a;
	const char *name_b;
	bool single;
	struct diff_pair *pairs;
	size_t nr;
	size_t cap;
	struct diff_values totals;
	size_t matched;
	size_t differ;
	size_t only_a;
	size_t only_b;
};

/** diff_add_value() - "165 ms", "1,024", "512G": as the statistic's name asks for. */
void diff_add_value(struct strbuf *out, const char *name, double value);
/** diff_add_change() - "+12.5 %", "-100 %", "512x", "from 0". */
void diff_add_change(struct strbuf *out, double a, double b);

/** diff_print_table(), diff_print_lkml(), diff_print_json(). Return: 0 or a negative errno. */
int diff_print_table(const struct difference *d, bool headings, bool all_ops);
int diff_print_lkml(const struct difference *d, bool all_ops);
int diff_print_json(const struct difference *d);

#endif /* CLI_DIFF_INTERNAL_H */
