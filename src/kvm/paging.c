// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Shadow paging: the walk of the guest's own tables with its accessed and dirty bits,
 * shadow pages for what it passed, prefetch from the guest table, synchronisation. Long
 * mode with four levels; an L1 hypervisor's nested tables are the same walk with user
 * rights and another root. Models arch/x86/kvm/mmu/paging_tmpl.h.
 */
#include "shadow_mmu.h"

#include <assert.h>
#include <errno.h>

#define GPTE_PRESENT (1ull << 0)
#define GPTE_WRITABLE (1ull << 1)
#define GPTE_USER (1ull << 2)
#define GPTE_ACCESSED (1ull << 5)
#define GPTE_DIRTY (1ull << 6)
#define GPTE_LARGE (1ull << 7)
#define GPTE_NX (1ull << 63)

#define GUEST_LEVELS 4u
#define PREFETCH_NUM 8u

#define PFERR_PRESENT 1ull
#define PFERR_WRITE 2ull
#define PFERR_USER 4ull
#define PFERR_FETCH 0x10ull

/**
 * struct guest_walker - what a walk of the guest's tables found
 * @pte: entry read at each level; @pte_gpa: where it is
 * @pt_access: rights in force above the entry of each level, the table's own included
 * @level: of the leaf; @pte_access: rights of the translation; @gfn: frame of the address
 */
struct guest_walker {
	uint64_t pte[GUEST_LEVELS + 1];
	uint64_t pte_gpa[GUEST_LEVELS + 1];
	unsigned int pt_access[GUEST_LEVELS + 1];
	unsigned int level;
	unsigned int pte_access;
	uint64_t gfn;
};

static unsigned int gpte_access(uint64_t pte)
{
	return (pte & GPTE_WRITABLE ? SPTE_ACC_WRITE : 0) |
	       (pte & GPTE_USER ? SPTE_ACC_USER : 0) |
	       (pte & GPTE_NX ? 0 : SPTE_ACC_EXEC);
}

static uint64_t gpte_gfn(uint64_t pte)
{
	return (pte & SPTE_PFN_MASK) >> PAGE_SHIFT;
}

/* Read-only until the guest's dirty bit is set, so that the first write can set it. */
static unsigned int protect_clean(unsigned int access, uint64_t pte)
{
	return pte & GPTE_DIRTY ? access : access & ~SPTE_ACC_WRITE;
}

static unsigned int rights_of(const struct kvm *kvm, unsigned int access)
{
	return (access & KVM_ACCESS_WRITE ? SPTE_ACC_WRITE : 0) |
	       (access & KVM_ACCESS_EXEC ? SPTE_ACC_EXEC : 0) |
	       (kvm->paging.nested ? SPTE_ACC_USER : 0);
}

static uint64_t error_code(const struct kvm *kvm, unsigned int access, bool present)
{
	return (present ? PFERR_PRESENT : 0) |
	       (access & KVM_ACCESS_WRITE ? PFERR_WRITE : 0) |
	       (kvm->paging.nested ? PFERR_USER : 0) |
	       (access & KVM_ACCESS_EXEC ? PFERR_FETCH : 0);
}

/*
 * Set the accessed bits of the entries passed, and the dirty bit of the leaf on a write.
 */
static int set_accessed_dirty(struct kvm *kvm, struct guest_walker *w, bool write)
{
	unsigned int level;
	int err;

	for (level = GUEST_LEVELS; level >= w->level; level--) {
		uint64_t old = w->pte[level], new = old | GPTE_ACCESSED;

		if (!(old & GPTE_ACCESSED))
			EVENT(kvm->events, EVENT_KVM_MMU_SET_ACCESSED_BIT,
			      w->pte_gpa[level]);
		if (level == w->level && write && !(old & GPTE_DIRTY)) {
			EVENT(kvm->events, EVENT_KVM_MMU_SET_DIRTY_BIT,
			      w->pte_gpa[level]);
			new |= GPTE_DIRTY;
		}
		if (new == old)
			continue;
		err = guest_touch_table(kvm, w->pte_gpa[level], true);
		err = err ? err : guest_set_entry(kvm, w->pte_gpa[level], new);
		if (err)
			return err;
		w->pte[level] = new;
	}
	return 0;
}

static int read_entries(struct kvm *kvm, uint64_t addr, struct guest_walker *w)
{
	uint64_t table = kvm->paging.cr3 & SPTE_PFN_MASK;
	unsigned int level, access = SPTE_ACC_ALL;
	int err;

	for (level = GUEST_LEVELS;; level--) {
		uint64_t gpa = table + 8ull * spte_index(addr >> PAGE_SHIFT, level), pte;

		err = guest_touch_table(kvm, gpa, false);
		if (err)
			return err;
		pte = guest_entry(kvm, gpa);
		EVENT(kvm->events, EVENT_KVM_MMU_PAGING_ELEMENT, pte, level);
		w->pte[level] = pte;
		w->pte_gpa[level] = gpa;
		w->pt_access[level] = access;
		if (!(pte & GPTE_PRESENT))
			return -EACCES;
		access &= gpte_access(pte);
		if (level == SPTE_LEVEL_4K ||
		    (level <= SPTE_LEVEL_1G && (pte & GPTE_LARGE)))
			break;
		table = pte & SPTE_PFN_MASK;
	}
	w->level = level;
	w->pte_access = access;
	w->gfn = (gpte_gfn(w->pte[level]) & ~(spte_pages(level) - 1)) +
		 ((addr >> PAGE_SHIFT) & (spte_pages(level) - 1));
	return 0;
}

/*
 * walk_addr(): 0; -EACCES: the guest's own tables forbid it, the guest gets a page fault.
 */
static int walk_guest(struct kvm *kvm, uint64_t addr, unsigned int access,
		      struct guest_walker *w)
{
	bool write = access & KVM_ACCESS_WRITE;
	int err;

	EVENT(kvm->events, EVENT_KVM_MMU_PAGETABLE_WALK, addr,
	      error_code(kvm, access, false));
	err = read_entries(kvm, addr, w);
	if (err)
		return err;
	if (rights_of(kvm, access) & ~w->pte_access)
		return -EACCES;
	if (!write)
		w->pte_access = protect_clean(w->pte_access, w->pte[w->level]);
	return set_accessed_dirty(kvm, w, write);
}

static uint32_t root_role(const struct kvm *kvm)
{
	return GUEST_LEVELS | SPTE_ACC_ALL << ROLE_ACCESS_SHIFT | ROLE_CR0_WP |
	       (kvm->paging.nested ? ROLE_GUEST_MODE : 0) |
	       (!kvm->paging.nested || kvm->paging.nx ? ROLE_EFER_NX : 0);
}

void kvm_set_l1_nx(struct kvm *kvm, bool nx)
{
	kvm->paging.nx = nx;
}

/* kvm_mmu_free_obsolete_roots(): of those zapped while in use, before the guest runs. */
static void free_obsolete_roots(struct kvm *kvm)
{
	struct guest_paging *paging = &kvm->paging;
	unsigned int i;

	if (paging->root_pfn && (kvm_sp(kvm, paging->root_pfn)->role & ROLE_INVALID))
		mmu_free_root(kvm, &paging->root_pfn);
	for (i = 0; i < KVM_PREV_ROOTS; i++)
		if (paging->prev[i].pfn && (kvm_sp(kvm, paging->prev[i].pfn)->role & ROLE_INVALID))
			mmu_free_root(kvm, &paging->prev[i].pfn);
}

/*
 * kvm_mmu_new_pgd(): a root of @cr3 that is still there is taken up again; the one in use so
 * far becomes the latest of the others, of which the oldest is let go of if need be.
 */
static void switch_root(struct kvm *kvm, uint64_t cr3)
{
	struct guest_paging *paging = &kvm->paging;
	struct guest_root root = { paging->cr3, paging->root_pfn }, other;
	unsigned int i;

	for (i = 0; !(root.pfn && root.cr3 == cr3) && i < KVM_PREV_ROOTS; i++) {
		other = paging->prev[i];
		paging->prev[i] = root;
		root = other;
	}
	paging->cr3 = cr3;
	paging->root_pfn = root.pfn;
	if (root.pfn && root.cr3 != cr3)
		mmu_free_root(kvm, &paging->root_pfn);
}

static int load_guest_root(struct kvm *kvm)
{
	struct kvm_mmu_page *sp;
	unsigned int as_id;
	int err = 0;

	free_obsolete_roots(kvm);
	if (kvm->paging.root_pfn)
		return 0;
	for (as_id = 0; as_id < KVM_ADDRESS_SPACES && !err; as_id++)
		err = kvm_memslots_alloc_rmaps(&kvm->memslots[as_id]);
	if (err)
		return err;
	kvm->shadow_root_allocated = true;
	err = get_shadow_page(kvm, kvm->paging.cr3 >> PAGE_SHIFT, root_role(kvm), &sp);
	if (err)
		return err;
	sp->root_count++;
	kvm->paging.root_pfn = sp_pfn(kvm, sp);
	return 0;
}

/* The hardware's walk of the shadow tables: the entry it ends at. */
static spte_t *shadow_walk(const struct kvm *kvm, uint64_t addr, unsigned int *ret_level)
{
	uint64_t pfn = kvm->paging.root_pfn;
	unsigned int level = GUEST_LEVELS;
	spte_t *sptep;

	for (;; level--) {
		sptep = (spte_t *)pt_arena_table(&kvm->arena, pfn) +
			spte_index(addr >> PAGE_SHIFT, level);
		if (!spte_table(*sptep, level))
			break;
		pfn = spte_pfn(*sptep);
	}
	*ret_level = level;
	return sptep;
}

/*
 * prefetch_gpte(): one neighbour from the guest table; false: stop. An entry that the
 * guest has not accessed is made absent, and the others are tried.
 */
static bool prefetch_gpte(struct kvm *kvm, struct kvm_mmu_page *sp, spte_t *sptep,
			  uint64_t gpte)
{
	struct spte_request req = { .gfn = gpte_gfn(gpte),
				    .host_writable = true,
				    .prefetch = true };
	struct mm_translation t;

	if (!(gpte & GPTE_PRESENT) || !(gpte & GPTE_ACCESSED))
		return false;
	req.acc = protect_clean(((sp->role & ROLE_ACCESS_MASK) >> ROLE_ACCESS_SHIFT) &
					gpte_access(gpte),
				gpte);
	req.slot = gfn_to_memslot(&kvm->memslots[0], req.gfn);
	if (!req.slot || (req.slot->flags & KVM_MEM_READONLY) ||
	    mm_translate(kvm->mm, slot_hva(req.slot, req.gfn), &t) || !t.writable)
		return false;
	req.pfn = t.pfn;
	mmu_set_spte(kvm, sptep, SPTE_LEVEL_4K, &req);
	return true;
}

static void pte_prefetch(struct kvm *kvm, struct kvm_memory_slot *slot, spte_t *sptep)
{
	struct kvm_mmu_page *sp = sptep_sp(kvm, sptep);
	unsigned int i = sptep_index(sptep) & ~(PREFETCH_NUM - 1), end = i + PREFETCH_NUM;
	spte_t *table = sp_table(kvm, sp);

	if (sp->role & ROLE_DIRECT) {
		direct_pte_prefetch(kvm, slot, sptep);
		return;
	}
	if (!kvm->profile->prefetch || sp_level(sp) > SPTE_LEVEL_4K ||
	    kvm->mmu_invalidate_in_progress)
		return;
	for (; i < end; i++) {
		if (&table[i] == sptep || spte_present(table[i]))
			continue;
		if (!prefetch_gpte(kvm, sp, &table[i],
				   guest_entry(kvm, (sp->gfn << PAGE_SHIFT) + 8ull * i)))
			break;
	}
}

/*
 * A direct table below a large guest page whose rights have changed is of no use any
 * more.
 */
static void validate_direct(struct kvm *kvm, spte_t *sptep, unsigned int level,
			    unsigned int access)
{
	struct kvm_mmu_page *child;

	if (!spte_table(*sptep, level))
		return;
	child = child_of(kvm, *sptep);
	if ((child->role & ROLE_ACCESS_MASK) >> ROLE_ACCESS_SHIFT == access &&
	    (child->role & ROLE_DIRECT))
		return;
	drop_parent_pte(kvm, child, sptep);
	kvm_flush_remote_tlbs(kvm);
}

/*
 * fetch(): shadow pages down to the guest's leaf, direct ones below a large leaf, the
 * SPTE.
 */
static int fetch(struct kvm *kvm, struct kvm_page_fault *fault,
		 const struct guest_walker *w)
{
	spte_t *table = (spte_t *)pt_arena_table(&kvm->arena, kvm->paging.root_pfn),
	       *sptep;
	struct spte_request req = {
		.slot = fault->slot,
		.gfn = fault->gfn & ~(spte_pages(fault->goal_level) - 1),
		.pfn = fault->pfn & ~(spte_pages(fault->goal_level) - 1),
		.acc = w->pte_access,
		.host_writable = fault->map_writable,
		.write_fault = fault->access & KVM_ACCESS_WRITE,
	};
	unsigned int level;
	int ret;

	for (level = GUEST_LEVELS; level > fault->goal_level; level--) {
		bool direct = level <= w->level;

		if (level == w->level)
			EVENT(kvm->events, EVENT_KVM_MMU_SPTE_REQUESTED, fault->gfn,
			      req.pfn, fault->goal_level);
		sptep = &table[spte_index(fault->gpa >> PAGE_SHIFT, level)];
		sptep_sp(kvm, sptep)->write_flooding = 0;
		if (direct)
			validate_direct(kvm, sptep, level, w->pte_access);
		if (!spte_table(*sptep, level)) {
			uint64_t gfn = direct ? fault->gfn & ~(spte_pages(level) - 1) :
						w->pte_gpa[level - 1] >> PAGE_SHIFT;

			ret = link_child(kvm, sptep, gfn, direct,
					 direct ? w->pte_access :
						  w->pt_access[level - 1]);
			if (ret)
				return ret;
		}
		table = (spte_t *)pt_arena_table(&kvm->arena, spte_pfn(*sptep));
	}
	if (fault->goal_level == w->level)
		EVENT(kvm->events, EVENT_KVM_MMU_SPTE_REQUESTED, fault->gfn, req.pfn,
		      fault->goal_level);
	sptep = &table[spte_index(fault->gpa >> PAGE_SHIFT, fault->goal_level)];
	sptep_sp(kvm, sptep)->write_flooding = 0;
	ret = mmu_set_spte(kvm, sptep, fault->goal_level, &req);
	if (ret != RET_PF_SPURIOUS)
		pte_prefetch(kvm, fault->slot, sptep);
	return ret;
}

/*
 * is_self_change_mapping() of 6.1: the page, as large as the guest maps it, holds one of the
 * tables that were walked. Then it is mapped with 4 KiB pages, whatever is written.
 */
static bool maps_own_tables(const struct guest_walker *w)
{
	uint64_t mask = ~(spte_pages(w->level) - 1);
	unsigned int level;

	if (!(w->pte_access & SPTE_ACC_WRITE))
		return false;
	for (level = w->level; level <= GUEST_LEVELS; level++)
		if (!((w->gfn ^ w->pte_gpa[level] >> PAGE_SHIFT) & mask))
			return true;
	return false;
}

/* FNAME(page_fault): RET_PF_* or a negative errno. */
static int shadow_fault(struct kvm *kvm, struct kvm_page_fault *fault, bool present,
			struct guest_walker *w)
{
	bool write = fault->access & KVM_ACCESS_WRITE;
	uint64_t code = error_code(kvm, fault->access, present);
	unsigned int max_level;
	int ret;

	if (kvm->paging.nested)
		code |= fault->access & KVM_ACCESS_PAGING ? 1ull << 33 : 1ull << 32;
	EVENT(kvm->events, EVENT_KVM_PAGE_FAULT, 0, kvm->rip, fault->gpa, code);
	kvm->stat.pf_taken++;
	ret = walk_guest(kvm, fault->gpa, fault->access, w);
	if (ret)
		return ret;
	fault->gfn = w->gfn;
	fault->slot = gfn_to_memslot(&kvm->memslots[0], fault->gfn);
	if (!fault->slot || (write && (fault->slot->flags & KVM_MEM_READONLY)))
		return -ENOENT;
	if (write && present && gfn_write_tracked(kvm, 0, fault->gfn))
		return RET_PF_EMULATE;
	ret = kvm_fault_begin(kvm);
	if (ret)
		return ret;
	max_level = kvm->profile->self_map_4k && maps_own_tables(w) ? SPTE_LEVEL_4K : w->level;
	ret = kvm_fault_end(kvm, fault, kvm_faultin_pfn(kvm, fault, max_level));
	return ret ? ret : fetch(kvm, fault, w);
}

/* One access by @addr; @ret_emulated: KVM has to execute the write to @ret_gpa itself. */
static int shadow_access(struct kvm *kvm, uint64_t addr, unsigned int access,
			 uint64_t *ret_gpa, bool *ret_emulated)
{
	struct kvm_page_fault fault = { .gpa = addr, .access = access };
	struct guest_walker w = { .gfn = 0 };
	unsigned int tries;
	int ret;

	*ret_emulated = false;
	for (tries = 0; tries < 1000; tries++) {
		unsigned int level;
		spte_t *sptep;

		ret = load_guest_root(kvm);
		if (ret)
			return ret;
		sptep = shadow_walk(kvm, addr, &level);
		if (spte_allows(*sptep, rights_of(kvm, access))) {
			sptep->val |= SPTE_ACCESSED |
				      (access & KVM_ACCESS_WRITE ? SPTE_DIRTY : 0);
			if (access & KVM_ACCESS_WRITE)
				mm_page_written(kvm->mm, spte_pfn(*sptep) +
							 ((addr >> PAGE_SHIFT) &
							  (spte_pages(level) - 1)));
			*ret_gpa =
				(sp_gfn(kvm, sptep_sp(kvm, sptep), sptep_index(sptep)) +
				 ((addr >> PAGE_SHIFT) & (spte_pages(level) - 1)))
					<< PAGE_SHIFT |
				(addr & (PAGE_SIZE - 1));
			return 0;
		}
		ret = shadow_fault(kvm, &fault, sptep->val & SPTE_PRESENT, &w);
		kvm_count_fault(kvm, ret);
		if (ret < 0)
			return ret;
		if (ret == RET_PF_EMULATE) {
			*ret_emulated = true;
			*ret_gpa = w.gfn << PAGE_SHIFT | (addr & (PAGE_SIZE - 1));
			return 0;
		}
		if (ret == RET_PF_RETRY && kvm->mmu_invalidate_in_progress)
			return -EAGAIN;
	}
	return -EAGAIN;
}

int kvm_guest_access_gva(struct kvm *kvm, uint64_t gva, unsigned int access)
{
	bool emulated;
	uint64_t gpa;

	if (!kvm->paging.on || !guest_address_valid(gva))
		return -EINVAL;
	return shadow_access(kvm, gva, access & ~KVM_ACCESS_SMM, &gpa, &emulated);
}

/* One shadow page of a table that was written at @gpa; true asks for a flush. */
static bool track_write_page(struct kvm *kvm, struct kvm_mmu_page *sp, uint64_t gpa)
{
	spte_t *sptep = &sp_table(kvm, sp)[(gpa & (PAGE_SIZE - 1)) / 8];
	bool present = spte_present(*sptep);

	if (sp_level(sp) > SPTE_LEVEL_4K && ++sp->write_flooding >= WRITE_FLOODING) {
		prepare_zap_page(kvm, sp);
		return true;
	}
	mmu_page_zap_pte(kvm, sptep, sp_level(sp), kvm->profile->zap_orphans);
	return present;
}

/*
 * kvm_mmu_track_write(): an entry of a shadowed table was written by the emulator. A page
 * that goes may take others of the bucket along: then the bucket is looked at from its start.
 */
static void track_write(struct kvm *kvm, uint64_t gpa)
{
	uint32_t stamp = ++kvm->stat.mmu_pte_write;
	uint64_t gfn = gpa >> PAGE_SHIFT, zapped;
	struct kvm_mmu_page *sp;
	bool flush = false;

again:
	LIST_FOREACH (sp, mmu_page_bucket(kvm, gfn), hash) {
		if (sp->written == stamp || sp->gfn != gfn || is_obsolete_sp(kvm, sp) ||
		    (sp->role & ROLE_DIRECT))
			continue;
		sp->written = stamp;
		zapped = kvm->stat.mmu_shadow_zapped;
		flush |= track_write_page(kvm, sp, gpa);
		if (kvm->stat.mmu_shadow_zapped != zapped)
			goto again;
	}
	if (flush)
		kvm_flush_remote_tlbs(kvm);
}

int kvm_guest_store(struct kvm *kvm, uint64_t addr, uint64_t value)
{
	bool emulated = false;
	uint64_t gpa = addr;
	int err;

	if (addr & 7)
		return -EINVAL;
	if (kvm->paging.on && !kvm->paging.nested) {
		if (!guest_address_valid(addr))
			return -EINVAL;
		err = shadow_access(kvm, addr, KVM_ACCESS_WRITE, &gpa, &emulated);
	} else {
		struct kvm_mapping m;

		err = kvm_guest_access(kvm, addr, KVM_ACCESS_WRITE);
		emulated = !err && !kvm_lookup(kvm, 0, addr, &m) &&
			   !spte_writable((spte_t){ m.spte });
	}
	err = err ? err : guest_set_entry(kvm, gpa, value);
	if (!err && emulated)
		track_write(kvm, gpa);
	return err;
}

/* sync_spte(): one entry of an unsync page; true asks for a flush. */
static bool sync_entry(struct kvm *kvm, struct kvm_mmu_page *sp, unsigned int i)
{
	uint64_t gpte = guest_entry(kvm, (sp->gfn << PAGE_SHIFT) + 8ull * i);
	spte_t *sptep = &sp_table(kvm, sp)[i], old = *sptep;
	unsigned int acc;

	if (!spte_present(old))
		return false;
	acc = protect_clean(((sp->role & ROLE_ACCESS_MASK) >> ROLE_ACCESS_SHIFT) &
				    gpte_access(gpte),
			    gpte);
	if (!(gpte & GPTE_PRESENT) || !(gpte & GPTE_ACCESSED) ||
	    gpte_gfn(gpte) != sp_gfn(kvm, sp, i) || !acc) {
		drop_spte(kvm, sptep);
		return true;
	}
	pt_arena_table(&kvm->arena, sp->shadowed)[i] = gpte_gfn(gpte) << PAGE_SHIFT | acc;
	if ((acc & SPTE_ACC_WRITE) && !spte_writable(old) &&
	    !mmu_try_to_unsync_pages(kvm, gpte_gfn(gpte), 0, false, true))
		acc &= ~SPTE_ACC_WRITE;
	*sptep = spte_make_leaf(spte_pfn(old), SPTE_LEVEL_4K, acc,
				old.val & SPTE_HOST_WRITABLE, true);
	sptep->val |= old.val & SPTE_ACCESSED;
	return spte_writable(old) && !spte_writable(*sptep);
}

void kvm_sync_page(struct kvm *kvm, struct kvm_mmu_page *sp)
{
	bool flush = false;
	unsigned int i;

	kvm_mmu_page_event(kvm, EVENT_KVM_MMU_SYNC_PAGE, sp, false);
	sp->flags &= ~SP_UNSYNC;
	kvm->stat.mmu_unsync--;
	for (i = 0; i < PT_TABLE_ENTRIES; i++)
		flush |= sync_entry(kvm, sp, i);
	if (flush)
		kvm_flush_remote_tlbs(kvm);
}

/*
 * mmu_sync_children(): a page is read-only for the guest again before its entries are
 * compared.
 */
static void sync_children(struct kvm *kvm, struct kvm_mmu_page *sp)
{
	spte_t *table = sp_table(kvm, sp);
	unsigned int level = sp_level(sp), i;

	for (i = 0; i < PT_TABLE_ENTRIES && kvm->stat.mmu_unsync; i++) {
		struct kvm_mmu_page *child;

		if (!spte_table(table[i], level))
			continue;
		child = child_of(kvm, table[i]);
		if (child->flags & SP_UNSYNC) {
			kvm_write_protect_gfn(kvm, 0, child->gfn);
			kvm_sync_page(kvm, child);
		} else {
			sync_children(kvm, child);
		}
	}
}

int kvm_set_cr3(struct kvm *kvm, uint64_t cr3)
{
	bool nested = kvm->mmu == KVM_MMU_NESTED;
	int err;

	if (kvm->mmu != KVM_MMU_SHADOW && !nested)
		return -EINVAL;
	free_obsolete_roots(kvm);
	switch_root(kvm, cr3);
	kvm->paging.on = true;
	kvm->paging.nested = nested;
	/* L1 runs before L2 does */
	err = nested ? kvm_load_root(kvm, 0) : 0;
	if (err)
		return err;
	if (!gfn_to_memslot(&kvm->memslots[0], cr3 >> PAGE_SHIFT))
		return 0;
	err = load_guest_root(kvm);
	if (!err)
		sync_children(kvm, kvm_sp(kvm, kvm->paging.root_pfn));
	return err;
}

int kvm_invlpg(struct kvm *kvm, uint64_t gva)
{
	struct kvm_mmu_page *sp;
	unsigned int level;
	spte_t *sptep;

	if (!kvm->paging.on || !guest_address_valid(gva))
		return -EINVAL;
	if (!kvm->paging.root_pfn)
		return 0;
	sptep = shadow_walk(kvm, gva, &level);
	sp = sptep_sp(kvm, sptep);
	if ((sp->flags & SP_UNSYNC) && sync_entry(kvm, sp, sptep_index(sptep)))
		kvm_flush_remote_tlbs(kvm);
	return 0;
}
