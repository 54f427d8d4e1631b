// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reclaim of single folios, as MADV_PAGEOUT asks for it, on a machine without swap
 * (mm/vmscan.c:shrink_folio_list()). Anonymous pages stay, unless MADV_FREE gave them up; pages of
 * objects lose their mappings, and their memory too when they hold nothing but zeros.
 */
#include "mm_internal.h"

/* What MADV_FREE gave up goes, unless it has been written to since. */
static int reclaim_lazyfree(struct vm_area_struct *vma, uint64_t addr, pte_t *pte)
{
	uint64_t pfn = pte_pfn(*pte);
	struct machine *m = vma->vm_mm->machine;
	bool dirty = pte_dirty(*pte), pinned = page_pinned(m, pfn);

	if (dirty || (pinned && !m->profile->split_to_zeropage))
		pfn_page(m, pfn)->flags &= ~PG_LAZYFREE;
	return rmap_walk_clear(vma, addr, pfn, !dirty && !pinned);
}

/*
 * The same for a huge page that is mapped as one. To 6.10 it is split first, and stays split when
 * it has been written to.
 */
static void reclaim_huge_lazyfree(struct vm_area_struct *vma, uint64_t addr, pte_t *pmd)
{
	struct mm_struct *mm = vma->vm_mm;
	struct folio *folio = pfn_folio(mm->machine, pte_pfn(*pmd));
	bool dirty = pte_dirty(*pmd);
	struct mmu_notifier_range range;

	if (!mm->machine->profile->split_to_zeropage)
		__split_huge_pmd(vma, pmd, addr);
	if (dirty)
		folio->flags &= ~PG_LAZYFREE;
	notify_start(mm, &range, MMU_NOTIFY_CLEAR, addr, addr + PMD_SIZE);
	if (!dirty)
		unmap_page_range(vma, addr, addr + PMD_SIZE, false);
	notify_end(mm, &range);
}

static int reclaim_object(struct vm_area_struct *vma, uint64_t addr, uint64_t pfn)
{
	struct machine *m = vma->vm_mm->machine;
	uint64_t index = linear_page_index(vma, addr);
	int err = rmap_walk_clear(vma, addr, pfn, true);

	if (err)
		return err;
	if (!pfn_page(m, pfn)->mapcount && !page_is_dirty(m, pfn) && !page_pinned(m, pfn))
		filemap_truncate(vma->vm_file, index, index + 1);
	return 0;
}

/* What is left of a huge page, once nothing maps it. */
static void reclaim_clean(struct mm_file *file, uint64_t index)
{
	struct machine *m = file->machine;
	uint64_t i, pfn;

	for (i = index; i < index + HPAGE_PMD_NR; i++) {
		pfn = filemap_find(file, i);
		if (pfn && !page_is_large(m, pfn) && !pfn_page(m, pfn)->mapcount &&
		    !page_is_dirty(m, pfn))
			filemap_truncate(file, i, i + 1);
	}
}

/* A huge page of an object that is mapped as one. To 6.10 it is split first. */
static int reclaim_huge_object(struct vm_area_struct *vma, uint64_t addr, uint64_t pfn)
{
	struct machine *m = vma->vm_mm->machine;
	struct mm_file *file = vma->vm_file;
	uint64_t index = linear_page_index(vma, addr);
	int err;

	if (!m->profile->split_to_zeropage) {
		err = split_file_folio(file, index);
		if (!err)
			reclaim_clean(file, index);
		return err;
	}
	err = try_to_unmap_file(file, index, pfn);
	if (!err && !pfn_folio(m, pfn)->entire_mapcount && !pfn_folio(m, pfn)->nr_mapped &&
	    !page_is_dirty(m, pfn))
		filemap_truncate(file, index, index + HPAGE_PMD_NR);
	return err;
}

/*
 * To 6.8 reclaim looks whether the folio has been used since, which only a secondary MMU can have
 * done: madvise has made the entry old. Then it stays (folio_check_references()).
 */
static bool referenced(struct vm_area_struct *vma, uint64_t addr, uint64_t size)
{
	struct mm_struct *mm = vma->vm_mm;

	return mm->machine->profile->pageout_keeps_referenced && mm_has_notifiers(&mm->notifier) &&
	       mmu_notifier_clear_flush_young(&mm->notifier, addr, addr + size);
}

int reclaim_folio(struct vm_area_struct *vma, uint64_t addr, pte_t *entry, unsigned int level,
		  bool whole)
{
	struct machine *m = vma->vm_mm->machine;
	uint64_t pfn = pte_pfn(*entry);

	if (!pfn_has_record(pfn) || pfn_is_gigantic(pfn))
		return 0;
	if (level == PT_LEVEL_PMD)
		addr &= PMD_MASK;
	if (level == PT_LEVEL_PMD && whole && referenced(vma, addr, PMD_SIZE))
		return 0;
	if (level == PT_LEVEL_PMD && whole && (page_flags(m, pfn) & PG_LAZYFREE)) {
		reclaim_huge_lazyfree(vma, addr, entry);
		return 0;
	}
	if (page_is_large(m, pfn) && (page_flags(m, pfn) & PG_ANON))
		return split_huge_page(vma, addr, pfn);
	if (page_is_large(m, pfn) && level == PT_LEVEL_PMD)
		return whole ? reclaim_huge_object(vma, addr, pfn) :
			       split_file_folio(vma->vm_file, linear_page_index(vma, addr));
	if (page_is_large(m, pfn))
		return 0;
	if (pfn_page(m, pfn)->mapcount != 1 || referenced(vma, addr, PAGE_SIZE))
		return 0;
	if (!(page_flags(m, pfn) & PG_ANON))
		return reclaim_object(vma, addr, pfn);
	if (page_flags(m, pfn) & PG_LAZYFREE)
		return reclaim_lazyfree(vma, addr, entry);
	return 0;
}
