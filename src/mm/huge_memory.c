// SPDX-License-Identifier: GPL-2.0-or-later
/* 2 MiB pages of anonymous memory (mm/huge_memory.c). */
#include "mm_internal.h"

bool thp_vma_allowed(const struct vm_area_struct *vma, uint64_t addr)
{
	const struct machine *m = vma->vm_mm->machine;
	uint64_t block = addr & PMD_MASK;

	if (vma->vm_flags & (VM_NOHUGEPAGE | VM_SPECIAL | VM_HUGETLB))
		return false;
	if (m->thp == THP_NEVER || (m->thp == THP_MADVISE && !(vma->vm_flags & VM_HUGEPAGE)))
		return false;
	return block >= vma->vm_start && block + PMD_SIZE <= vma->vm_end;
}

void set_huge_pmd(struct vm_area_struct *vma, pte_t *pmd, uint64_t pfn, bool write)
{
	struct machine *m = vma->vm_mm->machine;
	pte_t entry = pte_mkhuge(pfn_pte(pfn, vm_get_page_prot(vma->vm_flags)));

	if (write) {
		entry = pte_mkdirty(entry);
		if (vma->vm_flags & VM_WRITE)
			entry = pte_mkwrite(entry, m->profile->saved_dirty);
	}
	folio_get_map(m, pfn);
	pt_set(m, pmd, entry);
}

/* Linux: vma_alloc_anon_folio_pmd() */
static int anon_folio_alloc(struct vm_area_struct *vma, uint64_t addr, uint64_t *ret_pfn)
{
	struct machine *m = vma->vm_mm->machine;
	int err = folio_alloc(m, PG_ANON | PG_ANON_EXCLUSIVE, ret_pfn);

	if (err)
		return err;
	m->stat.thp_fault_alloc++;
	pfn_folio(m, *ret_pfn)->anon_id = vma->anon_vma->id;
	pfn_folio(m, *ret_pfn)->node = policy_node(vma, addr, true);
	return 0;
}

int do_huge_pmd_anonymous_page(struct vm_area_struct *vma, uint64_t addr, bool write,
			       bool *ret_done)
{
	uint64_t pfn = PFN_HUGE_ZERO;
	pte_t *pmd;
	int err = anon_vma_prepare(vma);

	if (!err)
		err = pt_walk_alloc(vma->vm_mm, addr, PT_LEVEL_PMD, &pmd);
	if (!err && write)
		err = anon_folio_alloc(vma, addr, &pfn);
	if (err)
		return err;
	set_huge_pmd(vma, pmd, pfn, write);
	*ret_done = true;
	return 0;
}

/*
 * The huge entry becomes a table of 512 small ones with the same rights; what was dirty makes the
 * folio dirty. Migration entries (@freeze) are dirty, too, present ones of 6.1 are not.
 */
static int split_pmd_to_table(struct vm_area_struct *vma, pte_t *pmd, bool freeze)
{
	struct machine *m = vma->vm_mm->machine;
	uint64_t pfn = pte_pfn(*pmd), table_pfn;
	uint64_t bits = pmd->val & ~(PTE_PFN_MASK | _PAGE_PSE);
	struct pt_info *info;
	pte_t *table;
	unsigned int i;
	int err = pt_alloc_table(m, PT_LEVEL_PTE, &table_pfn);

	if (err)
		return err;
	if (pte_dirty(*pmd))
		page_set_dirty(m, pfn);
	if (m->profile->pte_change_dirty && !freeze)
		bits = pte_mkclean((pte_t){ bits }).val;
	table = (pte_t *)pt_arena_table(&m->tables, table_pfn);
	info = pt_info(m, table);
	for (i = 0; i < PTRS_PER_PTE; i++) {
		if (pfn_is_zero(pfn))
			table[i] = pte_set(pfn_pte(PFN_ZERO, (pgprot_t){ bits }), _PAGE_SPECIAL);
		else
			table[i] = pfn_pte(pfn + i, (pgprot_t){ bits });
	}
	info->used = PTRS_PER_PTE;
	info->first = 0;
	info->last = PTRS_PER_PTE - 1;
	info->maybe_shared = true;
	if (!pfn_is_zero(pfn))
		folio_map_to_pages(m, pfn);
	pt_set(m, pmd, pte_mktable(table_pfn));
	return 0;
}

static void split_pmd_notify(struct vm_area_struct *vma, pte_t *pmd, uint64_t addr, bool freeze)
{
	struct mm_struct *mm = vma->vm_mm;
	struct mmu_notifier_range range;
	uint64_t block = addr & PMD_MASK;

	notify_start(mm, &range, MMU_NOTIFY_CLEAR, block, block + PMD_SIZE);
	if (pte_leaf(*pmd, PT_LEVEL_PMD)) {
		before_change(mm, block, block + PMD_SIZE);
		mm->machine->stat.thp_split_pmd++;
		if (vma_is_anonymous(vma)) {
			(void)split_pmd_to_table(vma, pmd, freeze);
		} else {
			uint64_t pfn = pte_pfn(*pmd);

			if (pte_dirty(*pmd))
				page_set_dirty(mm->machine, pfn);
			pt_set(mm->machine, pmd, (pte_t){ 0 });
			folio_put_map(mm->machine, pfn);
		}
	}
	notify_end(mm, &range);
}

void __split_huge_pmd(struct vm_area_struct *vma, pte_t *pmd, uint64_t addr)
{
	split_pmd_notify(vma, pmd, addr, false);
}

/* Nothing smaller can map what is left of a device's 1 GiB page: it is faulted in again. */
void __split_huge_pud(struct vm_area_struct *vma, pte_t *pud, uint64_t addr)
{
	struct mm_struct *mm = vma->vm_mm;
	struct mmu_notifier_range range;
	uint64_t block = addr & PUD_MASK;

	notify_start(mm, &range, MMU_NOTIFY_CLEAR, block, block + PUD_SIZE);
	if (pte_leaf(*pud, PT_LEVEL_PUD)) {
		before_change(mm, block, block + PUD_SIZE);
		pt_set(mm->machine, pud, (pte_t){ 0 });
	}
	notify_end(mm, &range);
}

void split_huge_leaf(struct vm_area_struct *vma, pte_t *entry, unsigned int level, uint64_t addr)
{
	if (level == PT_LEVEL_PUD)
		__split_huge_pud(vma, entry, addr);
	else
		__split_huge_pmd(vma, entry, addr);
}

/* A write to the huge zero page, replaced by a huge page in place where the profile does so. */
static int do_huge_zero_wp_pmd(struct vm_area_struct *vma, uint64_t addr, pte_t *pmd)
{
	struct mm_struct *mm = vma->vm_mm;
	struct mmu_notifier_range range;
	uint64_t block = addr & PMD_MASK, pfn;
	int err = anon_folio_alloc(vma, addr, &pfn);

	if (err)
		return err;
	notify_start(mm, &range, MMU_NOTIFY_CLEAR, block, block + PMD_SIZE);
	before_change(mm, block, block + PMD_SIZE);
	set_huge_pmd(vma, pmd, pfn, true);
	notify_end(mm, &range);
	return 0;
}

int do_huge_pmd_wp_page(struct vm_area_struct *vma, uint64_t addr, pte_t *pmd)
{
	struct machine *m = vma->vm_mm->machine;
	uint64_t pfn = pte_pfn(*pmd);

	if (vma_is_anonymous(vma) && folio_can_reuse(m, pfn)) {
		pfn_folio(m, pfn)->flags |= PG_ANON_EXCLUSIVE;
		pt_set(m, pmd, pte_mkwrite(pte_mkdirty(pte_mkyoung(*pmd)),
					   m->profile->saved_dirty));
		return 0;
	}
	if (pfn_is_zero(pfn) && m->profile->huge_zero_replace)
		return do_huge_zero_wp_pmd(vma, addr, pmd);
	__split_huge_pmd(vma, pmd, addr);
	return pte_leaf(*pmd, PT_LEVEL_PMD) ? -ENOMEM : 0;
}

/* One VMA lets go of the folio and takes its pages back one by one (try_to_migrate_one()). */
static int unmap_folio_one(struct rmap_vma *at)
{
	struct mm_struct *mm = at->vma->vm_mm;
	struct mmu_notifier_range range;
	pte_t *pmd = pt_lookup(mm, at->start, PT_LEVEL_PMD, NULL);
	int err = 0;

	if (mm->machine->profile->migrate_extra_split && pmd)
		split_pmd_notify(at->vma, pmd, at->start, true);
	notify_start(mm, &range, MMU_NOTIFY_CLEAR, at->start, at->end);
	if (pmd && pte_leaf(*pmd, PT_LEVEL_PMD)) {
		before_change(mm, at->start, at->end);
		err = split_pmd_to_table(at->vma, pmd, true);
	}
	notify_end(mm, &range);
	return err;
}

/* Linux 6.12 on: what is all zeros becomes the zero page. */
static void map_unused_to_zeropage(struct rmap_vma *at, uint64_t head)
{
	struct machine *m = at->vma->vm_mm->machine;
	pgprot_t prot = vm_get_page_prot(at->vma->vm_flags);
	uint64_t addr;

	for (addr = at->start; addr < at->end; addr += PAGE_SIZE) {
		pte_t *pte = pt_lookup(at->vma->vm_mm, addr, PT_LEVEL_PTE, NULL);
		uint64_t index;

		if (!pte || !pte_present(*pte) || pte_pfn(*pte) - head >= HPAGE_PMD_NR)
			continue;
		index = pte_pfn(*pte) - head;
		if (page_has_content(m, head + index))
			continue;
		*pte = pte_set(pfn_pte(PFN_ZERO, prot), _PAGE_SPECIAL | (pte->val & _PAGE_UFFD_WP));
		page_put_map(m, head + index);
	}
}

int split_huge_page(struct vm_area_struct *vma, uint64_t addr, uint64_t pfn)
{
	struct machine *m = vma->vm_mm->machine;
	uint64_t pgoff = linear_page_index(vma, addr & PAGE_MASK) - (pfn & (HPAGE_PMD_NR - 1));
	uint64_t head = pfn & ~(uint64_t)(HPAGE_PMD_NR - 1);
	uint64_t left = pfn_folio(m, pfn)->entire_mapcount + pfn_folio(m, pfn)->nr_mapped;
	struct rmap rmap;
	size_t i;
	int err = page_pinned(m, pfn) ? -EAGAIN : rmap_anon(m, pfn, pgoff, &rmap);

	if (err)
		return err;
	/* until nothing maps it any more */
	for (i = 0; i < rmap.nr && left && !err; i++) {
		uint64_t here = rmap_folio_mappings(&rmap.vmas[i], head);

		err = unmap_folio_one(&rmap.vmas[i]);
		left -= here < left ? here : left;
	}
	if (err) {
		rmap_release(&rmap);
		return err;
	}
	folio_split(m, pfn);
	for (i = 0; i < rmap.nr && m->profile->split_to_zeropage; i++)
		map_unused_to_zeropage(&rmap.vmas[i], head);
	rmap_release(&rmap);
	return 0;
}
