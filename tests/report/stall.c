// SPDX-License-Identifier: GPL-2.0-or-later
/* Times under mmu_lock, and the sizes at which a verdict turns. */
#include <errno.h>

#include <report/stall.h>

#include "tap.h"

static void estimates(void)
{
	const struct report_cost cost = { .ns = { [COST_HEAD_SCANNED] = 2, [COST_SPTE_ZAPPED] = 50,
						  [COST_FLUSH] = 1000, [COST_PRIMARY_CHANGED] = 30,
						  [COST_NOTIFICATION_PAIR] = 500 } };
	struct report_work work = { .nr = { [COST_HEAD_SCANNED] = 1000, [COST_SPTE_ZAPPED] = 10,
					    [COST_FLUSH] = 1, [COST_PRIMARY_CHANGED] = 10,
					    [COST_NOTIFICATION_PAIR] = 2 } };
	struct report_stall stall;

	report_stall_estimate(&cost, &work, 600, 900, &stall);
	tap_ok(stall.lock == 2000 + 500 + 1000, "under mmu_lock: heads, SPTEs, flushes");
	tap_ok(stall.total == stall.lock + 300 + 1000, "in total: entries and pairs, too");
	tap_ok(stall.longest == 1200 + 500 + 1000, "the longest stretch: its heads, all SPTEs");
	tap_eq(stall.frames, 900, "frames");
	report_stall_estimate(&cost, &work, 5000, 900, &stall);
	tap_ok(stall.longest == stall.lock, "no stretch is longer than the whole");
}

static void turns(void)
{
	const uint64_t g = 1ull << 30, t = 1ull << 40;

	tap_eq(report_stall_turn(1e6, g, 1e6, UINT64_MAX), g, "at the limit: here");
	tap_eq(report_stall_turn(1e6, g, 4e6, UINT64_MAX), 4 * g, "four times the time, four times the size");
	tap_eq(report_stall_turn(4e6, 4 * g, 1e6, UINT64_MAX), g, "over the limit: a smaller size");
	tap_eq(report_stall_turn(1e6, g, 512e6, 512 * g), 512 * g, "the most that one covers just reaches it");
	tap_eq(report_stall_turn(1e6, g, 513e6, 512 * g), UINT64_MAX, "and does not reach more");
	tap_eq(report_stall_turn(165e6, 512 * g, 20e9, UINT64_MAX) / t, 60, "512G in 165 ms: 20 s at 60T");
	tap_eq(report_stall_turn(1, g, 20e9, UINT64_MAX), UINT64_MAX, "no size beyond all addresses");
	tap_eq(report_stall_turn(0, g, 20e9, UINT64_MAX), UINT64_MAX, "nothing costs nothing at any size");
	tap_eq(report_stall_turn(1e6, 0, 20e9, UINT64_MAX), UINT64_MAX, "nothing covered");
}

static void durations(void)
{
	static const char *const bad[] = { "", "10", "ms", "10 ms", "-1ms", "1.ms", ".5s", "1e3s", "10mss",
					   "nans", "1234567890s" };
	double ns = 7;
	unsigned int i;

	tap_ok(!report_parse_duration("10ms", &ns) && ns == 10e6, "10ms");
	tap_ok(!report_parse_duration("1.5s", &ns) && ns == 1.5e9, "1.5s");
	tap_ok(!report_parse_duration("200us", &ns) && ns == 200e3, "200us");
	tap_ok(!report_parse_duration("50ns", &ns) && ns == 50, "50ns");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		tap_ok(report_parse_duration(bad[i], &ns) == -EINVAL && ns == 50, "not '%s'", bad[i]);
}

int main(void)
{
	estimates();
	turns();
	durations();
	return tap_done();
}
