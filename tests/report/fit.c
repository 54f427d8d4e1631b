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

static double worst_cost(const struct report_cost *cost)
{
	double worst = 0;
	unsigned int item;

	for (item = 0; item < COST_NR; item++)
		worst = fmax(worst, fabs(cost->ns[item] - truth[item]) / truth[item]);
	return worst;
}

/* One row in six took up to three times as long, or half as long: something was in the way. */
static void disturbed(uint64_t seed)
{
	struct report_fit_row rows[60];
	struct report_cost cost = { 0 };
	struct report_fit fit;
	struct rng rng;
	unsigned int i;

	rng_seed(&rng, seed);
	make_rows(rows, 60, 0.02, &rng);
	for (i = 0; i < 60; i += 6)
		rows[i].ns *= i % 12 ? 0.5 : 1.5 + rng_below(&rng, 1501) / 1000.0;
	tap_eq(report_fit(rows, 60, &cost, &fit), 0, "a fit of disturbed rows");
	tap_ok(worst_cost(&cost) < 0.2, "no cost is wrong by more than 20 %% (%.1f)",
	       100 * worst_cost(&cost));
	tap_ok(fit.median_error < 0.05 && fit.worst_error > 0.3,
	       "half of the rows fit well, disturbed ones do not (%g, %g)", fit.median_error,
	       fit.worst_error);
}

/* Half of the rows measure badly, and say so. */
static void noisy(uint64_t seed)
{
	struct report_fit_row rows[60];
	struct report_cost known = { 0 }, unknown = { 0 };
	struct report_fit fit;
	struct rng rng;
	unsigned int i;

	rng_seed(&rng, seed);
	make_rows(rows, 60, 0.01, &rng);
	for (i = 0; i < 30; i++)
		rows[i].ns *= 1 + 0.6 * (rng_below(&rng, 2001) / 1000.0 - 1);
	tap_eq(report_fit(rows, 60, &unknown, &fit), 0, "a fit without knowing the noise");
	for (i = 0; i < 30; i++)
		rows[i].noise = 0.3;
	tap_eq(report_fit(rows, 60, &known, &fit), 0, "a fit that knows the noise");
	tap_ok(worst_cost(&known) < 0.10 && worst_cost(&known) < worst_cost(&unknown),
	       "costs within 10 %% (%.1f), without knowing it %.1f", 100 * worst_cost(&known),
	       100 * worst_cost(&unknown));
	rows[7].noise = -0.1;
	tap_eq(-report_fit(rows, 60, &known, &fit), EINVAL, "no noise below 0");
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
	disturbed(1);
	disturbed(2);
	disturbed(3);
	noisy(4);
	noisy(5);
	together();
	never_negative();
	refused();
	return tap_done();
}
