// SPDX-License-Identifier: GPL-2.0-or-later
/* Subscribers: order, refusal, release, aging, counts and records. */
#include <errno.h>
#include <string.h>

#include <base/mem.h>
#include <notifier/notifier.h>

#include "tap.h"

/*
 * What happened, as a string of letters: S/E start and end, then the subscriber's letter.
 */
static char what[256];

static void note(char verb, char who)
{
	size_t len = strlen(what);

	if (len + 2 < sizeof(what)) {
		what[len] = verb;
		what[len + 1] = who;
		what[len + 2] = '\0';
	}
}

struct listener {
	struct mmu_notifier sub;
	struct mmu_interval_notifier interval;
	char letter;
	bool refuse;
	bool want_finish;
	int young;
};

static int on_start(struct mmu_notifier *sub, const struct mmu_notifier_range *range)
{
	struct listener *l = (struct listener *)sub;

	note('S', l->letter);
	return l->refuse && !(range->flags & MMU_NOTIFIER_RANGE_BLOCKABLE) ? -EAGAIN : 0;
}

static void on_end(struct mmu_notifier *sub, const struct mmu_notifier_range *range)
{
	(void)range;
	note('E', ((struct listener *)sub)->letter);
}

static void on_release(struct mmu_notifier *sub)
{
	note('R', ((struct listener *)sub)->letter);
}

static int on_young(struct mmu_notifier *sub, uint64_t start, uint64_t end)
{
	(void)start;
	(void)end;
	note('Y', ((struct listener *)sub)->letter);
	return ((struct listener *)sub)->young;
}

static int on_test_young(struct mmu_notifier *sub, uint64_t address)
{
	return on_young(sub, address, address + 1);
}

static void on_change_pte(struct mmu_notifier *sub, uint64_t address, uint64_t pfn)
{
	(void)address;
	(void)pfn;
	note('C', ((struct listener *)sub)->letter);
}

static const struct mmu_notifier_ops full_ops = {
	.invalidate_range_start = on_start,
	.invalidate_range_end = on_end,
	.release = on_release,
	.clear_flush_young = on_young,
	.clear_young = on_young,
	.test_young = on_test_young,
	.change_pte = on_change_pte,
};
static const struct mmu_notifier_ops empty_ops;

static struct listener *of_interval(struct mmu_interval_notifier *sub)
{
	return (struct listener *)((char *)sub - offsetof(struct listener, interval));
}

static bool on_interval(struct mmu_interval_notifier *sub,
			const struct mmu_notifier_range *range, unsigned long cur_seq)
{
	struct listener *l = of_interval(sub);

	note(range->event == MMU_NOTIFY_RELEASE ? 'r' : 'I', l->letter);
	if (l->refuse && !(range->flags & MMU_NOTIFIER_RANGE_BLOCKABLE))
		return false;
	mmu_interval_set_seq(sub, cur_seq);
	return true;
}

static bool on_interval_start(struct mmu_interval_notifier *sub,
			      const struct mmu_notifier_range *range,
			      unsigned long cur_seq, bool *ret_finish)
{
	*ret_finish = of_interval(sub)->want_finish;
	return on_interval(sub, range, cur_seq);
}

static void on_interval_finish(struct mmu_interval_notifier *sub)
{
	note('F', of_interval(sub)->letter);
}

static const struct mmu_interval_notifier_ops interval_ops = {
	.invalidate = on_interval,
	.invalidate_start = on_interval_start,
	.invalidate_finish = on_interval_finish,
};

struct recorder {
	struct event_sink sink;
	struct mmu_notifier_mm *nmm;
	unsigned int nr;
	struct event last;
};

static void record(struct event_sink *sink, const struct event *event)
{
	struct recorder *r = (struct recorder *)sink;

	r->nr++;
	r->last = *event;
	note(event->id == EVENT_MMU_NOTIFIER_INVALIDATE_RANGE_START ? '<' :
	     event->id == EVENT_MMU_NOTIFIER_INVALIDATE_RANGE_END   ? '>' :
								      '!',
	     '.');
}

static struct mmu_notifier_range range;

static void pair(struct mmu_notifier_mm *nmm)
{
	what[0] = '\0';
	mmu_notifier_range_init(&range, MMU_NOTIFY_PROTECTION_VMA, 0x1000, 0x3000);
	mmu_notifier_invalidate_range_start(nmm, &range);
	mmu_notifier_invalidate_range_end(nmm, &range);
}

static int nonblock(struct mmu_notifier_mm *nmm)
{
	int err;

	what[0] = '\0';
	mmu_notifier_range_init(&range, MMU_NOTIFY_UNMAP, 0x1000, 0x3000);
	err = mmu_notifier_invalidate_range_start_nonblock(nmm, &range);
	if (!err)
		mmu_notifier_invalidate_range_end(nmm, &range);
	return err;
}

static void same(const char *want, const char *name)
{
	if (!tap_ok(!strcmp(what, want), "%s", name))
		printf("# got %s, want %s\n", what, want);
}

static void order(void)
{
	struct recorder recorder = { .sink = { record } };
	struct event_source events = { .sink = &recorder.sink };
	struct listener a = { .letter = 'a', .sub.ops = &full_ops };
	struct listener b = { .letter = 'b', .sub.ops = &full_ops };
	struct listener c = { .letter = 'c', .sub.ops = &empty_ops };
	struct mmu_notifier_mm nmm;

	mmu_notifier_mm_init(&nmm, &events);
	pair(&nmm);
	same("", "without a subscriber nothing is sent");
	tap_eq(nmm.counts.starts, 0, "nor counted");
	nmm.observed = true;
	pair(&nmm);
	same("<.>.", "observed: records without a subscriber");
	tap_eq(recorder.last.arg[0], MMU_NOTIFY_PROTECTION_VMA, "event of the record");
	tap_eq(recorder.last.arg[1], 0x1000, "start of the record");
	tap_eq(recorder.last.arg[2], 0x3000, "end of the record");
	nmm.observed = false;

	mem_fail_at(1);
	tap_eq(-mmu_notifier_register(&a.sub, &nmm), ENOMEM, "register: out of memory");
	tap_ok(!a.sub.subscriptions && !mm_has_notifiers(&nmm),
	       "and nothing is registered");
	tap_eq(mmu_notifier_register(&a.sub, &nmm), 0, "register");
	tap_eq(mmu_notifier_register(&b.sub, &nmm), 0, "register another");
	tap_eq(mmu_notifier_register(&c.sub, &nmm), 0, "register one without callbacks");
	pair(&nmm);
	same("<.SbSa>.EbEa",
	     "the record first, the latest subscriber first, the same order at end");
	mmu_interval_notifier_insert(&a.interval, &nmm, 0x2000, 0x1000, &interval_ops);
	pair(&nmm);
	same("<.IaSbSa>.EbEa", "intervals before the list");
	mmu_notifier_unregister(&b.sub);
	mmu_notifier_unregister(&b.sub);
	pair(&nmm);
	same("<.IaSa>.Ea", "unregistered");
	what[0] = '\0';
	mmu_notifier_release(&nmm);
	same("!.raRa", "release: intervals see RELEASE, then the list");
	what[0] = '\0';
	mmu_notifier_unregister(&a.sub);
	same("", "release is called once");
	mmu_interval_notifier_remove(&a.interval);
	pair(&nmm);
	same("<.>.", "after the last subscriber left the records go on");
	tap_eq(nmm.counts.starts, 5, "starts");
	tap_eq(nmm.counts.ends, 5, "ends");
	tap_eq(nmm.counts.bytes, 5 * 0x2000, "bytes");
	mmu_notifier_range_init(&range, MMU_NOTIFY_UNMAP, 0, UINT64_MAX);
	mmu_notifier_invalidate_range_start(&nmm, &range);
	tap_eq(nmm.counts.bytes, 5 * 0x2000, "the range of exit is not counted in bytes");
	tap_eq(nmm.counts.active, 1, "active inside");
	mmu_notifier_invalidate_range_end(&nmm, &range);
	tap_eq(nmm.counts.active, 0, "active after");
	mmu_notifier_mm_destroy(&nmm);
}

static void refusals(void)
{
	struct recorder recorder = { .sink = { record } };
	struct event_source events = { .sink = &recorder.sink };
	struct listener a = { .letter = 'a', .sub.ops = &full_ops };
	struct listener b = { .letter = 'b', .sub.ops = &full_ops };
	struct mmu_notifier_mm nmm;
	unsigned long seq;

	mmu_notifier_mm_init(&nmm, &events);
	mmu_notifier_register(&a.sub, &nmm);
	mmu_notifier_register(&b.sub, &nmm);
	tap_eq(nonblock(&nmm), 0, "non-blocking, nobody refuses");
	same("<.SbSa>.EbEa", "as usual");
	b.refuse = true;
	tap_eq(-nonblock(&nmm), EAGAIN, "one refuses");
	same("<.SbSaEbEa", "all are called, then all ends");
	tap_eq(nmm.counts.active, 0, "nothing stays active");
	pair(&nmm);
	same("<.SbSa>.EbEa", "blocking starts cannot be refused");
	mmu_interval_notifier_insert(&a.interval, &nmm, 0x2000, 0x1000, &interval_ops);
	tap_eq(-nonblock(&nmm), EAGAIN, "the list refuses after the interval was called");
	tap_eq(mmu_interval_read_begin(&a.interval, &seq), 0,
	       "the interval side has ended");
	a.refuse = true;
	tap_eq(-nonblock(&nmm), EAGAIN, "an interval refuses");
	same("<.Ia", "and the list is not called");
	tap_eq(mmu_interval_read_begin(&a.interval, &seq), 0,
	       "the interval side has ended again");
	mmu_interval_notifier_remove(&a.interval);
	mmu_notifier_unregister(&a.sub);
	mmu_notifier_unregister(&b.sub);
	mmu_notifier_mm_destroy(&nmm);
}

static void two_pass(void)
{
	struct event_source events = { 0 };
	struct listener a = { .letter = 'a', .want_finish = true };
	struct listener b = { .letter = 'b' };
	struct listener c = { .letter = 'c', .want_finish = true };
	struct mmu_notifier_mm nmm;

	mmu_notifier_mm_init(&nmm, &events);
	mmu_interval_notifier_insert(&a.interval, &nmm, 0x1000, 0x1000, &interval_ops);
	mmu_interval_notifier_insert(&b.interval, &nmm, 0x1000, 0x1000, &interval_ops);
	mmu_interval_notifier_insert(&c.interval, &nmm, 0x2000, 0x1000, &interval_ops);
	pair(&nmm);
	same("IaIbIc", "one pass");
	nmm.two_pass = true;
	pair(&nmm);
	same("IaIbIcFaFc", "two passes");
	b.refuse = true;
	tap_eq(-nonblock(&nmm), EAGAIN, "refused in the first pass");
	same("IaIbFa", "who asked is still finished");
	mmu_interval_notifier_remove(&a.interval);
	mmu_interval_notifier_remove(&b.interval);
	mmu_interval_notifier_remove(&c.interval);
	mmu_notifier_mm_destroy(&nmm);
}

static void aging(void)
{
	struct event_source events = { 0 };
	struct listener a = { .letter = 'a', .sub.ops = &full_ops };
	struct listener b = { .letter = 'b', .sub.ops = &full_ops };
	struct mmu_notifier_mm nmm;

	mmu_notifier_mm_init(&nmm, &events);
	tap_eq(mmu_notifier_test_young(&nmm, 0), 0, "no subscriber: not young");
	tap_eq(mmu_notifier_clear_young(&nmm, 0, 4096), 0,
	       "no subscriber: nothing to clear");
	tap_eq(mmu_notifier_clear_flush_young(&nmm, 0, 4096), 0,
	       "no subscriber: nothing to flush");
	mmu_notifier_register(&a.sub, &nmm);
	mmu_notifier_register(&b.sub, &nmm);
	b.young = 1;
	what[0] = '\0';
	tap_eq(mmu_notifier_clear_young(&nmm, 0, 4096), 1, "clear: or-ed");
	same("YbYa", "clear: everybody is asked");
	what[0] = '\0';
	tap_eq(mmu_notifier_test_young(&nmm, 0), 1, "test: or-ed");
	same("Yb", "test: the first yes is enough");
	what[0] = '\0';
	mmu_notifier_change_pte(&nmm, 0x1000, 5);
	same("CbCa", "change_pte");
	mmu_notifier_unregister(&a.sub);
	mmu_notifier_unregister(&b.sub);
	mmu_notifier_mm_destroy(&nmm);
}

int main(void)
{
	uint64_t live = mem_live();

	order();
	refusals();
	two_pass();
	aging();
	tap_eq(mem_live(), live, "nothing leaked");
	return tap_done();
}
