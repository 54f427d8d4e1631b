// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * MADV_COLLAPSE: what is mapped in small pages is copied into a huge one, block by block
 * (mm/khugepaged.c). Anonymous memory is mapped by it at once. A file's pages are first unmapped
 * from everybody and replaced in the file; then the empty tables go, and the caller's VMA maps
 * the new page.
 */
#include "mm_internal.h"

enum collapse_result {
	COLLAPSE_DONE,
	COLLAPSE_NEXT, /* not this block; the others are tried */
	COLLAPSE_BUSY, /* the same, and it may be worth another try */
	COLLAPSE_STOP,
	COLLAPSE_HOLE /* as COLLAPSE_STOP: userfaultfd would have to fill a hole first */
};

/* Linux: hugepage_vma_check(), thp_vma_allowable_order(), whatever sysfs says. */
static bool collapse_allowed(const struct vm_area_struct *vma)
{
	if (vma->vm_flags & (VM_NOHUGEPAGE | VM_SPECIAL | VM_HUGETLB) || vma_is_dax(vma))
		return false;
	if (vma_is_anonymous(vma) && !vma->anon_vma)
		return false;
	if (vma->vm_end - vma->vm_start < PMD_SIZE)
		return false;
	return ((vma->vm_end - PMD_SIZE) & PMD_MASK) >= vma->vm_start &&
	       (vma_is_anonymous(vma) || file_block_suitable(vma, vma->vm_end - PMD_SIZE));
}

static void free_pte_table(struct machine *m, pte_t *pmd)
{
	uint64_t table = pte_table_pfn(*pmd);

	pt_set(m, pmd, (pte_t){ 0 });
	pt_arena_free(&m->tables, table);
}

/* The entries of the PTE table go, with what they map, and then the table. */
static void drop_pte_table(struct mm_struct *mm, pte_t *pmd, uint64_t addr)
{
	struct machine *m = mm->machine;
	pte_t *pte = pt_table(m, *pmd);
	unsigned int i;

	for (i = 0; i < PTRS_PER_PTE; i++, addr += PAGE_SIZE) {
		uint64_t pfn = pte_pfn(pte[i]);

		if (pte_none(pte[i]))
			continue;
		before_change(mm, addr, addr + PAGE_SIZE);
		pt_set(m, &pte[i], (pte_t){ 0 });
		page_put_map(m, pfn);
	}
	free_pte_table(m, pmd);
}

static bool table_writable(const struct machine *m, pte_t pmd)
{
	const pte_t *pte = pt_table(m, pmd);
	unsigned int i;

	for (i = 0; i < PTRS_PER_PTE; i++)
		if (pte_present(pte[i]) && pte_write(pte[i]))
			return true;
	return false;
}

/*
 * Memory that userfaultfd watches is collapsed only where every page is there and none is
 * protected (hpage_collapse_scan_pmd()). COLLAPSE_DONE: nothing is in the way.
 */
static enum collapse_result uffd_refuses(const struct vm_area_struct *vma, pte_t pmd)
{
	const pte_t *pte = pt_table(vma->vm_mm->machine, pmd);
	unsigned int i;

	for (i = 0; userfaultfd_wp(vma) && i < PTRS_PER_PTE; i++) {
		if (pte_none(pte[i]) || pfn_is_zero(pte_pfn(pte[i])))
			return COLLAPSE_HOLE;
		if (pte_uffd_wp(pte[i]))
			return COLLAPSE_NEXT;
	}
	return COLLAPSE_DONE;
}

static bool table_pinned(const struct machine *m, pte_t pmd)
{
	const pte_t *pte = pt_table(m, pmd);
	unsigned int i;

	for (i = 0; i < PTRS_PER_PTE; i++)
		if (pte_present(pte[i]) && page_pinned(m, pte_pfn(pte[i])))
			return true;
	return false;
}

/* The node that most pages come from: that is where the huge one goes. */
struct node_load {
	unsigned int pages[MM_NODES];
};

static void count_node(const struct machine *m, struct node_load *load, uint64_t pfn)
{
	if (pfn_has_record(pfn))
		load->pages[page_node(m, pfn)]++;
}

/* Linux: hpage_collapse_find_target_node() */
static unsigned int target_node(const struct node_load *load)
{
	unsigned int node, most = 0;

	for (node = 1; node < MM_NODES; node++)
		if (load->pages[node] > load->pages[most])
			most = node;
	return most;
}

/* The huge page of @pfn holds what the pages of the table do, where most of them are. */
static void copy_table(struct machine *m, pte_t pmd, uint64_t pfn)
{
	const pte_t *pte = pt_table(m, pmd);
	struct node_load load = { { 0 } };
	unsigned int i;

	for (i = 0; i < PTRS_PER_PTE; i++) {
		if (!pte_present(pte[i]))
			continue;
		count_node(m, &load, pte_pfn(pte[i]));
		if (page_has_content(m, pte_pfn(pte[i])))
			page_written(m, pfn + i);
	}
	page_set_node(m, pfn, target_node(&load));
}

static enum collapse_result collapse_anon(struct vm_area_struct *vma, uint64_t addr)
{
	struct mm_struct *mm = vma->vm_mm;
	struct machine *m = mm->machine;
	pte_t *pmd = pt_lookup(mm, addr, PT_LEVEL_PMD, NULL);
	struct mmu_notifier_range range;
	enum collapse_result refused;
	uint64_t pfn;

	if (!pmd || pte_none(*pmd))
		return COLLAPSE_NEXT;
	if (pte_leaf(*pmd, PT_LEVEL_PMD))
		return COLLAPSE_DONE;
	refused = uffd_refuses(vma, *pmd);
	if (refused != COLLAPSE_DONE)
		return refused;
	if (!m->profile->collapse_lenient && !table_writable(m, *pmd))
		return COLLAPSE_NEXT;
	if (table_pinned(m, *pmd))
		return COLLAPSE_BUSY;
	if (folio_alloc(m, PG_ANON | PG_ANON_EXCLUSIVE, &pfn)) {
		m->oom = true;
		return COLLAPSE_STOP;
	}
	pfn_folio(m, pfn)->anon_id = vma->anon_vma->id;
	copy_table(m, *pmd, pfn);
	notify_start(mm, &range, MMU_NOTIFY_CLEAR, addr, addr + PMD_SIZE);
	drop_pte_table(mm, pmd, addr);
	set_huge_pmd(vma, pmd, pfn, true);
	notify_end(mm, &range);
	return COLLAPSE_DONE;
}

/* The folio that has page @index goes away from the VMAs, if any maps it. */
static int unmap_folio_of(struct mm_file *file, uint64_t index)
{
	uint64_t pfn = filemap_find(file, index), head = folio_head(file->machine, pfn);

	if (!folio_mapcount(file->machine, pfn))
		return 0;
	return try_to_unmap_file(file, index - (pfn - head), head);
}

static bool block_pinned(const struct mm_file *file, uint64_t first)
{
	uint64_t at;

	for (at = first; at < first + HPAGE_PMD_NR; at++) {
		uint64_t pfn = filemap_find(file, at);

		if (pfn && page_pinned(file->machine, pfn))
			return true;
	}
	return false;
}

/* A huge page takes the place of the small ones and of the holes between them. */
static int replace_pages(struct mm_file *file, uint64_t first)
{
	uint64_t last = first + HPAGE_PMD_NR, at, pfn;
	struct node_load load = { { 0 } };
	int err = 0;

	for (at = filemap_next(file, first, last); !err && at < last;
	     at = filemap_next(file, at + 1, last)) {
		pfn = filemap_find(file, at);
		count_node(file->machine, &load, pfn);
		err = unmap_folio_of(file, at);
	}
	if (err)
		return err;
	filemap_truncate(file, first, last);
	err = filemap_add_huge(file, first, &pfn);
	if (err)
		return err;
	page_set_node(file->machine, pfn, target_node(&load));
	page_set_dirty(file->machine, pfn);
	return 0;
}

/* May the PTE table of a VMA be taken away behind its back? It may hold markers of uffd-wp. */
static pte_t *retractable(const struct mapping *at)
{
	const struct vm_area_struct *vma = at->vma;
	pte_t *pmd;

	if (vma->anon_vma || userfaultfd_wp(vma) || !IS_ALIGNED(at->start, PMD_SIZE) ||
	    vma->vm_end < at->start + PMD_SIZE)
		return NULL;
	pmd = pt_lookup(vma->vm_mm, at->start, PT_LEVEL_PMD, NULL);
	return pmd && pte_table(*pmd, PT_LEVEL_PMD) ? pmd : NULL;
}

static int retract_page_tables(struct vm_area_struct *target, uint64_t first)
{
	struct machine *m = target->vm_mm->machine;
	struct mmu_notifier_range range;
	struct mappings found;
	size_t i;
	int err = find_mappings(target->vm_file, first, first + 1, &found);

	for (i = 0; !err && i < found.nr; i++) {
		const struct mapping *at = &found.at[i];
		struct mm_struct *mm = at->vma->vm_mm;
		pte_t *pmd = retractable(at);

		if (!pmd || (m->profile->collapse_target_only && at->vma != target))
			continue;
		notify_start(mm, &range, MMU_NOTIFY_CLEAR, at->start, at->start + PMD_SIZE);
		drop_pte_table(mm, pmd, at->start);
		notify_end(mm, &range);
	}
	if (!err)
		mem_free(found.at);
	return err;
}

/* Every entry of the table maps the page of the file that belongs there. */
static bool maps_file_pages(struct vm_area_struct *vma, uint64_t addr, pte_t pmd)
{
	const pte_t *pte = pt_table(vma->vm_mm->machine, pmd);
	uint64_t index = linear_page_index(vma, addr);
	unsigned int i;

	for (i = 0; i < PTRS_PER_PTE; i++)
		if (!pte_none(pte[i]) && pte_pfn(pte[i]) != filemap_find(vma->vm_file, index + i))
			return false;
	return true;
}

/* The file has a huge page; the VMA shall map it as a whole (collapse_pte_mapped_thp()). */
static enum collapse_result map_file_huge(struct vm_area_struct *vma, uint64_t addr)
{
	struct mm_struct *mm = vma->vm_mm;
	pte_t *pmd = pt_lookup(mm, addr, PT_LEVEL_PMD, NULL);
	struct mmu_notifier_range range;
	bool done = false;

	if (!pmd && !mm->machine->profile->collapse_lenient)
		return COLLAPSE_NEXT;
	if (pmd && pte_leaf(*pmd, PT_LEVEL_PMD))
		return COLLAPSE_DONE;
	if (userfaultfd_wp(vma))
		return COLLAPSE_NEXT;
	if (pmd && !pte_none(*pmd)) {
		if (!maps_file_pages(vma, addr, *pmd))
			return COLLAPSE_STOP;
		notify_start(mm, &range, MMU_NOTIFY_CLEAR, addr, addr + PMD_SIZE);
		drop_pte_table(mm, pmd, addr);
		notify_end(mm, &range);
	}
	if (do_set_pmd(vma, addr, false, &done))
		mm->machine->oom = true;
	return done ? COLLAPSE_DONE : COLLAPSE_STOP;
}

/* Linux 6.1 gives up here where the VMA itself has no table to retract. */
static bool target_retractable(struct vm_area_struct *vma, uint64_t addr)
{
	struct mapping at = { .vma = vma, .start = addr };

	return !vma->vm_mm->machine->profile->collapse_target_only || retractable(&at);
}

static enum collapse_result collapse_file(struct vm_area_struct *vma, uint64_t addr)
{
	struct machine *m = vma->vm_mm->machine;
	uint64_t first = linear_page_index(vma, addr);
	uint64_t pfn = filemap_find(vma->vm_file, first);
	bool ok;

	if (pfn && page_is_large(m, pfn))
		return map_file_huge(vma, addr);
	if (filemap_next(vma->vm_file, first, first + HPAGE_PMD_NR) == first + HPAGE_PMD_NR)
		return COLLAPSE_STOP;
	if (block_pinned(vma->vm_file, first))
		return COLLAPSE_BUSY;
	ok = target_retractable(vma, addr);
	if (replace_pages(vma->vm_file, first) || retract_page_tables(vma, first)) {
		m->oom = true;
		return COLLAPSE_STOP;
	}
	return ok ? map_file_huge(vma, addr) : COLLAPSE_STOP;
}

int madvise_collapse(struct vm_area_struct *vma, uint64_t start, uint64_t end)
{
	uint64_t from = (start + PMD_SIZE - 1) & PMD_MASK, to = end & PMD_MASK, addr;
	enum collapse_result result = COLLAPSE_DONE;
	const struct mm_profile *profile = vma->vm_mm->machine->profile;
	int err = from > to && !profile->collapse_lenient ? -EINVAL : 0;

	if (!collapse_allowed(vma))
		return -EINVAL;
	lru_add_drain(vma->vm_mm->machine);
	for (addr = from; addr < to && result < COLLAPSE_STOP; addr += PMD_SIZE) {
		if (vma_is_anonymous(vma))
			result = collapse_anon(vma, addr);
		else
			result = collapse_file(vma, addr);
		if (result == COLLAPSE_HOLE && profile->collapse_hole_ebusy)
			err = -EBUSY;
		else if (result != COLLAPSE_DONE)
			err = result == COLLAPSE_BUSY ? -EAGAIN : -EINVAL;
	}
	return err;
}
