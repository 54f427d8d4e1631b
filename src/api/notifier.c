// SPDX-License-Identifier: GPL-2.0-or-later
/* The user's callbacks as subscribers of the model, with the guard around each call. */
#include "api_internal.h"

static struct ms_notifier *notifier_of(struct mmu_notifier *sub)
{
	return (struct ms_notifier *)((char *)sub - offsetof(struct ms_notifier, sub));
}

static struct ms_range range_of(const struct mmu_notifier_range *range)
{
	return (struct ms_range){
		.start = range->start,
		.end = range->end,
		.event = range->event,
		.blockable = (range->flags & MMU_NOTIFIER_RANGE_BLOCKABLE) != 0,
		.numa = (range->flags & MMU_NOTIFIER_RANGE_NUMA) != 0,
	};
}

static int on_range_start(struct mmu_notifier *sub, const struct mmu_notifier_range *range)
{
	struct ms_notifier *notifier = notifier_of(sub);
	struct ms_range shown = range_of(range);
	int ret;

	if (!notifier->ops.range_start)
		return 0;
	notifier->mm->machine->inside++;
	ret = notifier->ops.range_start(notifier->ctx, &shown);
	notifier->mm->machine->inside--;
	return ret == -EAGAIN && !shown.blockable ? -EAGAIN : 0;
}

static void on_range_end(struct mmu_notifier *sub, const struct mmu_notifier_range *range)
{
	struct ms_notifier *notifier = notifier_of(sub);
	struct ms_range shown = range_of(range);

	if (!notifier->ops.range_end)
		return;
	notifier->mm->machine->inside++;
	notifier->ops.range_end(notifier->ctx, &shown);
	notifier->mm->machine->inside--;
}

static void on_release(struct mmu_notifier *sub)
{
	struct ms_notifier *notifier = notifier_of(sub);

	if (!notifier->ops.release)
		return;
	notifier->mm->machine->inside++;
	notifier->ops.release(notifier->ctx);
	notifier->mm->machine->inside--;
}

static int on_clear_flush_young(struct mmu_notifier *sub, uint64_t start, uint64_t end)
{
	struct ms_notifier *notifier = notifier_of(sub);
	int young;

	if (!notifier->ops.clear_flush_young)
		return 0;
	notifier->mm->machine->inside++;
	young = notifier->ops.clear_flush_young(notifier->ctx, start, end) != 0;
	notifier->mm->machine->inside--;
	return young;
}

static int on_clear_young(struct mmu_notifier *sub, uint64_t start, uint64_t end)
{
	struct ms_notifier *notifier = notifier_of(sub);
	int young;

	if (!notifier->ops.clear_young)
		return 0;
	notifier->mm->machine->inside++;
	young = notifier->ops.clear_young(notifier->ctx, start, end) != 0;
	notifier->mm->machine->inside--;
	return young;
}

static int on_test_young(struct mmu_notifier *sub, uint64_t address)
{
	struct ms_notifier *notifier = notifier_of(sub);
	int young;

	if (!notifier->ops.test_young)
		return 0;
	notifier->mm->machine->inside++;
	young = notifier->ops.test_young(notifier->ctx, address) != 0;
	notifier->mm->machine->inside--;
	return young;
}

static void on_change_pte(struct mmu_notifier *sub, uint64_t address, uint64_t pfn)
{
	struct ms_notifier *notifier = notifier_of(sub);

	if (!notifier->ops.change_pte)
		return;
	notifier->mm->machine->inside++;
	notifier->ops.change_pte(notifier->ctx, address, pfn);
	notifier->mm->machine->inside--;
}

static void on_numa_protect(struct mmu_notifier *sub, uint64_t start, uint64_t end)
{
	struct ms_notifier *notifier = notifier_of(sub);

	if (!notifier->ops.numa_protect)
		return;
	notifier->mm->machine->inside++;
	notifier->ops.numa_protect(notifier->ctx, start, end);
	notifier->mm->machine->inside--;
}

static const struct mmu_notifier_ops notifier_ops = {
	.invalidate_range_start = on_range_start,
	.invalidate_range_end = on_range_end,
	.release = on_release,
	.clear_flush_young = on_clear_flush_young,
	.clear_young = on_clear_young,
	.test_young = on_test_young,
	.change_pte = on_change_pte,
	.numa_protect = on_numa_protect,
};

int ms_notifier_register(struct ms_mm *mm, const struct ms_notifier_ops *ops, void *ctx,
			 struct ms_notifier **ret_notifier)
{
	struct ms_notifier_ops known = { 0 };
	struct ms_notifier *notifier;
	int err = api_enter_mm(mm);

	if (!err)
		err = ops ? api_options(&known, sizeof(known), ops) : -EINVAL;
	if (err)
		return err;
	notifier = mem_zalloc(sizeof(*notifier));
	if (!notifier)
		return -ENOMEM;
	notifier->mm = mm;
	notifier->ops = known;
	notifier->ctx = ctx;
	notifier->sub.ops = &notifier_ops;
	err = mmu_notifier_register(&notifier->sub, mm_notifiers(mm->mm));
	if (err) {
		mem_free(notifier);
		return err;
	}
	LIST_INSERT_HEAD(&mm->notifiers, notifier, link);
	*ret_notifier = notifier;
	return 0;
}

int ms_notifier_unregister(struct ms_notifier *notifier)
{
	int err;

	if (!notifier)
		return 0;
	err = api_enter_mm(notifier->mm);
	if (err)
		return err;
	mmu_notifier_unregister(&notifier->sub);
	LIST_REMOVE(notifier, link);
	mem_free(notifier);
	return 0;
}

void api_notifiers_free(struct ms_mm *mm)
{
	while (!LIST_EMPTY(&mm->notifiers)) {
		struct ms_notifier *notifier = LIST_FIRST(&mm->notifiers);

		LIST_REMOVE(notifier, link);
		mem_free(notifier);
	}
}

static bool on_invalidate(struct mmu_interval_notifier *sub,
			  const struct mmu_notifier_range *range, unsigned long cur_seq)
{
	struct ms_interval *interval =
		(struct ms_interval *)((char *)sub - offsetof(struct ms_interval, sub));
	struct ms_range shown = range_of(range);
	int done;

	interval->mm->machine->inside++;
	done = interval->ops.invalidate(interval->ctx, &shown);
	interval->mm->machine->inside--;
	if (!done && !shown.blockable)
		return false;
	mmu_interval_set_seq(sub, cur_seq);
	return true;
}

static const struct mmu_interval_notifier_ops interval_ops = { .invalidate = on_invalidate };

int ms_interval_insert(struct ms_mm *mm, uint64_t start, uint64_t len,
		       const struct ms_interval_ops *ops, void *ctx,
		       struct ms_interval **ret_interval)
{
	struct ms_interval_ops known = { 0 };
	struct ms_interval *interval;
	int err = api_enter_mm(mm);

	if (!err)
		err = api_options(&known, sizeof(known), ops);
	if (!err && !known.invalidate)
		err = -EINVAL;
	if (err)
		return err;
	interval = mem_zalloc(sizeof(*interval));
	if (!interval)
		return -ENOMEM;
	interval->mm = mm;
	interval->ops = known;
	interval->ctx = ctx;
	err = mmu_interval_notifier_insert(&interval->sub, mm_notifiers(mm->mm), start, len,
					   &interval_ops);
	if (err) {
		mem_free(interval);
		return err;
	}
	LIST_INSERT_HEAD(&mm->intervals, interval, link);
	*ret_interval = interval;
	return 0;
}

static void interval_free(struct ms_interval *interval)
{
	LIST_REMOVE(interval, link);
	mem_free(interval);
}

int ms_interval_remove(struct ms_interval *interval)
{
	uint64_t sequence;
	int err;

	if (!interval)
		return 0;
	err = api_enter_mm(interval->mm);
	if (err)
		return err;
	/* an invalidation that never ends (mprotect at address 0) */
	if (ms_interval_read_begin(interval, &sequence))
		return -EBUSY;
	if (mmu_interval_notifier_remove(&interval->sub) == -EBUSY)
		mmu_interval_notifier_abandon(mm_notifiers(interval->mm->mm));
	interval_free(interval);
	return 0;
}

void api_intervals_free(struct ms_mm *mm)
{
	while (!LIST_EMPTY(&mm->intervals)) {
		struct ms_interval *interval = LIST_FIRST(&mm->intervals);

		if (mmu_interval_notifier_remove(&interval->sub) == -EBUSY)
			mmu_interval_notifier_abandon(mm_notifiers(mm->mm));
		interval_free(interval);
	}
}

int ms_interval_read_begin(const struct ms_interval *interval, uint64_t *ret_sequence)
{
	unsigned long sequence;
	int err = mmu_interval_read_begin((struct mmu_interval_notifier *)&interval->sub, &sequence);

	if (!err)
		*ret_sequence = sequence;
	return err;
}

int ms_interval_read_retry(const struct ms_interval *interval, uint64_t sequence)
{
	return mmu_interval_read_retry(&interval->sub, sequence);
}
