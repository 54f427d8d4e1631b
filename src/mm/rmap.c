// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From a page to the VMAs that may map it (mm/rmap.c:rmap_walk_anon(), rmap_walk_file()).
 *
 * A folio belongs to the anon_vma of the VMA that first mapped it. Visited are the VMAs of that
 * anon_vma and of those forked from it whose page offsets overlap the folio, in order of offset,
 * whether or not they still map it.
 */
#include "mm_internal.h"

#include <stdlib.h>

static bool anon_vma_descends(const struct anon_vma *anon_vma, uint64_t ancestor)
{
	for (; anon_vma; anon_vma = anon_vma->parent)
		if (anon_vma->id == ancestor)
			return true;
	return false;
}

static int by_pgoff(const void *a, const void *b)
{
	const struct rmap_vma *x = a, *y = b;

	if (x->vma->vm_pgoff != y->vma->vm_pgoff)
		return x->vma->vm_pgoff < y->vma->vm_pgoff ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

/* Where [pgoff, pgoff + nr) lies in the VMA, clipped to it. */
static bool clip_to_vma(struct rmap_vma *at, uint64_t pgoff, uint64_t nr)
{
	const struct vm_area_struct *vma = at->vma;
	uint64_t first = pgoff > vma->vm_pgoff ? pgoff : vma->vm_pgoff;
	uint64_t last = pgoff + nr;

	if (last > vma->vm_pgoff + vma_pages(vma))
		last = vma->vm_pgoff + vma_pages(vma);
	if (first >= last)
		return false;
	at->start = vma->vm_start + ((first - vma->vm_pgoff) << PAGE_SHIFT);
	at->end = vma->vm_start + ((last - vma->vm_pgoff) << PAGE_SHIFT);
	return true;
}

static int rmap_add(struct rmap *rmap, struct rmap_vma at)
{
	int err = mem_grow(&rmap->vmas, &rmap->cap, rmap->nr + 1, sizeof(rmap->vmas[0]));

	if (!err)
		rmap->vmas[rmap->nr++] = at;
	return err;
}

static int collect_mm(struct mm_struct *mm, uint64_t anon_id, uint64_t pgoff, uint64_t nr,
		      struct rmap *rmap)
{
	struct rmap_vma at;
	int err = 0;

	RB_FOREACH (at.vma, vma_tree, &mm->vmas) {
		if (!at.vma->anon_vma || !anon_vma_descends(at.vma->anon_vma, anon_id) ||
		    !clip_to_vma(&at, pgoff, nr))
			continue;
		at.order = at.vma->anon_order;
		err = rmap_add(rmap, at);
		if (err)
			break;
	}
	return err;
}

static int collect_anon(struct machine *m, uint64_t anon_id, uint64_t pgoff, uint64_t nr,
			struct rmap *rmap)
{
	struct mm_struct *mm;
	int err = 0;

	LIST_FOREACH (mm, &m->mms, node) {
		err = collect_mm(mm, anon_id, pgoff, nr, rmap);
		if (err)
			break;
	}
	return err;
}

/* The list of the file is in the order of its interval tree among equals. */
static int collect_file(struct mm_file *file, uint64_t pgoff, uint64_t nr, struct rmap *rmap)
{
	struct rmap_vma at = { .order = 0 };
	int err = 0;

	TAILQ_FOREACH (at.vma, &file->i_mmap, i_mmap) {
		at.order++;
		if (!clip_to_vma(&at, pgoff, nr))
			continue;
		err = rmap_add(rmap, at);
		if (err)
			break;
	}
	return err;
}

static int rmap_finish(struct machine *m, int err, struct rmap *rmap, struct rmap *ret_rmap)
{
	if (err) {
		m->oom = true;
		mem_free(rmap->vmas);
		return err;
	}
	if (rmap->nr)
		qsort(rmap->vmas, rmap->nr, sizeof(rmap->vmas[0]), by_pgoff);
	*ret_rmap = *rmap;
	return 0;
}

int rmap_anon(struct machine *m, uint64_t pfn, uint64_t pgoff, struct rmap *ret_rmap)
{
	struct rmap rmap = { .nr = 0 };
	int err = collect_anon(m, pfn_folio(m, pfn)->anon_id, pgoff, HPAGE_PMD_NR, &rmap);

	return rmap_finish(m, err, &rmap, ret_rmap);
}

static uint64_t folio_nr_pages(const struct machine *m, uint64_t pfn)
{
	if (pfn_is_gigantic(pfn))
		return HPAGE_PUD_NR;
	return UINT64_C(1) << folio_order(m, pfn);
}

/* The VMAs that may map the folio of frame @pfn, which @vma maps at @addr. */
static int rmap_folio(struct vm_area_struct *vma, uint64_t addr, uint64_t pfn,
		      struct rmap *ret_rmap)
{
	struct machine *m = vma->vm_mm->machine;
	uint64_t pgoff = linear_page_index(vma, addr & PAGE_MASK), nr;
	struct rmap rmap = { .nr = 0 };
	int err;

	nr = folio_nr_pages(m, pfn);
	pgoff -= pfn & (nr - 1);
	if (page_flags(m, pfn) & PG_ANON)
		err = collect_anon(m, page_anon_id(vma, pfn), pgoff, nr, &rmap);
	else
		err = collect_file(vma->vm_file, pgoff, nr, &rmap);
	return rmap_finish(m, err, &rmap, ret_rmap);
}

void rmap_release(struct rmap *rmap)
{
	mem_free(rmap->vmas);
}

uint64_t folio_mappings(struct mm_struct *mm, uint64_t head, uint64_t nr, uint64_t start,
			uint64_t end)
{
	uint64_t count = 0, addr;

	for (addr = start; addr < end; addr += PAGE_SIZE) {
		unsigned int level;
		pte_t *entry = pt_lookup(mm, addr, PT_LEVEL_PTE, &level);

		if (!entry || !pte_present(*entry) || pte_pfn(*entry) - head >= nr)
			continue;
		count++;
		if (level > PT_LEVEL_PTE)
			break;
	}
	return count;
}

uint64_t rmap_folio_mappings(const struct rmap_vma *at, uint64_t head)
{
	return folio_mappings(at->vma->vm_mm, head, HPAGE_PMD_NR, at->start, at->end);
}

/* The entry of a small page goes; what uffd-wp protects leaves a marker. */
static void unmap_small(struct rmap_vma *at, uint64_t pfn)
{
	struct machine *m = at->vma->vm_mm->machine;
	pte_t *pte = pt_lookup(at->vma->vm_mm, at->start, PT_LEVEL_PTE, NULL);
	bool marker = userfaultfd_pte_wp(at->vma, *pte) && !vma_is_anonymous(at->vma);

	if (pte_dirty(*pte))
		page_set_dirty(m, pfn);
	before_change(at->vma->vm_mm, at->start, at->end);
	pt_set(m, pte, marker ? PTE_MARKER : (pte_t){ 0 });
	page_put_map(m, pfn);
	m->stat.changed++;
}

/* Entries that are taken out for a while tell the folio that it was written to. */
static void keep_dirty(const struct rmap_vma *at, uint64_t head, uint64_t nr)
{
	struct mm_struct *mm = at->vma->vm_mm;
	uint64_t addr;

	for (addr = at->start; addr < at->end; addr += PAGE_SIZE) {
		unsigned int level;
		pte_t *entry = pt_lookup(mm, addr, PT_LEVEL_PTE, &level);

		if (!entry || !pte_present(*entry) || pte_pfn(*entry) - head >= nr)
			continue;
		if (pte_dirty(*entry))
			page_set_dirty(mm->machine, pte_pfn(*entry));
		if (level > PT_LEVEL_PTE)
			break;
	}
}

int rmap_walk_clear(struct vm_area_struct *vma, uint64_t addr, uint64_t pfn, bool unmap)
{
	struct machine *m = vma->vm_mm->machine;
	uint64_t nr = folio_nr_pages(m, pfn), head = pfn & ~(nr - 1);
	uint64_t left = folio_mapcount(m, pfn), here;
	struct rmap rmap;
	size_t i;
	int err = rmap_folio(vma, addr, pfn, &rmap);

	if (err)
		return err;
	for (i = 0; i < rmap.nr && left; i++) {
		struct rmap_vma *at = &rmap.vmas[i];
		struct mmu_notifier_range range;

		notify_start(at->vma->vm_mm, &range, MMU_NOTIFY_CLEAR, at->start, at->end);
		here = folio_mappings(at->vma->vm_mm, head, nr, at->start, at->end);
		if (here)
			before_change(at->vma->vm_mm, at->start, at->end);
		if (here && unmap)
			unmap_small(at, pfn);
		else if (here)
			keep_dirty(at, head, nr);
		notify_end(at->vma->vm_mm, &range);
		left -= here < left ? here : left;
		/* pinned anonymous memory stays mapped, and that ends the walk */
		if (here && !unmap && page_pinned(m, pfn) && (page_flags(m, pfn) & PG_ANON))
			break;
	}
	rmap_release(&rmap);
	return 0;
}

/* Was the entry used, by the process or by a secondary MMU (ptep_clear_flush_young_notify())? */
static bool clear_flush_young(struct mm_struct *mm, pte_t *entry, uint64_t addr, uint64_t size)
{
	bool young = pte_young(*entry);

	*entry = pte_mkold(*entry);
	addr &= ~(size - 1);
	if (mm_has_notifiers(&mm->notifier) &&
	    mmu_notifier_clear_flush_young(&mm->notifier, addr, addr + size))
		young = true;
	return young;
}

/* The entries of one VMA (folio_referenced_one()); @left: mappings of the folio not seen yet. */
static bool referenced_one(const struct rmap_vma *at, uint64_t head, uint64_t nr, uint64_t *left)
{
	struct mm_struct *mm = at->vma->vm_mm;
	uint64_t addr = at->start, size;
	bool referenced = false;

	for (; addr < at->end && *left; addr += size) {
		unsigned int level;
		pte_t *entry = pt_lookup(mm, addr, PT_LEVEL_PTE, &level);
		bool young;

		size = PAGE_SIZE;
		if (!entry || !pte_present(*entry) || pte_pfn(*entry) - head >= nr)
			continue;
		size = pt_size(mm->machine->geo, level);
		young = clear_flush_young(mm, entry, addr, size);
		/* pages that are read one after the other are not used again */
		referenced |= young && (level > PT_LEVEL_PTE || !(at->vma->vm_flags & VM_SEQ_READ));
		--*left;
	}
	return referenced;
}

bool folio_referenced(struct vm_area_struct *vma, uint64_t addr, uint64_t pfn)
{
	struct machine *m = vma->vm_mm->machine;
	uint64_t nr = folio_nr_pages(m, pfn), left = folio_mapcount(m, pfn);
	bool referenced = false;
	struct rmap rmap;
	size_t i;

	if (rmap_folio(vma, addr, pfn, &rmap))
		return true;
	for (i = 0; i < rmap.nr && left; i++)
		referenced |= referenced_one(&rmap.vmas[i], pfn & ~(nr - 1), nr, &left);
	rmap_release(&rmap);
	return referenced;
}

bool folio_mapped_by_one(struct mm_struct *mm, uint64_t pfn, uint64_t pgoff)
{
	struct machine *m = mm->machine;
	const struct folio *folio = pfn_folio(m, pfn);
	uint64_t head = pfn & ~(uint64_t)(HPAGE_PMD_NR - 1);
	uint64_t here = 0;
	struct rmap rmap;
	size_t i;

	if (rmap_anon(m, pfn, pgoff, &rmap))
		return false;
	for (i = 0; i < rmap.nr; i++)
		if (rmap.vmas[i].vma->vm_mm == mm)
			here += folio_mappings(mm, head, HPAGE_PMD_NR, rmap.vmas[i].start,
				       rmap.vmas[i].end);
	rmap_release(&rmap);
	return here == folio->entire_mapcount + folio->nr_mapped;
}

/* May others map it, in the eyes of madvise? @pfn is the page at hand. */
bool folio_shared(struct mm_struct *mm, uint64_t pfn, uint64_t pgoff)
{
	struct machine *m = mm->machine;
	const struct folio *folio = pfn_folio(m, pfn);
	uint64_t mapcount = folio->entire_mapcount + folio->nr_mapped;
	uint64_t head = pfn & ~(uint64_t)(HPAGE_PMD_NR - 1);

	switch (m->profile->wp_reuse) {
	case WP_REUSE_PAGE_COUNT:
		return folio->entire_mapcount +
		       (folio->nr_mapped ? pfn_page(m, pfn)->mapcount : 0) != 1;
	case WP_REUSE_SMALL_ONLY:
		if (mapcount <= 1)
			return false;
		if (folio->entire_mapcount || mapcount > HPAGE_PMD_NR)
			return true;
		return pfn_page(m, head)->mapcount > 1;
	case WP_REUSE_LARGE_MAPCOUNT:
		return !folio_mapped_by_one(mm, pfn, pgoff);
	}
	return true;
}
