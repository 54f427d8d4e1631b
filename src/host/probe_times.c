// SPDX-License-Identifier: GPL-2.0-or-later
/* What samples of one shape say together. */
#include <host/probe.h>

#include <stdlib.h>

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double median(double *values, unsigned int nr)
{
	qsort(values, nr, sizeof(*values), by_value);
	return values[nr / 2];
}

void host_probe_summarise(double *cpu, double *wall, unsigned int nr, struct host_probe_times *times)
{
	qsort(wall, nr, sizeof(*wall), by_value);
	times->nr = nr;
	times->quarter = wall[nr / 4];
	times->median = wall[nr / 2];
	times->three_quarters = wall[nr - 1 - nr / 4];
	times->best = median(cpu, nr);
	if (times->quarter < times->best)
		times->best = times->quarter;
	times->noise = 0;
}

void host_probe_merge(const struct host_probe_times *rounds, unsigned int nr,
		      struct host_probe_times *ret_times)
{
	double best[HOST_PROBE_MAX_ROUNDS], quarter[HOST_PROBE_MAX_ROUNDS];
	double middle[HOST_PROBE_MAX_ROUNDS], three[HOST_PROBE_MAX_ROUNDS];
	struct host_probe_times times = rounds[nr - 1];
	unsigned int i;

	times.nr = 0;
	for (i = 0; i < nr; i++) {
		times.nr += rounds[i].nr;
		best[i] = rounds[i].best;
		quarter[i] = rounds[i].quarter;
		middle[i] = rounds[i].median;
		three[i] = rounds[i].three_quarters;
	}
	times.quarter = median(quarter, nr);
	times.median = median(middle, nr);
	times.three_quarters = median(three, nr);
	times.best = median(best, nr);
	times.noise = times.best > 0 ? (best[nr - 1 - nr / 4] - best[nr / 4]) / 2 / times.best : 0;
	*ret_times = times;
}
