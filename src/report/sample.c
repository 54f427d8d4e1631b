// SPDX-License-Identifier: GPL-2.0-or-later
#include <report/sample.h>

#include <assert.h>
#include <math.h>
#include <stdlib.h>

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The value at @part of the way through sorted @values, between two of them where need be. */
static double quantile(const double *values, size_t nr, double part)
{
	double at = part * (nr - 1);
	size_t i = at;

	if (i + 1 >= nr)
		return values[nr - 1];
	return values[i] + (at - i) * (values[i + 1] - values[i]);
}

struct report_sample report_sample_summary(double *values, size_t nr)
{
	if (!nr)
		return (struct report_sample){ 0 };
	qsort(values, nr, sizeof(values[0]), compare);
	return (struct report_sample){
		.nr = nr,
		.median = quantile(values, nr, 0.5),
		.low = quantile(values, nr, 0.25),
		.high = quantile(values, nr, 0.75),
		.least = values[0],
		.most = values[nr - 1],
	};
}

double report_sample_spread(const struct report_sample *sample)
{
	return sample->median ? (sample->high - sample->low) / sample->median : 0;
}

double report_sample_exponent(const double *size, const double *ns, size_t nr)
{
	double sx = 0, sy = 0, sxx = 0, sxy = 0, below;
	size_t i;

	for (i = 0; i < nr; i++) {
		double x = log(size[i]), y = log(ns[i]);

		assert(size[i] > 0 && ns[i] > 0);
		sx += x;
		sy += y;
		sxx += x * x;
		sxy += x * y;
	}
	below = nr * sxx - sx * sx;
	return fabs(below) > 1e-9 ? (nr * sxy - sx * sy) / below : NAN;
}
