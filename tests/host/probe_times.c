// SPDX-License-Identifier: GPL-2.0-or-later
/* What a call takes is found again in samples that were disturbed. */
#include <math.h>

#include <base/rng.h>
#include <host/probe.h>

#include "tap.h"

#define SAMPLES 5
#define ROUNDS 5

static double noise(struct rng *rng, double by)
{
	return 1 + by * (rng_below(rng, 2001) / 1000.0 - 1);
}

/*
 * Samples around @truth: of wall-clock times two in three have another program's slice in them, of
 * CPU times one in ten is booked too late or too much; @biased rounds have it all wrong.
 */
static double measure(double truth, unsigned int biased, struct rng *rng,
		      struct host_probe_times *ret)
{
	struct host_probe_times rounds[ROUNDS] = { 0 };
	double cpu[SAMPLES], wall[SAMPLES];
	unsigned int round, i;

	for (round = 0; round < ROUNDS; round++) {
		double bias = round >= biased ? 1 : round % 2 ? 0.4 : 2.5;

		for (i = 0; i < SAMPLES; i++) {
			cpu[i] = truth * bias * noise(rng, 0.04);
			wall[i] = cpu[i] + (rng_below(rng, 3) ? rng_below(rng, 4000000) : 0);
			if (!rng_below(rng, 10))
				cpu[i] *= rng_below(rng, 2) ? 0.2 : 2;
		}
		host_probe_summarise(cpu, wall, SAMPLES, &rounds[round]);
	}
	host_probe_merge(rounds, ROUNDS, ret);
	return fabs(ret->best / truth - 1);
}

static void disturbed(void)
{
	struct host_probe_times times;
	double worst = 0, noisiest = 0, error;
	unsigned int i;
	struct rng rng;

	rng_seed(&rng, 5);
	for (i = 0; i < 500; i++) {
		error = measure(1e4 * (1 + i), 0, &rng, &times);
		worst = error > worst ? error : worst;
		noisiest = times.noise > noisiest ? times.noise : noisiest;
	}
	tap_ok(worst < 0.06, "500 calls among other programs: within 6 %% (%.1f)", 100 * worst);
	for (i = 0, worst = 0; i < 500; i++) {
		error = measure(1e4 * (1 + i), 2, &rng, &times);
		worst = error > worst ? error : worst;
	}
	tap_ok(worst < 0.06, "two rounds of five elsewhere: within 6 %% (%.1f)", 100 * worst);
	tap_ok(noisiest < 0.05, "rounds that agree have little noise (%.3f)", noisiest);
	tap_eq(times.nr, ROUNDS * SAMPLES, "samples");
}

static void exactly(void)
{
	struct host_probe_times rounds[3] = {
		{ .nr = 4, .best = 30, .quarter = 31, .median = 40, .three_quarters = 50 },
		{ .nr = 4, .best = 10, .quarter = 12, .median = 20, .three_quarters = 30 },
		{ .nr = 5, .best = 20, .quarter = 22, .median = 22, .three_quarters = 90,
		  .counted = true, .sptes = 7, .zapped = 6 },
	};
	double cpu[] = { 8, 2, 6, 4 }, wall[] = { 70, 10, 30, 20 };
	struct host_probe_times times = { .zapped = 3 };

	host_probe_summarise(cpu, wall, 4, &times);
	tap_ok(times.nr == 4 && times.best == 6 && times.quarter == 20 && times.median == 30 &&
	       times.three_quarters == 30 && times.noise == 0 && times.zapped == 3, "of four samples");
	cpu[2] = cpu[3] = 99;
	host_probe_summarise(cpu, wall, 4, &times);
	tap_ok(times.best == 20, "the clock, where the CPU time is no less");
	host_probe_merge(rounds, 3, &times);
	tap_ok(times.nr == 13 && times.best == 20 && times.quarter == 22 && times.median == 22 &&
	       times.three_quarters == 50, "of three rounds the one in the middle");
	tap_ok(times.noise == 0.5, "noise is half the distance of the quartiles");
	tap_ok(times.counted && times.sptes == 7 && times.zapped == 6, "counts are those of the last");
	host_probe_merge(rounds + 1, 1, &times);
	tap_ok(times.best == 10 && times.noise == 0 && times.nr == 4, "one round is itself");
}

int main(void)
{
	exactly();
	disturbed();
	return tap_done();
}
