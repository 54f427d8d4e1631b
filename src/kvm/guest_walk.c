// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The walk of the guest's own tables, with its accessed and dirty bits, in all formats:
 * walk_addr() of arch/x86/kvm/mmu/paging_tmpl.h. An L1 hypervisor's nested tables are the
 * same walk with user rights. KVM reads and writes the entries through the process.
 */
#include "guest_paging.h"

#include <errno.h>

const struct guest_format guest_formats[] = {
	[KVM_PAGING_LONG] = { 4, 9, 8 },
	[KVM_PAGING_LA57] = { 5, 9, 8 },
	[KVM_PAGING_PAE] = { 3, 9, 8 },
	[KVM_PAGING_32] = { 2, 10, 4 },
};

uint64_t gpte_frames(const struct guest_format *f, unsigned int level)
{
	return 1ull << f->bits * (level - 1);
}

uint64_t gpte_address(const struct guest_format *f, uint64_t table, uint64_t addr,
		      unsigned int level)
{
	uint64_t index = (addr >> PAGE_SHIFT) / gpte_frames(f, level);

	return table + (index & ((1ull << f->bits) - 1)) * f->entry_size;
}

bool guest_address_valid(enum kvm_guest_paging paging, uint64_t addr)
{
	const struct guest_format *f = &guest_formats[paging];
	unsigned int bits = paging >= KVM_PAGING_PAE ? 32 : PAGE_SHIFT + f->levels * f->bits;

	return addr < 1ull << bits;
}

unsigned int gpte_access(const struct kvm *kvm, uint64_t pte)
{
	bool nx = pte & GPTE_NX && guest_format(kvm)->entry_size == 8;

	return (pte & GPTE_WRITABLE ? SPTE_ACC_WRITE : 0) |
	       (pte & GPTE_USER ? SPTE_ACC_USER : 0) | (nx ? 0 : SPTE_ACC_EXEC);
}

/* KVM itself has written to a frame of the guest (kvm_vcpu_mark_page_dirty). */
static void mark_gfn_dirty(struct kvm *kvm, uint64_t gfn)
{
	struct kvm_memory_slot *slot = gfn_to_memslot(&kvm->memslots[0], gfn);

	if (slot)
		mark_page_dirty(kvm, slot, gfn);
}

/* Set the accessed bits of the entries passed, and the dirty bit of the leaf on a write. */
static int set_accessed_dirty(struct kvm *kvm, struct guest_walker *w, bool write)
{
	unsigned int level;
	int err;

	for (level = w->max_level; level >= w->level; level--) {
		uint64_t old = w->pte[level], new = old | GPTE_ACCESSED;

		if (!(old & GPTE_ACCESSED))
			EVENT(kvm->events, EVENT_KVM_MMU_SET_ACCESSED_BIT,
			      w->pte_gpa[level]);
		if (level == w->level && write && !(old & GPTE_DIRTY)) {
			EVENT(kvm->events, EVENT_KVM_MMU_SET_DIRTY_BIT,
			      w->pte_gpa[level]);
			new |= GPTE_DIRTY;
		}
		if (new == old || guest_readonly(kvm, w->pte_gpa[level]))
			continue;
		err = guest_touch_table(kvm, w->pte_gpa[level], true);
		err = err ? err : guest_set(kvm, w->pte_gpa[level], new,
					    guest_format(kvm)->entry_size);
		if (err)
			return err;
		w->pte[level] = new;
		mark_gfn_dirty(kvm, w->pte_gpa[level] >> PAGE_SHIFT);
	}
	return 0;
}

/* The top of the walk: CR3, or with PAE the one of the four entries that CR3's load read. */
static bool walk_start_guest(struct kvm *kvm, uint64_t addr, struct guest_walker *w,
			     uint64_t *ret_table)
{
	uint64_t pte;

	w->max_level = guest_format(kvm)->levels;
	*ret_table = kvm->paging.cr3 & SPTE_PFN_MASK;
	if (kvm->paging.format != KVM_PAGING_PAE)
		return true;
	pte = kvm->paging.pdptr[addr >> 30 & 3];
	EVENT(kvm->events, EVENT_KVM_MMU_PAGING_ELEMENT, pte, w->max_level);
	w->max_level--;
	*ret_table = pte & SPTE_PFN_MASK;
	return pte & GPTE_PRESENT;
}

static int read_entries(struct kvm *kvm, uint64_t addr, struct guest_walker *w)
{
	const struct guest_format *f = guest_format(kvm);
	unsigned int level, access = SPTE_ACC_ALL;
	uint64_t table;
	int err;

	if (!walk_start_guest(kvm, addr, w, &table))
		return -EACCES;
	for (level = w->max_level;; level--) {
		uint64_t gpa = gpte_address(f, table, addr, level), pte;

		err = guest_touch_table(kvm, gpa, false);
		if (err)
			return err;
		pte = guest_get(kvm, gpa, f->entry_size);
		EVENT(kvm->events, EVENT_KVM_MMU_PAGING_ELEMENT, pte, level);
		w->pte[level] = pte;
		w->pte_gpa[level] = gpa;
		w->pt_access[level] = access;
		if (!(pte & GPTE_PRESENT))
			return -EACCES;
		access &= gpte_access(kvm, pte);
		if (level == SPTE_LEVEL_4K ||
		    (level <= SPTE_LEVEL_1G && (pte & GPTE_LARGE)))
			break;
		table = pte & SPTE_PFN_MASK;
	}
	w->level = level;
	w->pte_access = access;
	w->gfn = (gpte_gfn(w->pte[level]) & ~(gpte_frames(f, level) - 1)) +
		 ((addr >> PAGE_SHIFT) & (gpte_frames(f, level) - 1));
	return 0;
}

int walk_guest(struct kvm *kvm, uint64_t addr, unsigned int access, struct guest_walker *w)
{
	bool write = access & KVM_ACCESS_WRITE;
	int err;

	EVENT(kvm->events, EVENT_KVM_MMU_PAGETABLE_WALK, addr,
	      guest_error_code(kvm, access, false));
	err = read_entries(kvm, addr, w);
	w->denied = !err && rights_of(kvm, access) & ~w->pte_access;
	if (w->denied)
		err = -EACCES;
	if (!err && !write)
		w->pte_access = protect_clean(w->pte_access, w->pte[w->level]);
	if (!err)
		err = set_accessed_dirty(kvm, w, write);
	/* a table that KVM cannot read or write is the guest's fault */
	return err && err != -ENOMEM ? -EACCES : err;
}
