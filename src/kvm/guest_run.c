// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Guest accesses to page after page, all at once where nothing can interfere: nobody listens, no
 * notification is running, nothing is write-tracked and the slot has no flags. The state and the
 * counters afterwards are those of kvm_guest_access() for each page:
 *
 * - an entry that allows the access gets its accessed and dirty bits;
 * - an absent entry is one fault, for which the primary entry is there and writable;
 * - in tables with reverse maps one fault maps an aligned group of eight (direct_pte_prefetch()),
 *   and the accesses to the other seven then hit.
 *
 * Whatever else comes up ends the run, and the caller goes on page by page.
 */
#include "kvm_internal.h"
#include "rmap_internal.h"

#include <assert.h>

#define PREFETCH_GROUP 8u

static bool nothing_interferes(const struct kvm *kvm, unsigned int access)
{
	return !event_on(kvm->events) && !kvm->fault_hook && !kvm->mmu_invalidate_in_progress &&
	       RB_EMPTY(&kvm->tracked) && RB_EMPTY(&kvm->guest_memory) &&
	       !(access & ~KVM_ACCESS_WRITE);
}

/* Accesses that the hardware lets through, from @sptep on. */
static uint64_t hits(struct kvm *kvm, spte_t *sptep, uint64_t nr, unsigned int access)
{
	uint64_t i;

	for (i = 0; i < nr && spte_allows(sptep[i], access ? SPTE_ACC_WRITE : 0); i++) {
		sptep[i].val |= SPTE_ACCESSED;
		if (!access)
			continue;
		sptep[i].val |= SPTE_DIRTY;
		mm_page_written(kvm->mm, spte_pfn(sptep[i]));
	}
	return i;
}

static uint64_t absent(const struct kvm *kvm, const spte_t *sptep, uint64_t nr)
{
	uint64_t none = nonpresent(kvm).val, i;

	for (i = 0; i < nr && sptep[i].val == none; i++)
		continue;
	return i;
}

static void install(struct kvm *kvm, spte_t *sptep, const uint64_t *pfn, uint64_t nr,
		    uint64_t faults)
{
	uint64_t bits = spte_make_leaf(0, SPTE_LEVEL_4K, SPTE_ACC_ALL, true, false).val, i;

	for (i = 0; i < nr; i++)
		sptep[i].val = bits | pfn[i] << PAGE_SHIFT;
	sptep_sp(kvm, sptep)->used += nr;
	kvm_update_page_stats(kvm, SPTE_LEVEL_4K, nr);
	kvm->stat.pf_taken += faults;
	kvm->stat.pf_fixed += faults;
}

static uint64_t tdp_faults(struct kvm *kvm, struct kvm_memory_slot *slot, spte_t *sptep,
			   uint64_t gfn, uint64_t nr, bool write)
{
	uint64_t pfn[PT_TABLE_ENTRIES];

	nr = mm_get_user_run(kvm->mm, slot_hva(slot, gfn), write, 1, nr, pfn);
	install(kvm, sptep, pfn, nr, nr);
	return nr;
}

static bool maps_directly(const struct kvm_mmu_page *sp)
{
	return (sp->role & ROLE_DIRECT) && !sp->shadowed &&
	       (sp->role & ROLE_ACCESS_MASK) >> ROLE_ACCESS_SHIFT == SPTE_ACC_ALL;
}

static uint64_t rmap_faults(struct kvm *kvm, struct kvm_memory_slot *slot, spte_t *sptep,
			    uint64_t gfn, uint64_t nr, bool write)
{
	struct kvm_rmap_head *head = slot_rmap_head(slot, gfn, SPTE_LEVEL_4K);
	unsigned int group = kvm->profile->prefetch ? PREFETCH_GROUP : 1;
	uint64_t pfn[PT_TABLE_ENTRIES], i;

	if (sptep_index(sptep) % group || !maps_directly(sptep_sp(kvm, sptep)))
		return 0;
	for (i = 0; i < nr && !head[i].val; i++)
		continue;
	nr = i - i % group;
	nr = mm_get_user_run(kvm->mm, slot_hva(slot, gfn), write, group, nr, pfn);
	nr -= nr % group;
	if (!nr)
		return 0;
	install(kvm, sptep, pfn, nr, nr / group);
	for (i = 0; i < nr; i++)
		head[i].val = (uintptr_t)(sptep + i);
	occupancy_set_run(&slot->rmap[0].used, head - slot->rmap[0].heads, nr);
	return nr;
}

uint64_t kvm_access_run(struct kvm *kvm, uint64_t gfn, uint64_t nr, unsigned int access)
{
	struct kvm_memory_slot *slot;
	unsigned int level;
	spte_t *sptep;
	uint64_t n;

	if (!nothing_interferes(kvm, access))
		return 0;
	sptep = kvm_mmu_walk(kvm, 0, gfn, &level);
	if (!sptep || level > SPTE_LEVEL_4K)
		return 0;
	if (nr > PT_TABLE_ENTRIES - sptep_index(sptep))
		nr = PT_TABLE_ENTRIES - sptep_index(sptep);
	n = hits(kvm, sptep, nr, access);
	if (n)
		return n;
	slot = gfn_to_memslot(&kvm->memslots[0], gfn);
	if (!slot || slot->flags)
		return 0;
	if (nr > slot->base_gfn + slot->npages - gfn)
		nr = slot->base_gfn + slot->npages - gfn;
	nr = absent(kvm, sptep, nr);
	if (!nr)
		return 0;
	return (kvm->tdp_mmu ? tdp_faults : rmap_faults)(kvm, slot, sptep, gfn, nr,
							 access & KVM_ACCESS_WRITE);
}

uint64_t kvm_leaf_accesses(struct kvm *kvm, uint64_t gpa, uint64_t stride, uint64_t nr,
			   unsigned int access)
{
	uint64_t gfn = gpa >> PAGE_SHIFT, size, offset;
	unsigned int level;
	spte_t *sptep;

	if (!nothing_interferes(kvm, access))
		return 1;
	sptep = kvm_mmu_walk(kvm, 0, gfn, &level);
	if (!sptep || level == SPTE_LEVEL_4K || !spte_leaf(*sptep, level) || stride % PAGE_SIZE ||
	    !spte_allows(*sptep, access ? SPTE_ACC_WRITE : 0))
		return 1;
	size = spte_pages(level) << PAGE_SHIFT;
	offset = gpa & (size - 1);
	if (nr > (size - offset - 1) / stride + 1)
		nr = (size - offset - 1) / stride + 1;
	sptep->val |= SPTE_ACCESSED | (access ? SPTE_DIRTY : 0);
	if (access)
		mm_pages_written(kvm->mm, spte_pfn(*sptep) + (offset >> PAGE_SHIFT),
				 stride >> PAGE_SHIFT, nr);
	return nr;
}
