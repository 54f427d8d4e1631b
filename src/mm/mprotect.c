// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mprotect() and what it shares with NUMA hinting: one walk over the tables that changes leaves,
 * and the notification that starts at the placement of the profile (mm/mprotect.c; 6.12 and
 * later: change_pud_range(), 3.15 to 6.11: change_pmd_range(), before: change_protection()).
 *
 * Placed at level L, a notification starts in the loop over the entries of L below one entry of
 * L + 1, when the first populated entry is found, and covers the range from there to the end of
 * that loop:
 *
 *	S(first populated entry .. end of loop)   change, change, ...   E(same range)
 */
#include "mm_internal.h"

#include <sys/mman.h>

struct change {
	struct vm_area_struct *vma;
	struct mm_struct *mm;
	struct machine *m;
	pgprot_t newprot;
	unsigned int cp_flags;
	unsigned int placement; /* level whose loop notifies; 0: the caller has */
	uint32_t notify_flags;
	uint64_t pages;
};

/* Does the change leave this entry alone (NUMA hinting only)? */
static bool numa_skip(const struct change *change, pte_t pte)
{
	uint64_t pfn = pte_pfn(pte);
	const struct page *page;

	if (change->m->numa_off || pte_protnone(pte) || !pfn_has_record(pfn))
		return true;
	if (!(change->vma->vm_flags & VM_SHARED) && !change->mm->threaded &&
	    page_node(change->m, pfn) == 0)
		return true; /* it is where the process runs */
	if (!is_cow_mapping(change->vma->vm_flags))
		return false;
	if (change->m->profile->numa_skips_pinned && page_pinned(change->m, pfn))
		return true;
	if (pfn_is_huge(pfn) && !pfn_folio(change->m, pfn)->nr_mapped)
		return false;
	page = pfn_page(change->m, pfn);
	return page->mapcount != 1;
}

/* Linux: can_change_pte_writable() */
static bool can_change_pte_writable(const struct change *change, pte_t pte)
{
	if (!(change->vma->vm_flags & VM_WRITE) || pte_write(pte) ||
	    userfaultfd_pte_wp(change->vma, pte))
		return false;
	if (!(change->vma->vm_flags & VM_SOFTDIRTY) && !pte_soft_dirty(pte))
		return false;
	if (!pte_dirty(pte) &&
	    ((change->vma->vm_flags & VM_SHARED) || change->m->profile->pte_change_dirty))
		return false;
	if (change->vma->vm_flags & VM_SHARED)
		return true;
	return page_flags(change->m, pte_pfn(pte)) & PG_ANON_EXCLUSIVE;
}

static pte_t changed_pte(const struct change *change, pte_t old)
{
	bool saved_dirty = change->m->profile->saved_dirty;
	pte_t new = pte_modify(old, change->newprot, saved_dirty);

	if (change->cp_flags & MM_CP_UFFD_WP)
		return pte_set(pte_wrprotect(new, saved_dirty), _PAGE_UFFD_WP);
	if (change->cp_flags & MM_CP_UFFD_WP_RESOLVE)
		new = pte_clear(new, _PAGE_UFFD_WP);
	if ((change->cp_flags & MM_CP_TRY_CHANGE_WRITABLE) && can_change_pte_writable(change, new))
		new = pte_mkwrite(new, saved_dirty);
	return new;
}

/*
 * Can all entries of the table be changed alike, without a look at their frames? Then @ret_run
 * says how. What becomes writable at once must be anonymous and exclusive throughout.
 */
static bool change_alike(const struct change *change, const struct pt_info *info,
			 struct pte_run *ret_run)
{
	uint32_t flags = change->vma->vm_flags;
	bool upgrade = (change->cp_flags & MM_CP_TRY_CHANGE_WRITABLE) && (flags & VM_WRITE);

	if (change->m->before_change || (change->cp_flags & MM_CP_PROT_NUMA) || (flags & VM_UFFD_WP))
		return false;
	if (upgrade && (info->maybe_shared || (flags & VM_SHARED)))
		return false;
	*ret_run = (struct pte_run){
		.newprot = change->newprot,
		.add = upgrade ? _PAGE_RW : 0,
		.saved_dirty = change->m->profile->saved_dirty,
	};
	return true;
}

/* The design "numa-skip": the pages from *@start to @end, if there are any, are protnone now. */
static void numa_protected(const struct change *change, uint64_t *start, uint64_t end)
{
	if (*start != UINT64_MAX && (change->notify_flags & MMU_NOTIFIER_RANGE_NUMA))
		mmu_notifier_numa_protect(&change->mm->notifier, *start, end);
	*start = UINT64_MAX;
}

/* uffd-wp of what is not mapped is remembered for objects, not for anonymous memory. */
static bool leaves_markers(const struct change *change)
{
	return (change->cp_flags & MM_CP_UFFD_WP) && !vma_is_anonymous(change->vma);
}

static void change_absent(struct change *change, pte_t *pte)
{
	if (pte_none(*pte) && leaves_markers(change)) {
		pt_info(change->m, pte)->maybe_shared = true;
		pt_set(change->m, pte, PTE_MARKER);
	} else if (pte_is_marker(*pte) && (change->cp_flags & MM_CP_UFFD_WP_RESOLVE)) {
		pt_set(change->m, pte, (pte_t){ 0 });
	}
}

static void change_pte_range(struct change *change, pte_t *table, uint64_t addr, uint64_t end)
{
	struct pt_info *info = pt_info(change->m, table);
	bool numa = change->cp_flags & MM_CP_PROT_NUMA;
	bool uffd = change->cp_flags & (MM_CP_UFFD_WP | MM_CP_UFFD_WP_RESOLVE);
	uint64_t run_start = UINT64_MAX;
	struct pte_run run;
	pte_t *pte;

	if (uffd)
		info->maybe_shared = true;
	change->m->stat.tables++;
	if (!leaves_markers(change) && !pt_info_clip(change->m, info, PT_LEVEL_PTE, &addr, &end))
		return;
	pte = table + pt_index(change->m->geo, PT_LEVEL_PTE, addr);
	if (!uffd && change_alike(change, info, &run)) {
		change->pages += change->m->run->modify(pte, (end - addr) >> PAGE_SHIFT, &run);
		return;
	}
	for (; addr < end; addr += PAGE_SIZE, pte++) {
		if (!pte_present(*pte) || (numa && numa_skip(change, *pte))) {
			numa_protected(change, &run_start, addr);
			if (uffd && !pte_present(*pte))
				change_absent(change, pte);
			continue;
		}
		before_change(change->mm, addr, addr + PAGE_SIZE);
		*pte = changed_pte(change, *pte);
		change->pages++;
		if (run_start == UINT64_MAX)
			run_start = addr;
	}
	numa_protected(change, &run_start, end);
}

static void change_huge_leaf(struct change *change, pte_t *entry, unsigned int level,
			     uint64_t addr, uint64_t end)
{
	bool saved_dirty = change->m->profile->saved_dirty;
	uint64_t pfn = pte_pfn(*entry);
	bool numa = change->cp_flags & MM_CP_PROT_NUMA;
	bool uffd = change->cp_flags & (MM_CP_UFFD_WP | MM_CP_UFFD_WP_RESOLVE);
	pte_t new;

	if (numa && (change->m->numa_off || pte_protnone(*entry) || !pfn_has_record(pfn)))
		return;
	before_change(change->mm, addr, end);
	new = uffd ? changed_pte(change, *entry) : pte_modify(*entry, change->newprot, saved_dirty);
	if (!uffd &&
	    (change->cp_flags & MM_CP_TRY_CHANGE_WRITABLE) && level == PT_LEVEL_PMD &&
	    change->m->profile->pmd_change_writable && can_change_pte_writable(change, new))
		new = pte_mkwrite(new, saved_dirty);
	*entry = new;
	numa_protected(change, &addr, end);
	change->pages += pt_size(change->m->geo, level) >> PAGE_SHIFT;
}

/* To 6.11: a 1 GiB leaf is taken for garbage and cleared, silently. */
static void pud_clear_bad(struct change *change, pte_t *entry, uint64_t addr, uint64_t end)
{
	before_change(change->mm, addr, end);
	pt_set(change->m, entry, (pte_t){ 0 });
}

/*
 * uffd-wp of an object's memory leaves markers where nothing is mapped: it needs all tables, and
 * no huge leaf. Return: false when there was no memory for it.
 */
static bool change_prepare(struct change *change, pte_t *entry, unsigned int level)
{
	uint64_t pfn;

	if (!leaves_markers(change) || !pte_none(*entry))
		return true;
	if (pt_alloc_table(change->m, level - 1, &pfn))
		return false;
	pt_set(change->m, entry, pte_mktable(pfn));
	return true;
}

static bool leaf_must_split(const struct change *change, unsigned int level, uint64_t len)
{
	return len != pt_size(change->m->geo, level) || leaves_markers(change);
}

/*
 * The lazy start: remembers in range->start whether it was sent, and so, where the profile is as
 * odd as Linux, sends another one when the first was at address 0, and no end for it.
 */
struct lazy_start {
	struct mmu_notifier_range range;
	bool started;
};

static void lazy_notify_start(struct change *change, struct lazy_start *lazy, uint64_t addr,
			      uint64_t end)
{
	bool started = change->m->profile->zero_start_sentinel ? lazy->range.start != 0 :
								 lazy->started;

	if (started)
		return;
	notify_start_flags(change->mm, &lazy->range, MMU_NOTIFY_PROTECTION_VMA,
			   change->notify_flags, addr, end);
	lazy->started = true;
}

static void lazy_notify_end(struct change *change, struct lazy_start *lazy)
{
	if (change->m->profile->zero_start_sentinel ? lazy->range.start != 0 : lazy->started)
		notify_end(change->mm, &lazy->range);
}

static void change_range(struct change *change, pte_t *table, unsigned int level, uint64_t addr,
			 uint64_t end)
{
	const struct pt_geometry *geo = change->m->geo;
	const struct mm_profile *profile = change->m->profile;
	struct lazy_start lazy = { .started = false };
	uint64_t stop = end, next;

	if (level == PT_LEVEL_PTE) {
		change_pte_range(change, table, addr, end);
		return;
	}
	change->m->stat.tables++;
	if (!leaves_markers(change) &&
	    !pt_info_clip(change->m, pt_info(change->m, table), level, &addr, &stop))
		return;
	for (; addr < stop; addr = next) {
		pte_t *entry = table + pt_index(geo, level, addr);

		next = pt_addr_end(geo, level, addr, stop);
		if (!change_prepare(change, entry, level) || pte_none(*entry))
			continue;
		if (level == PT_LEVEL_PUD && profile->pud_leaf_bug && pte_leaf(*entry, level)) {
			pud_clear_bad(change, entry, addr, next);
			continue;
		}
		if (level == change->placement)
			lazy_notify_start(change, &lazy, addr, end);
		if (pte_leaf(*entry, level)) {
			if (!leaf_must_split(change, level, next - addr)) {
				change_huge_leaf(change, entry, level, addr, next);
				continue;
			}
			split_huge_leaf(change->vma, entry, level, addr);
			if (!change_prepare(change, entry, level))
				continue;
		}
		if (pte_table(*entry, level))
			change_range(change, pt_table(change->m, *entry), level - 1, addr, next);
	}
	if (level == change->placement)
		lazy_notify_end(change, &lazy);
}

/* One notification around the whole range. */
static void change_notified(struct change *change, uint64_t start, uint64_t end)
{
	struct mm_struct *mm = change->mm;
	struct mmu_notifier_range range;

	notify_start_flags(mm, &range, MMU_NOTIFY_PROTECTION_VMA, change->notify_flags, start, end);
	change_range(change, pt_top(mm), mm->machine->geo->levels, start, end);
	notify_end(mm, &range);
}

/* The design "tight": one for each run of populated entries. */
static void change_runs(struct change *change, uint64_t start, uint64_t end)
{
	struct run_iter runs = run_iter_init(change->mm, start, end);

	while (run_next(&runs))
		change_notified(change, runs.start, runs.end);
}

/*
 * uffd-wp of an object's memory fills the whole range with markers: one run, whose first table is
 * there in time for the notification.
 */
static void change_marked(struct change *change, uint64_t start, uint64_t end)
{
	pte_t *pte;

	if (pt_walk_alloc(change->mm, start, PT_LEVEL_PTE, &pte) != -ENOMEM)
		change_notified(change, start, end);
}

static void change_lazily(struct change *change, uint64_t start, uint64_t end)
{
	struct mm_struct *mm = change->mm;

	change->placement = mm->machine->profile->placement;
	change_range(change, pt_top(mm), mm->machine->geo->levels, start, end);
}

uint64_t change_protection(struct vm_area_struct *vma, uint64_t start, uint64_t end,
			   pgprot_t newprot, unsigned int cp_flags)
{
	struct mm_struct *mm = vma->vm_mm;
	struct change change = {
		.vma = vma,
		.mm = mm,
		.m = mm->machine,
		.newprot = newprot,
		.cp_flags = cp_flags,
	};

	if (vma->vm_flags & VM_HUGETLB)
		return hugetlb_change_protection(vma, start, end, newprot, cp_flags);
	if (mm->machine->design.numa_skip && (cp_flags & MM_CP_PROT_NUMA))
		change.notify_flags = MMU_NOTIFIER_RANGE_NUMA;
	if (mm->machine->design.tight && leaves_markers(&change))
		change_marked(&change, start, end);
	else if (mm->machine->design.tight)
		change_runs(&change, start, end);
	else if (!mm->machine->profile->placement)
		change_notified(&change, start, end);
	else
		change_lazily(&change, start, end);
	mm->machine->stat.changed += change.pages;
	return change.pages;
}

/* Linux: mprotect_fixup(); [start, end) lies in @vma. *@ret_vma is the VMA that holds it then. */
static int mprotect_fixup(struct vm_area_struct *vma, uint64_t start, uint64_t end,
			  uint32_t newflags, uint64_t *changed, struct vm_area_struct **ret_vma)
{
	const struct mm_profile *profile = vma->vm_mm->machine->profile;
	uint32_t oldflags = vma->vm_flags;
	unsigned int cp_flags = 0;
	int err;

	if (newflags == oldflags) {
		*ret_vma = vma;
		return 0;
	}
	if (newflags & VM_WRITE) {
		if (!(oldflags & (VM_ACCOUNT | VM_WRITE | VM_HUGETLB | VM_SHARED | VM_NORESERVE)))
			newflags |= VM_ACCOUNT;
	} else if (profile->unaccount_unfaulted && (oldflags & VM_ACCOUNT) &&
		   vma_is_anonymous(vma) && !vma->anon_vma) {
		newflags &= ~VM_ACCOUNT;
	}
	err = vma_modify_flags(vma, start, end, newflags, &vma);
	if (err)
		return err;
	/* Linux: vma_wants_manual_pte_write_upgrade(); of shared memory all pages or none */
	if ((vma->vm_flags & (VM_WRITE | VM_SHARED)) == VM_WRITE)
		cp_flags |= MM_CP_TRY_CHANGE_WRITABLE;
	*changed += change_protection(vma, start, end, vm_get_page_prot(vma->vm_flags), cp_flags);
	*ret_vma = vma;
	return 0;
}

static uint32_t prot_vm_flags(int prot)
{
	return (prot & PROT_READ ? VM_READ : 0) | (prot & PROT_WRITE ? VM_WRITE : 0) |
	       (prot & PROT_EXEC ? VM_EXEC : 0);
}

/* The chunks of [start, end), VMA by VMA; stops at the first hole or refusal. */
static int mprotect_range(struct vm_area_struct *vma, uint64_t start, uint64_t end,
			  uint32_t access, uint64_t *changed)
{
	struct mm_struct *mm = vma->vm_mm;

	for (;;) {
		uint32_t newflags = access | (vma->vm_flags & ~VM_ACCESS_FLAGS);
		uint64_t stop = vma->vm_end < end ? vma->vm_end : end;
		int err;

		/* the VM_MAY bits are the access bits shifted by four */
		if ((newflags & ~(newflags >> 4)) & VM_ACCESS_FLAGS)
			return -EACCES;
		err = mprotect_fixup(vma, start, stop, newflags, changed, &vma);
		if (err)
			return err;
		start = stop;
		if (start >= end)
			return 0;
		vma = find_vma(mm, start);
		if (!vma || vma->vm_start > start)
			return -ENOMEM;
	}
}

int mm_mprotect(struct mm_struct *mm, uint64_t addr, uint64_t len, int prot)
{
	struct vm_area_struct *vma;
	uint64_t end, changed = 0;
	int err;

	if (!IS_ALIGNED(addr, PAGE_SIZE))
		return -EINVAL;
	if (!len)
		return 0;
	end = addr + PAGE_ALIGN(len);
	if (end <= addr)
		return -ENOMEM;
	vma = find_vma(mm, addr);
	if (!vma || vma->vm_start > addr)
		return -ENOMEM;
	err = mprotect_range(vma, addr, end, prot_vm_flags(prot), &changed);
	if (changed)
		mm->machine->stat.tlb_flushes++;
	return err;
}
