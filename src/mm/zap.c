// SPDX-License-Identifier: GPL-2.0-or-later
/* Removing mappings, and the notifications that every change shares. */
#include "mm_internal.h"

void notify_start_flags(struct mm_struct *mm, struct mmu_notifier_range *range, uint32_t event,
			uint32_t flags, uint64_t start, uint64_t end)
{
	mmu_notifier_range_init(range, event, start, end);
	range->flags = flags;
	if (mm_has_notifiers(&mm->notifier))
		mm->machine->stat.bytes_populated += pt_populated(mm, start, end);
	mmu_notifier_invalidate_range_start(&mm->notifier, range);
}

void notify_start(struct mm_struct *mm, struct mmu_notifier_range *range, uint32_t event,
		  uint64_t start, uint64_t end)
{
	notify_start_flags(mm, range, event, 0, start, end);
}

void notify_end(struct mm_struct *mm, struct mmu_notifier_range *range)
{
	mmu_notifier_invalidate_range_end(&mm->notifier, range);
}

void notify_pair(struct mm_struct *mm, uint32_t event, uint64_t start, uint64_t end)
{
	struct mmu_notifier_range range;

	notify_start(mm, &range, event, start, end);
	notify_end(mm, &range);
}

struct zap {
	struct vm_area_struct *vma;
	struct mm_struct *mm;
	struct machine *m;
	bool reclaim_pt;
	bool keep_markers;
	bool object;
	bool keep_cows;
	uint64_t zapped;
};

static void zap_pte_range(struct zap *zap, pte_t *table, uint64_t addr, uint64_t end)
{
	struct pt_info *info = pt_info(zap->m, table);
	unsigned int gone = 0;
	pte_t *pte;

	zap->m->stat.tables++;
	if (!pt_info_clip(zap->m, info, PT_LEVEL_PTE, &addr, &end))
		return;
	pte = table + pt_index(zap->m->geo, PT_LEVEL_PTE, addr);
	for (; addr < end; addr += PAGE_SIZE, pte++) {
		uint64_t pfn;
		bool old_dirty;

		if (pte_none(*pte))
			continue;
		if (zap->keep_cows && pte_present(*pte) &&
		    (page_flags(zap->m, pte_pfn(*pte)) & PG_ANON))
			continue;
		if (zap->m->before_change)
			before_change(zap->mm, addr, addr + PAGE_SIZE);
		if (!pte_present(*pte)) {
			/* a marker outlives everything but its VMA */
			if (!zap->keep_markers) {
				pte->val = 0;
				gone++;
			}
			continue;
		}
		pfn = pte_pfn(*pte);
		old_dirty = pte_dirty(*pte);
		if (zap->keep_markers && userfaultfd_pte_wp(zap->vma, *pte)) {
			*pte = PTE_MARKER;
			info->maybe_marker = true;
		} else {
			pte->val = 0;
			gone++;
		}
		if (zap->object && old_dirty)
			page_set_dirty(zap->m, pfn);
		page_put_map(zap->m, pfn);
		zap->zapped++;
	}
	info->used -= gone;
	if (!info->used) {
		info->maybe_shared = false;
		info->maybe_marker = false;
	}
}

static void zap_leaf(struct zap *zap, pte_t *entry, uint64_t addr, uint64_t end)
{
	uint64_t pfn = pte_pfn(*entry);

	before_change(zap->mm, addr, end);
	if (zap->object && pte_dirty(*entry))
		page_set_dirty(zap->m, pfn);
	pt_set(zap->m, entry, (pte_t){ 0 });
	folio_put_map(zap->m, pfn);
	zap->zapped++;
}

static void reclaim_pte_table(struct zap *zap, pte_t *pmd)
{
	pte_t *table = pt_table(zap->m, *pmd);
	uint64_t pfn = pte_table_pfn(*pmd);

	if (pt_info(zap->m, table)->used)
		return;
	pt_set(zap->m, pmd, (pte_t){ 0 });
	pt_arena_free_zeroed(&zap->m->tables, pfn);
}

static void zap_range(struct zap *zap, pte_t *table, unsigned int level, uint64_t addr,
		      uint64_t end)
{
	const struct pt_geometry *geo = zap->m->geo;
	uint64_t next;

	if (level == PT_LEVEL_PTE) {
		zap_pte_range(zap, table, addr, end);
		return;
	}
	zap->m->stat.tables++;
	if (!pt_info_clip(zap->m, pt_info(zap->m, table), level, &addr, &end))
		return;
	for (; addr < end; addr = next) {
		pte_t *entry = table + pt_index(geo, level, addr);

		next = pt_addr_end(geo, level, addr, end);
		if (pte_leaf(*entry, level)) {
			if (next - addr == pt_size(geo, level)) {
				zap_leaf(zap, entry, addr, next);
				continue;
			}
			split_huge_leaf(zap->vma, entry, level, addr);
		}
		if (!pte_table(*entry, level))
			continue;
		zap_range(zap, pt_table(zap->m, *entry), level - 1, addr, next);
		if (zap->reclaim_pt && level == PT_LEVEL_PMD && next - addr == PMD_SIZE)
			reclaim_pte_table(zap, entry);
	}
}

static void zap_vma(struct vm_area_struct *vma, uint64_t start, uint64_t end, bool reclaim_pt,
		    bool keep_cows)
{
	struct mm_struct *mm = vma->vm_mm;
	struct zap zap = {
		.vma = vma,
		.mm = mm,
		.m = mm->machine,
		.reclaim_pt = reclaim_pt && mm->machine->profile->reclaim_pt,
		.object = vma->vm_file,
		.keep_markers = reclaim_pt && userfaultfd_wp(vma) && !vma_is_anonymous(vma),
		.keep_cows = keep_cows,
	};

	if (vma->vm_flags & VM_HUGETLB) {
		hugetlb_unmap(vma, start, end, zap.keep_markers);
		return;
	}
	if (mm->machine->profile->unmap_drains)
		lru_add_drain(mm->machine);
	zap_range(&zap, pt_top(mm), mm->machine->geo->levels, start, end);
	mm->machine->stat.changed += zap.zapped;
	if (zap.zapped)
		mm->machine->stat.tlb_flushes++;
}

void unmap_page_range(struct vm_area_struct *vma, uint64_t start, uint64_t end, bool reclaim_pt)
{
	zap_vma(vma, start, end, reclaim_pt, false);
}

static void zap_window(struct vm_area_struct *vma, uint32_t event, uint64_t start, uint64_t end,
		       unsigned int flags)
{
	struct mmu_notifier_range range;
	uint64_t from = start, to = end;

	if (vma->vm_flags & VM_HUGETLB)
		adjust_range_if_pmd_sharing_possible(vma, &from, &to);
	notify_start(vma->vm_mm, &range, event, from, to);
	zap_vma(vma, start, end, flags & ZAP_RECLAIM_PT, flags & ZAP_KEEP_COWS);
	notify_end(vma->vm_mm, &range);
}

void zap_notified(struct vm_area_struct *vma, uint32_t event, uint64_t start, uint64_t end,
		  unsigned int flags)
{
	struct machine *m = vma->vm_mm->machine;
	struct run_iter runs = run_iter_init(vma->vm_mm, start, end);

	if (!m->design.lazy_unmap) {
		zap_window(vma, event, start, end, flags);
		return;
	}
	if (m->profile->unmap_drains)
		lru_add_drain(m);
	while (run_next(&runs))
		zap_window(vma, event, runs.start, runs.end, flags);
}
