// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Write tracking of guest tables: upper tables are never writable, tables of level 1
 * become unsync when the guest writes to them. Models account_shadowed() and
 * mmu_try_to_unsync_pages() of arch/x86/kvm/mmu/mmu.c.
 */
#include "shadow_mmu.h"

#include <assert.h>
#include <errno.h>

static int tracked_cmp(const struct tracked_gfn *a, const struct tracked_gfn *b)
{
	if (a->as_id != b->as_id)
		return a->as_id < b->as_id ? -1 : 1;
	return (a->gfn > b->gfn) - (a->gfn < b->gfn);
}

RB_GENERATE_INTERNAL(tracked_tree, tracked_gfn, node, tracked_cmp,
		     __attribute__((unused)) static)

static unsigned int sp_as_id(const struct kvm_mmu_page *sp)
{
	return sp->role & ROLE_SMM ? 1 : 0;
}

static struct tracked_gfn *find_tracked(struct kvm *kvm, unsigned int as_id, uint64_t gfn)
{
	struct tracked_gfn key = { .as_id = as_id, .gfn = gfn };

	return RB_FIND(tracked_tree, &kvm->tracked, &key);
}

/* kvm_mmu_slot_gfn_write_protect(): no SPTE of the frame is writable any more, nor will be. */
bool kvm_write_protect_gfn(struct kvm *kvm, unsigned int as_id, uint64_t gfn)
{
	struct kvm_memory_slot *slot = gfn_to_memslot(&kvm->memslots[as_id], gfn);
	bool changed = false;
	unsigned int level;

	if (!slot || !slot_has_rmap(slot))
		return false;
	for (level = 1; level <= KVM_NR_LEVELS; level++)
		changed |= rmap_protect_for_tables(slot_rmap_head(slot, gfn, level));
	if (kvm->tdp_mmu)
		changed |= kvm_tdp_mmu_write_protect(kvm, as_id, gfn);
	return changed;
}

int account_shadowed(struct kvm *kvm, struct kvm_mmu_page *sp)
{
	struct tracked_gfn *t = find_tracked(kvm, sp_as_id(sp), sp->gfn);

	if (!t) {
		t = mem_zalloc(sizeof(*t));
		if (!t) {
			sp->role |= ROLE_DIRECT; /* not accounted: nothing to undo */
			prepare_zap_page(kvm, sp);
			return -ENOMEM;
		}
		t->gfn = sp->gfn;
		t->as_id = sp_as_id(sp);
		RB_INSERT(tracked_tree, &kvm->tracked, t);
	}
	t->shadowed++;
	t->tracked += sp_level(sp) > SPTE_LEVEL_4K;
	if (kvm_write_protect_gfn(kvm, sp_as_id(sp), sp->gfn))
		kvm_flush_remote_tlbs(kvm);
	return 0;
}

void unaccount_shadowed(struct kvm *kvm, struct kvm_mmu_page *sp)
{
	struct tracked_gfn *t = find_tracked(kvm, sp_as_id(sp), sp->gfn);

	assert(t && t->shadowed);
	t->tracked -= sp_level(sp) > SPTE_LEVEL_4K;
	if (--t->shadowed)
		return;
	RB_REMOVE(tracked_tree, &kvm->tracked, t);
	mem_free(t);
}

void kvm_tracked_release(struct kvm *kvm)
{
	struct tracked_gfn *t;

	while ((t = RB_ROOT(&kvm->tracked))) {
		RB_REMOVE(tracked_tree, &kvm->tracked, t);
		mem_free(t);
	}
}

bool gfn_write_tracked(struct kvm *kvm, unsigned int as_id, uint64_t gfn)
{
	struct tracked_gfn *t;

	if (RB_EMPTY(&kvm->tracked))
		return false;
	t = find_tracked(kvm, as_id, gfn);
	return t && t->tracked;
}

bool lpage_tracked(struct kvm *kvm, unsigned int as_id, uint64_t gfn, unsigned int level)
{
	struct tracked_gfn key = { .as_id = as_id,
				   .gfn = gfn & ~(spte_pages(level) - 1) };
	struct tracked_gfn *t;

	if (RB_EMPTY(&kvm->tracked))
		return false;
	t = RB_NFIND(tracked_tree, &kvm->tracked, &key);
	return t && t->as_id == as_id && t->gfn < key.gfn + spte_pages(level);
}

static void unsync_page(struct kvm *kvm, struct kvm_mmu_page *sp)
{
	kvm_mmu_page_event(kvm, EVENT_KVM_MMU_UNSYNC_PAGE, sp, false);
	sp->flags |= SP_UNSYNC;
	kvm->stat.mmu_unsync++;
}

bool mmu_try_to_unsync_pages(struct kvm *kvm, uint64_t gfn, unsigned int as_id,
			     bool can_unsync, bool prefetch)
{
	struct kvm_mmu_page *sp;

	if (RB_EMPTY(&kvm->tracked) || !find_tracked(kvm, as_id, gfn))
		return true;
	if (gfn_write_tracked(kvm, as_id, gfn))
		return false;
	LIST_FOREACH (sp, mmu_page_bucket(kvm, gfn), hash) {
		if (sp->gfn != gfn || is_obsolete_sp(kvm, sp) ||
		    (sp->role & ROLE_DIRECT) || sp_as_id(sp) != as_id)
			continue;
		if (!can_unsync)
			return false;
		if (sp->flags & SP_UNSYNC)
			continue;
		if (prefetch)
			return false;
		unsync_page(kvm, sp);
	}
	return true;
}
