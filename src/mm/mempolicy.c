// SPDX-License-Identifier: GPL-2.0-or-later
/* NUMA: hinting and memory policies (mm/mempolicy.c). */
#include "mm_internal.h"

/* Linux: change_prot_numa(): which VMAs are worth it is the scanner's concern, not its own. */
static uint64_t change_prot_numa(struct vm_area_struct *vma, uint64_t start, uint64_t end)
{
	uint64_t changed = change_protection(vma, start, end, PAGE_NONE, MM_CP_PROT_NUMA);

	if (changed)
		vma->vm_mm->machine->stat.tlb_flushes++;
	return changed;
}

int mm_numa_hint(struct mm_struct *mm, uint64_t addr, uint64_t len)
{
	uint64_t end = addr + PAGE_ALIGN(len);
	struct vm_area_struct *vma;

	if (!IS_ALIGNED(addr, PAGE_SIZE) || end < addr)
		return -EINVAL;
	for (vma = find_vma(mm, addr); vma && vma->vm_start < end; vma = vma_next(vma)) {
		uint64_t from = vma->vm_start > addr ? vma->vm_start : addr;
		uint64_t to = vma->vm_end < end ? vma->vm_end : end;

		change_prot_numa(vma, from, to);
	}
	return 0;
}
