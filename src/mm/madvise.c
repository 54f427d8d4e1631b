// SPDX-License-Identifier: GPL-2.0-or-later
/* madvise (mm/madvise.c). */
#include "mm_internal.h"

#include <base/mman.h>

/* Advice that is nothing but flags of the VMA: what is cleared and set. */
struct flag_advice {
	int advice;
	uint32_t clear;
	uint32_t set;
};

static const struct flag_advice flag_advices[] = {
	{ MADV_NORMAL, VM_RAND_READ | VM_SEQ_READ, 0 },
	{ MADV_SEQUENTIAL, VM_RAND_READ, VM_SEQ_READ },
	{ MADV_RANDOM, VM_SEQ_READ, VM_RAND_READ },
	{ MADV_DONTFORK, 0, VM_DONTCOPY },
	{ MADV_DOFORK, VM_DONTCOPY, 0 },
	{ MADV_WIPEONFORK, 0, VM_WIPEONFORK },
	{ MADV_KEEPONFORK, VM_WIPEONFORK, 0 },
	{ MADV_DONTDUMP, 0, VM_DONTDUMP },
	{ MADV_DODUMP, VM_DONTDUMP, 0 },
	{ MADV_HUGEPAGE, VM_NOHUGEPAGE, VM_HUGEPAGE },
	{ MADV_NOHUGEPAGE, VM_HUGEPAGE, VM_NOHUGEPAGE },
	{ MADV_MERGEABLE, 0, VM_MERGEABLE },
	{ MADV_UNMERGEABLE, VM_MERGEABLE, 0 },
};

static const struct flag_advice *find_flag_advice(int advice)
{
	size_t i;

	for (i = 0; i < sizeof(flag_advices) / sizeof(flag_advices[0]); i++)
		if (flag_advices[i].advice == advice)
			return &flag_advices[i];
	return NULL;
}

static int madvise_flags(struct vm_area_struct **vma, uint64_t start, uint64_t end,
			 const struct flag_advice *advice)
{
	uint32_t flags = ((*vma)->vm_flags & ~advice->clear) | advice->set;
	int err = 0;

	if (advice->advice == MADV_DOFORK && ((*vma)->vm_flags & VM_HUGETLB) &&
	    (*vma)->vm_mm->machine->profile->hugetlb_dofork_einval)
		return -EINVAL;
	if (advice->advice == MADV_WIPEONFORK &&
	    (!vma_is_anonymous(*vma) || ((*vma)->vm_flags & VM_SHARED)))
		return -EINVAL;
	if ((advice->advice == MADV_MERGEABLE || advice->advice == MADV_UNMERGEABLE) &&
	    (((*vma)->vm_flags & (VM_MAYSHARE | VM_SPECIAL)) || flags == (*vma)->vm_flags))
		return 0;
	if (advice->advice == MADV_MERGEABLE)
		err = ksm_enter((*vma)->vm_mm);
	if (advice->advice == MADV_UNMERGEABLE && (*vma)->anon_vma)
		err = unmerge_ksm_pages(*vma, start, end);
	if (err)
		return err;
	if (flags == (*vma)->vm_flags)
		return 0;
	return vma_modify_flags(*vma, start, end, flags, vma);
}

static int madvise_dontneed(struct vm_area_struct *vma, uint64_t start, uint64_t end)
{
	if (vma->vm_flags & VM_HUGETLB) {
		if (!IS_ALIGNED(start, huge_page_size(vma)))
			return -EINVAL;
		end &= ~(huge_page_size(vma) - 1);
	}
	if (start < end)
		zap_notified(vma, MMU_NOTIFY_CLEAR, start, end, ZAP_RECLAIM_PT);
	return 0;
}

struct advise_walk {
	struct vm_area_struct *vma;
	struct mm_struct *mm;
	struct machine *m;
	bool free;
	bool pageout;
};

/*
 * Do the entries from @pte on map the whole folio of @nr pages in order, up to @end? 6.12 and later
 * ask.
 */
static bool maps_whole_folio(const pte_t *pte, uint64_t nr, uint64_t addr, uint64_t end)
{
	uint64_t pfn = pte_pfn(*pte), i;

	if ((pfn & (nr - 1)) || end - addr < nr << PAGE_SHIFT)
		return false;
	for (i = 0; i < nr; i++)
		if (!pte_present(pte[i]) || pte_pfn(pte[i]) != pfn + i)
			return false;
	return true;
}

/* May others map the folio, of which @pfn is at @addr? */
static bool advise_shared(const struct advise_walk *walk, uint64_t pfn, uint64_t addr)
{
	uint64_t pgoff = linear_page_index(walk->vma, addr) - (pfn - folio_head(walk->m, pfn));

	if (page_flags(walk->m, pfn) & PG_ANON)
		return folio_shared(walk->mm, pfn, pgoff);
	return file_folio_shared(walk->vma, pfn, pgoff);
}

static int advise_split(struct advise_walk *walk, uint64_t pfn, uint64_t addr)
{
	if (page_flags(walk->m, pfn) & PG_ANON)
		return split_huge_page(walk->vma, addr, pfn);
	return split_file_folio(walk->vma->vm_file, linear_page_index(walk->vma, addr));
}

/*
 * A page of a large folio that is not advised as a whole: the folio is split, unless others may
 * map it. Below *@whole the folio is advised as a whole.
 * Return: 0 to go on with the entry; 1 to leave it alone; 2 to leave the whole block.
 */
static int advise_large(struct advise_walk *walk, const pte_t *pte, uint64_t addr, uint64_t end,
			uint64_t *whole)
{
	uint64_t pfn = pte_pfn(*pte), nr = UINT64_C(1) << folio_order(walk->m, pfn);
	bool old = walk->m->profile->wp_reuse == WP_REUSE_PAGE_COUNT;

	if (addr < *whole)
		return 0;
	if (!old && maps_whole_folio(pte, nr, addr, end)) {
		*whole = addr + (nr << PAGE_SHIFT);
		return 0;
	}
	if (advise_shared(walk, pfn, addr))
		return old ? 2 : 1;
	if (advise_split(walk, pfn, addr))
		return old ? 2 : 1;
	/* of pages that were never written the split may leave the zero page */
	return pte_none(*pte) || !pfn_has_record(pte_pfn(*pte));
}

/* What others map, too, is not for us to deactivate. */
static void advise_lru(struct advise_walk *walk, uint64_t pfn)
{
	if (walk->free)
		lru_lazyfree(walk->m, pfn);
	else if (pfn_page(walk->m, pfn)->mapcount == 1)
		lru_deactivate(walk->m, pfn);
}

/* What MADV_PAGEOUT found in a table is reclaimed when the whole of it has been looked at. */
struct pageout_list {
	uint64_t addr[PTRS_PER_PTE];
	unsigned int nr;
};

static void pageout_add(struct pageout_list *list, struct advise_walk *walk, pte_t *pte,
			uint64_t addr)
{
	if (!page_is_large(walk->m, pte_pfn(*pte)) && pfn_page(walk->m, pte_pfn(*pte))->mapcount == 1)
		*pte = pte_mkold(*pte);
	list->addr[list->nr++] = addr;
}

static void reclaim_pages(struct advise_walk *walk, pte_t *table, const struct pageout_list *list)
{
	unsigned int i;

	for (i = 0; i < list->nr; i++) {
		pte_t *pte = table + pt_index(walk->m->geo, PT_LEVEL_PTE, list->addr[i]);

		if (pte_present(*pte))
			(void)reclaim_folio(walk->vma, list->addr[i], pte, PT_LEVEL_PTE, true);
	}
}

/* MADV_FREE forgets that the page was written to, and passes it over where others may know it. */
static bool forget_dirty(struct machine *m, uint64_t pfn)
{
	const struct folio *folio;

	if (!page_is_dirty(m, pfn))
		return true;
	if (page_is_large(m, pfn)) {
		folio = pfn_folio(m, pfn);
		if (folio->entire_mapcount + folio->nr_mapped != HPAGE_PMD_NR)
			return false;
	} else if (pfn_page(m, pfn)->mapcount != 1) {
		return false;
	}
	page_clear_dirty(m, pfn);
	return true;
}

/* MADV_FREE makes entries clean and old, MADV_COLD old. */
static void advise_pte_range(struct advise_walk *walk, pte_t *table, uint64_t addr, uint64_t end)
{
	struct pageout_list list = { .nr = 0 };
	bool free = walk->free;
	uint64_t whole = 0;

	for (; addr < end; addr += PAGE_SIZE) {
		pte_t *pte = table + pt_index(walk->m->geo, PT_LEVEL_PTE, addr);
		int skip = 0;

		if (!pte_present(*pte) || !pfn_has_record(pte_pfn(*pte)))
			continue;
		if (folio_order(walk->m, pte_pfn(*pte)))
			skip = advise_large(walk, pte, addr, end, &whole);
		if (skip == 2)
			break;
		if (skip)
			continue;
		if (walk->pageout) {
			pageout_add(&list, walk, pte, addr);
			continue;
		}
		if (free && !forget_dirty(walk->m, pte_pfn(*pte)))
			continue;
		if (free) {
			before_change(walk->mm, addr, addr + PAGE_SIZE);
			pt_info(walk->m, pte)->maybe_shared = true;
		}
		*pte = pte_mkold(free ? pte_mkclean(*pte) : *pte);
		advise_lru(walk, pte_pfn(*pte));
	}
	reclaim_pages(walk, table, &list);
}

static void advise_huge_pmd(struct advise_walk *walk, pte_t *pmd, uint64_t addr, uint64_t end)
{
	uint64_t pfn = pte_pfn(*pmd) + ((addr & ~PMD_MASK) >> PAGE_SHIFT);

	if (pfn_is_zero(pte_pfn(*pmd)) || advise_shared(walk, pfn, addr))
		return;
	if (walk->pageout) {
		if (end - addr == PMD_SIZE)
			*pmd = pte_mkold(*pmd);
		(void)reclaim_folio(walk->vma, addr, pmd, PT_LEVEL_PMD,
				    end - addr == PMD_SIZE);
		return;
	}
	if (end - addr == PMD_SIZE) {
		if (walk->free)
			before_change(walk->mm, addr, end);
		*pmd = pte_mkold(walk->free ? pte_mkclean(*pmd) : *pmd);
		if (walk->free) {
			page_clear_dirty(walk->m, pte_pfn(*pmd));
			lru_lazyfree(walk->m, pte_pfn(*pmd));
		}
		return;
	}
	(void)advise_split(walk, pfn, addr);
}

/* A leaf of a device: none of the walk's business, but the walk splits 1 GiB leaves. */
static void advise_dax(struct advise_walk *walk, pte_t *entry, unsigned int level, uint64_t addr)
{
	if (level == PT_LEVEL_PUD) {
		__split_huge_pud(walk->vma, entry, addr);
	} else if (walk->m->profile->dax_cold_bug) {
		before_change(walk->mm, addr & PMD_MASK, (addr & PMD_MASK) + PMD_SIZE);
		pt_set(walk->m, entry, (pte_t){ 0 });
	}
}

static void advise_range(struct advise_walk *walk, pte_t *table, unsigned int level, uint64_t addr,
			 uint64_t end)
{
	uint64_t next;

	if (level == PT_LEVEL_PTE) {
		advise_pte_range(walk, table, addr, end);
		return;
	}
	for (; addr < end; addr = next) {
		pte_t *entry = table + pt_index(walk->m->geo, level, addr);

		next = pt_addr_end(walk->m->geo, level, addr, end);
		if (pte_leaf(*entry, level) && vma_is_dax(walk->vma)) {
			advise_dax(walk, entry, level, addr);
		} else if (level == PT_LEVEL_PMD && pte_leaf(*entry, level)) {
			advise_huge_pmd(walk, entry, addr, next);
			if (next - addr == PMD_SIZE)
				continue;
		}
		if (pte_table(*entry, level))
			advise_range(walk, pt_table(walk->m, *entry), level - 1, addr, next);
	}
}

static void advise_leaves(struct vm_area_struct *vma, uint64_t start, uint64_t end, int advice)
{
	struct advise_walk walk = {
		.vma = vma,
		.mm = vma->vm_mm,
		.m = vma->vm_mm->machine,
		.free = advice == MADV_FREE,
		.pageout = advice == MADV_PAGEOUT,
	};

	advise_range(&walk, pt_top(vma->vm_mm), walk.m->geo->levels, start, end);
}

static void free_window(struct vm_area_struct *vma, uint64_t start, uint64_t end)
{
	struct mmu_notifier_range range;

	notify_start(vma->vm_mm, &range, MMU_NOTIFY_CLEAR, start, end);
	advise_leaves(vma, start, end, MADV_FREE);
	notify_end(vma->vm_mm, &range);
}

static int madvise_free(struct vm_area_struct *vma, uint64_t start, uint64_t end)
{
	struct run_iter runs = run_iter_init(vma->vm_mm, start, end);

	if (!vma_is_anonymous(vma))
		return -EINVAL;
	lru_add_drain(vma->vm_mm->machine);
	if (!vma->vm_mm->machine->design.lazy_unmap) {
		free_window(vma, start, end);
		return 0;
	}
	while (run_next(&runs))
		free_window(vma, runs.start, runs.end);
	return 0;
}

static int madvise_populate(struct vm_area_struct *vma, uint64_t start, uint64_t end, bool write)
{
	if (write ? !(vma->vm_flags & VM_WRITE) : !(vma->vm_flags & VM_READ))
		return -EINVAL;
	return mm_populate(vma->vm_mm, start, end - start, write);
}

/* Linux: madvise_vma_behavior(); *@vma is the VMA that holds the range afterwards. */
static int madvise_vma(struct vm_area_struct **vma, uint64_t start, uint64_t end, int advice)
{
	const struct flag_advice *flags = find_flag_advice(advice);

	if (flags)
		return madvise_flags(vma, start, end, flags);
	switch (advice) {
	case MADV_DONTNEED:
	case MADV_DONTNEED_LOCKED:
		return madvise_dontneed(*vma, start, end);
	case MADV_FREE:
		return madvise_free(*vma, start, end);
	case MADV_REMOVE:
		return madvise_remove(*vma, start, end);
	case MADV_COLLAPSE:
		return madvise_collapse(*vma, start, end);
	case MADV_COLD:
	case MADV_PAGEOUT:
		if ((*vma)->vm_flags & VM_HUGETLB)
			return -EINVAL;
		lru_add_drain((*vma)->vm_mm->machine);
		advise_leaves(*vma, start, end, advice);
		return 0;
	case MADV_POPULATE_READ:
	case MADV_POPULATE_WRITE:
		return madvise_populate(*vma, start, end, advice == MADV_POPULATE_WRITE);
	case MADV_WILLNEED:
		return 0;
	}
	return -EINVAL;
}

/* Holes are passed over and make the whole call fail with ENOMEM at its end. */
int mm_madvise(struct mm_struct *mm, uint64_t addr, uint64_t len, int advice)
{
	uint64_t end = addr + PAGE_ALIGN(len);
	struct vm_area_struct *vma;
	int unmapped = 0;

	if (!IS_ALIGNED(addr, PAGE_SIZE) || (len && !PAGE_ALIGN(len)) || end < addr)
		return -EINVAL;
	if (advice == MADV_FREE || advice == MADV_COLD || advice == MADV_PAGEOUT ||
	    advice == MADV_COLLAPSE)
		mm->machine->nr_emptied++;
	while (addr < end) {
		uint64_t stop;
		int err;

		vma = find_vma(mm, addr);
		if (!vma)
			return -ENOMEM;
		if (vma->vm_start > addr) {
			unmapped = -ENOMEM;
			addr = vma->vm_start;
			if (addr >= end)
				break;
		}
		stop = vma->vm_end < end ? vma->vm_end : end;
		err = madvise_vma(&vma, addr, stop, advice);
		if (err)
			return err;
		addr = stop;
	}
	return unmapped;
}
