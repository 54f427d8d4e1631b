// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The collision-retry protocol against a brute-force model: two intervals, two nested
 * ranges, every sequence of seven steps out of start, end, insert and remove.
 *
 * What must hold at every step:
 *  - a reader may begin exactly when no running invalidation could touch its interval
 *    that the driver does not know of (see interval_begin() in src/notifier/interval.c);
 *  - a reader that began before an overlapping invalidation has to retry after it.
 */
#include <errno.h>
#include <string.h>

#include <base/mem.h>
#include <notifier/notifier.h>

#include "tap.h"

#define STEPS 7
#define NR_SUBS 2
#define NR_RANGES 3

static const uint64_t sub_start[NR_SUBS] = { 0x1000, 0x3000 };
static const uint64_t range_start[NR_RANGES] = { 0x1000, 0x3000, 0x9000 };

enum { INS0, INS1, REM0, REM1, START0, START1, START2, END, NR_VERBS };

/*
 * The model: which ranges run, which intervals are in, how an interval's reader stands.
 */
struct model {
	unsigned int stack[STEPS], depth;
	bool wanted[NR_SUBS];  /* inserted and not removed, as the driver sees it */
	bool in_tree[NR_SUBS]; /* may be called */
	bool blocked[NR_SUBS]; /* read_begin must wait for the end of the last range */
	bool removing[NR_SUBS];
	bool odd;
};

static struct mmu_interval_notifier subs[NR_SUBS];
static struct mmu_notifier_range ranges[STEPS];
static unsigned int calls[NR_SUBS], bad;

static bool on_invalidate(struct mmu_interval_notifier *sub,
			  const struct mmu_notifier_range *range, unsigned long cur_seq)
{
	(void)range;
	if (!(cur_seq & 1))
		bad++;
	mmu_interval_set_seq(sub, cur_seq);
	calls[sub - subs]++;
	return true;
}

static const struct mmu_interval_notifier_ops ops = { .invalidate = on_invalidate };

static bool legal(const struct model *m, unsigned int verb)
{
	switch (verb) {
	case INS0:
	case INS1:
		return !m->wanted[verb - INS0] && !m->removing[verb - INS0];
	case REM0:
	case REM1:
		return m->wanted[verb - REM0];
	case END:
		return m->depth > 0;
	default:
		return m->depth < 2;
	}
}

static void do_insert(struct mmu_notifier_mm *nmm, struct model *m, unsigned int i)
{
	bad += mmu_interval_notifier_insert(&subs[i], nmm, sub_start[i], 0x1000, &ops) !=
	       0;
	m->wanted[i] = true;
	m->blocked[i] = m->depth > 0;
	m->in_tree[i] = !m->odd;
	if (m->depth)
		m->odd = true;
}

static void do_remove(struct model *m, unsigned int i)
{
	int err = mmu_interval_notifier_remove(&subs[i]);

	m->wanted[i] = false;
	m->removing[i] = m->odd && m->in_tree[i];
	bad += err != (m->removing[i] ? -EBUSY : 0);
	bad += (subs[i].subscriptions != NULL) != m->removing[i];
	if (!m->removing[i])
		m->in_tree[i] = false;
}

static void do_start(struct mmu_notifier_mm *nmm, struct model *m, unsigned int r)
{
	unsigned int before[NR_SUBS], i;

	memcpy(before, calls, sizeof(before));
	mmu_notifier_range_init(&ranges[m->depth], MMU_NOTIFY_CLEAR, range_start[r],
				range_start[r] + 0x1000);
	mmu_notifier_invalidate_range_start(nmm, &ranges[m->depth]);
	m->stack[m->depth++] = r;
	for (i = 0; i < NR_SUBS; i++) {
		bool hit = m->in_tree[i] && range_start[r] == sub_start[i];

		bad += calls[i] - before[i] != hit;
		if (hit)
			m->odd = m->blocked[i] = true;
	}
}

static void do_end(struct mmu_notifier_mm *nmm, struct model *m)
{
	unsigned int i;

	mmu_notifier_invalidate_range_end(nmm, &ranges[--m->depth]);
	if (m->depth || !m->odd)
		return;
	m->odd = false;
	for (i = 0; i < NR_SUBS; i++) {
		m->blocked[i] = m->removing[i] = false;
		m->in_tree[i] = m->wanted[i];
		bad += !m->wanted[i] && subs[i].subscriptions;
	}
}

static void do_verb(struct mmu_notifier_mm *nmm, struct model *m, unsigned int verb)
{
	unsigned long seq[NR_SUBS];
	bool reading[NR_SUBS], retried;
	unsigned int i, before[NR_SUBS];

	for (i = 0; i < NR_SUBS; i++)
		reading[i] = m->wanted[i] && !mmu_interval_read_begin(&subs[i], &seq[i]);
	memcpy(before, calls, sizeof(before));
	if (verb <= INS1)
		do_insert(nmm, m, verb - INS0);
	else if (verb <= REM1)
		do_remove(m, verb - REM0);
	else if (verb == END)
		do_end(nmm, m);
	else
		do_start(nmm, m, verb - START0);
	for (i = 0; i < NR_SUBS; i++) {
		unsigned long now;

		if (!m->wanted[i])
			continue;
		bad += (mmu_interval_read_begin(&subs[i], &now) == -EAGAIN) !=
		       m->blocked[i];
		if (!reading[i])
			continue;
		retried = mmu_interval_read_retry(&subs[i], seq[i]);
		bad += retried != (calls[i] != before[i]);
	}
}

/* Run the steps coded in @code; false when a step is not legal there. */
static bool run(unsigned int code)
{
	struct event_source events = { 0 };
	struct mmu_notifier_mm nmm;
	struct model m = { 0 };
	bool complete = true;
	unsigned int i;

	memset(subs, 0, sizeof(subs));
	mmu_notifier_mm_init(&nmm, &events);
	nmm.observed = true;
	/*
	 * from the first insertion on, every start is counted on the interval side, too
	 */
	do_insert(&nmm, &m, 0);
	for (i = 0; i < STEPS && complete; i++, code /= NR_VERBS) {
		complete = legal(&m, code % NR_VERBS);
		if (complete)
			do_verb(&nmm, &m, code % NR_VERBS);
	}
	while (m.depth)
		do_end(&nmm, &m);
	for (i = 0; i < NR_SUBS; i++)
		if (m.wanted[i])
			do_remove(&m, i);
	bad += nmm.counts.active != 0 || nmm.counts.starts != nmm.counts.ends;
	mmu_notifier_mm_destroy(&nmm);
	return complete;
}

int main(void)
{
	uint64_t live = mem_live();
	unsigned int code, complete = 0;

	for (code = 0; code < 1u << (3 * STEPS); code++)
		complete += run(code);
	tap_eq(bad, 0, "every sequence of seven steps agrees with the model");
	tap_ok(complete > 10000, "and %u of them are legal to the end", complete);
	tap_eq(mem_live(), live, "nothing leaked");
	return tap_done();
}
