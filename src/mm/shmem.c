// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Pages of files for faults, and huge ones among them: shmem allocates 2 MiB at once where it is
 * told to and nothing of the block is in memory yet (mm/shmem.c), and a VMA that covers the block
 * maps it by one entry (mm/memory.c:do_set_pmd()).
 */
#include "mm_internal.h"

bool file_block_suitable(const struct vm_area_struct *vma, uint64_t addr)
{
	uint64_t block = addr & PMD_MASK;

	return block >= vma->vm_start && block + PMD_SIZE <= vma->vm_end &&
	       IS_ALIGNED((vma->vm_start >> PAGE_SHIFT) - vma->vm_pgoff, HPAGE_PMD_NR);
}

/* Linux: shmem_is_huge(); 6.11 on: shmem_allowable_huge_orders(), shmem_suitable_orders() */
static bool shmem_is_huge(const struct vm_area_struct *vma, uint64_t addr)
{
	const struct machine *m = vma->vm_mm->machine;

	if (!vma->vm_file->shmem || (vma->vm_flags & VM_NOHUGEPAGE))
		return false;
	if (m->shmem_thp == THP_NEVER ||
	    (m->shmem_thp == THP_MADVISE && !(vma->vm_flags & VM_HUGEPAGE)))
		return false;
	return m->profile->shmem_thp_any_vma || file_block_suitable(vma, addr);
}

int filemap_add_huge(struct mm_file *file, uint64_t index, uint64_t *ret_pfn)
{
	struct machine *m = file->machine;
	uint64_t pfn;
	unsigned int i;
	int err = folio_alloc(m, PG_CACHE, &pfn);

	if (err)
		return err;
	/* they are all in one table: there is none for the first, or for none of them */
	err = filemap_add(file, index, pfn);
	if (err) {
		page_drop_cache(m, pfn);
		return err;
	}
	for (i = 1; i < HPAGE_PMD_NR; i++)
		(void)filemap_add(file, index + i, pfn + i);
	*ret_pfn = pfn;
	return 0;
}

int file_fault_page(struct vm_area_struct *vma, uint64_t addr, uint64_t *ret_pfn)
{
	uint64_t index = linear_page_index(vma, addr), first = index & ~(HPAGE_PMD_NR - 1ull);
	struct mm_file *file = vma->vm_file;
	int err;

	if (filemap_find(file, index) || !shmem_is_huge(vma, addr) ||
	    filemap_next(file, first, first + HPAGE_PMD_NR) < first + HPAGE_PMD_NR)
		return filemap_get(file, index, ret_pfn);
	err = filemap_add_huge(file, first, ret_pfn);
	if (!err)
		*ret_pfn += index - first;
	return err;
}

int do_set_pmd(struct vm_area_struct *vma, uint64_t addr, bool write, bool *ret_done)
{
	struct machine *m = vma->vm_mm->machine;
	uint64_t pfn;
	pte_t *pmd, entry;
	bool fresh;
	int err;

	if ((write && !(vma->vm_flags & VM_SHARED)) || !file_block_suitable(vma, addr))
		return 0;
	if (m->profile->nohuge_maps_small && (vma->vm_flags & VM_NOHUGEPAGE))
		return 0;
	fresh = vma->vm_file->nr_policies &&
		!filemap_find(vma->vm_file, linear_page_index(vma, addr));
	err = file_fault_page(vma, addr, &pfn);
	if (!err && fresh)
		page_set_node(m, pfn, policy_node(vma, addr, page_is_large(m, pfn)));
	if (err || !page_is_large(m, pfn))
		return err;
	err = pt_walk_alloc(vma->vm_mm, addr, PT_LEVEL_PMD, &pmd);
	if (err)
		return err;
	pfn &= ~(HPAGE_PMD_NR - 1ull);
	entry = pte_mkhuge(pfn_pte(pfn, vm_get_page_prot(vma->vm_flags)));
	if (write)
		entry = pte_mkwrite(pte_mkdirty(entry), m->profile->saved_dirty);
	folio_get_map(m, pfn);
	pt_set(m, pmd, entry);
	*ret_done = true;
	return 0;
}

/*
 * Whatever of the @nr pages from @head on [start, end) maps; what uffd-wp protects leaves a marker
 * (Linux: try_to_unmap_one()).
 */
static void unmap_folio_pages(struct vm_area_struct *vma, uint64_t head, uint64_t nr,
			      uint64_t start, uint64_t end)
{
	struct mm_struct *mm = vma->vm_mm;
	struct machine *m = mm->machine;
	uint64_t addr;

	for (addr = start; addr < end; addr += PAGE_SIZE) {
		unsigned int level;
		pte_t *entry = pt_lookup(mm, addr, PT_LEVEL_PTE, &level);
		uint64_t pfn;

		if (!entry || !pte_present(*entry))
			continue;
		pfn = pte_pfn(*entry);
		if (pfn - head >= nr)
			continue;
		before_change(mm, addr, addr + pt_size(m->geo, level));
		if (pte_dirty(*entry))
			page_set_dirty(m, pfn);
		pt_set(m, entry, userfaultfd_pte_wp(vma, *entry) ? PTE_MARKER : (pte_t){ 0 });
		if (level == PT_LEVEL_PTE)
			page_put_map(m, pfn);
		else
			folio_put_map(m, pfn);
	}
}

static void try_to_unmap_one(const struct mapping *at, uint64_t head, uint64_t nr)
{
	struct mm_struct *mm = at->vma->vm_mm;
	pte_t *pmd = pt_lookup(mm, at->start, PT_LEVEL_PMD, NULL);
	struct mmu_notifier_range range;

	if (mm->machine->profile->unmap_extra_split && pmd && nr == HPAGE_PMD_NR)
		__split_huge_pmd(at->vma, pmd, at->start);
	notify_start(mm, &range, MMU_NOTIFY_CLEAR, at->start, at->end);
	unmap_folio_pages(at->vma, head, nr, at->start, at->end);
	notify_end(mm, &range);
}

int try_to_unmap_file(struct mm_file *file, uint64_t index, uint64_t head)
{
	uint64_t nr = UINT64_C(1) << folio_order(file->machine, head);
	struct mappings found;
	size_t i;
	int err = find_mappings(file, index, index + nr, &found);

	if (err)
		return err;
	for (i = 0; i < found.nr; i++) {
		try_to_unmap_one(&found.at[i], head, nr);
		if (!folio_mapcount(file->machine, head))
			break;
	}
	mem_free(found.at);
	return 0;
}

bool file_folio_shared(const struct vm_area_struct *vma, uint64_t pfn, uint64_t index)
{
	const struct machine *m = vma->vm_mm->machine;
	uint64_t nr = UINT64_C(1) << folio_order(m, pfn), here = 0;
	struct mappings found;
	size_t i;

	if (m->profile->wp_reuse != WP_REUSE_LARGE_MAPCOUNT)
		return folio_shared(vma->vm_mm, pfn, index);
	if (find_mappings(vma->vm_file, index, index + nr, &found))
		return true;
	for (i = 0; i < found.nr; i++)
		if (found.at[i].vma->vm_mm == vma->vm_mm)
			here += folio_mappings(vma->vm_mm, pfn & ~(nr - 1), nr, found.at[i].start,
					       found.at[i].end);
	mem_free(found.at);
	return here != folio_mapcount(m, pfn);
}

/* What was split off [@first, @last) and lies behind the end of the file goes at once. */
static void trim_behind_end(struct mm_file *file, uint64_t first, uint64_t last)
{
	uint64_t end = PAGE_ALIGN(file->size) >> PAGE_SHIFT, index, nr;

	for (index = end > first ? end : first; index < last; index += nr) {
		uint64_t pfn = filemap_find(file, index), in_folio;

		nr = 1;
		if (!pfn)
			continue;
		in_folio = pfn - folio_head(file->machine, pfn);
		nr = (UINT64_C(1) << folio_order(file->machine, pfn)) - in_folio;
		if (!in_folio)
			filemap_truncate(file, index, index + nr);
	}
}

static int split_folio(struct mm_file *file, uint64_t index,
		       void (*split)(struct machine *m, uint64_t pfn))
{
	struct machine *m = file->machine;
	uint64_t pfn = filemap_find(file, index), in_folio, nr;
	int err;

	if (!pfn || !folio_order(m, pfn))
		return 0;
	if (page_pinned(m, pfn))
		return -EAGAIN;
	in_folio = pfn - folio_head(m, pfn);
	nr = UINT64_C(1) << folio_order(m, pfn);
	err = try_to_unmap_file(file, index - in_folio, pfn - in_folio);
	if (err)
		return err;
	split(m, pfn);
	trim_behind_end(file, index - in_folio, index - in_folio + nr);
	return 0;
}

int split_file_folio(struct mm_file *file, uint64_t index)
{
	return split_folio(file, index, folio_split);
}

int split_file_folio_at(struct mm_file *file, uint64_t index)
{
	return split_folio(file, index, file->machine->profile->holes_halve ? folio_split_at :
									      folio_split);
}
