// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From a huge anonymous page to the VMAs that may map it (mm/rmap.c:rmap_walk_anon()).
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

/* Where [pgoff, pgoff + HPAGE_PMD_NR) lies in the VMA, clipped to it. */
static bool clip_to_vma(struct rmap_vma *at, uint64_t pgoff)
{
	const struct vm_area_struct *vma = at->vma;
	uint64_t first = pgoff > vma->vm_pgoff ? pgoff : vma->vm_pgoff;
	uint64_t last = pgoff + HPAGE_PMD_NR;

	if (last > vma->vm_pgoff + vma_pages(vma))
		last = vma->vm_pgoff + vma_pages(vma);
	if (first >= last)
		return false;
	at->start = vma->vm_start + ((first - vma->vm_pgoff) << PAGE_SHIFT);
	at->end = vma->vm_start + ((last - vma->vm_pgoff) << PAGE_SHIFT);
	return true;
}

static int collect_mm(struct mm_struct *mm, uint64_t anon_id, uint64_t pgoff, struct rmap *rmap)
{
	struct rmap_vma at;
	int err;

	RB_FOREACH (at.vma, vma_tree, &mm->vmas) {
		if (!at.vma->anon_vma || !anon_vma_descends(at.vma->anon_vma, anon_id) ||
		    !clip_to_vma(&at, pgoff))
			continue;
		err = mem_grow(&rmap->vmas, &rmap->cap, rmap->nr + 1, sizeof(rmap->vmas[0]));
		if (err)
			return err;
		at.order = mm->order;
		rmap->vmas[rmap->nr++] = at;
	}
	return 0;
}

int rmap_anon(struct machine *m, uint64_t pfn, uint64_t pgoff, struct rmap *ret_rmap)
{
	struct rmap rmap = { .nr = 0 };
	struct mm_struct *mm;

	LIST_FOREACH (mm, &m->mms, node) {
		int err = collect_mm(mm, pfn_folio(m, pfn)->anon_id, pgoff, &rmap);

		if (err) {
			m->oom = true;
			mem_free(rmap.vmas);
			return err;
		}
	}
	if (rmap.nr)
		qsort(rmap.vmas, rmap.nr, sizeof(rmap.vmas[0]), by_pgoff);
	*ret_rmap = rmap;
	return 0;
}

void rmap_release(struct rmap *rmap)
{
	mem_free(rmap->vmas);
}

uint64_t folio_mappings(struct mm_struct *mm, uint64_t head, uint64_t start, uint64_t end)
{
	uint64_t count = 0, addr;

	for (addr = start; addr < end; addr += PAGE_SIZE) {
		unsigned int level;
		pte_t *entry = pt_lookup(mm, addr, PT_LEVEL_PTE, &level);

		if (!entry || !pte_present(*entry) || pte_pfn(*entry) - head >= HPAGE_PMD_NR)
			continue;
		count++;
		if (level > PT_LEVEL_PTE)
			break;
	}
	return count;
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
			here += folio_mappings(mm, head, rmap.vmas[i].start, rmap.vmas[i].end);
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
