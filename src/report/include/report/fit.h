/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Costs out of measurements: how much each kind of work must cost so that the sums fit. */
#ifndef REPORT_FIT_H
#define REPORT_FIT_H

#include <report/cost.h>

/**
 * struct report_fit_row - a measurement: exact counts of work, and what it took in nanoseconds
 * @noise: how far measurements of this row differ, as a fraction of @ns; 0 where it is not known
 */
struct report_fit_row {
	struct report_work work;
	double ns;
	double noise;
};

/** enum report_fit_item - what became of a cost */
enum report_fit_item {
	FIT_ABSENT,	/* no row has such work */
	FIT_TOGETHER,	/* its counts go along with those of others: it cannot be told apart */
	FIT_NOISE,	/* told apart, and lost in the noise: no positive figure fits better */
	FIT_KNOWN,
};

/**
 * struct report_fit - how well the costs fit
 * @item: by enum report_cost_item
 * @median_error, @worst_error: of the rows themselves, as a fraction of what was measured
 */
struct report_fit {
	enum report_fit_item item[COST_NR];
	double median_error;
	double worst_error;
};

/**
 * report_fit() - the costs, none below 0, that are least far from the rows.
 *
 * Errors are relative, in units of the row's noise. They count by their squares where they are
 * of the usual size and in proportion where they are larger (Huber), so that a few rows that
 * something disturbed do not move the costs.
 *
 * Costs that the rows cannot tell apart from others, and those lost in the noise, are left
 * unknown: the others carry their time. Heads, entries and SPTEs come before tables and calls,
 * and those before pairs, flushes and visits.
 * @ret_cost: only the figures are set
 * Return: 0; -EINVAL when there is no row, one that took no time, or a negative noise; -ENOMEM.
 */
int report_fit(const struct report_fit_row *rows, size_t nr, struct report_cost *ret_cost,
	       struct report_fit *ret_fit);

/** report_fit_error() - (predicted - measured) / measured of a row. */
double report_fit_error(const struct report_cost *cost, const struct report_fit_row *row);

#endif /* REPORT_FIT_H */
