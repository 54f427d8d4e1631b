// SPDX-License-Identifier: GPL-2.0-or-later
/* Tables and the records beside them. */
#include "kvm_internal.h"

#include <assert.h>

uint64_t sp_gfn(const struct kvm *kvm, const struct kvm_mmu_page *sp, unsigned int index)
{
	if (sp->shadowed)
		return pt_arena_table(&kvm->arena, sp->shadowed)[index] >> PAGE_SHIFT;
	return sp->gfn + ((uint64_t)index << (SPTE_LEVEL_BITS * (sp_level(sp) - 1)));
}

static void fill_nonpresent(struct kvm *kvm, uint64_t pfn)
{
	spte_t *table = (spte_t *)pt_arena_table(&kvm->arena, pfn);
	spte_t none = nonpresent(kvm);
	unsigned int i;

	if (none.val)
		for (i = 0; i < PT_TABLE_ENTRIES; i++)
			table[i] = none;
}

int kvm_mmu_alloc_page(struct kvm *kvm, uint64_t gfn, uint32_t role, unsigned int flags,
		       struct kvm_mmu_page **ret_sp)
{
	uint64_t pfn, shadowed = 0;
	struct kvm_mmu_page *sp;
	int err;

	err = pt_arena_alloc(&kvm->arena, &pfn);
	if (err)
		return err;
	if (!(role & ROLE_DIRECT)) {
		err = pt_arena_alloc(&kvm->arena, &shadowed);
		if (err) {
			pt_arena_free(&kvm->arena, pfn);
			return err;
		}
	}
	fill_nonpresent(kvm, pfn);
	sp = kvm_sp(kvm, pfn);
	sp->gfn = gfn;
	sp->role = role;
	/* the TDP MMU's pages have no generation */
	sp->flags = flags | (kvm->mmu_valid_gen && !(flags & SP_TDP) ? SP_GEN : 0);
	sp->shadowed = shadowed;
	if (!(flags & SP_TDP)) {
		TAILQ_INSERT_HEAD(&kvm->active_mmu_pages, sp, link);
		LIST_INSERT_HEAD(mmu_page_bucket(kvm, gfn), sp, hash);
		kvm->stat.mmu_cache_miss++;
	}
	kvm->stat.tables++;
	*ret_sp = sp;
	return 0;
}

void kvm_mmu_free_page(struct kvm *kvm, struct kvm_mmu_page *sp)
{
	assert(!sp->parent_ptes.val && !sp->used);
	forget_table(kvm);
	if (sp->shadowed)
		pt_arena_free(&kvm->arena, sp->shadowed);
	kvm->stat.tables--;
	pt_arena_free(&kvm->arena, sp_pfn(kvm, sp));
}

void kvm_mmu_page_event(struct kvm *kvm, enum event_id id, const struct kvm_mmu_page *sp,
			bool created)
{
	EVENT(kvm->events, id, sp->gfn, sp->role, sp->root_count,
	      (uint64_t) !!(sp->flags & SP_UNSYNC) | (uint64_t)created << 1,
	      (uint64_t) !!(sp->flags & SP_GEN));
}
