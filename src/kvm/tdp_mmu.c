// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The TDP MMU: one tree of tables per address space, by guest-physical address. Models
 * arch/x86/kvm/mmu/tdp_mmu.c: which entries are looked at, in which order they change.
 */
#include "kvm_internal.h"
#include "paging_internal.h"

#include <assert.h>
#include <errno.h>

static struct kvm_mmu_page *child_of(const struct kvm *kvm, spte_t spte)
{
	return kvm_sp(kvm, spte_pfn(spte));
}

static void handle_changed_spte(struct kvm *kvm, unsigned int as_id, uint64_t gfn,
				spte_t old, spte_t new, unsigned int level, bool shared);

/*
 * A table has been cut off: its entries are frozen one by one, then it is free. Under the
 * shared lock (a fault) absent entries are frozen, too; under the exclusive one they are
 * passed over.
 */
static void handle_removed_pt(struct kvm *kvm, unsigned int as_id,
			      struct kvm_mmu_page *sp, bool shared)
{
	spte_t frozen = { kvm->profile->nonpresent | kvm->profile->frozen };
	spte_t *table = sp_table(kvm, sp);
	unsigned int level = sp_level(sp), i;

	kvm_mmu_page_event(kvm, EVENT_KVM_MMU_PREPARE_ZAP_PAGE, sp, false);
	for (i = 0; i < PT_TABLE_ENTRIES; i++) {
		spte_t old = table[i];

		if (!shared && !spte_present(old))
			continue;
		table[i] = frozen;
		handle_changed_spte(kvm, as_id, sp_gfn(kvm, sp, i), old, frozen, level,
				    shared);
	}
	sp->used = 0;
	sp->parent_ptes.val = 0;
	kvm_mmu_free_page(kvm, sp);
}

/* Everything that follows from an entry that has changed, and the record. */
static void handle_changed_spte(struct kvm *kvm, unsigned int as_id, uint64_t gfn,
				spte_t old, spte_t new, unsigned int level, bool shared)
{
	bool was_leaf = spte_leaf(old, level), is_leaf = spte_leaf(new, level);

	if (old.val == new.val)
		return;
	if (!kvm->profile->changed_last)
		EVENT(kvm->events, EVENT_KVM_TDP_MMU_SPTE_CHANGED, as_id, gfn, level, old.val,
		      new.val);
	if (was_leaf != is_leaf)
		kvm_update_page_stats(kvm, level, is_leaf ? 1 : -1);
	if (spte_table(old, level) &&
	    (!spte_table(new, level) || spte_pfn(old) != spte_pfn(new)))
		handle_removed_pt(kvm, as_id, child_of(kvm, old), shared);
	if (kvm->profile->changed_last)
		EVENT(kvm->events, EVENT_KVM_TDP_MMU_SPTE_CHANGED, as_id, gfn, level, old.val,
		      new.val);
}

static void tdp_mmu_set_spte(struct kvm *kvm, unsigned int as_id, uint64_t gfn,
			     spte_t *sptep, spte_t new, unsigned int level, bool shared)
{
	struct kvm_mmu_page *sp = sptep_sp(kvm, sptep);
	spte_t old = *sptep;

	sp->used += spte_present(new) - spte_present(old);
	*sptep = new;
	handle_changed_spte(kvm, as_id, gfn, old, new, level, shared);
}

static uint32_t tdp_role(unsigned int level, unsigned int as_id)
{
	return level | ROLE_DIRECT | SPTE_ACC_ALL << ROLE_ACCESS_SHIFT | ROLE_EFER_NX |
	       ROLE_CR0_WP | (as_id ? ROLE_SMM : 0);
}

static int tdp_mmu_alloc_sp(struct kvm *kvm, unsigned int as_id, uint64_t gfn,
			    unsigned int level, struct kvm_mmu_page **ret_sp)
{
	int err = kvm_mmu_alloc_page(kvm, gfn, tdp_role(level, as_id), SP_TDP, ret_sp);

	if (!err)
		kvm_mmu_page_event(kvm, EVENT_KVM_MMU_GET_PAGE, *ret_sp, true);
	return err;
}

int kvm_tdp_mmu_alloc_root(struct kvm *kvm, unsigned int as_id)
{
	struct kvm_mmu_page *sp;
	int err = tdp_mmu_alloc_sp(kvm, as_id, 0, kvm->root_level, &sp);

	if (!err)
		kvm->root_pfn[as_id] = sp_pfn(kvm, sp);
	return err;
}

/*
 * A large leaf becomes a table of smaller ones that map the same frames
 * (split_huge_page).
 */
static void fill_from_huge(struct kvm *kvm, struct kvm_mmu_page *sp, spte_t huge)
{
	unsigned int level = sp_level(sp), i;
	spte_t *table = sp_table(kvm, sp);
	uint64_t val = huge.val;

	if (level == SPTE_LEVEL_4K)
		val &= ~SPTE_LARGE;
	for (i = 0; i < PT_TABLE_ENTRIES; i++)
		table[i].val = val + ((i * spte_pages(level)) << PAGE_SHIFT);
	sp->used = PT_TABLE_ENTRIES;
	kvm_update_page_stats(kvm, level, PT_TABLE_ENTRIES);
}

/* Put a new table under @sptep, an entry of @level that covers @gfn. */
static int tdp_mmu_link_child(struct kvm *kvm, unsigned int as_id, uint64_t gfn,
			      spte_t *sptep, unsigned int level)
{
	uint64_t base = gfn & ~(spte_pages(level) - 1);
	struct kvm_mmu_page *sp;
	int err;

	err = tdp_mmu_alloc_sp(kvm, as_id, base, level - 1, &sp);
	if (err)
		return err;
	if (spte_present(*sptep))
		fill_from_huge(kvm, sp, *sptep);
	sp->parent_ptes.val = (uintptr_t)sptep;
	tdp_mmu_set_spte(kvm, as_id, base, sptep, spte_make_table(sp_pfn(kvm, sp)), level,
			 true);
	return 0;
}

static int tdp_mmu_map_target(struct kvm *kvm, struct kvm_page_fault *fault,
			      spte_t *sptep)
{
	unsigned int level = fault->goal_level;
	uint64_t gfn = fault->gfn & ~(spte_pages(level) - 1);
	unsigned int acc = SPTE_ACC_ALL;
	spte_t old = *sptep, new;
	bool emulate;

	if (fault->map_writable && !spte_writable(old) &&
	    !mmu_try_to_unsync_pages(kvm, gfn, fault->as_id, true, false))
		acc &= ~SPTE_ACC_WRITE;
	emulate = !(acc & SPTE_ACC_WRITE) && (fault->access & KVM_ACCESS_WRITE);
	new = spte_make_leaf(fault->pfn & ~(spte_pages(level) - 1), level, acc,
			     fault->map_writable, false);
	if (kvm->profile->clean_rewrite && spte_writable(old))
		new.val &= ~SPTE_DIRTY;
	if (new.val == old.val)
		return emulate ? RET_PF_EMULATE : RET_PF_SPURIOUS;
	tdp_mmu_set_spte(kvm, fault->as_id, gfn, sptep, new, level, true);
	if (spte_writable(new))
		mark_page_dirty(kvm, fault->slot, gfn);
	if (spte_writable(new) && fault->map_clean)
		mm_page_dirtied(kvm->mm, fault->pfn);
	if (spte_table(old, level))
		kvm_flush_remote_tlbs(kvm);
	EVENT(kvm->events, EVENT_KVM_MMU_SET_SPTE, gfn, new.val, level,
	      sptep_address(kvm, sptep));
	return emulate ? RET_PF_EMULATE : RET_PF_FIXED;
}

/* No slot: every access is user space's affair. Linux: make_mmio_spte() in place of a leaf. */
static int tdp_mmu_map_mmio(struct kvm *kvm, struct kvm_page_fault *fault, spte_t *sptep)
{
	spte_t new = spte_make_mmio(fault->gfn, SPTE_ACC_ALL,
				    kvm->memslots_generation[fault->as_id]);

	if (new.val == sptep->val)
		return RET_PF_SPURIOUS;
	kvm->has_mmio = true;
	kvm->stat.pf_mmio_spte_created++;
	tdp_mmu_set_spte(kvm, fault->as_id, fault->gfn, sptep, new, SPTE_LEVEL_4K, true);
	return RET_PF_EMULATE;
}

int kvm_tdp_mmu_map(struct kvm *kvm, struct kvm_page_fault *fault)
{
	unsigned int level = kvm->root_level;
	spte_t *sptep, *table;
	int err;

	EVENT(kvm->events, EVENT_KVM_MMU_SPTE_REQUESTED, fault->gfn,
	      fault->pfn & ~(spte_pages(fault->goal_level) - 1), fault->goal_level);
	for (table = walk_start(kvm, fault, &level);; level--) {
		sptep = &table[spte_index(fault->gfn, level)];
		if (level == fault->goal_level)
			return fault->slot ? tdp_mmu_map_target(kvm, fault, sptep) :
					     tdp_mmu_map_mmio(kvm, fault, sptep);
		if (!spte_table(*sptep, level)) {
			err = tdp_mmu_link_child(kvm, fault->as_id, fault->gfn, sptep,
						 level);
			if (err)
				return err;
		}
		table = (spte_t *)pt_arena_table(&kvm->arena, spte_pfn(*sptep));
	}
}

/*
 * Zap all leaves of @sptep[0..nr): present ones counted and made absent. What is absent stays as
 * it is, chosen by a mask, so that the loop needs no branch.
 */
static uint64_t zap_leaves_4k(spte_t *sptep, unsigned int nr, spte_t none)
{
	uint64_t zapped = 0;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		uint64_t present = (sptep[i].val >> 11) & 1;

		zapped += present;
		sptep[i].val ^= (sptep[i].val ^ none.val) & -present;
	}
	return zapped;
}

/** struct tdp_zap - a walk that zaps */
struct tdp_zap {
	struct kvm *kvm;
	unsigned int as_id;
	uint64_t start;
	uint64_t end;
	uint64_t zapped;
};

static void zap_table_4k(struct tdp_zap *zap, struct kvm_mmu_page *sp, unsigned int first,
			 unsigned int last)
{
	struct kvm *kvm = zap->kvm;
	spte_t *table = sp_table(kvm, sp);
	uint64_t n = 0;
	unsigned int i;

	kvm->stat.tdp_walked += last - first + 1;
	if (!sp->used)
		return;
	if (event_on(kvm->events) || kvm->has_mmio) {
		for (i = first; i <= last; i++)
			if (spte_present(table[i])) {
				tdp_mmu_set_spte(kvm, zap->as_id, sp_gfn(kvm, sp, i),
						 &table[i], nonpresent(kvm),
						 SPTE_LEVEL_4K, false);
				n++;
			}
	} else {
		n = zap_leaves_4k(&table[first], last - first + 1, nonpresent(kvm));
		sp->used -= n;
		kvm_update_page_stats(kvm, SPTE_LEVEL_4K, -(int64_t)n);
	}
	zap->zapped += n;
}

/* Pre-order; an absent upper entry is passed over with all that it could cover. */
static void zap_table(struct tdp_zap *zap, struct kvm_mmu_page *sp)
{
	unsigned int level = sp_level(sp), i, first, last;
	uint64_t table_end = sp->gfn + (spte_pages(level) << SPTE_LEVEL_BITS);
	spte_t *table = sp_table(zap->kvm, sp);

	first = zap->start > sp->gfn ? spte_index(zap->start, level) : 0;
	last = zap->end < table_end ? spte_index(zap->end - 1, level) :
				      PT_TABLE_ENTRIES - 1;
	if (level == SPTE_LEVEL_4K) {
		zap_table_4k(zap, sp, first, last);
		return;
	}
	zap->kvm->stat.tdp_walked += last - first + 1;
	for (i = first; i <= last; i++) {
		if (spte_table(table[i], level)) {
			zap_table(zap, child_of(zap->kvm, table[i]));
		} else if (spte_present(table[i])) {
			tdp_mmu_set_spte(zap->kvm, zap->as_id, sp_gfn(zap->kvm, sp, i),
					 &table[i], nonpresent(zap->kvm), level, false);
			zap->zapped++;
		}
	}
}

uint64_t kvm_tdp_mmu_zap_range(struct kvm *kvm, unsigned int as_id, uint64_t start,
			       uint64_t end)
{
	struct tdp_zap zap = { .kvm = kvm, .as_id = as_id, .start = start, .end = end };

	if (kvm->root_pfn[as_id])
		zap_table(&zap, kvm_sp(kvm, kvm->root_pfn[as_id]));
	return zap.zapped;
}

static bool age_spte(struct kvm *kvm, unsigned int as_id, uint64_t gfn, spte_t *sptep,
		     unsigned int level, bool clear)
{
	spte_t old = *sptep;

	if (!(old.val & SPTE_ACCESSED))
		return false;
	if (clear) {
		sptep->val &= ~SPTE_ACCESSED;
		EVENT(kvm->events, EVENT_KVM_TDP_MMU_SPTE_CHANGED, as_id, gfn, level,
		      old.val, sptep->val);
	}
	return true;
}

static bool age_table(struct kvm *kvm, unsigned int as_id, struct kvm_mmu_page *sp,
		      uint64_t start, uint64_t end, bool clear)
{
	unsigned int level = sp_level(sp), i;
	spte_t *table = sp_table(kvm, sp);
	bool young = false;

	for (i = 0; i < PT_TABLE_ENTRIES; i++) {
		uint64_t gfn = sp_gfn(kvm, sp, i);

		if (gfn >= end || gfn + spte_pages(level) <= start)
			continue;
		if (spte_table(table[i], level))
			young |= age_table(kvm, as_id, child_of(kvm, table[i]), start,
					   end, clear);
		else if (spte_present(table[i]))
			young |= age_spte(kvm, as_id, gfn, &table[i], level, clear);
	}
	return young;
}

bool kvm_tdp_mmu_age_range(struct kvm *kvm, unsigned int as_id, uint64_t start,
			   uint64_t end, bool clear)
{
	if (!kvm->root_pfn[as_id])
		return false;
	return age_table(kvm, as_id, kvm_sp(kvm, kvm->root_pfn[as_id]), start, end,
			 clear);
}

bool kvm_tdp_mmu_write_protect(struct kvm *kvm, unsigned int as_id, uint64_t gfn)
{
	unsigned int level;
	spte_t *sptep = kvm_mmu_walk(kvm, as_id, gfn, &level), new;

	if (!sptep || !spte_leaf(*sptep, level))
		return false;
	new.val = sptep->val & ~(SPTE_WRITABLE | SPTE_MMU_WRITABLE);
	if (new.val == sptep->val)
		return false;
	tdp_mmu_set_spte(kvm, as_id, gfn & ~(spte_pages(level) - 1), sptep, new, level,
			 false);
	return true;
}

/**
 * struct tdp_walk - a walk in pre-order over the entries that overlap frames [start, end)
 * @min_level: no entries of lower levels
 * @flush: set by @visit
 * @visit: called for each present entry, which it may change; a table is entered behind it, if it
 *	still is one. 0, or a negative errno that ends the walk
 */
struct tdp_walk {
	struct kvm *kvm;
	struct kvm_memory_slot *slot;
	unsigned int as_id;
	uint64_t start;
	uint64_t end;
	unsigned int min_level;
	bool flush;
	int (*visit)(struct tdp_walk *walk, spte_t *sptep, uint64_t gfn, unsigned int level);
};

static int walk_table(struct tdp_walk *walk, struct kvm_mmu_page *sp)
{
	unsigned int level = sp_level(sp), i, first, last;
	uint64_t table_end = sp->gfn + (spte_pages(level) << SPTE_LEVEL_BITS);
	spte_t *table = sp_table(walk->kvm, sp);
	int err = 0;

	first = walk->start > sp->gfn ? spte_index(walk->start, level) : 0;
	last = walk->end < table_end ? spte_index(walk->end - 1, level) : PT_TABLE_ENTRIES - 1;
	for (i = first; i <= last && !err; i++) {
		if (!spte_present(table[i]))
			continue;
		err = walk->visit(walk, &table[i], sp_gfn(walk->kvm, sp, i), level);
		if (!err && level > walk->min_level && spte_table(table[i], level))
			err = walk_table(walk, child_of(walk->kvm, table[i]));
	}
	return err;
}

static int walk_root(struct tdp_walk *walk)
{
	uint64_t root = walk->kvm->root_pfn[walk->as_id];

	return root && walk->start < walk->end ? walk_table(walk, kvm_sp(walk->kvm, root)) : 0;
}

static int wrprot_visit(struct tdp_walk *walk, spte_t *sptep, uint64_t gfn, unsigned int level)
{
	spte_t new = { sptep->val & ~SPTE_WRITABLE };

	if (spte_leaf(*sptep, level) && spte_writable(*sptep))
		tdp_mmu_set_spte(walk->kvm, walk->as_id, gfn, sptep, new, level, true);
	return 0;
}

void kvm_tdp_mmu_wrprot_range(struct kvm *kvm, unsigned int as_id, uint64_t start, uint64_t end,
			      unsigned int min_level)
{
	struct tdp_walk walk = {
		.kvm = kvm,
		.as_id = as_id,
		.start = start,
		.end = end,
		.min_level = min_level,
		.visit = wrprot_visit,
	};

	(void)walk_root(&walk);
}

void kvm_tdp_mmu_wrprot_masked(struct kvm *kvm, unsigned int as_id, uint64_t gfn, uint64_t mask)
{
	unsigned int level;
	spte_t *sptep, new;

	for (; mask; mask &= mask - 1) {
		uint64_t at = gfn + __builtin_ctzll(mask);

		sptep = kvm_mmu_walk(kvm, as_id, at, &level);
		if (!sptep || level > SPTE_LEVEL_4K || !spte_present(*sptep) ||
		    !spte_writable(*sptep))
			continue;
		new.val = sptep->val & ~SPTE_WRITABLE;
		tdp_mmu_set_spte(kvm, as_id, at, sptep, new, level, true);
	}
}

/* tdp_mmu_split_huge_page(): the walk then enters the new table and splits what is large there. */
static int split_visit(struct tdp_walk *walk, spte_t *sptep, uint64_t gfn, unsigned int level)
{
	struct kvm *kvm = walk->kvm;
	spte_t huge = *sptep;
	int err;

	if (!spte_leaf(huge, level))
		return 0;
	err = tdp_mmu_link_child(kvm, walk->as_id, gfn, sptep, level);
	EVENT(kvm->events, EVENT_KVM_MMU_SPLIT_HUGE_PAGE, gfn, huge.val, level, err);
	return err;
}

int kvm_tdp_mmu_split_range(struct kvm *kvm, unsigned int as_id, uint64_t start, uint64_t end)
{
	struct tdp_walk walk = {
		.kvm = kvm,
		.as_id = as_id,
		.start = start,
		.end = end,
		.min_level = SPTE_LEVEL_2M,
		.visit = split_visit,
	};

	return walk_root(&walk);
}

static spte_t *first_leaf(const struct kvm *kvm, struct kvm_mmu_page *sp)
{
	unsigned int level = sp_level(sp), i;
	spte_t *table = sp_table(kvm, sp), *leaf;

	for (i = 0; i < PT_TABLE_ENTRIES; i++) {
		if (spte_leaf(table[i], level))
			return &table[i];
		leaf = spte_table(table[i], level) ? first_leaf(kvm, child_of(kvm, table[i])) :
						     NULL;
		if (leaf)
			return leaf;
	}
	return NULL;
}

/* make_huge_spte(): the first leaf below says which rights the large page has. */
static void make_huge(struct tdp_walk *walk, spte_t *sptep, uint64_t gfn, unsigned int level)
{
	struct kvm *kvm = walk->kvm;
	spte_t *leaf = first_leaf(kvm, child_of(kvm, *sptep)), new;

	if (!leaf)
		return;
	new.val = leaf->val | SPTE_LARGE;
	new.val &= ~((spte_pages(level) - 1) << PAGE_SHIFT);
	tdp_mmu_set_spte(kvm, walk->as_id, gfn, sptep, new, level, true);
	forget_table(kvm);
	walk->flush = true;
}

/* tdp_mmu_zap_spte_atomic(): each has its own flush. */
static void cut_off(struct tdp_walk *walk, spte_t *sptep, uint64_t gfn, unsigned int level)
{
	struct kvm *kvm = walk->kvm;
	spte_t none = nonpresent(kvm), frozen = { none.val | kvm->profile->frozen };

	tdp_mmu_set_spte(kvm, walk->as_id, gfn, sptep,
			 kvm->profile->zap_collapsed_later ? none : frozen, level, true);
	*sptep = none;
	kvm_flush_remote_tlbs(kvm);
}

static int recover_visit(struct tdp_walk *walk, spte_t *sptep, uint64_t gfn, unsigned int level)
{
	if (level > SPTE_LEVEL_1G || spte_leaf(*sptep, level) || gfn < walk->start ||
	    gfn >= walk->end || kvm_mmu_max_mapping_level(walk->kvm, walk->slot, gfn) < level)
		return 0;
	if (walk->kvm->profile->recover_huge)
		make_huge(walk, sptep, gfn, level);
	else
		cut_off(walk, sptep, gfn, level);
	return 0;
}

void kvm_tdp_mmu_recover_huge_pages(struct kvm *kvm, struct kvm_memory_slot *slot)
{
	struct tdp_walk walk = {
		.kvm = kvm,
		.slot = slot,
		.as_id = slot->as_id,
		.start = slot->base_gfn,
		.end = slot->base_gfn + slot->npages,
		.min_level = SPTE_LEVEL_2M,
		.visit = recover_visit,
	};

	(void)walk_root(&walk);
	if (walk.flush)
		kvm_flush_remote_tlbs(kvm);
}

/*
 * One pass: clear the present entries of @sp and below at @level and under, top ones
 * first.
 */
static void zap_root_pass(struct kvm *kvm, unsigned int as_id, struct kvm_mmu_page *sp,
			  unsigned int pass_level, bool shared)
{
	unsigned int level = sp_level(sp), i;
	spte_t *table = sp_table(kvm, sp);

	for (i = 0; i < PT_TABLE_ENTRIES; i++) {
		if (!spte_present(table[i]))
			continue;
		if (level <= pass_level)
			tdp_mmu_set_spte(kvm, as_id, sp_gfn(kvm, sp, i), &table[i],
					 nonpresent(kvm), level, shared);
		else if (spte_table(table[i], level))
			zap_root_pass(kvm, as_id, child_of(kvm, table[i]), pass_level,
				      shared);
	}
}

static void zap_root(struct kvm *kvm, unsigned int as_id, bool shared)
{
	struct kvm_mmu_page *root = kvm_sp(kvm, kvm->root_pfn[as_id]);

	if (kvm->profile->zap_each_level) {
		zap_root_pass(kvm, as_id, root, SPTE_LEVEL_4K, shared);
		zap_root_pass(kvm, as_id, root, SPTE_LEVEL_2M, shared);
	}
	zap_root_pass(kvm, as_id, root, SPTE_LEVEL_1G, shared);
	zap_root_pass(kvm, as_id, root, kvm->root_level, shared);
	kvm->root_pfn[as_id] = 0;
	kvm_mmu_free_page(kvm, root);
}

void kvm_tdp_mmu_zap_all(struct kvm *kvm, bool shared)
{
	unsigned int as_id;

	for (as_id = 0; as_id < KVM_ADDRESS_SPACES; as_id++)
		if (kvm->root_pfn[as_id])
			zap_root(kvm, as_id, shared);
}
