// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Moving pages between nodes (mm/migrate.c). A moved folio is taken out of every VMA that maps it
 * and put back; the model lets it keep its frame number.
 */
#include "mm_internal.h"

unsigned int page_node(const struct machine *m, uint64_t pfn)
{
	if (!pfn_has_record(pfn) || pfn_is_gigantic(pfn))
		return 0;
	return page_is_large(m, pfn) ? pfn_folio(m, pfn)->node : pfn_page(m, pfn)->node;
}

static void set_node(struct machine *m, uint64_t pfn, unsigned int node)
{
	if (page_is_large(m, pfn))
		pfn_folio(m, pfn)->node = node;
	else
		pfn_page(m, pfn)->node = node;
}

bool migrate_shared(struct vm_area_struct *vma, uint64_t addr, uint64_t pfn)
{
	struct machine *m = vma->vm_mm->machine;

	if (!page_is_large(m, pfn))
		return pfn_page(m, pfn)->mapcount != 1;
	return folio_shared(vma->vm_mm, pfn,
			    linear_page_index(vma, addr) - (pfn & (HPAGE_PMD_NR - 1)));
}

/* Is the folio mapped by PTEs? Then it is in part unmapped while it moves. */
static bool pte_mapped(const struct machine *m, uint64_t pfn)
{
	return page_is_large(m, pfn) && pfn_folio(m, pfn)->nr_mapped;
}

/* What is left of a huge folio after its split moves page by page. */
static int migrate_split(struct vm_area_struct *vma, uint64_t addr, uint64_t pfn,
			 unsigned int node)
{
	struct mm_struct *mm = vma->vm_mm;
	uint64_t head = pfn & ~(uint64_t)(HPAGE_PMD_NR - 1), i;
	uint64_t base = addr - ((pfn - head) << PAGE_SHIFT);
	int err = split_huge_page(vma, addr, pfn);

	for (i = 0; i < HPAGE_PMD_NR && !err; i++) {
		uint64_t at = base + (i << PAGE_SHIFT);
		pte_t *pte = pt_lookup(mm, at, PT_LEVEL_PTE, NULL);
		struct vm_area_struct *here = find_vma(mm, at);

		if (pte && pte_present(*pte) && pte_pfn(*pte) == head + i)
			err = migrate_folio(here, at, head + i, node);
	}
	return err;
}

int migrate_folio(struct vm_area_struct *vma, uint64_t addr, uint64_t pfn, unsigned int node)
{
	struct machine *m = vma->vm_mm->machine;
	int err;

	if (m->profile->split_to_zeropage && pte_mapped(m, pfn)) {
		if (pfn_folio(m, pfn)->flags & PG_PARTIAL)
			return migrate_split(vma, addr, pfn, node);
		pfn_folio(m, pfn)->flags |= PG_PARTIAL;
	}
	err = rmap_walk_clear(vma, addr, pfn, false);
	if (!err)
		set_node(m, pfn, node);
	return err;
}

/* One page of move_pages(); *@head is the huge folio that waits to be moved. */
static int move_page(struct mm_struct *mm, uint64_t addr, unsigned int node, uint64_t *head)
{
	struct vm_area_struct *vma = find_vma(mm, addr);
	unsigned int level;
	pte_t *entry;
	uint64_t pfn;

	if (!vma || vma->vm_start > addr || vma_is_dax(vma) ||
	    (vma->vm_flags & (VM_MIXEDMAP | VM_HUGETLB)))
		return -EFAULT;
	entry = pt_lookup(mm, addr, PT_LEVEL_PTE, &level);
	if (!entry || !pte_present(*entry) || pfn_is_zero(pte_pfn(*entry)))
		return -ENOENT;
	pfn = pte_pfn(*entry);
	if (level == PT_LEVEL_PMD)
		pfn += (addr & ~PMD_MASK) >> PAGE_SHIFT;
	if (*head && pfn - *head < HPAGE_PMD_NR && page_is_large(mm->machine, pfn)) {
		/* isolated already: refused, and what waits is moved at last */
		*head = 0;
		return -EBUSY;
	}
	if (page_node(mm->machine, pfn) == node)
		return 0;
	if (migrate_shared(vma, addr, pfn))
		return -EACCES;
	*head = page_is_large(mm->machine, pfn) ? pfn & ~(uint64_t)(HPAGE_PMD_NR - 1) : *head;
	return migrate_folio(vma, addr, pfn, node);
}

int mm_move_pages(struct mm_struct *mm, uint64_t addr, uint64_t len, unsigned int node)
{
	uint64_t end = addr + len, head = 0;
	int ret = 0;

	if (node >= MM_NODES)
		return -ENODEV;
	lru_add_drain(mm->machine);
	for (addr &= PAGE_MASK; addr < end; addr += PAGE_SIZE) {
		int err = move_page(mm, addr, node, &head);

		if (mm->machine->oom)
			return -ENOMEM;
		if (err && err != -ENOENT && err != -EFAULT && !ret)
			ret = err;
	}
	return ret;
}
