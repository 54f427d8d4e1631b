// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A VM and how it follows the notifications of its process: virt/kvm/kvm_main.c, section
 * 5.1 of the semantics.
 */
#include "kvm_internal.h"
#include "paging_internal.h"
#include "rmap_internal.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include <base/mem.h>

#define ARENA_TABLES (1ull << 24)
#define DEFAULT_TABLE_BASE_PFN (1ull << 38)

static struct kvm *of_notifier(struct mmu_notifier *sub)
{
	return (struct kvm *)((char *)sub - offsetof(struct kvm, notifier));
}

/**
 * struct hva_range - one call of __kvm_handle_hva_range()
 * @on_lock: called once, when mmu_lock is taken at the first slot that overlaps
 * @handler: called per overlapping slot with the guest frames [start, end); true asks for
 *	a flush
 * @flush_on_ret: obey that
 * @walk: of the reverse maps
 * @locked: mmu_lock has been taken
 */
struct hva_range {
	uint64_t start;
	uint64_t end;
	void (*on_lock)(struct kvm *kvm, const struct hva_range *range);
	bool (*handler)(struct kvm *kvm, struct hva_range *range,
			struct kvm_memory_slot *slot, uint64_t start, uint64_t end);
	bool flush_on_ret;
	bool clear_young;
	bool locked;
	struct rmap_walk walk;
};

static bool handle_slot(struct kvm *kvm, struct hva_range *range,
			struct kvm_memory_slot *slot)
{
	uint64_t hva_start = range->start, hva_end = range->end;
	uint64_t gfn_start, gfn_end;

	if (!range->locked) {
		range->locked = true;
		if (range->on_lock)
			range->on_lock(kvm, range);
	}
	if (!range->handler)
		return false;
	if (hva_start < slot->userspace_addr)
		hva_start = slot->userspace_addr;
	if (hva_end > slot->hva_last + 1)
		hva_end = slot->hva_last + 1;
	/* frames touched in part are touched */
	gfn_start = slot->base_gfn + ((hva_start - slot->userspace_addr) >> PAGE_SHIFT);
	gfn_end = slot->base_gfn +
		  ((hva_end + PAGE_SIZE - 1 - slot->userspace_addr) >> PAGE_SHIFT);
	return range->handler(kvm, range, slot, gfn_start, gfn_end);
}

/* The slots of both address spaces that overlap; one flush at the end. */
static bool handle_hva_range(struct kvm *kvm, struct hva_range *range)
{
	struct kvm_memory_slot *slot;
	bool ret = false;
	unsigned int as_id;

	for (as_id = 0; as_id < KVM_ADDRESS_SPACES; as_id++)
		for (slot = hva_first_slot(&kvm->memslots[as_id], range->start,
					   range->end - 1);
		     slot; slot = hva_next_slot(slot, range->start, range->end - 1))
			ret |= handle_slot(kvm, range, slot);
	if (ret && range->flush_on_ret)
		kvm_flush_remote_tlbs(kvm);
	return ret;
}

static bool memslots_have_rmaps(const struct kvm *kvm)
{
	return !kvm->tdp_mmu || kvm->shadow_root_allocated;
}

static void ghost_note(struct kvm *kvm, uint64_t start, uint64_t end)
{
	struct kvm_ghost *ghost = &kvm->ghost;

	if (!ghost->armed)
		return;
	if (ghost->nr == KVM_GHOST_RANGES) {
		ghost->overflow = true;
		return;
	}
	ghost->start[ghost->nr] = start;
	ghost->end[ghost->nr++] = end;
}

static void widen_range(struct kvm *kvm, uint64_t start, uint64_t end)
{
	if (start < kvm->mmu_invalidate_range_start)
		kvm->mmu_invalidate_range_start = start;
	if (end > kvm->mmu_invalidate_range_end)
		kvm->mmu_invalidate_range_end = end;
}

/*
 * The invalidation window, from invalidate_begin() to invalidate_end(), against a fault that looks
 * the frame up without mmu_lock. "seq" is mmu_invalidate_seq, "busy" mmu_invalidate_in_progress.
 *
 *   fault of a vCPU                          change of the process's memory
 *
 *   (1) sample: mmu_seq = seq
 *   looks up the old frame
 *                                            begin: busy = 1; zaps (nothing is there yet)
 *   takes mmu_lock: busy, in the range
 *     MUST NOT install; starts again
 *                                            changes the primary entry
 *                                            end: seq++, busy = 0
 *
 *   (2) sample: mmu_seq = seq
 *   looks up the old frame
 *                                            begin: busy = 1; zaps (nothing is there yet)
 *                                            changes the primary entry
 *                                            end: seq++, busy = 0
 *   takes mmu_lock: seq != mmu_seq
 *     MUST NOT install; starts again
 *
 *   (3) sample, look-up, mmu_lock: installs
 *                                            begin: busy = 1; zaps what was installed
 *
 * In (1) the sequence has not moved, in (2) nothing is in progress any more: each of the two tests
 * is there for one of them. A sample within a window is no better than one before it: (1) or (2).
 * The range makes the first test precise; the second one sends back every fault, whatever changed.
 */

/*
 * The first of overlapping windows resets the range, each further one widens it; it stays
 * wide until the last has ended. 6.1 keeps host addresses, later kernels guest frames
 * slot by slot.
 */
static void invalidate_begin(struct kvm *kvm, const struct hva_range *range)
{
	if (!kvm->mmu_invalidate_in_progress++) {
		kvm->mmu_invalidate_range_start = UINT64_MAX;
		kvm->mmu_invalidate_range_end = 0;
	}
	if (!kvm->profile->gfn_based_retry)
		widen_range(kvm, range->start, range->end);
	kvm->stat.invalidations++;
}

/*
 * The sequence first: who then sees in_progress == 0 also sees that the sequence moved.
 */
static void invalidate_end(struct kvm *kvm, const struct hva_range *range)
{
	(void)range;
	kvm->mmu_invalidate_seq++;
	assert(kvm->mmu_invalidate_in_progress);
	kvm->mmu_invalidate_in_progress--;
}

bool mmu_invalidate_retry(const struct kvm *kvm, const struct kvm_page_fault *fault)
{
	uint64_t key = kvm->profile->gfn_based_retry ? fault->gfn :
						       slot_hva(fault->slot, fault->gfn);

	if (kvm->mmu_invalidate_in_progress && key >= kvm->mmu_invalidate_range_start &&
	    key < kvm->mmu_invalidate_range_end)
		return true;
	return kvm->mmu_invalidate_seq != fault->mmu_seq;
}

/* What is in [start, end) may not be installed until the end. */
static bool cover_slot(struct kvm *kvm, struct hva_range *range,
		       struct kvm_memory_slot *slot, uint64_t start, uint64_t end)
{
	(void)range;
	(void)slot;
	if (kvm->profile->gfn_based_retry)
		widen_range(kvm, start, end);
	ghost_note(kvm, start, end);
	kvm->stat.frames_covered += end - start;
	return false;
}

static bool zap_slot(struct kvm *kvm, struct hva_range *range,
		     struct kvm_memory_slot *slot, uint64_t start, uint64_t end)
{
	uint64_t before = range->walk.zapped;

	if (memslots_have_rmaps(kvm))
		rmap_zap_range(kvm, slot, start, end, &range->walk);
	if (kvm->tdp_mmu)
		range->walk.zapped += kvm_tdp_mmu_zap_range(kvm, slot->as_id, start, end);
	return range->walk.zapped != before;
}

/* kvm_unmap_gfn_range(): reverse maps first, then the TDP MMU. */
static bool unmap_slot(struct kvm *kvm, struct hva_range *range,
		       struct kvm_memory_slot *slot, uint64_t start, uint64_t end)
{
	cover_slot(kvm, range, slot, start, end);
	return zap_slot(kvm, range, slot, start, end);
}

/*
 * A range that is flagged as NUMA hinting blocks faults like any other; its zaps come with
 * on_numa_protect().
 */
static int on_range_start(struct mmu_notifier *sub,
			  const struct mmu_notifier_range *mn_range)
{
	struct kvm *kvm = of_notifier(sub);
	struct hva_range range = {
		.start = mn_range->start,
		.end = mn_range->end,
		.on_lock = invalidate_begin,
		.handler = mn_range->flags & MMU_NOTIFIER_RANGE_NUMA ? cover_slot :
								       unmap_slot,
		.flush_on_ret = true,
		.walk.can_yield = (kvm->profile->rmap_yields || kvm->rmap_index) &&
				  (mn_range->flags & MMU_NOTIFIER_RANGE_BLOCKABLE),
	};

	EVENT(kvm->events, EVENT_KVM_UNMAP_HVA_RANGE, mn_range->start, mn_range->end);
	kvm->mn_active_invalidate_count++;
	handle_hva_range(kvm, &range);
	rmap_walk_end(kvm, &range.walk);
	kvm->stat.sptes_zapped += range.walk.zapped;
	return 0;
}

/* The caller holds a page-table lock: no yields. */
static void on_numa_protect(struct mmu_notifier *sub, uint64_t start, uint64_t end)
{
	struct kvm *kvm = of_notifier(sub);
	struct hva_range range = {
		.start = start,
		.end = end,
		.handler = zap_slot,
		.flush_on_ret = true,
	};

	handle_hva_range(kvm, &range);
	rmap_walk_end(kvm, &range.walk);
	kvm->stat.sptes_zapped += range.walk.zapped;
}

static void on_range_end(struct mmu_notifier *sub,
			 const struct mmu_notifier_range *mn_range)
{
	struct kvm *kvm = of_notifier(sub);
	struct hva_range range = {
		.start = mn_range->start,
		.end = mn_range->end,
		.on_lock = invalidate_end,
	};

	handle_hva_range(kvm, &range);
	assert(kvm->mn_active_invalidate_count);
	kvm->mn_active_invalidate_count--;
}

static void on_release(struct mmu_notifier *sub)
{
	struct kvm *kvm = of_notifier(sub);

	kvm->released = true;
	/* when nobody listens, the tables go with their arena */
	kvm->counted = !event_on(kvm->events);
	if (kvm->counted)
		kvm_mmu_count_zap_all(kvm);
	else
		kvm_mmu_zap_all(kvm);
}

static bool age_slot(struct kvm *kvm, struct hva_range *range,
		     struct kvm_memory_slot *slot, uint64_t start, uint64_t end)
{
	bool young = false;

	if (memslots_have_rmaps(kvm))
		young = rmap_age_range(kvm, slot, start, end, range->clear_young);
	if (kvm->tdp_mmu)
		young |= kvm_tdp_mmu_age_range(kvm, slot->as_id, start, end,
					       range->clear_young);
	return young;
}

static int age_hva(struct mmu_notifier *sub, uint64_t start, uint64_t end, bool clear,
		   bool flush)
{
	struct hva_range range = {
		.start = start,
		.end = end,
		.handler = age_slot,
		.clear_young = clear,
		.flush_on_ret = flush,
	};

	return handle_hva_range(of_notifier(sub), &range);
}

static int on_clear_flush_young(struct mmu_notifier *sub, uint64_t start, uint64_t end)
{
	EVENT(of_notifier(sub)->events, EVENT_KVM_AGE_HVA, start, end);
	return age_hva(sub, start, end, true, !of_notifier(sub)->profile->aging_no_flush);
}

static int on_clear_young(struct mmu_notifier *sub, uint64_t start, uint64_t end)
{
	EVENT(of_notifier(sub)->events, EVENT_KVM_AGE_HVA, start, end);
	return age_hva(sub, start, end, true, false);
}

static int on_test_young(struct mmu_notifier *sub, uint64_t address)
{
	EVENT(of_notifier(sub)->events, EVENT_KVM_TEST_AGE_HVA, address);
	return age_hva(sub, address, address + 1, false, false);
}

/*
 * The start of the same change has zapped the SPTE already: nothing is left to be
 * changed.
 */
static void on_change_pte(struct mmu_notifier *sub, uint64_t address, uint64_t pfn)
{
	struct kvm *kvm = of_notifier(sub);

	(void)pfn;
	if (kvm->profile->change_pte)
		EVENT(kvm->events, EVENT_KVM_SET_SPTE_HVA, address);
}

static const struct mmu_notifier_ops kvm_mmu_notifier_ops = {
	.invalidate_range_start = on_range_start,
	.invalidate_range_end = on_range_end,
	.release = on_release,
	.clear_flush_young = on_clear_flush_young,
	.clear_young = on_clear_young,
	.test_young = on_test_young,
	.change_pte = on_change_pte,
	.numa_protect = on_numa_protect,
};

static void free_kvm(struct kvm *kvm)
{
	unsigned int as_id;

	for (as_id = 0; as_id < KVM_ADDRESS_SPACES; as_id++)
		kvm_memslots_release(&kvm->memslots[as_id]);
	kvm_tracked_release(kvm);
	guest_memory_release(kvm);
	desc_pool_release(&kvm->descs);
	pt_arena_release(&kvm->arena);
	mem_free(kvm->page_hash);
	mem_free(kvm);
}

static int init_mmu(struct kvm *kvm, uint64_t base_pfn)
{
	int err;

	TAILQ_INIT(&kvm->active_mmu_pages);
	RB_INIT(&kvm->guest_memory);
	RB_INIT(&kvm->tracked);
	kvm->page_hash = mem_zalloc(sizeof(kvm->page_hash[0]) << KVM_MMU_HASH_BITS);
	if (!kvm->page_hash)
		return -ENOMEM;
	err = desc_pool_init(&kvm->descs);
	if (err)
		return err;
	return pt_arena_init(&kvm->arena, base_pfn ? base_pfn : DEFAULT_TABLE_BASE_PFN,
			     ARENA_TABLES, sizeof(struct kvm_mmu_page));
}

int kvm_create(const struct kvm_config *config, struct kvm **ret_kvm)
{
	struct kvm *kvm = mem_zalloc(sizeof(*kvm));
	unsigned int as_id;
	int err;

	if (!kvm)
		return -ENOMEM;
	kvm->mmu = config->mmu;
	kvm->profile = config->profile;
	kvm->mm = config->mm;
	kvm->events = config->events;
	kvm->literal = config->literal;
	kvm->rmap_index = config->rmap_index;
	kvm->root_level = config->root_level ? config->root_level : 4;
	kvm->tdp_mmu = config->mmu == KVM_MMU_TDP ||
		       (config->mmu == KVM_MMU_NESTED && !config->no_tdp_mmu);
	kvm->notifier.ops = &kvm_mmu_notifier_ops;
	for (as_id = 0; as_id < KVM_ADDRESS_SPACES; as_id++)
		kvm_memslots_init(&kvm->memslots[as_id]);
	err = init_mmu(kvm, config->table_base_pfn);
	if (!err)
		err = mmu_notifier_register(&kvm->notifier, mm_notifiers(kvm->mm));
	if (err) {
		free_kvm(kvm);
		return err;
	}
	*ret_kvm = kvm;
	return 0;
}

void kvm_release(struct kvm *kvm)
{
	if (!kvm->released)
		mmu_notifier_unregister(&kvm->notifier);
	if (!kvm->counted)
		kvm_mmu_free_roots(kvm);
}

void kvm_destroy(struct kvm *kvm)
{
	if (!kvm)
		return;
	kvm_release(kvm);
	free_kvm(kvm);
}

void kvm_set_fault_hook(struct kvm *kvm,
			void (*hook)(void *ctx, struct kvm *kvm,
				     enum kvm_fault_point point, uint64_t gfn),
			void *ctx)
{
	kvm->fault_hook = hook;
	kvm->fault_ctx = ctx;
}

void kvm_set_rip(struct kvm *kvm, uint64_t rip)
{
	kvm->rip = rip;
}

const struct kvm_stat *kvm_get_stat(const struct kvm *kvm)
{
	return &kvm->stat;
}

void kvm_reset_maxima(struct kvm *kvm)
{
	kvm->stat.rmap_longest = 0;
}

void kvm_memory(const struct kvm *kvm, struct kvm_memory *ret)
{
	uint64_t heads = kvm->stat.pages_4k + kvm->stat.pages_2m + kvm->stat.pages_1g;

	*ret = (struct kvm_memory){
		.tables = kvm->arena.live * (PT_TABLE_BYTES + kvm->arena.meta_size),
		.heads = memslots_have_rmaps(kvm) ? heads * sizeof(struct kvm_rmap_head) : 0,
		.chains = (kvm->descs.next - kvm->descs.nr_free) * sizeof(struct pte_list_desc),
	};
}

void kvm_get_invalidate_state(const struct kvm *kvm, struct kvm_invalidate_state *ret)
{
	ret->seq = kvm->mmu_invalidate_seq;
	ret->in_progress = kvm->mmu_invalidate_in_progress;
	ret->active = kvm->mn_active_invalidate_count;
	ret->start = kvm->mmu_invalidate_range_start;
	ret->end = kvm->mmu_invalidate_range_end;
}
