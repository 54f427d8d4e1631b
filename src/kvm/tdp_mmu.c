// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The TDP MMU: one tree of tables per address space, by guest-physical address. Models
 * arch/x86/kvm/mmu/tdp_mmu.c: which entries are looked at, in which order they change.
 */
#include "kvm_internal.h"

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
	spte_t frozen = { kvm->profile->nonpresent | SPTE_FROZEN };
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

/* Everything that follows from an entry that has changed, the record first. */
static void handle_changed_spte(struct kvm *kvm, unsigned int as_id, uint64_t gfn,
				spte_t old, spte_t new, unsigned int level, bool shared)
{
	bool was_leaf = spte_leaf(old, level), is_leaf = spte_leaf(new, level);

	if (old.val == new.val)
		return;
	EVENT(kvm->events, EVENT_KVM_TDP_MMU_SPTE_CHANGED, as_id, gfn, level, old.val,
	      new.val);
	if (was_leaf != is_leaf)
		kvm_update_page_stats(kvm, level, is_leaf ? 1 : -1);
	if (spte_table(old, level) &&
	    (!spte_table(new, level) || spte_pfn(old) != spte_pfn(new)))
		handle_removed_pt(kvm, as_id, child_of(kvm, old), shared);
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
	if (spte_table(old, level))
		kvm_flush_remote_tlbs(kvm);
	EVENT(kvm->events, EVENT_KVM_MMU_SET_SPTE, gfn, new.val, level,
	      sptep_address(kvm, sptep));
	return emulate ? RET_PF_EMULATE : RET_PF_FIXED;
}

/* No slot: every access is user space's affair. Linux: make_mmio_spte() in place of a leaf. */
static int tdp_mmu_map_mmio(struct kvm *kvm, struct kvm_page_fault *fault, spte_t *sptep)
{
	kvm->has_mmio = true;
	tdp_mmu_set_spte(kvm, fault->as_id, fault->gfn, sptep,
			 spte_make_mmio(fault->gfn, SPTE_ACC_ALL, kvm->memslots_generation),
			 SPTE_LEVEL_4K, true);
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
 * Zap all leaves of @sptep[0..nr): present ones counted, all made absent. What is absent
 * already holds the absent value, so that the loop needs no branch.
 */
static uint64_t zap_leaves_4k(spte_t *sptep, unsigned int nr, spte_t none)
{
	uint64_t zapped = 0;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		zapped += (sptep[i].val >> 11) & 1;
		sptep[i] = none;
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

	if (!sptep || !spte_leaf(*sptep, level) || !spte_writable(*sptep))
		return false;
	new.val = sptep->val & ~(SPTE_WRITABLE | SPTE_MMU_WRITABLE);
	tdp_mmu_set_spte(kvm, as_id, gfn & ~(spte_pages(level) - 1), sptep, new, level,
			 false);
	return true;
}

/*
 * One pass: clear the present entries of @sp and below at @level and under, top ones
 * first.
 */
static void zap_root_pass(struct kvm *kvm, unsigned int as_id, struct kvm_mmu_page *sp,
			  unsigned int pass_level)
{
	unsigned int level = sp_level(sp), i;
	spte_t *table = sp_table(kvm, sp);

	for (i = 0; i < PT_TABLE_ENTRIES; i++) {
		if (!spte_present(table[i]))
			continue;
		if (level <= pass_level)
			tdp_mmu_set_spte(kvm, as_id, sp_gfn(kvm, sp, i), &table[i],
					 nonpresent(kvm), level, false);
		else if (spte_table(table[i], level))
			zap_root_pass(kvm, as_id, child_of(kvm, table[i]), pass_level);
	}
}

static void zap_root(struct kvm *kvm, unsigned int as_id)
{
	struct kvm_mmu_page *root = kvm_sp(kvm, kvm->root_pfn[as_id]);

	if (kvm->profile->zap_each_level) {
		zap_root_pass(kvm, as_id, root, SPTE_LEVEL_4K);
		zap_root_pass(kvm, as_id, root, SPTE_LEVEL_2M);
	}
	zap_root_pass(kvm, as_id, root, SPTE_LEVEL_1G);
	zap_root_pass(kvm, as_id, root, kvm->root_level);
	kvm->root_pfn[as_id] = 0;
	kvm_mmu_free_page(kvm, root);
}

void kvm_tdp_mmu_zap_all(struct kvm *kvm)
{
	unsigned int as_id;

	for (as_id = 0; as_id < KVM_ADDRESS_SPACES; as_id++)
		if (kvm->root_pfn[as_id])
			zap_root(kvm, as_id);
}
