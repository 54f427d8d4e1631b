// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tables with reverse maps: shadow pages found by (frame, role), their links, and direct maps
 * with prefetch. Models the non-TDP-MMU half of arch/x86/kvm/mmu/mmu.c.
 */
#include "kvm_internal.h"

#include <assert.h>
#include <errno.h>

#define PTE_PREFETCH_NUM 8u

static struct kvm_mmu_page *child_of(const struct kvm *kvm, spte_t spte)
{
	return kvm_sp(kvm, spte_pfn(spte));
}

static bool is_obsolete_sp(const struct kvm *kvm, const struct kvm_mmu_page *sp)
{
	return (sp->role & ROLE_INVALID) || !!(sp->flags & SP_GEN) != kvm->mmu_valid_gen;
}

static struct kvm_mmu_page *find_shadow_page(struct kvm *kvm, uint64_t gfn, uint32_t role)
{
	struct kvm_mmu_page *sp;

	LIST_FOREACH(sp, mmu_page_bucket(kvm, gfn), hash)
		if (sp->gfn == gfn && sp->role == role && !is_obsolete_sp(kvm, sp))
			return sp;
	return NULL;
}

/* kvm_mmu_get_shadow_page(): the page for (@gfn, @role), made if there is none. */
static int get_shadow_page(struct kvm *kvm, uint64_t gfn, uint32_t role,
			   struct kvm_mmu_page **ret_sp)
{
	struct kvm_mmu_page *sp = find_shadow_page(kvm, gfn, role);
	bool created = !sp;

	if (created) {
		int err = kvm_mmu_alloc_page(kvm, gfn, role, 0, &sp);

		if (err)
			return err;
	}
	kvm_mmu_page_event(kvm, EVENT_KVM_MMU_GET_PAGE, sp, created);
	*ret_sp = sp;
	return 0;
}

static uint32_t direct_role(unsigned int level, unsigned int as_id)
{
	return level | ROLE_DIRECT | SPTE_ACC_ALL << ROLE_ACCESS_SHIFT | ROLE_EFER_NX |
	       ROLE_CR0_WP | (as_id ? ROLE_SMM : 0);
}

int mmu_alloc_direct_root(struct kvm *kvm, unsigned int as_id)
{
	struct kvm_mmu_page *sp;
	int err = get_shadow_page(kvm, 0, direct_role(kvm->root_level, as_id), &sp);

	if (err)
		return err;
	sp->root_count++;
	kvm->root_pfn[as_id] = sp_pfn(kvm, sp);
	return 0;
}

/* Take @sptep, a leaf, out of its reverse map and make it absent (drop_spte). */
static void drop_spte(struct kvm *kvm, spte_t *sptep)
{
	struct kvm_mmu_page *sp = sptep_sp(kvm, sptep);

	rmap_remove(kvm, sptep, sp_gfn(kvm, sp, sptep_index(sptep)), sp_level(sp));
	*sptep = nonpresent(kvm);
	sp->used--;
}

/* @sptep does not point to @child any more (drop_parent_pte). */
static void drop_parent_pte(struct kvm *kvm, struct kvm_mmu_page *child, spte_t *sptep)
{
	forget_table(kvm);
	pte_list_remove(kvm, &child->parent_ptes, sptep);
	*sptep = nonpresent(kvm);
	sptep_sp(kvm, sptep)->used--;
}

static void zap_entry(struct kvm *kvm, spte_t *sptep, unsigned int level)
{
	if (spte_leaf(*sptep, level))
		drop_spte(kvm, sptep);
	else if (spte_present(*sptep))
		drop_parent_pte(kvm, child_of(kvm, *sptep), sptep);
}

static void unlink_page(struct kvm *kvm, struct kvm_mmu_page *sp)
{
	unsigned int level = sp_level(sp), i;
	spte_t *table = sp_table(kvm, sp);
	struct rmap_iterator iter;
	spte_t *parent;

	for (i = 0; i < PT_TABLE_ENTRIES && sp->used; i++)
		zap_entry(kvm, &table[i], level);
	while ((parent = rmap_get_first(&sp->parent_ptes, &iter)))
		drop_parent_pte(kvm, sp, parent);
}

/*
 * __kvm_mmu_prepare_zap_page(): cut a page off. A page that is a root stays, invalid, until the
 * vCPU lets go of it.
 */
static void prepare_zap_page(struct kvm *kvm, struct kvm_mmu_page *sp)
{
	kvm_mmu_page_event(kvm, EVENT_KVM_MMU_PREPARE_ZAP_PAGE, sp, false);
	kvm->stat.mmu_shadow_zapped++;
	unlink_page(kvm, sp);
	if (!(sp->role & ROLE_INVALID)) {
		TAILQ_REMOVE(&kvm->active_mmu_pages, sp, link);
		LIST_REMOVE(sp, hash);
	}
	sp->role |= ROLE_INVALID;
	if (!sp->root_count)
		kvm_mmu_free_page(kvm, sp);
}

/* kvm_mmu_free_roots(): the vCPU drops a root; an invalid one goes with it. */
static void free_root(struct kvm *kvm, unsigned int as_id)
{
	struct kvm_mmu_page *sp = kvm_sp(kvm, kvm->root_pfn[as_id]);

	kvm->root_pfn[as_id] = 0;
	sp->root_count--;
	if (!sp->root_count && (sp->role & ROLE_INVALID))
		prepare_zap_page(kvm, sp);
}

static void free_rmap_roots(struct kvm *kvm)
{
	unsigned int as_id;

	for (as_id = 0; as_id < KVM_ADDRESS_SPACES; as_id++)
		if (kvm->root_pfn[as_id])
			free_root(kvm, as_id);
}

void kvm_mmu_zap_all(struct kvm *kvm)
{
	struct kvm_mmu_page *sp;

	while ((sp = TAILQ_FIRST(&kvm->active_mmu_pages)))
		prepare_zap_page(kvm, sp);
	if (kvm->tdp_mmu)
		kvm_tdp_mmu_zap_all(kvm);
	else
		free_rmap_roots(kvm);
}

void kvm_mmu_zap_all_fast(struct kvm *kvm)
{
	struct kvm_mmu_page *sp;

	kvm->mmu_valid_gen ^= 1;
	while ((sp = TAILQ_LAST(&kvm->active_mmu_pages, mmu_page_list)) &&
	       is_obsolete_sp(kvm, sp))
		prepare_zap_page(kvm, sp);
	if (kvm->tdp_mmu)
		kvm_tdp_mmu_zap_all(kvm);
	else
		free_rmap_roots(kvm);
	kvm_flush_remote_tlbs(kvm);
}

/* Put the shadow page for the level below under @sptep, an entry of @level. */
static int link_child(struct kvm *kvm, spte_t *sptep, uint64_t gfn, unsigned int level)
{
	struct kvm_mmu_page *sp;
	uint32_t role = (sptep_sp(kvm, sptep)->role & ~ROLE_LEVEL_MASK) | (level - 1);
	int err;

	err = get_shadow_page(kvm, gfn & ~(spte_pages(level) - 1), role, &sp);
	if (err)
		return err;
	if (spte_present(*sptep)) {
		drop_spte(kvm, sptep);
		kvm_flush_remote_tlbs(kvm);
	}
	*sptep = spte_make_table(sp_pfn(kvm, sp));
	sptep_sp(kvm, sptep)->used++;
	pte_list_add(kvm, &sp->parent_ptes, sptep);
	return 0;
}

/**
 * struct spte_request - what mmu_set_spte() is to install
 * @acc: rights that the guest side grants
 */
struct spte_request {
	struct kvm_memory_slot *slot;
	uint64_t gfn;
	uint64_t pfn;
	unsigned int acc;
	bool host_writable;
	bool prefetch;
};

/* mmu_set_spte(): RET_PF_FIXED, or RET_PF_SPURIOUS when the entry was so already. */
static int mmu_set_spte(struct kvm *kvm, spte_t *sptep, unsigned int level,
			const struct spte_request *req)
{
	spte_t new = spte_make_leaf(req->pfn, level, req->acc, req->host_writable, req->prefetch);
	bool was_rmapped = false, flush = false;
	spte_t old = *sptep;

	if (spte_table(old, level)) {
		drop_parent_pte(kvm, child_of(kvm, old), sptep);
		flush = true;
	} else if (spte_present(old) && spte_pfn(old) != req->pfn) {
		drop_spte(kvm, sptep);
		flush = true;
	} else {
		was_rmapped = spte_present(old);
	}
	if (sptep->val == new.val)
		return RET_PF_SPURIOUS;
	sptep_sp(kvm, sptep)->used += !spte_present(*sptep);
	flush |= spte_writable(*sptep) && !spte_writable(new);
	*sptep = new;
	EVENT(kvm->events, EVENT_KVM_MMU_SET_SPTE, req->gfn, new.val, level,
	      sptep_address(kvm, sptep));
	if (flush)
		kvm_flush_remote_tlbs(kvm);
	if (!was_rmapped)
		rmap_add(kvm, req->slot, sptep, req->gfn, level);
	return RET_PF_FIXED;
}

/*
 * direct_pte_prefetch_many(): map the absent entries sptep[0..nr) as far as the primary MMU maps
 * them writable without a gap; false when not even the first.
 */
static bool prefetch_many(struct kvm *kvm, struct kvm_memory_slot *slot, spte_t *sptep,
			  uint64_t gfn, unsigned int nr)
{
	struct mm_translation t[PTE_PREFETCH_NUM];
	unsigned int i, found = 0;

	if (gfn < slot->base_gfn || gfn + nr > slot->base_gfn + slot->npages ||
	    (slot->flags & (KVM_MEM_READONLY | KVM_MEM_LOG_DIRTY_PAGES)))
		return false;
	while (found < nr && !mm_translate(kvm->mm, slot_hva(slot, gfn + found), &t[found]) &&
	       t[found].writable)
		found++;
	for (i = 0; i < found; i++) {
		struct spte_request req = {
			.slot = slot,
			.gfn = gfn + i,
			.pfn = t[i].pfn,
			.acc = SPTE_ACC_ALL,
			.host_writable = true,
			.prefetch = true,
		};

		mmu_set_spte(kvm, &sptep[i], SPTE_LEVEL_4K, &req);
	}
	return found;
}

/* direct_pte_prefetch(): the other absent entries of the aligned group of eight, run by run. */
static void direct_pte_prefetch(struct kvm *kvm, struct kvm_memory_slot *slot, spte_t *sptep)
{
	struct kvm_mmu_page *sp = sptep_sp(kvm, sptep);
	unsigned int index = sptep_index(sptep) & ~(PTE_PREFETCH_NUM - 1), i;
	spte_t *group = sp_table(kvm, sp) + index, *start = NULL;

	if (!kvm->profile->prefetch || sp_level(sp) > SPTE_LEVEL_4K ||
	    kvm->mmu_invalidate_in_progress)
		return;
	for (i = 0; i <= PTE_PREFETCH_NUM; i++) {
		bool gap = i < PTE_PREFETCH_NUM && !spte_present(group[i]) && &group[i] != sptep;

		if (gap && !start)
			start = &group[i];
		if (gap || !start)
			continue;
		if (!prefetch_many(kvm, slot, start, sp_gfn(kvm, sp, sptep_index(start)),
				   &group[i] - start))
			return;
		start = NULL;
	}
}

int direct_map(struct kvm *kvm, struct kvm_page_fault *fault)
{
	uint64_t mask = spte_pages(fault->goal_level) - 1;
	struct spte_request req = {
		.slot = fault->slot,
		.gfn = fault->gfn & ~mask,
		.pfn = fault->pfn & ~mask,
		.acc = SPTE_ACC_ALL,
		.host_writable = fault->map_writable,
	};
	unsigned int level = kvm->root_level;
	spte_t *sptep, *table;
	int ret;

	EVENT(kvm->events, EVENT_KVM_MMU_SPTE_REQUESTED, fault->gfn, req.pfn, fault->goal_level);
	table = walk_start(kvm, fault, &level);
	for (; level > fault->goal_level; level--) {
		sptep = &table[spte_index(fault->gfn, level)];
		if (!spte_table(*sptep, level)) {
			ret = link_child(kvm, sptep, fault->gfn, level);
			if (ret)
				return ret;
		}
		table = (spte_t *)pt_arena_table(&kvm->arena, spte_pfn(*sptep));
	}
	sptep = &table[spte_index(fault->gfn, level)];
	ret = mmu_set_spte(kvm, sptep, level, &req);
	if (ret == RET_PF_FIXED)
		direct_pte_prefetch(kvm, fault->slot, sptep);
	return ret;
}
