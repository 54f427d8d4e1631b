/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * MMU notifiers: how an address space announces changes without knowing who listens.
 * Models include/linux/mmu_notifier.h and mm/mmu_notifier.c of Linux 6.1 to 7.2.
 *
 * Knows no page table. Ranges are half-open byte addresses. Single threaded: "in flight" means
 * between a start and its end in program order.
 */
#ifndef NOTIFIER_NOTIFIER_H
#define NOTIFIER_NOTIFIER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include <bsd/sys/tree.h>

#include <base/event.h>

/* mmu_notifier_range.flags */
#define MMU_NOTIFIER_RANGE_BLOCKABLE (1u << 0)
/*
 * Proposed in 2023 for guests with pinned memory, in no kernel: NUMA hinting; what really becomes
 * protnone is told by numa_protect before the end, and nothing else changes.
 */
#define MMU_NOTIFIER_RANGE_NUMA (1u << 1)

struct mmu_notifier_subscriptions;

/**
 * struct mmu_notifier_range - one notification
 * @start, @end: bytes, start < end
 * @flags: MMU_NOTIFIER_RANGE_*; BLOCKABLE is set by the start functions
 * @event: enum mmu_notifier_event_nr (base/event.h)
 * @owner: for MIGRATE and EXCLUSIVE: who causes it, so that it can ignore its own; else NULL
 */
struct mmu_notifier_range {
	uint64_t start;
	uint64_t end;
	uint32_t flags;
	uint32_t event;
	void *owner;
};

struct mmu_notifier;

/**
 * struct mmu_notifier_ops - callbacks of a subscriber (Linux: struct mmu_notifier_ops)
 * @invalidate_range_start: called before the primary page table changes; 0, or -EAGAIN when the
 *	range is not blockable and the subscriber would have to block. May be NULL.
 * @invalidate_range_end: called after the change, with the same range. May be NULL.
 * @release: the address space goes away; nothing may be mapped after return. Once. May be NULL.
 * @clear_flush_young, @clear_young, @test_young: aging of [start, end); non-zero if it was
 *	accessed through the secondary MMU. May be NULL.
 * @change_pte: Linux up to 6.9 only: the entry of @address now maps @pfn. May be NULL.
 * @numa_protect: inside a range that was started with RANGE_NUMA: the entries of [start, end)
 *	have become protnone; must not block. May be NULL only where RANGE_NUMA is ignored.
 *
 * Callbacks must not register or unregister.
 */
struct mmu_notifier_ops {
	int (*invalidate_range_start)(struct mmu_notifier *sub,
				      const struct mmu_notifier_range *range);
	void (*invalidate_range_end)(struct mmu_notifier *sub,
				     const struct mmu_notifier_range *range);
	void (*release)(struct mmu_notifier *sub);
	int (*clear_flush_young)(struct mmu_notifier *sub, uint64_t start, uint64_t end);
	int (*clear_young)(struct mmu_notifier *sub, uint64_t start, uint64_t end);
	int (*test_young)(struct mmu_notifier *sub, uint64_t address);
	void (*change_pte)(struct mmu_notifier *sub, uint64_t address, uint64_t pfn);
	void (*numa_protect)(struct mmu_notifier *sub, uint64_t start, uint64_t end);
};

/** struct mmu_notifier - a subscription; embed it in the subscriber */
struct mmu_notifier {
	LIST_ENTRY(mmu_notifier) hlist;
	const struct mmu_notifier_ops *ops;
	struct mmu_notifier_subscriptions *subscriptions; /* NULL while not registered */
};

struct mmu_interval_notifier;

/**
 * struct mmu_interval_notifier_ops - callbacks of an interval subscriber
 * @invalidate: [range->start, range->end) overlaps the interval. The driver must call
 *	mmu_interval_set_seq(sub, cur_seq) under its own lock before it returns true. False is
 *	legal only when the range is not blockable.
 * @invalidate_start: Linux 7.1 on, called instead of @invalidate where nmm->two_pass is set: as
 *	@invalidate, and *ret_finish = true (it is false on entry) asks for @invalidate_finish.
 *	May be NULL.
 * @invalidate_finish: second pass, after every overlapping interval had its first, in the same
 *	order. May be NULL when @invalidate_start never asks.
 */
struct mmu_interval_notifier_ops {
	bool (*invalidate)(struct mmu_interval_notifier *sub,
			   const struct mmu_notifier_range *range, unsigned long cur_seq);
	bool (*invalidate_start)(struct mmu_interval_notifier *sub,
				 const struct mmu_notifier_range *range, unsigned long cur_seq,
				 bool *ret_finish);
	void (*invalidate_finish)(struct mmu_interval_notifier *sub);
};

/** struct mmu_interval_notifier - a subscription to [start, end); embed it in the subscriber */
struct mmu_interval_notifier {
	RB_ENTRY(mmu_interval_notifier) node;
	TAILQ_ENTRY(mmu_interval_notifier) deferred;
	STAILQ_ENTRY(mmu_interval_notifier) finish;
	uint64_t start;
	uint64_t last;		/* inclusive */
	uint64_t subtree_last;	/* largest last in this subtree */
	uint64_t order;		/* of insertion: among equal starts the earlier is called first */
	unsigned long invalidate_seq;
	const struct mmu_interval_notifier_ops *ops;
	struct mmu_notifier_subscriptions *subscriptions;
	uint8_t state;		/* in the tree or not, and what is deferred */
};

/**
 * struct mmu_notifier_counts - what was sent, for reports and for the audit of invariant 4
 * @starts, @ends: notifications started and ended
 * @bytes: sum of end - start over the starts (the range of exit, [0, ULONG_MAX), not counted)
 * @active: starts without an end now
 */
struct mmu_notifier_counts {
	uint64_t starts;
	uint64_t ends;
	uint64_t bytes;
	uint64_t active;
};

/**
 * struct mmu_notifier_mm - what an address space embeds: its subscriptions
 * @subscriptions: NULL until the first registration, then never reset before the end of the
 *	address space (the short cut of mm_has_notifiers())
 * @events: where records are made; not owned
 * @pid: the process that the records are told of, 0 for the running one (struct event)
 * @observed: record and count notifications even when nobody has subscribed, as if an empty VM
 *	watched (KVM_CREATE_VM without a memslot)
 * @two_pass: interval notifiers are called in two passes (Linux 7.1 on)
 */
struct mmu_notifier_mm {
	struct mmu_notifier_subscriptions *subscriptions;
	struct event_source *events;
	struct mmu_notifier_counts counts;
	uint32_t pid;
	bool observed;
	bool two_pass;
};

/** mmu_notifier_mm_init() - @events may be a source without a sink; must outlive @nmm. */
void mmu_notifier_mm_init(struct mmu_notifier_mm *nmm, struct event_source *events);

/** mmu_notifier_mm_destroy() - free; every subscriber must be gone (Linux: __mmdrop). */
void mmu_notifier_mm_destroy(struct mmu_notifier_mm *nmm);

/** mm_has_notifiers() - true when notifications do anything (short cut of Linux's inline). */
static inline bool mm_has_notifiers(const struct mmu_notifier_mm *nmm)
{
	return nmm->subscriptions || nmm->observed;
}

/**
 * mmu_notifier_register() - subscribe; the latest registered is called first.
 * Return: 0 or -ENOMEM.
 * Source: mm/mmu_notifier.c:__mmu_notifier_register().
 */
int mmu_notifier_register(struct mmu_notifier *sub, struct mmu_notifier_mm *nmm);

/**
 * mmu_notifier_unregister() - calls ops->release if it has not been called, then forgets @sub.
 * Between a start and its end the subscriber simply misses the end.
 */
void mmu_notifier_unregister(struct mmu_notifier *sub);

/**
 * mmu_notifier_release() - the address space goes, first act of exit_mmap(): intervals are
 * invalidated with MMU_NOTIFY_RELEASE over everything, then ops->release of each subscriber is
 * called and it is forgotten. Without subscriptions only the record is made.
 * Source: mm/mmu_notifier.c:__mmu_notifier_release().
 */
void mmu_notifier_release(struct mmu_notifier_mm *nmm);

/** mmu_notifier_range_init() - fill in a range; flags 0, no owner. start < end. */
static inline void mmu_notifier_range_init(struct mmu_notifier_range *range, uint32_t event,
					   uint64_t start, uint64_t end)
{
	range->start = start;
	range->end = end;
	range->flags = 0;
	range->event = event;
	range->owner = NULL;
}

/**
 * __mmu_notifier_invalidate_range_start() - out of line part; callers use the inlines below.
 *
 * Makes the START record before anybody is called, as a probe on the function's entry would.
 * A start that returns -EAGAIN makes no END record: Linux ends it inside this function. It is
 * counted as ended.
 */
int __mmu_notifier_invalidate_range_start(struct mmu_notifier_mm *nmm,
					  struct mmu_notifier_range *range);

/** __mmu_notifier_invalidate_range_end() - the END record, then intervals, then the list. */
void __mmu_notifier_invalidate_range_end(struct mmu_notifier_mm *nmm,
					 struct mmu_notifier_range *range);

/** mmu_notifier_invalidate_range_start() - blockable start: sets the flag, cannot fail. */
static inline void mmu_notifier_invalidate_range_start(struct mmu_notifier_mm *nmm,
						       struct mmu_notifier_range *range)
{
	if (mm_has_notifiers(nmm)) {
		range->flags |= MMU_NOTIFIER_RANGE_BLOCKABLE;
		(void)__mmu_notifier_invalidate_range_start(nmm, range);
	}
}

/**
 * mmu_notifier_invalidate_range_start_nonblock() - for the OOM reaper.
 * Return: 0; -EAGAIN when a subscriber would block: then the ends have been called already and
 * the caller must not call end.
 */
static inline int mmu_notifier_invalidate_range_start_nonblock(struct mmu_notifier_mm *nmm,
							       struct mmu_notifier_range *range)
{
	if (!mm_has_notifiers(nmm))
		return 0;
	range->flags &= ~MMU_NOTIFIER_RANGE_BLOCKABLE;
	return __mmu_notifier_invalidate_range_start(nmm, range);
}

/** mmu_notifier_invalidate_range_end() - the end of a start that returned 0. */
static inline void mmu_notifier_invalidate_range_end(struct mmu_notifier_mm *nmm,
						     struct mmu_notifier_range *range)
{
	if (mm_has_notifiers(nmm))
		__mmu_notifier_invalidate_range_end(nmm, range);
}

/**
 * mmu_notifier_clear_flush_young(), mmu_notifier_clear_young(), mmu_notifier_test_young() - was
 * [@start, @end), or the page of @address, accessed through a secondary MMU? Non-zero if a
 * subscriber says so. The first two ask all of them, as they clear; the last stops at the first.
 * mmu_notifier_change_pte() - the entry of @address maps @pfn now (up to 6.9); all are told.
 */
int mmu_notifier_clear_flush_young(struct mmu_notifier_mm *nmm, uint64_t start, uint64_t end);
int mmu_notifier_clear_young(struct mmu_notifier_mm *nmm, uint64_t start, uint64_t end);
int mmu_notifier_test_young(struct mmu_notifier_mm *nmm, uint64_t address);
void mmu_notifier_change_pte(struct mmu_notifier_mm *nmm, uint64_t address, uint64_t pfn);

/** mmu_notifier_numa_protect() - see struct mmu_notifier_ops. Makes no record. */
void mmu_notifier_numa_protect(struct mmu_notifier_mm *nmm, uint64_t start, uint64_t end);

/**
 * mmu_interval_notifier_insert() - subscribe to [@start, @start + @length).
 * While an invalidation is in an odd period the insertion is deferred to its end.
 * Return: 0; -EOVERFLOW when the range wraps or is empty; -ENOMEM.
 */
int mmu_interval_notifier_insert(struct mmu_interval_notifier *sub, struct mmu_notifier_mm *nmm,
				 uint64_t start, uint64_t length,
				 const struct mmu_interval_notifier_ops *ops);

/**
 * mmu_interval_notifier_remove() - unsubscribe.
 * Return: 0; -EBUSY inside an odd period: the removal happens at its end (Linux sleeps there;
 * one thread cannot), and @sub must stay valid until sub->subscriptions is NULL.
 */
int mmu_interval_notifier_remove(struct mmu_interval_notifier *sub);

/**
 * mmu_interval_notifier_abandon() - end the odd period, so that the address space can be taken
 * down: for starts that never get their end (mprotect at address 0). A kernel waits there for ever.
 */
void mmu_interval_notifier_abandon(struct mmu_notifier_mm *nmm);

/*
 * The collision-retry side of an interval. Two sequences decide, that of the address space (here
 * "all", odd while an invalidation that reached an interval runs) and sub->invalidate_seq ("own"):
 *
 *   a driver's fault                         a change of the address space
 *   read_begin: own != all: seq = own
 *   looks the page up
 *                                            start: all is made odd
 *                                            invalidate(), under the driver's lock:
 *                                              own = all; what is mapped is removed
 *   takes the driver's lock
 *   read_retry: own != seq
 *     MUST NOT install; begins again
 *   read_begin: own == all
 *     MUST wait (here -EAGAIN)
 *                                            changes the page table
 *                                            end: all is made even
 *   read_begin: own != all: seq = own
 *   looks up what is there now
 *
 * Had the driver taken its lock before invalidate() did, read_retry would have let it install, and
 * invalidate() would have removed it again, in front of the change. A start that reaches no
 * interval leaves "all" as it is and sends nobody back.
 */

/**
 * mmu_interval_read_begin() - start of a collision-retry read side.
 * @ret_seq: the sequence to hand to mmu_interval_read_retry()
 * Return: 0; -EAGAIN where Linux would sleep until the running invalidation has ended.
 * Source: mm/mmu_notifier.c:mmu_interval_read_begin().
 */
int mmu_interval_read_begin(struct mmu_interval_notifier *sub, unsigned long *ret_seq);

/** mmu_interval_read_retry() - true when an invalidation came in between; under the driver's lock. */
static inline bool mmu_interval_read_retry(const struct mmu_interval_notifier *sub,
					   unsigned long seq)
{
	return sub->invalidate_seq != seq;
}

/** mmu_interval_set_seq() - to be called by ops->invalidate under the driver's lock. */
static inline void mmu_interval_set_seq(struct mmu_interval_notifier *sub, unsigned long cur_seq)
{
	sub->invalidate_seq = cur_seq;
}

#endif /* NOTIFIER_NOTIFIER_H */
