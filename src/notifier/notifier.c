// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The list of subscribers and the delivery of a notification: mm/mmu_notifier.c of Linux.
 */
#include "notifier_internal.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include <base/mem.h>

void mmu_notifier_mm_init(struct mmu_notifier_mm *nmm, struct event_source *events)
{
	memset(nmm, 0, sizeof(*nmm));
	nmm->events = events;
}

void mmu_notifier_mm_destroy(struct mmu_notifier_mm *nmm)
{
	struct mmu_notifier_subscriptions *subs = nmm->subscriptions;

	if (!subs)
		return;
	assert(LIST_EMPTY(&subs->list) && RB_EMPTY(&subs->itree));
	assert(TAILQ_EMPTY(&subs->deferred));
	mem_free(subs);
	nmm->subscriptions = NULL;
}

struct mmu_notifier_subscriptions *
mmu_notifier_subscriptions_get(struct mmu_notifier_mm *nmm)
{
	struct mmu_notifier_subscriptions *subs = nmm->subscriptions;

	if (subs)
		return subs;
	subs = mem_zalloc(sizeof(*subs));
	if (!subs)
		return NULL;
	LIST_INIT(&subs->list);
	RB_INIT(&subs->itree);
	TAILQ_INIT(&subs->deferred);
	subs->invalidate_seq = 2;
	subs->nmm = nmm;
	nmm->subscriptions = subs;
	return subs;
}

int mmu_notifier_register(struct mmu_notifier *sub, struct mmu_notifier_mm *nmm)
{
	struct mmu_notifier_subscriptions *subs = mmu_notifier_subscriptions_get(nmm);

	if (!subs)
		return -ENOMEM;
	sub->subscriptions = subs;
	LIST_INSERT_HEAD(&subs->list, sub, hlist);
	return 0;
}

void mmu_notifier_unregister(struct mmu_notifier *sub)
{
	if (!sub->subscriptions)
		return;
	if (sub->ops->release)
		sub->ops->release(sub);
	LIST_REMOVE(sub, hlist);
	sub->subscriptions = NULL;
}

/* The interval subscribers see an invalidation of everything, outside the counts. */
static void mn_itree_release(struct mmu_notifier_subscriptions *subs)
{
	struct mmu_notifier_range range;

	mmu_notifier_range_init(&range, MMU_NOTIFY_RELEASE, 0, UINT64_MAX);
	range.flags = MMU_NOTIFIER_RANGE_BLOCKABLE;
	(void)mn_itree_invalidate(subs, &range);
	mn_itree_inv_end(subs);
}

void mmu_notifier_release(struct mmu_notifier_mm *nmm)
{
	struct mmu_notifier_subscriptions *subs = nmm->subscriptions;
	struct mmu_notifier *sub;

	if (!mm_has_notifiers(nmm))
		return;
	if (event_on(nmm->events)) {
		uint32_t running = nmm->events->pid;

		nmm->events->pid = nmm->pid ? nmm->pid : running;
		event_emit(nmm->events, EVENT_MMU_NOTIFIER_RELEASE, 0,
			   (const uint64_t[]){ 0 });
		nmm->events->pid = running;
	}
	if (!subs)
		return;
	if (subs->has_itree)
		mn_itree_release(subs);
	LIST_FOREACH (sub, &subs->list, hlist)
		if (sub->ops->release)
			sub->ops->release(sub);
	while ((sub = LIST_FIRST(&subs->list))) {
		LIST_REMOVE(sub, hlist);
		sub->subscriptions = NULL;
	}
}

static void mn_list_end(struct mmu_notifier_subscriptions *subs,
			const struct mmu_notifier_range *range)
{
	struct mmu_notifier *sub;

	LIST_FOREACH (sub, &subs->list, hlist)
		if (sub->ops->invalidate_range_end)
			sub->ops->invalidate_range_end(sub, range);
}

/*
 * A subscriber that would block does not stop the others from being called; then
 * everybody, those that failed included, gets the end.
 */
static int mn_list_start(struct mmu_notifier_subscriptions *subs,
			 const struct mmu_notifier_range *range)
{
	struct mmu_notifier *sub;
	int ret = 0;

	LIST_FOREACH (sub, &subs->list, hlist) {
		int err;

		if (!sub->ops->invalidate_range_start)
			continue;
		err = sub->ops->invalidate_range_start(sub, range);
		assert(!err || (err == -EAGAIN &&
				!(range->flags & MMU_NOTIFIER_RANGE_BLOCKABLE)));
		if (err)
			ret = err;
	}
	if (ret)
		mn_list_end(subs, range);
	return ret;
}

static void count_start(struct mmu_notifier_counts *counts,
			const struct mmu_notifier_range *range)
{
	counts->starts++;
	counts->active++;
	if (range->start || range->end != UINT64_MAX)
		counts->bytes += range->end - range->start;
}

static void count_end(struct mmu_notifier_counts *counts)
{
	assert(counts->active);
	counts->ends++;
	counts->active--;
}

/* Intervals first, then the list (mm/mmu_notifier.c:__mmu_notifier_invalidate_range_start()). */
static int deliver_start(struct mmu_notifier_subscriptions *subs,
			 const struct mmu_notifier_range *range)
{
	int err;

	if (subs->has_itree) {
		err = mn_itree_invalidate(subs, range);
		if (err)
			return err;
	}
	err = mn_list_start(subs, range);
	/*
	 * Linux leaves the interval side begun here; a refused start must leave nothing
	 * behind
	 */
	if (err && subs->has_itree)
		mn_itree_inv_end(subs);
	return err;
}

/* Whoever causes it, a notification is told of the process whose memory it is about. */
static void emit_range(const struct mmu_notifier_mm *nmm, enum event_id id,
		       const struct mmu_notifier_range *range)
{
	uint32_t running = nmm->events->pid;

	if (!event_on(nmm->events))
		return;
	if (nmm->pid)
		nmm->events->pid = nmm->pid;
	EVENT(nmm->events, id, range->event, range->start, range->end);
	nmm->events->pid = running;
}

int __mmu_notifier_invalidate_range_start(struct mmu_notifier_mm *nmm,
					  struct mmu_notifier_range *range)
{
	int err;

	assert(range->start < range->end);
	emit_range(nmm, EVENT_MMU_NOTIFIER_INVALIDATE_RANGE_START, range);
	count_start(&nmm->counts, range);
	if (!nmm->subscriptions)
		return 0;
	err = deliver_start(nmm->subscriptions, range);
	if (err)
		count_end(&nmm->counts);
	return err;
}

void __mmu_notifier_invalidate_range_end(struct mmu_notifier_mm *nmm,
					 struct mmu_notifier_range *range)
{
	struct mmu_notifier_subscriptions *subs = nmm->subscriptions;

	emit_range(nmm, EVENT_MMU_NOTIFIER_INVALIDATE_RANGE_END, range);
	count_end(&nmm->counts);
	if (!subs)
		return;
	if (subs->has_itree)
		mn_itree_inv_end(subs);
	mn_list_end(subs, range);
}

int mmu_notifier_clear_flush_young(struct mmu_notifier_mm *nmm, uint64_t start,
				   uint64_t end)
{
	struct mmu_notifier *sub;
	int young = 0;

	if (!nmm->subscriptions)
		return 0;
	LIST_FOREACH (sub, &nmm->subscriptions->list, hlist)
		if (sub->ops->clear_flush_young)
			young |= sub->ops->clear_flush_young(sub, start, end);
	return young;
}

int mmu_notifier_clear_young(struct mmu_notifier_mm *nmm, uint64_t start, uint64_t end)
{
	struct mmu_notifier *sub;
	int young = 0;

	if (!nmm->subscriptions)
		return 0;
	LIST_FOREACH (sub, &nmm->subscriptions->list, hlist)
		if (sub->ops->clear_young)
			young |= sub->ops->clear_young(sub, start, end);
	return young;
}

/* Stops at the first subscriber that says yes, as Linux does: nothing is cleared. */
int mmu_notifier_test_young(struct mmu_notifier_mm *nmm, uint64_t address)
{
	struct mmu_notifier *sub;
	int young = 0;

	if (!nmm->subscriptions)
		return 0;
	LIST_FOREACH (sub, &nmm->subscriptions->list, hlist) {
		if (sub->ops->test_young)
			young = sub->ops->test_young(sub, address);
		if (young)
			break;
	}
	return young;
}

void mmu_notifier_change_pte(struct mmu_notifier_mm *nmm, uint64_t address, uint64_t pfn)
{
	struct mmu_notifier *sub;

	if (!nmm->subscriptions)
		return;
	LIST_FOREACH (sub, &nmm->subscriptions->list, hlist)
		if (sub->ops->change_pte)
			sub->ops->change_pte(sub, address, pfn);
}

void mmu_notifier_numa_protect(struct mmu_notifier_mm *nmm, uint64_t start, uint64_t end)
{
	struct mmu_notifier *sub;

	if (!nmm->subscriptions)
		return;
	LIST_FOREACH (sub, &nmm->subscriptions->list, hlist)
		if (sub->ops->numa_protect)
			sub->ops->numa_protect(sub, start, end);
}
