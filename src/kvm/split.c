// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Dirty logging splits the large pages of a nested guest's shadow tables before the guest writes
 * to them: kvm_shadow_mmu_try_split_huge_pages() of arch/x86/kvm/mmu/mmu.c.
 */
#include "shadow_mmu.h"

#include <errno.h>

/* make_small_spte(): true when a table that was there already does not map all of the page. */
static bool fill_from_huge(struct kvm *kvm, struct kvm_memory_slot *slot, struct kvm_mmu_page *sp,
			   spte_t huge)
{
	unsigned int level = sp_level(sp), i;
	spte_t *table = sp_table(kvm, sp);
	uint64_t val = huge.val;
	bool flush = false;

	if (level == SPTE_LEVEL_4K)
		val &= ~SPTE_LARGE;
	for (i = 0; i < PT_TABLE_ENTRIES; i++) {
		if (spte_present(table[i])) {
			flush |= !spte_leaf(table[i], level);
			continue;
		}
		table[i].val = val + ((i * spte_pages(level)) << PAGE_SHIFT);
		sp->used++;
		rmap_add(kvm, slot, &table[i], sp_gfn(kvm, sp, i), level);
	}
	return flush;
}

/* kvm_mmu_page_get_access() */
static unsigned int entry_access(const struct kvm *kvm, const struct kvm_mmu_page *sp,
				 unsigned int index)
{
	if (sp->shadowed)
		return pt_arena_table(&kvm->arena, sp->shadowed)[index] & SPTE_ACC_ALL;
	return (sp->role & ROLE_ACCESS_MASK) >> ROLE_ACCESS_SHIFT;
}

static int split_huge_page(struct kvm *kvm, struct kvm_memory_slot *slot, spte_t *huge_sptep)
{
	struct kvm_mmu_page *huge_sp = sptep_sp(kvm, huge_sptep), *sp;
	unsigned int index = sptep_index(huge_sptep), level = sp_level(huge_sp);
	uint64_t gfn = sp_gfn(kvm, huge_sp, index);
	spte_t huge = *huge_sptep;
	bool flush;
	int err = desc_pool_topup(&kvm->descs, PT_TABLE_ENTRIES + 1);

	if (!err)
		err = get_shadow_page(kvm, gfn,
				      child_role(kvm, huge_sptep, true,
						 entry_access(kvm, huge_sp, index)),
				      &sp);
	if (!err) {
		flush = fill_from_huge(kvm, slot, sp, huge);
		drop_spte(kvm, huge_sptep);
		if (flush || kvm->profile->split_flushes)
			kvm_flush_remote_tlbs(kvm);
		*huge_sptep = spte_make_table(sp_pfn(kvm, sp));
		huge_sp->used++;
		pte_list_add(kvm, &sp->parent_ptes, huge_sptep);
	}
	EVENT(kvm->events, EVENT_KVM_MMU_SPLIT_HUGE_PAGE, gfn, huge.val, level, err);
	return err;
}

/* The first entry of @head that is not in a page on its way out. */
static spte_t *first_valid(const struct kvm *kvm, const struct kvm_rmap_head *head)
{
	struct rmap_iterator iter;
	spte_t *sptep;

	for (sptep = rmap_get_first(head, &iter); sptep; sptep = rmap_get_next(&iter))
		if (!(sptep_sp(kvm, sptep)->role & ROLE_INVALID))
			return sptep;
	return NULL;
}

static int split_level(struct kvm *kvm, struct kvm_memory_slot *slot, unsigned int level,
		       uint64_t start, uint64_t end)
{
	struct slot_rmap *rmap = &slot->rmap[level - 1];
	unsigned int shift = SPTE_LEVEL_BITS * (level - 1);
	uint64_t base = slot->base_gfn >> shift, last = ((end - 1) >> shift) - base;
	uint64_t i = occupancy_next(&rmap->used, (start >> shift) - base, last + 1);
	spte_t *sptep;
	int err;

	for (; i <= last; i = occupancy_next(&rmap->used, i + 1, last + 1)) {
		while ((sptep = first_valid(kvm, &rmap->heads[i]))) {
			err = split_huge_page(kvm, slot, sptep);
			if (err)
				return err;
		}
	}
	return 0;
}

int kvm_shadow_mmu_split_range(struct kvm *kvm, struct kvm_memory_slot *slot, uint64_t start,
			       uint64_t end)
{
	unsigned int level;
	int err = 0;

	for (level = KVM_NR_LEVELS; level > SPTE_LEVEL_4K && !err; level--)
		err = split_level(kvm, slot, level, start, end);
	return err;
}
