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
	bool dirty = pte_dirty(*pte) || page_is_dirty(m, pfn), pinned = page_pinned(m, pfn);

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
	bool dirty = pte_dirty(*pmd) || (folio->flags & PG_DIRTY);
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

/* The large folio from @pfn on, whose first page is at @addr. */
static int reclaim_large_object(struct vm_area_struct *vma, uint64_t addr, uint64_t pfn)
{
	struct machine *m = vma->vm_mm->machine;
	uint64_t index = linear_page_index(vma, addr), nr = UINT64_C(1) << folio_order(m, pfn);
	int err = try_to_unmap_file(vma->vm_file, index, pfn);

	if (!err && !folio_mapcount(m, pfn) && !page_is_dirty(m, pfn) && !page_pinned(m, pfn))
		filemap_truncate(vma->vm_file, index, index + nr);
	return err;
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

	if (m->profile->split_to_zeropage)
		return reclaim_large_object(vma, addr, pfn);
	err = split_file_folio(file, index);
	if (!err)
		reclaim_clean(file, index);
	return err;
}

/* One that is mapped page by page: all of it at its first page, if by nobody else. */
static int reclaim_pte_mapped(struct vm_area_struct *vma, uint64_t addr, uint64_t pfn)
{
	struct machine *m = vma->vm_mm->machine;

	if (!m->profile->maps_folio || pfn != folio_head(m, pfn) ||
	    folio_mapcount(m, pfn) != UINT64_C(1) << folio_order(m, pfn))
		return 0;
	return reclaim_large_object(vma, addr, pfn);
}

/*
 * To 6.8 reclaim looks whether the folio has been used since, which mostly only a secondary MMU can
 * have done: madvise has made the entry old. Then it stays (folio_check_references()).
 */
static bool keeps(struct vm_area_struct *vma, uint64_t addr, uint64_t pfn)
{
	return vma->vm_mm->machine->profile->pageout_keeps_referenced &&
	       folio_referenced(vma, addr, pfn);
}

/*
 * There is nowhere to write an anonymous huge page to, nor, once it is split, its pages; to 6.8
 * reclaim looks for references to each of them before it sees that.
 */
static int reclaim_huge_anon(struct vm_area_struct *vma, uint64_t addr, uint64_t pfn, bool whole)
{
	int err = split_huge_page(vma, addr, pfn);
	unsigned int i;

	for (i = 1; i < HPAGE_PMD_NR && whole && !err; i++)
		(void)keeps(vma, addr + (uint64_t)i * PAGE_SIZE, pfn + i);
	return err;
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
	if (level == PT_LEVEL_PMD && whole && keeps(vma, addr, pfn))
		return 0;
	if (level == PT_LEVEL_PMD && (page_flags(m, pfn) & PG_ANON) && page_pinned(m, pfn))
		return 0;
	if (level == PT_LEVEL_PMD && whole && (page_flags(m, pfn) & PG_LAZYFREE)) {
		reclaim_huge_lazyfree(vma, addr, entry);
		return 0;
	}
	if (page_is_large(m, pfn) && (page_flags(m, pfn) & PG_ANON))
		return reclaim_huge_anon(vma, addr, pfn, level == PT_LEVEL_PMD && whole);
	if (page_is_large(m, pfn) && level == PT_LEVEL_PMD)
		return whole ? reclaim_huge_object(vma, addr, pfn) :
			       split_file_folio(vma->vm_file, linear_page_index(vma, addr));
	if (folio_order(m, pfn))
		return reclaim_pte_mapped(vma, addr, pfn);
	if (pfn_page(m, pfn)->mapcount != 1 || keeps(vma, addr, pfn))
		return 0;
	if (!(page_flags(m, pfn) & PG_ANON))
		return reclaim_object(vma, addr, pfn);
	if (page_flags(m, pfn) & PG_LAZYFREE)
		return reclaim_lazyfree(vma, addr, entry);
	return 0;
}
