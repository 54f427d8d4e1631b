// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which intervals a notification reaches, and in which order: every set of up to three
 * intervals on a line of six points, every range, every removal, against a linear search.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <base/mem.h>
#include <base/rng.h>
#include <notifier/notifier.h>

#include "tap.h"

#define POINTS 6
#define NR_INTERVALS (POINTS * (POINTS - 1) / 2)
#define MANY 200

struct mirror {
	struct mmu_interval_notifier sub;
	unsigned int nr;
	bool in;
};

static unsigned int called[MANY], nr_called;

static bool note_call(struct mmu_interval_notifier *sub,
		      const struct mmu_notifier_range *range, unsigned long cur_seq)
{
	(void)range;
	mmu_interval_set_seq(sub, cur_seq);
	called[nr_called++] = ((struct mirror *)sub)->nr;
	return true;
}

static const struct mmu_interval_notifier_ops ops = { .invalidate = note_call };

/* The @nr-th of all [start, end) with 0 <= start < end < POINTS. */
static void nth_interval(unsigned int nr, uint64_t *ret_start, uint64_t *ret_end)
{
	uint64_t start = 0, end = 1;

	while (nr--) {
		if (++end == POINTS) {
			start++;
			end = start + 1;
		}
	}
	*ret_start = start * 4096;
	*ret_end = end * 4096;
}

/* Overlapping mirrors, by start and then by number: the oracle. */
static bool as_expected(const struct mirror *mirrors, unsigned int nr, uint64_t start,
			uint64_t end)
{
	unsigned int i, found = 0;
	uint64_t at;

	for (at = 0; at < end; at += 4096)
		for (i = 0; i < nr; i++) {
			const struct mmu_interval_notifier *sub = &mirrors[i].sub;

			if (!mirrors[i].in || sub->start != at || sub->last < start)
				continue;
			if (found == nr_called || called[found++] != i)
				return false;
		}
	return found == nr_called;
}

static bool notify(struct mmu_notifier_mm *nmm, const struct mirror *mirrors,
		   unsigned int nr, uint64_t start, uint64_t end)
{
	struct mmu_notifier_range range;

	nr_called = 0;
	mmu_notifier_range_init(&range, MMU_NOTIFY_CLEAR, start, end);
	mmu_notifier_invalidate_range_start(nmm, &range);
	mmu_notifier_invalidate_range_end(nmm, &range);
	return as_expected(mirrors, nr, start, end);
}

static bool all_ranges(struct mmu_notifier_mm *nmm, const struct mirror *mirrors,
		       unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < NR_INTERVALS; i++) {
		uint64_t start, end;

		nth_interval(i, &start, &end);
		if (!notify(nmm, mirrors, nr, start, end))
			return false;
	}
	return true;
}

static bool one_set(const unsigned int *which, unsigned int nr, unsigned int removed)
{
	struct event_source events = { 0 };
	struct mirror mirrors[3] = { 0 };
	struct mmu_notifier_mm nmm;
	bool ok = true;
	unsigned int i;

	mmu_notifier_mm_init(&nmm, &events);
	for (i = 0; i < nr; i++) {
		uint64_t start, end;

		nth_interval(which[i], &start, &end);
		mirrors[i].nr = i;
		mirrors[i].in = true;
		ok &= !mmu_interval_notifier_insert(&mirrors[i].sub, &nmm, start,
						    end - start, &ops);
		ok &= all_ranges(&nmm, mirrors, i + 1);
	}
	for (i = 0; i < nr; i++) {
		struct mirror *gone = &mirrors[(removed + i) % nr];

		gone->in = false;
		ok &= !mmu_interval_notifier_remove(&gone->sub);
		ok &= !gone->sub.subscriptions;
		ok &= all_ranges(&nmm, mirrors, nr);
	}
	mmu_notifier_mm_destroy(&nmm);
	return ok;
}

static void small_sets(void)
{
	unsigned int which[3], removed, bad = 0;

	for (which[0] = 0; which[0] < NR_INTERVALS; which[0]++)
		for (which[1] = 0; which[1] < NR_INTERVALS; which[1]++)
			for (which[2] = 0; which[2] < NR_INTERVALS; which[2]++)
				for (removed = 0; removed < 3; removed++)
					bad += !one_set(which, 3, removed);
	tap_eq(bad, 0,
	       "all sets of three intervals on six points, all ranges, all removals");
}

static void many_random(void)
{
	static struct mirror mirrors[MANY];
	struct event_source events = { 0 };
	struct mmu_notifier_mm nmm;
	unsigned int i, bad = 0;
	struct rng rng;

	rng_seed(&rng, 1);
	mmu_notifier_mm_init(&nmm, &events);
	for (i = 0; i < 4000; i++) {
		unsigned int nr = rng_below(&rng, MANY);
		uint64_t start = rng_below(&rng, 64), len = 1 + rng_below(&rng, 20);
		struct mirror *m = &mirrors[nr];

		if (m->in) {
			m->in = false;
			bad += mmu_interval_notifier_remove(&m->sub) != 0;
		} else if (nr == 0 || mirrors[nr - 1].in || i & 1) {
			m->nr = nr;
			m->in = true;
			/* starts differ so that insertion order does not matter here */
			bad += mmu_interval_notifier_insert(&m->sub, &nmm, nr * 4096,
							    len * 4096, &ops) != 0;
		}
		bad += !notify(&nmm, mirrors, MANY, start * 4096, (start + len) * 4096);
	}
	for (i = 0; i < MANY; i++)
		if (mirrors[i].in)
			mmu_interval_notifier_remove(&mirrors[i].sub);
	tap_eq(bad, 0, "4000 random insertions, removals and ranges");
	mmu_notifier_mm_destroy(&nmm);
}

static void errors(void)
{
	struct event_source events = { 0 };
	struct mmu_interval_notifier sub;
	struct mmu_notifier_mm nmm;

	mmu_notifier_mm_init(&nmm, &events);
	tap_eq(-mmu_interval_notifier_insert(&sub, &nmm, 4096, 0, &ops), EOVERFLOW,
	       "empty");
	tap_eq(-mmu_interval_notifier_insert(&sub, &nmm, 2, UINT64_MAX, &ops), EOVERFLOW,
	       "wraps");
	tap_ok(!mm_has_notifiers(&nmm), "a refused insertion subscribes nobody");
	mem_fail_at(1);
	tap_eq(-mmu_interval_notifier_insert(&sub, &nmm, 0, 4096, &ops), ENOMEM,
	       "out of memory");
	tap_eq(mmu_interval_notifier_insert(&sub, &nmm, 1, UINT64_MAX, &ops), 0,
	       "the last byte can be in");
	tap_eq(mmu_interval_notifier_remove(&sub), 0, "and out again");
	tap_ok(mm_has_notifiers(&nmm), "the subscriptions stay");
	mmu_notifier_mm_destroy(&nmm);
}

int main(void)
{
	uint64_t live = mem_live();

	small_sets();
	many_random();
	errors();
	tap_eq(mem_live(), live, "nothing leaked");
	return tap_done();
}
