/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Subscriptions to an address space: be told before and after its page tables change, as KVM and
 * device drivers are. The model of Linux's include/linux/mmu_notifier.h.
 *
 * Inside callbacks only functions marked "callback safe" may be called.
 */
#ifndef MMUSCOPE_NOTIFIER_H
#define MMUSCOPE_NOTIFIER_H

#include <mmuscope/base.h>
#include <mmuscope/mm.h>

MS_BEGIN_DECLS

struct ms_notifier;
struct ms_interval;

/**
 * struct ms_range - one notification; made by the library, later versions may append members
 * @start, @end: bytes; the exit of the process is [0, UINT64_MAX)
 * @event: enum ms_notify
 * @blockable: not 0: the subscriber may take its time
 * @numa: not 0 with MS_DESIGN_NUMA_SKIP: only what numa_protect tells will change
 */
struct ms_range {
	uint64_t start;
	uint64_t end;
	uint32_t event;
	uint32_t blockable;
	uint32_t numa;
	uint32_t reserved;
};

/**
 * struct ms_notifier_ops - callbacks of a subscriber (Linux: struct mmu_notifier_ops); each may be
 * NULL
 * @size: sizeof(struct ms_notifier_ops)
 * @range_start: before the page table changes; 0, or -EAGAIN if the range is not blockable and the
 *	subscriber would have to wait: then the operation leaves it out. Any other result counts as
 *	0, -EAGAIN for a blockable range, too.
 * @range_end: after the change, same range. Between the two the subscriber must not use the range.
 *	Ranges may nest. Some never end: mprotect of address 0 from Linux 3.15 on.
 * @release: the address space goes away; last call
 * @clear_flush_young, @clear_young: was [start, end) accessed through the subscriber (not 0)? And
 *	forget it
 * @test_young: was @address accessed?
 * @change_pte: to Linux 6.9: @address now maps frame @pfn
 * @numa_protect: inside a range with @numa: [start, end) has become inaccessible
 */
struct ms_notifier_ops {
	size_t size;
	int (*range_start)(void *ctx, const struct ms_range *range);
	void (*range_end)(void *ctx, const struct ms_range *range);
	void (*release)(void *ctx);
	int (*clear_flush_young)(void *ctx, uint64_t start, uint64_t end);
	int (*clear_young)(void *ctx, uint64_t start, uint64_t end);
	int (*test_young)(void *ctx, uint64_t address);
	void (*change_pte)(void *ctx, uint64_t address, uint64_t pfn);
	void (*numa_protect)(void *ctx, uint64_t start, uint64_t end);
};

/**
 * ms_notifier_register() - subscribe to all of @mm; the latest subscriber is called first
 * (mmu_notifier_register()). @ops is copied.
 * Return: 0; -EINVAL: no ops; -E2BIG; -ENOMEM; -EDEADLK.
 */
MS_API int ms_notifier_register(struct ms_mm *mm, const struct ms_notifier_ops *ops, void *ctx,
				struct ms_notifier **ret_notifier);

/**
 * ms_notifier_unregister() - calls release, then forgets it. NULL is fine.
 * Return: 0; -EDEADLK.
 */
MS_API int ms_notifier_unregister(struct ms_notifier *notifier);

/**
 * struct ms_interval_ops - callbacks of a subscriber to a range (Linux: struct
 * mmu_interval_notifier_ops)
 * @size: sizeof(struct ms_interval_ops)
 * @invalidate: the range overlaps the interval; not 0: done. 0 means that the subscriber would
 *	have to wait, and is taken for done when the range is blockable. There is no call after the
 *	change: the sequence (ms_interval_read_begin()) tells. Not NULL.
 */
struct ms_interval_ops {
	size_t size;
	int (*invalidate)(void *ctx, const struct ms_range *range);
};

/**
 * ms_interval_insert() - subscribe to [@start, @start + @len) of @mm
 * (mmu_interval_notifier_insert()). While a notification runs, it takes effect at its end.
 * Return: 0; -EINVAL: no ops; -EOVERFLOW: empty or wraps; -E2BIG; -ENOMEM; -EDEADLK.
 */
MS_API int ms_interval_insert(struct ms_mm *mm, uint64_t start, uint64_t len,
			      const struct ms_interval_ops *ops, void *ctx,
			      struct ms_interval **ret_interval);

/**
 * ms_interval_remove() - unsubscribe and free. NULL is fine.
 * Return: 0; -EBUSY: a notification of the interval has not ended (Linux waits there), nothing
 * was done; -EDEADLK.
 */
MS_API int ms_interval_remove(struct ms_interval *interval);

/**
 * ms_interval_read_begin() - begin to read page tables for the interval
 * (mmu_interval_read_begin()).
 * @ret_sequence: for ms_interval_read_retry()
 * Return: 0; -EAGAIN: an invalidation runs (Linux waits for its end). Callback safe.
 */
MS_API int ms_interval_read_begin(const struct ms_interval *interval, uint64_t *ret_sequence);

/**
 * ms_interval_read_retry() - was there an invalidation since @sequence was taken
 * (mmu_interval_read_retry())?
 * Return: 1: yes, what was read is void; 0: no, it holds. Callback safe.
 */
MS_API int ms_interval_read_retry(const struct ms_interval *interval, uint64_t sequence);

MS_END_DECLS

#endif /* MMUSCOPE_NOTIFIER_H */
