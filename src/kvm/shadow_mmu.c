// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tables with reverse maps: shadow pages found by (frame, role), their links, and direct
 * maps with prefetch. Models the non-TDP-MMU half of arch/x86/kvm/mmu/mmu.c.
 */
#include "shadow_mmu.h"

#include <assert.h>
#include <errno.h>

#define PTE_PREFETCH_NUM 8u

bool is_obsolete_sp(const struct kvm *kvm, const struct kvm_mmu_page *sp)
{
	return (sp->role & ROLE_INVALID) || !!(sp->flags & SP_GEN) != kvm->mmu_valid_gen;
}

static struct kvm_mmu_page *find_shadow_page(struct kvm *kvm, uint64_t gfn, uint32_t role)
{
	struct kvm_mmu_page *sp;

again:
	LIST_FOREACH (sp, mmu_page_bucket(kvm, gfn), hash) {
		if (sp->gfn != gfn || is_obsolete_sp(kvm, sp))
			continue;
		if (sp->role == role)
			return sp;
		/*
		 * the guest uses the frame as an upper table now: the unsync page is
		 * stale
		 */
		if ((role & ROLE_LEVEL_MASK) > SPTE_LEVEL_4K && (sp->flags & SP_UNSYNC)) {
			prepare_zap_page(kvm, sp);
			goto again;
		}
	}
	return NULL;
}

int get_shadow_page(struct kvm *kvm, uint64_t gfn, uint32_t role,
		    struct kvm_mmu_page **ret_sp)
{
	struct kvm_mmu_page *sp = find_shadow_page(kvm, gfn, role);
	bool created;

	/* it stays unsync and writable: only its entries are brought up to date */
	if (sp && (sp->flags & SP_UNSYNC) && !kvm_sync_page(kvm, sp))
		sp = NULL;
	if (sp && !(role & ROLE_DIRECT))
		sp->write_flooding = 0;
	created = !sp;
	if (created) {
		int err = kvm_mmu_alloc_page(kvm, gfn, role, 0, &sp);

		if (!err && !(role & ROLE_DIRECT))
			err = account_shadowed(kvm, sp);
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

void drop_spte(struct kvm *kvm, spte_t *sptep)
{
	struct kvm_mmu_page *sp = sptep_sp(kvm, sptep);

	rmap_remove(kvm, sptep, sp_gfn(kvm, sp, sptep_index(sptep)), sp_level(sp));
	*sptep = nonpresent(kvm);
	sp->used--;
}

void drop_parent_pte(struct kvm *kvm, struct kvm_mmu_page *child, spte_t *sptep)
{
	forget_table(kvm);
	pte_list_remove(kvm, &child->parent_ptes, sptep);
	*sptep = nonpresent(kvm);
	sptep_sp(kvm, sptep)->used--;
}

void mmu_page_zap_pte(struct kvm *kvm, spte_t *sptep, unsigned int level, bool orphans)
{
	struct kvm_mmu_page *child;

	if (spte_leaf(*sptep, level)) {
		drop_spte(kvm, sptep);
	} else if (spte_present(*sptep)) {
		child = child_of(kvm, *sptep);
		drop_parent_pte(kvm, child, sptep);
		if (orphans && child->role & ROLE_GUEST_MODE && !child->parent_ptes.val)
			prepare_zap_page(kvm, child);
	} else if (spte_is_mmio(*sptep)) {
		*sptep = nonpresent(kvm);
	}
}

static void unlink_page(struct kvm *kvm, struct kvm_mmu_page *sp)
{
	unsigned int level = sp_level(sp), i;
	spte_t *table = sp_table(kvm, sp);
	struct rmap_iterator iter;
	spte_t *parent;

	for (i = 0; i < PT_TABLE_ENTRIES && sp->used; i++)
		mmu_page_zap_pte(kvm, &table[i], level, true);
	while ((parent = rmap_get_first(&sp->parent_ptes, &iter)))
		drop_parent_pte(kvm, sp, parent);
}

void prepare_zap_page(struct kvm *kvm, struct kvm_mmu_page *sp)
{
	struct kvm_mmu_page *child;

	kvm_mmu_page_event(kvm, EVENT_KVM_MMU_PREPARE_ZAP_PAGE, sp, false);
	kvm->stat.mmu_shadow_zapped++;
	while ((child = kvm_find_unsync_child(kvm, sp)))
		prepare_zap_page(kvm, child);
	unlink_page(kvm, sp);
	if (!(sp->role & ROLE_INVALID)) {
		if (!(sp->role & ROLE_DIRECT))
			unaccount_shadowed(kvm, sp);
		TAILQ_REMOVE(&kvm->active_mmu_pages, sp, link);
		LIST_REMOVE(sp, hash);
	}
	if (sp->flags & SP_UNSYNC)
		kvm_unlink_unsync_page(kvm, sp);
	if (sp->root_count && !is_obsolete_sp(kvm, sp))
		kvm->free_obsolete_roots = true;
	sp->role |= ROLE_INVALID;
	if (!sp->root_count)
		kvm_mmu_free_page(kvm, sp);
}

bool mmu_free_root(struct kvm *kvm, uint64_t *root_pfn)
{
	struct kvm_mmu_page *sp = kvm_sp(kvm, *root_pfn);
	bool zap;

	*root_pfn = 0;
	sp->root_count--;
	zap = !sp->root_count && (sp->role & ROLE_INVALID);
	if (zap)
		prepare_zap_page(kvm, sp);
	return zap;
}

/* A root that is let go of and was zapped before goes now, with a flush. */
void mmu_free_obsolete_root(struct kvm *kvm, uint64_t *root_pfn)
{
	if (!*root_pfn || !(kvm_sp(kvm, *root_pfn)->role & ROLE_INVALID))
		return;
	mmu_free_root(kvm, root_pfn);
	kvm_flush_remote_tlbs(kvm);
}

void kvm_mmu_free_roots(struct kvm *kvm)
{
	unsigned int as_id;

	for (as_id = 0; as_id < KVM_ADDRESS_SPACES && !kvm->tdp_mmu; as_id++)
		if (kvm->root_pfn[as_id])
			mmu_free_root(kvm, &kvm->root_pfn[as_id]);
	kvm_free_guest_roots(kvm);
}

void kvm_mmu_zap_all(struct kvm *kvm)
{
	struct kvm_mmu_page *sp;

	while ((sp = TAILQ_FIRST(&kvm->active_mmu_pages)))
		prepare_zap_page(kvm, sp);
	if (kvm->tdp_mmu)
		kvm_tdp_mmu_zap_all(kvm, false);
}

void kvm_mmu_count_zap_all(struct kvm *kvm)
{
	const struct kvm_mmu_page *sp;
	unsigned int as_id;

	TAILQ_FOREACH (sp, &kvm->active_mmu_pages, link)
		kvm->stat.mmu_shadow_zapped++;
	/* a root is zapped once more when it is let go of */
	for (as_id = 0; as_id < KVM_ADDRESS_SPACES && !kvm->tdp_mmu; as_id++)
		kvm->stat.mmu_shadow_zapped += !!kvm->root_pfn[as_id];
	kvm->stat.mmu_shadow_zapped += kvm_count_guest_roots(kvm);
}

void kvm_mmu_zap_all_fast(struct kvm *kvm)
{
	const uint64_t tables = kvm->stat.tables;
	struct kvm_mmu_page *sp;

	kvm->mmu_valid_gen ^= 1;
	while ((sp = TAILQ_LAST(&kvm->active_mmu_pages, mmu_page_list)) &&
	       is_obsolete_sp(kvm, sp))
		prepare_zap_page(kvm, sp);
	/* roots stay until the vCPU lets go of them, without a flush (kvm_mmu_commit_zap_page) */
	if (kvm->stat.tables != tables)
		kvm_flush_remote_tlbs(kvm);
	if (kvm->tdp_mmu)
		kvm_tdp_mmu_zap_all(kvm, true);
	kvm->free_obsolete_roots = true;
}

uint32_t child_role(const struct kvm *kvm, const spte_t *sptep, bool direct, unsigned int access)
{
	const struct kvm_mmu_page *parent = sptep_sp(kvm, sptep);
	uint32_t role = (parent->role & ~(ROLE_LEVEL_MASK | ROLE_DIRECT | ROLE_ACCESS_MASK |
					  3u << ROLE_QUADRANT_SHIFT)) |
			(sp_level(parent) - 1) | (direct ? ROLE_DIRECT : 0) |
			access << ROLE_ACCESS_SHIFT;

	if (role & ROLE_4_BYTE_GPTE)
		role |= (sptep_index(sptep) & 1) << ROLE_QUADRANT_SHIFT;
	return role;
}

int link_child(struct kvm *kvm, spte_t *sptep, uint64_t gfn, bool direct,
	       unsigned int access)
{
	struct kvm_mmu_page *parent = sptep_sp(kvm, sptep), *sp;
	uint32_t role = child_role(kvm, sptep, direct, access);
	int err;

	if (spte_table(*sptep, sp_level(parent)) && child_of(kvm, *sptep)->gfn == gfn &&
	    child_of(kvm, *sptep)->role == role)
		return 0;
	err = get_shadow_page(kvm, gfn, role, &sp);
	if (err)
		return err;
	if (!direct)
		kvm_sync_children(kvm, sp);
	if (spte_present(*sptep)) {
		mmu_page_zap_pte(kvm, sptep, sp_level(parent), true);
		kvm_flush_remote_tlbs(kvm);
	}
	*sptep = spte_make_table(sp_pfn(kvm, sp));
	sptep_sp(kvm, sptep)->used++;
	pte_list_add(kvm, &sp->parent_ptes, sptep);
	return 0;
}

int mmu_set_spte(struct kvm *kvm, spte_t *sptep, unsigned int level,
		 const struct spte_request *req)
{
	bool was_rmapped = false, flush = false, wrprot = false;
	struct kvm_mmu_page *sp = sptep_sp(kvm, sptep);
	unsigned int acc = req->acc;
	spte_t old = *sptep, new;

	if (!req->slot) {
		if (spte_present(*sptep))
			mmu_page_zap_pte(kvm, sptep, level, true);
		kvm->has_mmio = true;
		kvm->stat.pf_mmio_spte_created++;
		*sptep = spte_make_mmio(
			req->gfn, acc, kvm->memslots_generation[sp->role & ROLE_SMM ? 1 : 0]);
		return RET_PF_EMULATE;
	}
	if (spte_table(old, level)) {
		drop_parent_pte(kvm, child_of(kvm, old), sptep);
		flush = true;
	} else if (spte_present(old) &&
		   (spte_pfn(old) != req->pfn ||
		    (sp->shadowed && sp_gfn(kvm, sp, sptep_index(sptep)) != req->gfn))) {
		drop_spte(kvm, sptep);
		flush = true;
	} else {
		was_rmapped = spte_present(old);
	}
	/* what is writable already has been through this */
	if ((acc & SPTE_ACC_WRITE) && req->host_writable && !spte_writable(*sptep))
		wrprot = !mmu_try_to_unsync_pages(kvm, req->gfn, req->slot->as_id, true,
						  req->prefetch);
	if (wrprot)
		acc &= ~SPTE_ACC_WRITE;
	new = spte_make_leaf(req->pfn, level, acc, req->host_writable, req->prefetch);
	if (kvm->profile->clean_rewrite && spte_writable(*sptep))
		new.val &= ~SPTE_DIRTY;
	if (spte_writable(new))
		mark_page_dirty(kvm, req->slot, req->gfn);
	if (spte_writable(new) && req->host_clean)
		mm_page_dirtied(kvm->mm, req->pfn);
	if (sptep->val == new.val)
		return wrprot && req->write_fault ? RET_PF_EMULATE : RET_PF_SPURIOUS;
	sp->used += !spte_present(*sptep);
	if (sp->shadowed)
		pt_arena_table(&kvm->arena, sp->shadowed)[sptep_index(sptep)] =
			req->gfn << PAGE_SHIFT | req->acc;
	flush |= spte_update_flushes(kvm, *sptep, new);
	*sptep = new;
	EVENT(kvm->events, EVENT_KVM_MMU_SET_SPTE, req->gfn, new.val, level,
	      sptep_address(kvm, sptep));
	if (flush)
		kvm_flush_remote_tlbs(kvm);
	if (!was_rmapped)
		rmap_add(kvm, req->slot, sptep, req->gfn, level);
	return wrprot && req->write_fault ? RET_PF_EMULATE : RET_PF_FIXED;
}

/*
 * direct_pte_prefetch_many(): map the absent entries sptep[0..nr) as far as the primary
 * MMU maps them writable without a gap; false when not even the first.
 */
static bool prefetch_many(struct kvm *kvm, spte_t *sptep, uint64_t gfn, unsigned int nr)
{
	const uint32_t role = sptep_sp(kvm, sptep)->role;
	unsigned int as_id = role & ROLE_SMM ? 1 : 0;
	struct kvm_memory_slot *slot = gfn_to_memslot(&kvm->memslots[as_id], gfn);
	unsigned int acc = (role & ROLE_ACCESS_MASK) >> ROLE_ACCESS_SHIFT, i, found = 0;
	struct mm_translation t[PTE_PREFETCH_NUM];

	if (!slot || gfn + nr > slot->base_gfn + slot->npages ||
	    slot->flags & KVM_MEM_READONLY ||
	    (slot->flags & KVM_MEM_LOG_DIRTY_PAGES && acc & SPTE_ACC_WRITE))
		return false;
	while (found < nr &&
	       !mm_translate(kvm->mm, slot_hva(slot, gfn + found), &t[found]) &&
	       t[found].writable)
		found++;
	for (i = 0; i < found; i++) {
		struct spte_request req = {
			.slot = slot,
			.gfn = gfn + i,
			.pfn = t[i].pfn,
			.acc = acc,
			.host_writable = true,
			.host_clean = t[i].clean,
			.prefetch = true,
		};

		mmu_set_spte(kvm, &sptep[i], SPTE_LEVEL_4K, &req);
	}
	return found;
}

void direct_pte_prefetch(struct kvm *kvm, spte_t *sptep)
{
	struct kvm_mmu_page *sp = sptep_sp(kvm, sptep);
	unsigned int index = sptep_index(sptep) & ~(PTE_PREFETCH_NUM - 1), i;
	spte_t *group = sp_table(kvm, sp) + index, *start = NULL;

	if (!kvm->profile->prefetch || sp_level(sp) > SPTE_LEVEL_4K ||
	    kvm->mmu_invalidate_in_progress)
		return;
	for (i = 0; i <= PTE_PREFETCH_NUM; i++) {
		bool gap = i < PTE_PREFETCH_NUM && !spte_present(group[i]) &&
			   &group[i] != sptep;

		if (gap && !start)
			start = &group[i];
		if (gap || !start)
			continue;
		if (!prefetch_many(kvm, start, sp_gfn(kvm, sp, sptep_index(start)),
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
		.host_clean = fault->map_clean,
		.write_fault = fault->access & KVM_ACCESS_WRITE,
	};
	unsigned int level;
	spte_t *sptep, *table;
	int ret;

	EVENT(kvm->events, EVENT_KVM_MMU_SPTE_REQUESTED, fault->gfn, req.pfn,
	      fault->goal_level);
	table = walk_start(kvm, fault, &level);
	for (; level > fault->goal_level; level--) {
		sptep = &table[spte_index(fault->gfn, level)];
		if (!spte_table(*sptep, level)) {
			ret = link_child(kvm, sptep,
					 fault->gfn & ~(spte_pages(level) - 1), true,
					 SPTE_ACC_ALL);
			if (ret)
				return ret;
		}
		table = (spte_t *)pt_arena_table(&kvm->arena, spte_pfn(*sptep));
	}
	sptep = &table[spte_index(fault->gfn, level)];
	ret = mmu_set_spte(kvm, sptep, level, &req);
	if (ret != RET_PF_SPURIOUS)
		direct_pte_prefetch(kvm, sptep);
	return ret;
}
