// SPDX-License-Identifier: GPL-2.0-or-later
/* Soft-dirty clearing and PAGEMAP_SCAN (fs/proc/task_mmu.c). */
#include "mm_internal.h"

#define CLEAR_REFS_ALL 1
#define CLEAR_REFS_ANON 2
#define CLEAR_REFS_MAPPED 3
#define CLEAR_REFS_SOFT_DIRTY 4
#define CLEAR_REFS_MM_HIWATER_RSS 5

static void clear_soft_dirty(struct mm_struct *mm, pte_t *entry, uint64_t addr, uint64_t size)
{
	bool saved_dirty = mm->machine->profile->saved_dirty;

	before_change(mm, addr, addr + size);
	*entry = pte_clear(pte_wrprotect(*entry, saved_dirty), _PAGE_SOFT_DIRTY);
	mm->machine->stat.changed++;
}

void walk_splits(struct vm_area_struct *vma, uint64_t start, uint64_t end)
{
	uint64_t addr = start, next;

	for (; vma_is_dax(vma) && addr < end; addr = next) {
		pte_t *pud = pt_lookup(vma->vm_mm, addr, PT_LEVEL_PUD, NULL);

		next = pt_addr_end(vma->vm_mm->machine->geo, PT_LEVEL_PUD, addr, end);
		if (pud && pte_leaf(*pud, PT_LEVEL_PUD))
			__split_huge_pud(vma, pud, addr);
	}
}

static void clear_range(struct mm_struct *mm, pte_t *table, unsigned int level, uint64_t addr,
			uint64_t end)
{
	const struct pt_geometry *geo = mm->machine->geo;
	uint64_t next;

	mm->machine->stat.tables++;
	if (!pt_info_clip(mm->machine, pt_info(mm->machine, table), level, &addr, &end))
		return;
	if (level == PT_LEVEL_PTE)
		pt_info(mm->machine, table)->maybe_shared = true;
	for (; addr < end; addr = next) {
		pte_t *entry = table + pt_index(geo, level, addr);

		next = pt_addr_end(geo, level, addr, end);
		if (pte_leaf(*entry, level))
			clear_soft_dirty(mm, entry, addr, next - addr);
		else if (pte_table(*entry, level))
			clear_range(mm, pt_table(mm->machine, *entry), level - 1, addr, next);
	}
}

/* One notification for everything that an address can be. */
static void clear_refs_soft_dirty(struct mm_struct *mm)
{
	struct mmu_notifier_range range;
	struct vm_area_struct *vma;

	RB_FOREACH (vma, vma_tree, &mm->vmas)
		vma->vm_flags &= ~VM_SOFTDIRTY;
	notify_start(mm, &range, MMU_NOTIFY_SOFT_DIRTY, 0, UINT64_MAX);
	RB_FOREACH (vma, vma_tree, &mm->vmas) {
		/* Linux: clear_refs_walk_ops has nothing for hugetlb */
		if (vma->vm_flags & VM_HUGETLB)
			continue;
		walk_splits(vma, vma->vm_start, vma->vm_end);
		clear_range(mm, pt_top(mm), mm->machine->geo->levels, vma->vm_start, vma->vm_end);
	}
	notify_end(mm, &range);
	mm->machine->stat.tlb_flushes++;
}

/* What a walk for the accessed bits, which nothing here depends on, does besides. */
static void clear_refs_accessed(struct mm_struct *mm, uint64_t value)
{
	struct vm_area_struct *vma;

	RB_FOREACH (vma, vma_tree, &mm->vmas) {
		if (value == (vma->vm_file ? CLEAR_REFS_ANON : CLEAR_REFS_MAPPED))
			continue;
		walk_splits(vma, vma->vm_start, vma->vm_end);
	}
}

int mm_clear_refs(struct mm_struct *mm, uint64_t value)
{
	if (value < CLEAR_REFS_ALL || value > CLEAR_REFS_MM_HIWATER_RSS)
		return -EINVAL;
	if (value == CLEAR_REFS_SOFT_DIRTY)
		clear_refs_soft_dirty(mm);
	else if (value != CLEAR_REFS_MM_HIWATER_RSS)
		clear_refs_accessed(mm, value);
	return 0;
}

int mm_pagemap_scan(struct mm_struct *mm, uint64_t addr, uint64_t len, bool wp)
{
	uint64_t end = PAGE_ALIGN(addr + len), task_size = mm->machine->geo->task_size;
	struct vm_area_struct *vma;

	if (!mm->machine->profile->pagemap_scan)
		return -ENOTTY;
	if (!IS_ALIGNED(addr, PAGE_SIZE))
		return -EINVAL;
	if (addr > task_size || len > task_size - addr)
		return -EFAULT;
	if (wp && addr < end)
		notify_pair(mm, MMU_NOTIFY_PROTECTION_VMA, addr, end);
	/* without asynchronous write protection there is nothing to protect */
	for (vma = find_vma(mm, addr); !wp && vma && vma->vm_start < end; vma = vma_next(vma))
		walk_splits(vma, vma->vm_start > addr ? vma->vm_start : addr,
			    vma->vm_end < end ? vma->vm_end : end);
	return 0;
}
