// SPDX-License-Identifier: GPL-2.0-or-later
/* Medians, spreads and exponents of made-up measurements whose answers are known. */
#include <math.h>

#include <report/sample.h>

#include "tap.h"

static bool near(double a, double b)
{
	return fabs(a - b) < 1e-9;
}

static void test_summary(void)
{
	double odd[] = { 5, 1, 4, 2, 3 }, even[] = { 4, 1, 3, 2 }, one[] = { 7 };
	struct report_sample s = report_sample_summary(odd, 5);

	tap_ok(s.nr == 5 && near(s.median, 3), "median of five in disorder");
	tap_ok(near(s.low, 2) && near(s.high, 4), "quartiles of five");
	tap_ok(near(s.least, 1) && near(s.most, 5), "extremes");
	tap_ok(near(report_sample_spread(&s), 2.0 / 3), "spread: middle half over median");
	s = report_sample_summary(even, 4);
	tap_ok(near(s.median, 2.5), "median of four lies between two");
	tap_ok(near(s.low, 1.75) && near(s.high, 3.25), "quartiles of four");
	s = report_sample_summary(one, 1);
	tap_ok(near(s.median, 7) && near(report_sample_spread(&s), 0), "one measurement");
	s = report_sample_summary(NULL, 0);
	tap_ok(!s.nr && near(s.median, 0) && near(report_sample_spread(&s), 0), "none");
}

static void test_exponent(void)
{
	const double size[] = { 1, 4, 16, 64 };
	double ns[4];
	unsigned int i;

	for (i = 0; i < 4; i++)
		ns[i] = 3 * size[i];
	tap_ok(near(report_sample_exponent(size, ns, 4), 1), "linear is 1");
	for (i = 0; i < 4; i++)
		ns[i] = 5 * size[i] * size[i];
	tap_ok(near(report_sample_exponent(size, ns, 4), 2), "quadratic is 2");
	for (i = 0; i < 4; i++)
		ns[i] = 9;
	tap_ok(near(report_sample_exponent(size, ns, 4), 0), "constant is 0");
	tap_ok(isnan(report_sample_exponent(size, ns, 1)), "one size has no exponent");
	tap_ok(isnan(report_sample_exponent(ns, size, 4)), "nor has one size four times");
}

int main(void)
{
	test_summary();
	test_exponent();
	return tap_done();
}
