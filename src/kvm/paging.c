// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Shadow paging: faults of a guest with tables of its own, shadow pages for what the walk
 * passed, prefetch from the guest table, the guest's writes to its tables. Models
 * FNAME(page_fault) and FNAME(fetch) of arch/x86/kvm/mmu/paging_tmpl.h, and
 * kvm_mmu_track_write().
 */
#include "guest_paging.h"

#include <assert.h>
#include <errno.h>

#define PREFETCH_NUM 8u

/* The hardware's walk of the shadow tables: the entry it ends at; NULL: at the top. */
static spte_t *shadow_walk(const struct kvm *kvm, uint64_t addr, unsigned int *ret_level)
{
	spte_t *table = root_table(kvm, addr), *sptep = NULL;
	unsigned int level = shadow_root_level(kvm);

	for (; table; level--) {
		sptep = &table[spte_index(addr >> PAGE_SHIFT, level)];
		if (!spte_table(*sptep, level))
			break;
		table = (spte_t *)pt_arena_table(&kvm->arena, spte_pfn(*sptep));
	}
	*ret_level = level;
	return sptep;
}

static void pte_prefetch(struct kvm *kvm, spte_t *sptep)
{
	struct kvm_mmu_page *sp = sptep_sp(kvm, sptep);
	unsigned int i = sptep_index(sptep) & ~(PREFETCH_NUM - 1), end = i + PREFETCH_NUM;
	unsigned int size = guest_format(kvm)->entry_size;
	spte_t *table = sp_table(kvm, sp);

	if (sp->role & ROLE_DIRECT) {
		direct_pte_prefetch(kvm, sptep);
		return;
	}
	if (!kvm->profile->prefetch || sp_level(sp) > SPTE_LEVEL_4K ||
	    kvm->mmu_invalidate_in_progress)
		return;
	for (; i < end; i++) {
		if (&table[i] == sptep || spte_present(table[i]))
			continue;
		if (!prefetch_gpte(kvm, sp, &table[i],
				   guest_get(kvm, level1_gpa(kvm, sp) + i * size, size),
				   true))
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

/* One level down from *@table, to a shadow page of @gfn that is made or linked if needed. */
static int step_down(struct kvm *kvm, const struct kvm_page_fault *fault, spte_t **table,
		     unsigned int level, uint64_t gfn, bool direct, unsigned int access)
{
	spte_t *sptep = &(*table)[spte_index(fault->gpa >> PAGE_SHIFT, level)];
	int err;

	if (direct)
		validate_direct(kvm, sptep, level, access);
	else
		sptep_sp(kvm, sptep)->write_flooding = 0;
	err = link_child(kvm, sptep, gfn, direct, access);
	if (err)
		return err;
	*table = (spte_t *)pt_arena_table(&kvm->arena, spte_pfn(*sptep));
	return 0;
}

/*
 * fetch(): shadow pages down to the guest's leaf, direct ones below a large leaf, the
 * SPTE. How large it can be is known only when the shadow pages have been made.
 */
static int fetch(struct kvm *kvm, struct kvm_page_fault *fault,
		 const struct guest_walker *w, unsigned int max_level)
{
	spte_t *table = root_table(kvm, fault->gpa), *sptep;
	struct spte_request req = {
		.slot = fault->slot,
		.acc = w->pte_access,
		.host_writable = fault->map_writable,
		.host_clean = fault->map_clean,
		.write_fault = fault->access & KVM_ACCESS_WRITE,
	};
	unsigned int level = shadow_root_level(kvm);
	int ret;

	if (!table)
		return RET_PF_RETRY;
	for (; level > w->level; level--) {
		ret = step_down(kvm, fault, &table, level, w->pte_gpa[level - 1] >> PAGE_SHIFT,
				false, w->pt_access[level - 1]);
		if (ret)
			return ret;
	}
	sptep = &table[spte_index(fault->gpa >> PAGE_SHIFT, level)];
	sptep_sp(kvm, sptep)->write_flooding = 0;
	if (fault->slot)
		kvm_hugepage_adjust(kvm, fault, max_level);
	else
		fault->goal_level = SPTE_LEVEL_4K;
	req.gfn = fault->gfn & ~(spte_pages(fault->goal_level) - 1);
	req.pfn = fault->pfn & ~(spte_pages(fault->goal_level) - 1);
	EVENT(kvm->events, EVENT_KVM_MMU_SPTE_REQUESTED, fault->gfn, req.pfn,
	      fault->goal_level);
	for (; level > fault->goal_level; level--) {
		ret = step_down(kvm, fault, &table, level,
				fault->gfn & ~(spte_pages(level) - 1), true, w->pte_access);
		if (ret)
			return ret;
	}
	sptep = &table[spte_index(fault->gpa >> PAGE_SHIFT, fault->goal_level)];
	ret = mmu_set_spte(kvm, sptep, fault->goal_level, &req);
	if (ret != RET_PF_SPURIOUS)
		pte_prefetch(kvm, sptep);
	return ret;
}

/*
 * is_self_change_mapping() of 6.1: the page, as large as an SPTE of the guest's level maps it, holds
 * one of the tables that were walked. Then it is mapped with 4 KiB pages, whatever is written.
 */
static bool maps_own_tables(const struct guest_walker *w)
{
	uint64_t mask = ~(spte_pages(w->level) - 1);
	unsigned int level;

	if (!(w->pte_access & SPTE_ACC_WRITE))
		return false;
	for (level = w->level; level <= w->max_level; level++)
		if (!((w->gfn ^ w->pte_gpa[level] >> PAGE_SHIFT) & mask))
			return true;
	return false;
}

/* A write that is emulated has no use for the shadow pages on its way. */
static void clear_flooding(struct kvm *kvm, uint64_t addr)
{
	spte_t *table = root_table(kvm, addr), *sptep;
	unsigned int level = shadow_root_level(kvm);

	for (; table; level--) {
		sptep = &table[spte_index(addr >> PAGE_SHIFT, level)];
		sptep_sp(kvm, sptep)->write_flooding = 0;
		if (!spte_table(*sptep, level))
			break;
		table = (spte_t *)pt_arena_table(&kvm->arena, spte_pfn(*sptep));
	}
}

/*
 * FNAME(page_fault): RET_PF_* or a negative errno; -ENODEV: the entry remembers that no slot is
 * there (handle_mmio_page_fault).
 */
static int shadow_fault(struct kvm *kvm, struct kvm_page_fault *fault, const spte_t *sptep,
			struct guest_walker *w)
{
	bool write = fault->access & KVM_ACCESS_WRITE, mmio = sptep && spte_is_mmio(*sptep);
	bool present = sptep && sptep->val & SPTE_PRESENT && !mmio;
	bool known = mmio && spte_mmio_current(*sptep, kvm->memslots_generation[0]);
	uint64_t code = guest_error_code(kvm, fault->access, present);
	unsigned int max_level;
	int ret;

	code |= mmio ? PFERR_RSVD : 0;

	if (kvm->paging.nested)
		code |= fault->access & KVM_ACCESS_PAGING ? 1ull << 33 : 1ull << 32;
	EVENT(kvm->events, EVENT_KVM_PAGE_FAULT, 0, kvm->rip, fault->gpa, code);
	kvm->stat.pf_taken += !known;
	ret = walk_guest(kvm, fault->gpa, fault->access, w);
	/* the emulator translates by itself, and finds what the guest may not do */
	if (!ret && known)
		return -ENODEV;
	kvm->stat.pf_guest += ret == -EACCES && !kvm->paging.nested;
	if (ret && w->denied) {
		int err = invalidate_address(kvm, fault->gpa);

		return err ? err : ret;
	}
	if (ret)
		return ret;
	fault->gfn = w->gfn;
	fault->slot = gfn_to_memslot(&kvm->memslots[0], fault->gfn);
	if (fault->slot && write && (fault->slot->flags & KVM_MEM_READONLY))
		return -ENOENT;
	if (write && present && gfn_write_tracked(kvm, 0, fault->gfn)) {
		clear_flooding(kvm, fault->gpa);
		return RET_PF_EMULATE;
	}
	ret = kvm_fault_begin(kvm);
	if (ret)
		return ret;
	max_level = kvm->profile->self_map_4k && maps_own_tables(w) ? SPTE_LEVEL_4K :
									   w->level;
	ret = kvm_fault_end(kvm, fault, kvm_faultin_pfn(kvm, fault, max_level));
	return ret ? ret : fetch(kvm, fault, w, max_level);
}

/* What the hardware does when the shadow tables let it through. */
static bool hardware_access(struct kvm *kvm, uint64_t addr, unsigned int access,
			    const spte_t **ret_sptep, uint64_t *ret_gpa)
{
	unsigned int level;
	spte_t *sptep = shadow_walk(kvm, addr, &level);

	*ret_sptep = sptep;
	if (!sptep || !spte_allows(*sptep, rights_of(kvm, access)))
		return false;
	sptep->val |= SPTE_ACCESSED | (access & KVM_ACCESS_WRITE ? SPTE_DIRTY : 0);
	if (access & KVM_ACCESS_WRITE)
		mm_page_written(kvm->mm, spte_pfn(*sptep) + ((addr >> PAGE_SHIFT) &
							     (spte_pages(level) - 1)));
	*ret_gpa = (sp_gfn(kvm, sptep_sp(kvm, sptep), sptep_index(sptep)) +
		    ((addr >> PAGE_SHIFT) & (spte_pages(level) - 1)))
			   << PAGE_SHIFT |
		   (addr & (PAGE_SIZE - 1));
	return true;
}

/* One access by @addr; @ret_emulated: KVM has to execute the write to @ret_gpa itself. */
static int shadow_access(struct kvm *kvm, uint64_t addr, unsigned int access,
			 uint64_t *ret_gpa, bool *ret_emulated)
{
	struct kvm_page_fault fault = { .gpa = addr, .access = access };
	struct guest_walker w = { .gfn = 0 };
	const spte_t *sptep;
	unsigned int tries;
	int ret;

	*ret_emulated = false;
	for (tries = 0; tries < 1000; tries++) {
		ret = load_guest_root(kvm);
		if (ret)
			return ret;
		if (hardware_access(kvm, addr, access, &sptep, ret_gpa))
			return 0;
		ret = shadow_fault(kvm, &fault, sptep, &w);
		if (ret == -ENODEV)
			return -ENOENT;
		kvm_count_fault(kvm, ret);
		if (ret == RET_PF_EMULATE && !fault.slot)
			return -ENOENT;
		if (ret < 0)
			return ret;
		if (ret == RET_PF_EMULATE) {
			*ret_emulated = true;
			*ret_gpa = w.gfn << PAGE_SHIFT | (addr & (PAGE_SIZE - 1));
			ret = guest_touch_table(kvm, *ret_gpa, true);
			if (!ret)
				mark_page_dirty(kvm, fault.slot, fault.gfn);
			return ret;
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
	int err;

	if (!kvm->paging.on || !guest_address_valid(kvm->paging.format, gva))
		return -EINVAL;
	err = enter_paging(kvm);
	if (!err)
		err = shadow_access(kvm, gva, access & ~KVM_ACCESS_SMM, &gpa, &emulated);
	if (!err && access & KVM_ACCESS_WRITE)
		err = kvm_guest_wrote_byte(kvm, gpa, emulated);
	return err;
}

/* detect_write_misaligned(): what was written is no entry. One byte at its start may be. */
static bool misaligned(const struct kvm_mmu_page *sp, uint64_t gpa, unsigned int bytes)
{
	unsigned int size = sp->role & ROLE_4_BYTE_GPTE ? 4 : 8, offset = gpa & (PAGE_SIZE - 1);

	if (!(offset & (size - 1)) && bytes == 1)
		return false;
	return bytes < 4 || ((offset ^ (offset + bytes - 1)) & ~(size - 1));
}

/* get_written_sptes(): the SPTEs for the entry at @gpa, @ret_nr of them; NULL: elsewhere. */
static spte_t *written_sptes(const struct kvm *kvm, struct kvm_mmu_page *sp, uint64_t gpa,
			     unsigned int *ret_nr)
{
	unsigned int offset = gpa & (PAGE_SIZE - 1);

	*ret_nr = 1;
	if (sp->role & ROLE_4_BYTE_GPTE) {
		offset <<= 1;
		if (sp_level(sp) == 2) {
			/* 4 MiB of the guest are two entries of 2 MiB */
			offset = (offset & ~7u) << 1;
			*ret_nr = 2;
		}
		if (offset >> PAGE_SHIFT != (sp->role >> ROLE_QUADRANT_SHIFT & 3))
			return NULL;
		offset &= PAGE_SIZE - 1;
	}
	return &sp_table(kvm, sp)[offset / sizeof(spte_t)];
}

/* One shadow page of a table that was written at @gpa; true asks for a flush. */
static bool track_write_page(struct kvm *kvm, struct kvm_mmu_page *sp, uint64_t gpa,
			     unsigned int bytes)
{
	bool present = false, entry = bytes > 1 && guest_get(kvm, gpa, bytes);
	unsigned int nr;
	spte_t *sptep;

	if (misaligned(sp, gpa, bytes) ||
	    (sp_level(sp) > SPTE_LEVEL_4K && ++sp->write_flooding >= WRITE_FLOODING)) {
		kvm->stat.mmu_flooded++;
		prepare_zap_page(kvm, sp);
		return true;
	}
	sptep = written_sptes(kvm, sp, gpa, &nr);
	for (; sptep && nr; nr--, sptep++) {
		present |= spte_present(*sptep);
		mmu_page_zap_pte(kvm, sptep, sp_level(sp), kvm->profile->zap_orphans);
		kvm->stat.mmu_pde_zapped += entry && sp_level(sp) > SPTE_LEVEL_4K;
	}
	return present;
}

/*
 * kvm_mmu_track_write(): @bytes at @gpa, a shadowed table, were written by the emulator. A page
 * that goes may take others of the bucket along: then the bucket is looked at from its start.
 */
static void track_write(struct kvm *kvm, uint64_t gpa, unsigned int bytes)
{
	uint32_t stamp = ++kvm->stat.mmu_pte_write;
	uint64_t gfn = gpa >> PAGE_SHIFT, zapped;
	struct kvm_mmu_page *sp;
	bool flush = false;

	if (kvm->paging.format == KVM_PAGING_PAE && kvm->vcpu_mode == VCPU_PAGING && bytes == 4) {
		gpa &= ~7ull;
		bytes = 8;
	}
again:
	LIST_FOREACH (sp, mmu_page_bucket(kvm, gfn), hash) {
		if (sp->written == stamp || sp->gfn != gfn || is_obsolete_sp(kvm, sp) ||
		    (sp->role & ROLE_DIRECT))
			continue;
		sp->written = stamp;
		zapped = kvm->stat.mmu_shadow_zapped;
		flush |= track_write_page(kvm, sp, gpa, bytes);
		if (kvm->stat.mmu_shadow_zapped != zapped)
			goto again;
	}
	if (flush)
		kvm_flush_remote_tlbs(kvm);
}

/* The guest goes on behind a write that KVM executed: roots that it cost are made anew. */
static int resume(struct kvm *kvm)
{
	int err = kvm->vcpu_mode == VCPU_PAGING ? load_guest_root(kvm) : 0;

	if (kvm->vcpu_mode == VCPU_OFF)
		err = kvm_load_off_root(kvm);
	return err == -ENOENT ? 0 : err;
}

int kvm_guest_wrote_byte(struct kvm *kvm, uint64_t gpa, bool emulated)
{
	guest_put_byte(kvm, gpa, 1);
	if (!emulated)
		return 0;
	track_write(kvm, gpa, 1);
	return resume(kvm);
}

static int store_virtual(struct kvm *kvm, uint64_t addr, uint64_t value, unsigned int size)
{
	bool emulated;
	uint64_t gpa;
	int err;

	if (!guest_address_valid(kvm->paging.format, addr))
		return -EINVAL;
	err = shadow_access(kvm, addr, KVM_ACCESS_WRITE, &gpa, &emulated);
	err = err ? err : guest_set(kvm, gpa, value, size);
	if (err || !emulated)
		return err;
	track_write(kvm, gpa, size);
	return resume(kvm);
}

static int store_physical(struct kvm *kvm, uint64_t gpa, uint64_t value)
{
	bool emulated;
	int err = kvm_access_physical(kvm, gpa, KVM_ACCESS_WRITE, &emulated);
	struct kvm_mapping m;

	emulated |= !err && !kvm_lookup(kvm, 0, gpa, &m) && !spte_writable((spte_t){ m.spte });
	err = err ? err : guest_set(kvm, gpa, value, 8);
	if (!err && emulated)
		track_write(kvm, gpa, 8);
	return err;
}

int kvm_guest_store(struct kvm *kvm, uint64_t addr, uint64_t value)
{
	unsigned int size = guest_format(kvm)->entry_size;
	int err;

	if (addr & (size - 1))
		return -EINVAL;
	if (kvm->mmu != KVM_MMU_SHADOW)
		return store_physical(kvm, addr, value);
	if (!kvm->paging.on)
		return -EINVAL;
	err = enter_paging(kvm);
	if (err)
		return err;
	/* 32-bit code writes an entry of 8 bytes in two halves */
	if (kvm->paging.format != KVM_PAGING_PAE)
		return store_virtual(kvm, addr, value, size);
	err = store_virtual(kvm, addr, (uint32_t)value, 4);
	return err ? err : store_virtual(kvm, addr + 4, value >> 32, 4);
}
