// SPDX-License-Identifier: GPL-2.0-or-later
/* Costs are found again in rows that were made from them. */
#include <errno.h>
#include <math.h>

#include <base/rng.h>
#include <report/fit.h>

#include "tap.h"

static const double truth[COST_NR] = {
	[COST_NOTIFICATION_PAIR] = 1500, [COST_HEAD_SCANNED] = 0.55, [COST_HEAD_VISITED] = 21,
	[COST_SPTE_ZAPPED] = 60, [COST_PRIMARY_CHANGED] = 83, [COST_TABLE_VISITED] = 1150,
	[COST_FLUSH] = 5000, [COST_REFAULT] = 7300, [COST_SYSTEM_CALL] = 3300,
};

/* Counts of very different sizes, each kind of work absent from some rows. */
static void make_rows(struct report_fit_row *rows, unsigned int nr, double noise, struct rng *rng)
{
	unsigned int i, item;

	for (i = 0; i < nr; i++) {
		rows[i] = (struct report_fit_row){ 0 };
		for (item = 0; item < COST_NR; item++) {
			uint64_t work = rng_below(rng, 3) ?
					1 + rng_below(rng, (uint64_t)(1e6 / truth[item]) + 2) : 0;

			rows[i].work.nr[item] = work;
			rows[i].ns += truth[item] * work;
		}
		rows[i].ns = (rows[i].ns + 1) * (1 + noise * (rng_below(rng, 2001) / 1000.0 - 1));
	}
}

static void recovers(unsigned int nr, double noise, double within)
{
	struct report_fit_row rows[64];
	struct report_cost cost = { .name = "kept" };
	struct report_fit fit;
	struct rng rng;
	double worst = 0;
	unsigned int item;

	rng_seed(&rng, nr);
	make_rows(rows, nr, noise, &rng);
	tap_eq(report_fit(rows, nr, &cost, &fit), 0, "a fit");
	for (item = 0; item < COST_NR; item++)
		worst = fmax(worst, fabs(cost.ns[item] - truth[item]) / truth[item]);
	tap_ok(worst <= within, "%u rows, noise %g: every cost within %g (%g)", nr, noise, within, worst);
	tap_ok(fit.worst_error <= 4 * noise + 1e-4 && fit.median_error <= fit.worst_error,
	       "and the errors are those of the noise (%g)", fit.worst_error);
	tap_ok(cost.name[0] == 'k', "headers are not touched");
}

/* Visits and zaps that always come together: one has the time of both, the other is unknown. */
static void together(void)
{
	struct report_fit_row rows[24];
	struct report_cost cost = { 0 };
	struct report_fit fit;
	struct rng rng;
	unsigned int i;

	rng_seed(&rng, 9);
	for (i = 0; i < 24; i++) {
		uint64_t heads = 1 + rng_below(&rng, 1000000), zaps = rng_below(&rng, 5000);

		rows[i] = (struct report_fit_row){ .work.nr = { [COST_HEAD_SCANNED] = heads,
								[COST_HEAD_VISITED] = zaps,
								[COST_SPTE_ZAPPED] = zaps },
						   .ns = 2.0 * heads + 81.0 * zaps };
	}
	tap_eq(report_fit(rows, 24, &cost, &fit), 0, "a fit");
	tap_ok(fabs(cost.ns[COST_SPTE_ZAPPED] - 81) < 1e-3 && !cost.known[COST_HEAD_VISITED] &&
	       fit.item[COST_HEAD_VISITED] == FIT_TOGETHER, "what comes together is one cost");
	tap_ok(fit.item[COST_FLUSH] == FIT_ABSENT && !cost.known[COST_FLUSH], "what nobody did is unknown");
}

/* A cost that would have to be negative is left out, not negative. */
static void never_negative(void)
{
	struct report_fit_row rows[3] = {
		{ .work.nr = { [COST_HEAD_SCANNED] = 1000 }, .ns = 1000 },
		{ .work.nr = { [COST_HEAD_SCANNED] = 2000, [COST_FLUSH] = 1 }, .ns = 1900 },
		{ .work.nr = { [COST_HEAD_SCANNED] = 4000, [COST_FLUSH] = 5 }, .ns = 3500 },
	};
	struct report_cost cost = { .ns[COST_FLUSH] = 7 };
	struct report_fit fit;

	tap_eq(report_fit(rows, 3, &cost, &fit), 0, "a fit");
	tap_ok(cost.ns[COST_FLUSH] == 0 && !cost.known[COST_FLUSH] &&
	       fit.item[COST_FLUSH] == FIT_NOISE, "no cost below 0");
	tap_ok(cost.ns[COST_HEAD_SCANNED] > 0.85 && cost.ns[COST_HEAD_SCANNED] < 1, "the other one fits");
}

static void refused(void)
{
	struct report_fit_row row = { .ns = 0 };
	struct report_cost cost = { .ns[0] = 7 };
	struct report_fit fit = { .worst_error = 7 };

	tap_eq(-report_fit(&row, 0, &cost, &fit), EINVAL, "no row");
	tap_eq(-report_fit(&row, 1, &cost, &fit), EINVAL, "a row without a time");
	row.ns = NAN;
	tap_eq(-report_fit(&row, 1, &cost, &fit), EINVAL, "a row with a broken time");
	tap_ok(cost.ns[0] == 7 && fit.worst_error == 7, "and nothing is touched");
}

int main(void)
{
	recovers(20, 0, 1e-3);
	recovers(64, 0.01, 0.1);
	together();
	never_negative();
	refused();
	return tap_done();
}
