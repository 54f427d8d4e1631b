// SPDX-License-Identifier: GPL-2.0-or-later
/* Interval subscriptions: an interval tree and the collision-retry sequence. */
#include "notifier_internal.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

enum interval_state {
	INTERVAL_OUT,       /* not in the tree */
	INTERVAL_IN,        /* in the tree */
	INTERVAL_INSERTING, /* not in the tree, insertion deferred */
	INTERVAL_REMOVING,  /* in the tree, removal deferred */
};

static int interval_cmp(const struct mmu_interval_notifier *a,
			const struct mmu_interval_notifier *b)
{
	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	return (a->order > b->order) - (a->order < b->order);
}

static void interval_augment(struct mmu_interval_notifier *sub)
{
	const struct mmu_interval_notifier *left = RB_LEFT(sub, node);
	const struct mmu_interval_notifier *right = RB_RIGHT(sub, node);

	sub->subtree_last = sub->last;
	if (left && left->subtree_last > sub->subtree_last)
		sub->subtree_last = left->subtree_last;
	if (right && right->subtree_last > sub->subtree_last)
		sub->subtree_last = right->subtree_last;
}

#undef RB_AUGMENT
#define RB_AUGMENT(sub) interval_augment(sub)
RB_GENERATE_INTERNAL(interval_tree, mmu_interval_notifier, node, interval_cmp,
		     __attribute__((unused)) static)

/*
 * The macros keep subtree_last right around a rotation only: the rest of the way up is
 * ours.
 */
static void augment_up(struct mmu_interval_notifier *sub)
{
	for (; sub; sub = RB_PARENT(sub, node))
		interval_augment(sub);
}

static void itree_insert(struct mmu_notifier_subscriptions *subs,
			 struct mmu_interval_notifier *sub)
{
	sub->order = subs->next_order++;
	sub->subtree_last = sub->last;
	RB_INSERT(interval_tree, &subs->itree, sub);
	augment_up(sub);
	sub->state = INTERVAL_IN;
}

static void itree_remove(struct mmu_notifier_subscriptions *subs,
			 struct mmu_interval_notifier *sub)
{
	struct mmu_interval_notifier *parent = RB_PARENT(sub, node);

	RB_REMOVE(interval_tree, &subs->itree, sub);
	augment_up(parent);
	sub->state = INTERVAL_OUT;
	sub->subscriptions = NULL;
}

/*
 * First interval of the subtree at @sub that overlaps [start, last]; NULL if none does.
 */
static struct mmu_interval_notifier *subtree_first(struct mmu_interval_notifier *sub,
						   uint64_t start, uint64_t last)
{
	while (sub && sub->subtree_last >= start) {
		struct mmu_interval_notifier *left = RB_LEFT(sub, node);

		if (left && left->subtree_last >= start) {
			sub = left;
			continue;
		}
		if (sub->start > last)
			return NULL;
		if (sub->last >= start)
			return sub;
		sub = RB_RIGHT(sub, node);
	}
	return NULL;
}

static struct mmu_interval_notifier *itree_next(struct mmu_interval_notifier *sub,
						uint64_t start, uint64_t last)
{
	struct mmu_interval_notifier *found =
		subtree_first(RB_RIGHT(sub, node), start, last);
	struct mmu_interval_notifier *child;

	if (found)
		return found;
	for (child = sub, sub = RB_PARENT(sub, node); sub;
	     child = sub, sub = RB_PARENT(sub, node)) {
		if (RB_RIGHT(sub, node) == child)
			continue;
		if (sub->start > last)
			return NULL;
		if (sub->last >= start)
			return sub;
		found = subtree_first(RB_RIGHT(sub, node), start, last);
		if (found)
			return found;
	}
	return NULL;
}

static bool mn_itree_is_invalidating(const struct mmu_notifier_subscriptions *subs)
{
	return subs->invalidate_seq & 1;
}

STAILQ_HEAD(finish_list, mmu_interval_notifier);

static bool call_interval(struct mmu_notifier_subscriptions *subs,
			  struct mmu_interval_notifier *sub,
			  const struct mmu_notifier_range *range,
			  struct finish_list *finish)
{
	bool want_finish = false, done;

	if (!subs->nmm->two_pass || !sub->ops->invalidate_start)
		return sub->ops->invalidate(sub, range, subs->invalidate_seq);
	done = sub->ops->invalidate_start(sub, range, subs->invalidate_seq, &want_finish);
	if (want_finish)
		STAILQ_INSERT_TAIL(finish, sub, finish);
	return done;
}

int mn_itree_invalidate(struct mmu_notifier_subscriptions *subs,
			const struct mmu_notifier_range *range)
{
	uint64_t start = range->start, last = range->end - 1;
	struct finish_list finish = STAILQ_HEAD_INITIALIZER(finish);
	struct mmu_interval_notifier *sub;
	bool would_block = false;

	subs->active_invalidate_ranges++;
	sub = subtree_first(RB_ROOT(&subs->itree), start, last);
	if (sub)
		subs->invalidate_seq |= 1;
	for (; sub && !would_block; sub = itree_next(sub, start, last)) {
		bool done = call_interval(subs, sub, range, &finish);

		assert(done || !(range->flags & MMU_NOTIFIER_RANGE_BLOCKABLE));
		would_block = !done;
	}
	STAILQ_FOREACH (sub, &finish, finish)
		sub->ops->invalidate_finish(sub);
	if (!would_block)
		return 0;
	mn_itree_inv_end(subs);
	return -EAGAIN;
}

void mn_itree_inv_end(struct mmu_notifier_subscriptions *subs)
{
	struct mmu_interval_notifier *sub;

	/* a start from before the first interval was never counted on this side */
	if (!subs->active_invalidate_ranges)
		return;
	if (--subs->active_invalidate_ranges || !mn_itree_is_invalidating(subs))
		return;
	subs->invalidate_seq++;
	while ((sub = TAILQ_FIRST(&subs->deferred))) {
		TAILQ_REMOVE(&subs->deferred, sub, deferred);
		if (sub->state == INTERVAL_INSERTING)
			itree_insert(subs, sub);
		else
			itree_remove(subs, sub);
	}
}

/*
 * Where the sequence of a new interval starts decides whether a reader may go on:
 *
 *   invalidation (not overlapping)       insertion and reader
 *   start: active = 1, seq even
 *                                        insert: seq |= 1, sub->seq = seq
 *                                        read_begin: sub->seq == seq: wait
 *   end: active = 0, seq++
 *                                        read_begin: sub->seq != seq: go on
 *
 * Without the second line the reader could copy page-table state that the running
 * operation, which never learnt of the interval, is about to change.
 */
static void interval_begin(struct mmu_notifier_subscriptions *subs,
			   struct mmu_interval_notifier *sub)
{
	if (!subs->active_invalidate_ranges) {
		assert(!mn_itree_is_invalidating(subs));
		sub->invalidate_seq = subs->invalidate_seq - 1;
		itree_insert(subs, sub);
		return;
	}
	if (mn_itree_is_invalidating(subs)) {
		sub->state = INTERVAL_INSERTING;
		TAILQ_INSERT_HEAD(&subs->deferred, sub, deferred);
	} else {
		subs->invalidate_seq |= 1;
		itree_insert(subs, sub);
	}
	sub->invalidate_seq = subs->invalidate_seq;
}

int mmu_interval_notifier_insert(struct mmu_interval_notifier *sub,
				 struct mmu_notifier_mm *nmm, uint64_t start,
				 uint64_t length,
				 const struct mmu_interval_notifier_ops *ops)
{
	struct mmu_notifier_subscriptions *subs;

	if (!length || start + (length - 1) < start)
		return -EOVERFLOW;
	subs = mmu_notifier_subscriptions_get(nmm);
	if (!subs)
		return -ENOMEM;
	memset(sub, 0, sizeof(*sub));
	sub->start = start;
	sub->last = start + (length - 1);
	sub->ops = ops;
	sub->subscriptions = subs;
	subs->has_itree = true;
	interval_begin(subs, sub);
	return 0;
}

int mmu_interval_notifier_remove(struct mmu_interval_notifier *sub)
{
	struct mmu_notifier_subscriptions *subs = sub->subscriptions;

	assert(subs && sub->state != INTERVAL_OUT && sub->state != INTERVAL_REMOVING);
	if (!mn_itree_is_invalidating(subs)) {
		itree_remove(subs, sub);
		return 0;
	}
	if (sub->state == INTERVAL_INSERTING) {
		TAILQ_REMOVE(&subs->deferred, sub, deferred);
		sub->state = INTERVAL_OUT;
		sub->subscriptions = NULL;
		return 0;
	}
	sub->state = INTERVAL_REMOVING;
	TAILQ_INSERT_HEAD(&subs->deferred, sub, deferred);
	return -EBUSY;
}

void mmu_interval_notifier_abandon(struct mmu_notifier_mm *nmm)
{
	struct mmu_notifier_subscriptions *subs = nmm->subscriptions;

	if (!subs || !subs->active_invalidate_ranges)
		return;
	subs->active_invalidate_ranges = 1;
	mn_itree_inv_end(subs);
}

/*
 *   reader                               invalidation
 *   read_begin: seq = sub->seq
 *   copy page-table state
 *                                        start: global seq odd, driver: sub->seq = global
 *                                        change the page table
 *   lock, read_retry: sub->seq != seq
 *   -> try again, and read_begin waits:  sub->seq == global seq
 *                                        end: global seq even
 *   read_begin: go on
 *
 * sub->seq is always odd, the idle global sequence even: they are equal only while the
 * invalidation that set sub->seq is running.
 */
int mmu_interval_read_begin(struct mmu_interval_notifier *sub, unsigned long *ret_seq)
{
	if (sub->invalidate_seq == sub->subscriptions->invalidate_seq)
		return -EAGAIN;
	*ret_seq = sub->invalidate_seq;
	return 0;
}
