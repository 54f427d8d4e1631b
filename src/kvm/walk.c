// SPDX-License-Identifier: GPL-2.0-or-later
#include "kvm_internal.h"
#include "rmap_internal.h"

#include <kvm/walk.h>

struct walk {
	struct kvm *kvm;
	kvm_walk_fn *fn;
	void *ctx;
	struct kvm_stretch run;
};

static void end_run(struct walk *walk)
{
	if (walk->run.end)
		walk->fn(walk->ctx, &walk->run);
	walk->run = (struct kvm_stretch){0};
}

/* One leaf, cut to its slot. */
static void add_leaf(struct walk *walk, const struct kvm_mmu_page *sp, uint64_t gfn)
{
	unsigned int as_id = sp->role & ROLE_SMM ? 1 : 0, level = sp_level(sp);
	const struct kvm_memory_slot *slot =
		gfn_to_memslot(&walk->kvm->memslots[as_id], gfn);
	uint64_t start, end;

	if (!slot)
		return;
	start = slot_hva(slot, gfn);
	end = start + (spte_pages(level) << PAGE_SHIFT);
	if (end - 1 > slot->hva_last)
		end = slot->hva_last + 1;
	if (walk->run.end == start && walk->run.level == level) {
		walk->run.end = end;
		return;
	}
	end_run(walk);
	walk->run = (struct kvm_stretch){.start = start, .end = end, .level = level};
}

static void walk_page(struct walk *walk, const struct kvm_mmu_page *sp)
{
	const spte_t *table = sp_table(walk->kvm, sp);
	unsigned int level = sp_level(sp), i;

	for (i = 0; i < PT_TABLE_ENTRIES; i++) {
		if (!spte_present(table[i]))
			continue;
		if (spte_leaf(table[i], level))
			add_leaf(walk, sp, sp_gfn(walk->kvm, sp, i));
		else if (kvm_sp(walk->kvm, spte_pfn(table[i]))->flags & SP_TDP)
			walk_page(walk, kvm_sp(walk->kvm, spte_pfn(table[i])));
	}
}

void kvm_walk_sptes(struct kvm *kvm, kvm_walk_fn *fn, void *ctx)
{
	struct walk walk = {.kvm = kvm, .fn = fn, .ctx = ctx};
	const struct kvm_mmu_page *sp;
	unsigned int i;

	/* shadow pages can have several parents and are all on the list */
	TAILQ_FOREACH (sp, &kvm->active_mmu_pages, link)
		walk_page(&walk, sp);
	for (i = 0; kvm->tdp_mmu && i < KVM_ADDRESS_SPACES; i++)
		if (kvm->root_pfn[i])
			walk_page(&walk, kvm_sp(kvm, kvm->root_pfn[i]));
	end_run(&walk);
}

void kvm_walk_slots(struct kvm *kvm, kvm_walk_fn *fn, void *ctx)
{
	unsigned int i;

	for (i = 0; i < KVM_ADDRESS_SPACES; i++) {
		struct kvm_memory_slot *slot;

		for (slot = hva_first_slot(&kvm->memslots[i], 0, UINT64_MAX); slot;
		     slot = hva_next_slot(slot, 0, UINT64_MAX)) {
			const struct kvm_stretch stretch = {.start = slot->userspace_addr,
							    .end = slot->hva_last + 1};

			fn(ctx, &stretch);
		}
	}
}

/* The first frame of [gfn, end), frames of the slot, that a reverse map of @level has SPTEs of. */
static uint64_t next_rmapped(const struct kvm_memory_slot *slot, unsigned int level, uint64_t gfn,
			     uint64_t end)
{
	unsigned int shift = SPTE_LEVEL_BITS * (level - 1);
	uint64_t base = slot->base_gfn >> shift, last = ((end - 1) >> shift) - base;
	uint64_t i = occupancy_next(&slot->rmap[level - 1].used, (gfn >> shift) - base, last + 1);
	uint64_t found = (base + i) << shift;

	if (i > last)
		return end;
	return found > gfn ? found : gfn;
}

/* Whatever is not the TDP MMU's is in reverse maps. */
uint64_t kvm_next_mapped(const struct kvm *kvm, unsigned int as_id, uint64_t start, uint64_t end)
{
	/* the search remembers the slot, nothing else changes */
	struct kvm_memslots *slots = (struct kvm_memslots *)&kvm->memslots[as_id];
	struct kvm_memory_slot *slot = gfn_to_memslot(slots, start >> PAGE_SHIFT);
	uint64_t gfn = start >> PAGE_SHIFT, last = end >> PAGE_SHIFT;
	struct kvm_mapping mapping;
	unsigned int level;

	if (!slot || gfn >= last)
		return end;
	for (level = 1; slot_has_rmap(slot) && gfn < last && level <= KVM_NR_LEVELS; level++)
		last = next_rmapped(slot, level, gfn, last);
	if (!kvm->tdp_mmu)
		return last << PAGE_SHIFT;
	for (; gfn < last; gfn++)
		if (!kvm_lookup(kvm, as_id, gfn << PAGE_SHIFT, &mapping))
			break;
	return gfn << PAGE_SHIFT;
}
