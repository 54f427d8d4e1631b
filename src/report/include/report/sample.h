/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What to say about repeated measurements: the middle, the spread, and how they grow with size. */
#ifndef REPORT_SAMPLE_H
#define REPORT_SAMPLE_H

#include <stddef.h>

/**
 * struct report_sample - summary of several measurements of one thing
 * @nr: how many; with 0 all others are 0
 * @median: the middle one, the mean of the two in the middle for an even number
 * @low, @high: the quartiles: the middle half lies between them
 * @least, @most: the extremes
 */
struct report_sample {
	size_t nr;
	double median;
	double low, high;
	double least, most;
};

/** report_sample_summary() - of @nr measurements; sorts @values in place. */
struct report_sample report_sample_summary(double *values, size_t nr);

/** report_sample_spread() - width of the middle half as a fraction of the median; 0 without one. */
double report_sample_spread(const struct report_sample *sample);

/**
 * report_sample_exponent() - the e of "time = constant * size^e" that fits best.
 *
 * Least squares over the logarithms.
 * @size, @ns: @nr points, all positive
 * Return: 1 for linear, 0 for independent of the size; NaN with less than two different sizes.
 */
double report_sample_exponent(const double *size, const double *ns, size_t nr);

#endif /* REPORT_SAMPLE_H */
