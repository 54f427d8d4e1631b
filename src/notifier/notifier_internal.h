/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files of the notifier room: the subscriptions of one address space. */
#ifndef NOTIFIER_NOTIFIER_INTERNAL_H
#define NOTIFIER_NOTIFIER_INTERNAL_H

#include <notifier/notifier.h>

RB_HEAD(interval_tree, mmu_interval_notifier);
TAILQ_HEAD(deferred_list, mmu_interval_notifier);

/**
 * struct mmu_notifier_subscriptions - who listens to one address space
 * @list: subscribers, latest first
 * @has_itree: an interval was inserted once
 * @itree: intervals, ordered by start, then by insertion
 * @invalidate_seq: even: idle; odd: an invalidation that overlaps an interval is running.
 *	Starts at 2, so that no interval's sequence is ever 0.
 * @active_invalidate_ranges: starts without an end, overlapping or not
 * @deferred: intervals to insert or remove when @invalidate_seq becomes even
 * @next_order: for mmu_interval_notifier.order
 *
 * Two states, as above mn_itree_is_invalidating() in Linux:
 *  - @invalidate_seq even: the tree may change; a running invalidation, if there is
 *    one, overlaps no interval that is in the tree.
 *  - @invalidate_seq odd: the tree is frozen, inserts and removals go to @deferred; the
 *    last end makes it even and applies them.
 */
struct mmu_notifier_subscriptions {
	LIST_HEAD(, mmu_notifier) list;
	bool has_itree;
	struct interval_tree itree;
	unsigned long invalidate_seq;
	unsigned long active_invalidate_ranges;
	struct deferred_list deferred;
	uint64_t next_order;
	struct mmu_notifier_mm *nmm;
};

/**
 * mmu_notifier_subscriptions_get() - those of @nmm, made on first use; NULL: out of
 * memory.
 */
struct mmu_notifier_subscriptions *
mmu_notifier_subscriptions_get(struct mmu_notifier_mm *nmm);

/** mn_itree_invalidate() - begin; -EAGAIN (already ended) when a driver would block. */
int mn_itree_invalidate(struct mmu_notifier_subscriptions *subs,
			const struct mmu_notifier_range *range);

/** mn_itree_inv_end() - end of an invalidation that mn_itree_invalidate() began. */
void mn_itree_inv_end(struct mmu_notifier_subscriptions *subs);

#endif /* NOTIFIER_NOTIFIER_INTERNAL_H */
