// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Non-negative least squares on the normal equations, one coordinate at a time: each step gives
 * one cost the best value that it can have while the others stay, and 0 when that is negative.
 * The sum of squares falls with every step, and with columns that are independent it has one
 * minimum. There are nine columns at most, so nothing cleverer is needed.
 *
 * Every row is divided by its time: errors are relative. Rows that measure badly count less, and
 * so do those that the costs miss by more than usual: the squares are minimised again and again,
 * each time with the weights that the errors of the last time give, which ends at the minimum of
 * Huber's function.
 */
#include <report/fit.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <base/mem.h>

#define STEPS 200000
#define CONVERGED 1e-12

/* A column of which less than this part is left beside the others is one of them. */
#define INDEPENDENT 0.02

/* No measurement is better than this, whatever its repetitions say. */
#define LEAST_NOISE 0.03
/* Errors up to so many standard deviations are the usual ones, and how often weights follow. */
#define HUBER 1.345
#define REWEIGHTS 50

/* The order in which costs are taken when some cannot be told apart. */
static const unsigned char order[COST_NR] = {
	COST_HEAD_SCANNED, COST_PRIMARY_CHANGED, COST_SPTE_ZAPPED, COST_TABLE_VISITED,
	COST_SYSTEM_CALL, COST_REFAULT, COST_NOTIFICATION_PAIR, COST_FLUSH, COST_HEAD_VISITED,
};

struct columns {
	unsigned int item[COST_NR];
	double scale[COST_NR]; /* 1 / length */
	unsigned int nr;
};

static double entry(const struct report_fit_row *row, unsigned int item)
{
	return row->work.nr[item] / row->ns;
}

static double length(const double *v, size_t nr)
{
	double sum = 0;
	size_t i;

	for (i = 0; i < nr; i++)
		sum += v[i] * v[i];
	return sqrt(sum);
}

/* Take the @nr_basis orthonormal vectors at @basis out of @v. */
static void reduce(double *v, const double *basis, unsigned int nr_basis, size_t nr)
{
	unsigned int b;
	size_t i;

	for (b = 0; b < nr_basis; b++) {
		double dot = 0;

		for (i = 0; i < nr; i++)
			dot += v[i] * basis[b * nr + i];
		for (i = 0; i < nr; i++)
			v[i] -= dot * basis[b * nr + i];
	}
}

/* Which columns are independent of those before them; Gram and Schmidt, twice for rounding. */
static void choose(const struct report_fit_row *rows, size_t nr, double *basis,
		   struct columns *cols, struct report_fit *fit)
{
	unsigned int i;
	size_t row;

	for (i = 0; i < COST_NR; i++) {
		double *v = basis + cols->nr * nr, whole, left;
		unsigned int item = order[i];

		for (row = 0; row < nr; row++)
			v[row] = entry(&rows[row], item);
		whole = length(v, nr);
		if (whole == 0)
			continue;
		reduce(v, basis, cols->nr, nr);
		reduce(v, basis, cols->nr, nr);
		left = length(v, nr);
		fit->item[item] = FIT_TOGETHER;
		if (left < INDEPENDENT * whole || cols->nr == nr)
			continue;
		for (row = 0; row < nr; row++)
			v[row] /= left;
		fit->item[item] = FIT_KNOWN;
		cols->scale[cols->nr] = 1 / whole;
		cols->item[cols->nr++] = item;
	}
}

/* Columns of unit length: @gram is columns by columns, @right columns by ones. */
static void normal_equations(const struct report_fit_row *rows, const double *weight, size_t nr,
			     const struct columns *cols, double gram[COST_NR][COST_NR],
			     double right[COST_NR])
{
	unsigned int a, b;
	size_t row;

	for (a = 0; a < cols->nr; a++) {
		right[a] = 0;
		for (row = 0; row < nr; row++)
			right[a] += weight[row] * entry(&rows[row], cols->item[a]) * cols->scale[a];
		for (b = 0; b < cols->nr; b++) {
			gram[a][b] = 0;
			for (row = 0; row < nr; row++)
				gram[a][b] += weight[row] *
					      entry(&rows[row], cols->item[a]) * cols->scale[a] *
					      entry(&rows[row], cols->item[b]) * cols->scale[b];
		}
	}
}

static void descend(unsigned int nr, double gram[COST_NR][COST_NR], const double right[COST_NR],
		    double x[COST_NR])
{
	unsigned int step, a, b;

	for (step = 0; step < STEPS; step++) {
		double moved = 0, largest = 0;

		for (a = 0; a < nr; a++) {
			double gradient = -right[a], next;

			for (b = 0; b < nr; b++)
				gradient += gram[a][b] * x[b];
			next = fmax(0, x[a] - gradient / gram[a][a]);
			moved = fmax(moved, fabs(next - x[a]));
			x[a] = next;
			largest = fmax(largest, next);
		}
		if (moved <= CONVERGED * largest)
			return;
	}
}

double report_fit_error(const struct report_cost *cost, const struct report_fit_row *row)
{
	return (report_cost_estimate(cost, &row->work) - row->ns) / row->ns;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void take_errors(const struct report_fit_row *rows, size_t nr,
			const struct report_cost *cost, double *errors, struct report_fit *fit)
{
	size_t row;

	for (row = 0; row < nr; row++)
		errors[row] = fabs(report_fit_error(cost, &rows[row]));
	qsort(errors, nr, sizeof(*errors), by_value);
	fit->median_error = errors[nr / 2];
	fit->worst_error = errors[nr - 1];
}

static double noise_of(const struct report_fit_row *row)
{
	return sqrt(LEAST_NOISE * LEAST_NOISE + row->noise * row->noise);
}

/* The weight of each row's square, from how far the costs are from it now. */
static void reweight(const struct report_fit_row *rows, size_t nr,
		     const struct report_cost *cost, double *errors, double *weight)
{
	double usual;
	size_t row;

	for (row = 0; row < nr; row++)
		errors[row] = fabs(report_fit_error(cost, &rows[row])) / noise_of(&rows[row]);
	memcpy(weight, errors, nr * sizeof(*errors));
	qsort(weight, nr, sizeof(*weight), by_value);
	usual = HUBER * fmax(1.4826 * weight[nr / 2], 1e-3);
	for (row = 0; row < nr; row++) {
		double noise = noise_of(&rows[row]);

		weight[row] = errors[row] > usual ? usual / errors[row] : 1;
		weight[row] *= LEAST_NOISE * LEAST_NOISE / (noise * noise);
	}
}

static void take_costs(const struct columns *cols, const double x[COST_NR],
		       struct report_cost *cost)
{
	unsigned int i;

	for (i = 0; i < cols->nr; i++) {
		cost->ns[cols->item[i]] = x[i] * cols->scale[i];
		cost->known[cols->item[i]] = x[i] > 0;
	}
}

/* @errors, @weight: room for a number per row */
static void solve(const struct report_fit_row *rows, size_t nr, const struct columns *cols,
		  double *errors, double *weight, struct report_cost *cost)
{
	double gram[COST_NR][COST_NR], right[COST_NR], x[COST_NR] = { 0 };
	unsigned int i;
	size_t row;

	for (row = 0; row < nr; row++) {
		double noise = noise_of(&rows[row]);

		weight[row] = LEAST_NOISE * LEAST_NOISE / (noise * noise);
	}
	for (i = 0; i < REWEIGHTS; i++) {
		normal_equations(rows, weight, nr, cols, gram, right);
		descend(cols->nr, gram, right, x);
		take_costs(cols, x, cost);
		reweight(rows, nr, cost, errors, weight);
	}
}

static bool usable(const struct report_fit_row *rows, size_t nr)
{
	size_t row;

	for (row = 0; row < nr; row++)
		if (!(rows[row].ns > 0) || !isfinite(rows[row].ns) || !(rows[row].noise >= 0))
			return false;
	return nr > 0;
}

int report_fit(const struct report_fit_row *rows, size_t nr, struct report_cost *ret_cost,
	       struct report_fit *ret_fit)
{
	struct report_cost cost = { 0 };
	struct columns cols = { 0 };
	struct report_fit fit = { 0 };
	double *basis;
	unsigned int i;

	if (!usable(rows, nr))
		return -EINVAL;
	basis = nr > SIZE_MAX / ((COST_NR + 1) * sizeof(*basis)) ? NULL :
		mem_alloc(nr * (COST_NR + 1) * sizeof(*basis));
	if (!basis)
		return -ENOMEM;
	choose(rows, nr, basis, &cols, &fit);
	solve(rows, nr, &cols, basis, basis + nr, &cost);
	for (i = 0; i < cols.nr; i++)
		if (!cost.known[cols.item[i]])
			fit.item[cols.item[i]] = FIT_NOISE;
	take_errors(rows, nr, &cost, basis, &fit);
	mem_free(basis);
	memcpy(ret_cost->ns, cost.ns, sizeof(cost.ns));
	memcpy(ret_cost->known, cost.known, sizeof(cost.known));
	*ret_fit = fit;
	return 0;
}
