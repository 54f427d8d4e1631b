// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Unsync shadow pages and how they get in line with the guest's tables again: at a load of
 * CR3, when a page is linked, by INVLPG. Models mmu_sync_children(), kvm_sync_page() and
 * sync_spte() of arch/x86/kvm/mmu.
 */
#include "guest_paging.h"

#include <errno.h>

uint64_t level1_gpa(const struct kvm *kvm, const struct kvm_mmu_page *sp)
{
	unsigned int size = sp->role & ROLE_4_BYTE_GPTE ? 4 : 8;
	uint64_t quadrant = size == 4 ? sp->role >> ROLE_QUADRANT_SHIFT & 3 : 0;

	(void)kvm;
	return (sp->gfn << PAGE_SHIFT) + (quadrant << SPTE_LEVEL_BITS) * size;
}

static uint64_t level1_gpte_gpa(const struct kvm *kvm, const struct kvm_mmu_page *sp,
				unsigned int i)
{
	return level1_gpa(kvm, sp) + i * (sp->role & ROLE_4_BYTE_GPTE ? 4u : 8u);
}

static unsigned int sp_access(const struct kvm_mmu_page *sp)
{
	return (sp->role & ROLE_ACCESS_MASK) >> ROLE_ACCESS_SHIFT;
}

bool prefetch_gpte(struct kvm *kvm, struct kvm_mmu_page *sp, spte_t *sptep, uint64_t gpte,
		   bool no_dirty_log)
{
	struct spte_request req = { .gfn = gpte_gfn(gpte),
				    .host_writable = true,
				    .prefetch = true };
	struct mm_translation t;

	if (!(gpte & GPTE_PRESENT) || !(gpte & GPTE_ACCESSED)) {
		*sptep = nonpresent(kvm);
		return false;
	}
	req.acc = protect_clean(sp_access(sp) & gpte_access(kvm, gpte), gpte);
	req.slot = gfn_to_memslot(&kvm->memslots[0], req.gfn);
	if (!req.slot || (req.slot->flags & KVM_MEM_READONLY) ||
	    (no_dirty_log && (req.slot->flags & KVM_MEM_LOG_DIRTY_PAGES) &&
	     (req.acc & SPTE_ACC_WRITE)) ||
	    mm_translate(kvm->mm, slot_hva(req.slot, req.gfn), &t) || !t.writable)
		return false;
	req.pfn = t.pfn;
	req.host_clean = t.clean;
	mmu_set_spte(kvm, sptep, SPTE_LEVEL_4K, &req);
	return true;
}

/* The rights of an entry that stays change to @acc. */
static int change_rights(struct kvm *kvm, struct kvm_mmu_page *sp, unsigned int i,
			 uint64_t gfn, unsigned int acc)
{
	spte_t *sptep = &sp_table(kvm, sp)[i], old = *sptep;

	pt_arena_table(&kvm->arena, sp->shadowed)[i] = gfn << PAGE_SHIFT | acc;
	if ((acc & SPTE_ACC_WRITE) && !spte_writable(old) &&
	    !mmu_try_to_unsync_pages(kvm, gfn, 0, false, true))
		acc &= ~SPTE_ACC_WRITE;
	*sptep = spte_make_leaf(spte_pfn(old), SPTE_LEVEL_4K, acc,
				old.val & SPTE_HOST_WRITABLE, true);
	if (!kvm->profile->sync_remakes)
		sptep->val |= old.val & SPTE_ACCESSED;
	if (kvm->profile->clean_rewrite && spte_writable(old))
		sptep->val &= ~SPTE_DIRTY;
	if (spte_writable(*sptep))
		mark_page_dirty(kvm, gfn_to_memslot(&kvm->memslots[0], gfn), gfn);
	return spte_update_flushes(kvm, old, *sptep);
}

/* sync_mmio_spte(): an entry of a frame without a slot stays for as long as the frame does. */
static int sync_mmio(struct kvm *kvm, spte_t *sptep, uint64_t gpte, unsigned int acc)
{
	uint64_t gfn = (sptep->val & SPTE_PFN_MASK & ~SPTE_MMIO) >> PAGE_SHIFT;

	if ((gpte & GPTE_PRESENT) && (gpte & GPTE_ACCESSED) && gpte_gfn(gpte) == gfn)
		*sptep = spte_make_mmio(gfn, acc, kvm->memslots_generation[0]);
	else
		*sptep = nonpresent(kvm);
	return 0;
}

int sync_entry(struct kvm *kvm, struct kvm_mmu_page *sp, unsigned int i)
{
	uint64_t gpa = level1_gpte_gpa(kvm, sp, i), gpte, kept;
	spte_t *sptep = &sp_table(kvm, sp)[i];
	unsigned int acc;

	if (!spte_present(*sptep) && !spte_is_mmio(*sptep))
		return 0;
	if (!guest_peek(kvm, gpa, guest_format(kvm)->entry_size, &gpte))
		return -EFAULT;
	acc = protect_clean(sp_access(sp) & gpte_access(kvm, gpte), gpte);
	if (spte_is_mmio(*sptep))
		return sync_mmio(kvm, sptep, gpte, acc);
	if (!(gpte & GPTE_PRESENT) || !(gpte & GPTE_ACCESSED) ||
	    gpte_gfn(gpte) != sp_gfn(kvm, sp, i)) {
		drop_spte(kvm, sptep);
		return 1;
	}
	kept = pt_arena_table(&kvm->arena, sp->shadowed)[i];
	if (!kvm->profile->sync_remakes && (kept & SPTE_ACC_ALL) == acc)
		return 0;
	return change_rights(kvm, sp, i, gpte_gfn(gpte), acc);
}

/* Return: 1: a flush is needed; 0; -EFAULT: the table could not be read, the page is gone. */
static int sync_page(struct kvm *kvm, struct kvm_mmu_page *sp)
{
	bool flush = false, failed = false;
	unsigned int i;

	for (i = 0; i < PT_TABLE_ENTRIES && !(failed && kvm->profile->sync_remakes); i++) {
		int ret = sync_entry(kvm, sp, i);

		failed |= ret < 0;
		flush |= ret > 0;
	}
	if (failed)
		prepare_zap_page(kvm, sp);
	return failed ? -EFAULT : flush;
}

bool kvm_sync_page(struct kvm *kvm, struct kvm_mmu_page *sp)
{
	int ret = sync_page(kvm, sp);

	if (ret)
		kvm_flush_remote_tlbs(kvm);
	return ret >= 0;
}

void kvm_unlink_unsync_page(struct kvm *kvm, struct kvm_mmu_page *sp)
{
	kvm_mmu_page_event(kvm, EVENT_KVM_MMU_SYNC_PAGE, sp, false);
	sp->flags &= ~SP_UNSYNC;
	kvm->stat.mmu_unsync--;
}

struct kvm_mmu_page *kvm_find_unsync_child(struct kvm *kvm, struct kvm_mmu_page *sp)
{
	unsigned int level = sp_level(sp), i, left = sp->used;
	spte_t *table = sp_table(kvm, sp);

	if (!kvm->stat.mmu_unsync || level == SPTE_LEVEL_4K || (sp->role & ROLE_DIRECT))
		return NULL;
	for (i = 0; i < PT_TABLE_ENTRIES && left; i++) {
		struct kvm_mmu_page *child;

		left -= spte_present(table[i]);
		if (!spte_table(table[i], level))
			continue;
		child = child_of(kvm, table[i]);
		if (!(child->flags & SP_UNSYNC))
			child = kvm_find_unsync_child(kvm, child);
		if (child)
			return child;
	}
	return NULL;
}

/*
 * struct unsync_pages - what one walk finds (struct kvm_mmu_pages)
 * @sp: the pages of level 1 among them, @nr; @seen: pages of every level
 */
#define UNSYNC_PAGES_MAX 16 /* KVM_PAGE_ARRAY_NR */
struct unsync_pages {
	struct kvm_mmu_page *sp[UNSYNC_PAGES_MAX];
	unsigned int nr;
	unsigned int seen;
};

/* mmu_pages_add(): true when there is no more room. */
static bool add_unsync(struct unsync_pages *pages, struct kvm_mmu_page *sp)
{
	unsigned int i;

	if (sp->flags & SP_UNSYNC) {
		for (i = 0; i < pages->nr; i++)
			if (pages->sp[i] == sp)
				return false;
		pages->sp[pages->nr++] = sp;
	}
	return ++pages->seen == UNSYNC_PAGES_MAX;
}

/* __mmu_unsync_walk(): true when there is no more room. */
static bool collect_unsync(struct kvm *kvm, struct kvm_mmu_page *sp, struct unsync_pages *pages)
{
	unsigned int level = sp_level(sp), i, left = sp->used;
	spte_t *table = sp_table(kvm, sp);
	struct kvm_mmu_page *child;

	for (i = 0; i < PT_TABLE_ENTRIES && left; i++) {
		left -= spte_present(table[i]);
		if (!spte_table(table[i], level))
			continue;
		child = child_of(kvm, table[i]);
		if (kvm_find_unsync_child(kvm, child)) {
			if (add_unsync(pages, child) || collect_unsync(kvm, child, pages))
				return true;
		} else if (child->flags & SP_UNSYNC && add_unsync(pages, child)) {
			return true;
		}
	}
	return false;
}

/* mmu_unsync_walk(): the page itself is the first. */
static bool find_unsync_pages(struct kvm *kvm, struct kvm_mmu_page *sp, struct unsync_pages *ret)
{
	*ret = (struct unsync_pages){ .seen = 1 };
	if (!kvm_find_unsync_child(kvm, sp))
		return false;
	(void)collect_unsync(kvm, sp, ret);
	return true;
}

void kvm_sync_children(struct kvm *kvm, struct kvm_mmu_page *sp)
{
	struct unsync_pages pages;
	bool flush = false;
	unsigned int i;

	while (find_unsync_pages(kvm, sp, &pages)) {
		bool protected = false;

		for (i = 0; i < pages.nr; i++)
			protected |= kvm_write_protect_gfn(kvm, 0, pages.sp[i]->gfn);
		if (protected) {
			kvm_flush_remote_tlbs(kvm);
			flush = false;
		}
		for (i = 0; i < pages.nr; i++) {
			kvm_unlink_unsync_page(kvm, pages.sp[i]);
			flush |= sync_page(kvm, pages.sp[i]) != 0;
		}
	}
	if (flush)
		kvm_flush_remote_tlbs(kvm);
}

void sync_roots(struct kvm *kvm)
{
	unsigned int i;

	for (i = 0; i < kvm->paging.root.nr; i++)
		if (kvm->paging.root.pfn[i])
			kvm_sync_children(kvm, kvm_sp(kvm, kvm->paging.root.pfn[i]));
}

/* 6.1 takes the entry out of an unsync page and maps it anew; later kernels compare. */
static void invalidate_leaf(struct kvm *kvm, struct kvm_mmu_page *sp, spte_t *sptep)
{
	unsigned int i = sptep_index(sptep);
	uint64_t gpte;
	int ret;

	if (!kvm->profile->invlpg_maps) {
		ret = sync_entry(kvm, sp, i);
		if (ret < 0)
			drop_spte(kvm, sptep);
		if (ret)
			kvm_flush_remote_tlbs(kvm);
		return;
	}
	if (spte_present(*sptep)) {
		drop_spte(kvm, sptep);
		kvm_flush_remote_tlbs(kvm);
	}
	if (guest_peek(kvm, level1_gpte_gpa(kvm, sp, i), guest_format(kvm)->entry_size, &gpte))
		prefetch_gpte(kvm, sp, sptep, gpte, false);
}

static void invalidate_root(struct kvm *kvm, spte_t *table, uint64_t gva)
{
	unsigned int level = shadow_root_level(kvm);
	spte_t *sptep;

	if (!table)
		return;
	for (;; level--) {
		sptep = &table[spte_index(gva >> PAGE_SHIFT, level)];
		if (!spte_table(*sptep, level))
			break;
		table = (spte_t *)pt_arena_table(&kvm->arena, spte_pfn(*sptep));
	}
	if (sptep_sp(kvm, sptep)->flags & SP_UNSYNC)
		invalidate_leaf(kvm, sptep_sp(kvm, sptep), sptep);
}

int invalidate_address(struct kvm *kvm, uint64_t gva)
{
	int err = kvm_fault_begin(kvm);

	if (!err)
		invalidate_root(kvm, root_table(kvm, gva), gva);
	return err;
}

int kvm_invlpg(struct kvm *kvm, uint64_t gva)
{
	struct kvm_root *prev = kvm->paging.prev;
	unsigned int i;
	int err;

	if (!kvm->paging.on || !guest_address_valid(kvm->paging.format, gva))
		return -EINVAL;
	err = enter_paging(kvm);
	if (!err)
		err = load_guest_root(kvm);
	if (!err)
		err = kvm_fault_begin(kvm);
	if (err)
		return err == -ENOENT ? 0 : err;
	kvm->stat.invlpg++;
	invalidate_root(kvm, root_table(kvm, gva), gva);
	for (i = 0; i < KVM_PREV_ROOTS; i++)
		if (prev[i].nr)
			invalidate_root(kvm, (spte_t *)pt_arena_table(&kvm->arena, prev[i].pfn[0]),
					gva);
	return 0;
}
