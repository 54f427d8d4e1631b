// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a process does with its memory: accesses that hit as the processor's walk would, and that
 * fault until they do (arch/x86/mm/fault.c). Page after page is done table by table.
 */
#include "mm_internal.h"

#include <string.h>

/* A fault may have to be handled more than once (split, then copy); never more often than this. */
#define FAULT_ROUNDS 8

/* Would the VMA allow it at all (Linux: access_error() of the x86 fault handler)? */
static bool vma_allows(const struct vm_area_struct *vma, enum mm_access access)
{
	if (access == MM_WRITE)
		return vma->vm_flags & VM_WRITE;
	if (access == MM_EXEC)
		return vma->vm_flags & VM_EXEC;
	return vma_is_accessible(vma);
}

static bool try_access(pte_t *entry, enum mm_access access)
{
	if (!pte_access_ok(*entry, access == MM_WRITE, access == MM_EXEC))
		return false;
	mark_accessed(entry, access);
	return true;
}

/* Which pages of a huge page hold something is known of each. */
static void note_write(struct machine *m, pte_t entry, unsigned int level, uint64_t addr)
{
	uint64_t offset = level == PT_LEVEL_PMD ? (addr & ~PMD_MASK) >> PAGE_SHIFT : 0;

	if (level <= PT_LEVEL_PMD && !m->populating)
		page_written(m, pte_pfn(entry) + offset);
}

int access_page(struct vm_area_struct *vma, uint64_t addr, enum mm_access access,
		pte_t **ret_entry, unsigned int *ret_level)
{
	unsigned int round;

	for (round = 0; round < FAULT_ROUNDS; round++) {
		pte_t *entry = pt_lookup(vma->vm_mm, addr, PT_LEVEL_PTE, ret_level);
		int err;

		if (entry && try_access(entry, access)) {
			if (access == MM_WRITE)
				note_write(vma->vm_mm->machine, *entry, *ret_level, addr);
			*ret_entry = entry;
			return 0;
		}
		err = handle_mm_fault(vma, addr, access);
		if (err)
			return err;
	}
	return -EFAULT;
}

/* One access in a PTE table that is there; faults are handled until it succeeds. */
static int access_pte(struct vm_area_struct *vma, pte_t *pte, uint64_t addr,
		      enum mm_access access)
{
	unsigned int round;

	for (round = 0; round < FAULT_ROUNDS; round++) {
		int err;

		if (try_access(pte, access)) {
			if (access == MM_WRITE)
				note_write(vma->vm_mm->machine, *pte, PT_LEVEL_PTE, addr);
			return 0;
		}
		vma->vm_mm->machine->stat.pgfault++;
		err = handle_pte_fault(vma, addr, pte, access);
		if (err)
			return err;
	}
	return -EFAULT;
}

/* The accesses below one PTE table. */
static int access_table(struct vm_area_struct *vma, pte_t *table, uint64_t addr, uint64_t end,
			uint64_t step, enum mm_access access, uint64_t *ret_next)
{
	const struct pt_geometry *geo = vma->vm_mm->machine->geo;
	bool fresh = access == MM_WRITE && step == PAGE_SIZE && vma_is_anonymous(vma) &&
		     !vma->vm_policy;
	int ret = 0;

	for (; addr < end; addr += step) {
		pte_t *pte = table + pt_index(geo, PT_LEVEL_PTE, addr);
		int64_t n;

		if (fresh && pte_none(*pte)) {
			n = fault_anon_run(vma, pte, (end - addr + step - 1) / step);
			if (n < 0)
				return n;
			addr += (n - 1) * step;
			continue;
		}
		n = access_pte(vma, pte, addr, access);
		if (n == -ENOMEM)
			return n;
		ret = n ? n : ret;
	}
	*ret_next = addr;
	return ret;
}

/*
 * The further accesses after @addr and below @end, @step apart, that a large leaf serves as well.
 * Return: from @addr to the last of them.
 */
static uint64_t note_writes(struct mm_struct *mm, pte_t entry, unsigned int level, uint64_t addr,
			    uint64_t end, uint64_t step, enum mm_access access)
{
	uint64_t more = (end - addr - 1) / step, i;

	if (access != MM_WRITE || level > PT_LEVEL_PMD || mm->machine->populating)
		return more * step;
	if (step % PAGE_SIZE == 0)
		mm_pages_written(mm, pte_pfn(entry) + ((addr & ~PMD_MASK) >> PAGE_SHIFT),
				 step >> PAGE_SHIFT, more + 1);
	for (i = 1; step % PAGE_SIZE && i <= more; i++)
		note_write(mm->machine, entry, level, addr + i * step);
	return more * step;
}

/*
 * The accesses in one block of 2 MiB that lies in one VMA. A PTE table, once there, is walked
 * straight; a leaf above needs one access for all of them.
 */
static int access_block(struct vm_area_struct *vma, uint64_t addr, uint64_t end, uint64_t step,
			enum mm_access access, uint64_t *ret_next)
{
	int ret = 0;

	for (; addr < end; addr += step) {
		unsigned int level;
		pte_t *entry = pt_lookup(vma->vm_mm, addr, PT_LEVEL_PTE, &level);
		int err;

		if (entry && level == PT_LEVEL_PTE) {
			entry -= ((uintptr_t)entry & (PT_TABLE_BYTES - 1)) / sizeof(*entry);
			err = access_table(vma, entry, addr, end, step, access, ret_next);
			return err ? err : ret;
		}
		err = access_page(vma, addr, access, &entry, &level);
		if (err == -ENOMEM)
			return err;
		ret = err ? err : ret;
		if (err || level == PT_LEVEL_PTE)
			continue;
		addr += note_writes(vma->vm_mm, *entry, level, addr, end, step, access);
	}
	*ret_next = addr;
	return ret;
}

int mm_access(struct mm_struct *mm, uint64_t addr, uint64_t len, uint64_t step,
	      enum mm_access access)
{
	uint64_t end = addr + len;
	struct vm_area_struct *vma = NULL;
	int ret = 0;

	assert(step && end >= addr);
	/* one access; the next must not wrap around */
	if (step > len)
		step = len;
	while (addr < end) {
		uint64_t stop;
		int err;

		if (!vma || addr >= vma->vm_end)
			vma = find_vma(mm, addr);
		if (!vma || vma->vm_start > addr || !vma_allows(vma, access)) {
			uint64_t skip = !vma ? end :
					vma->vm_start > addr ? vma->vm_start : vma->vm_end;

			if (skip >= end)
				return -EFAULT;
			addr += (skip - addr + step - 1) / step * step;
			ret = -EFAULT;
			continue;
		}
		stop = (addr & PMD_MASK) + PMD_SIZE;
		if (stop > vma->vm_end)
			stop = vma->vm_end;
		if (stop > end)
			stop = end;
		err = access_block(vma, addr, stop, step, access, &addr);
		if (err == -ENOMEM)
			return err;
		ret = err ? err : ret;
	}
	return ret;
}

int mm_populate(struct mm_struct *mm, uint64_t addr, uint64_t len, bool write)
{
	int err;

	mm->machine->populating = true;
	err = mm_access(mm, addr, len, PAGE_SIZE, write ? MM_WRITE : MM_READ);
	mm->machine->populating = false;
	return err;
}

void mm_page_written(struct mm_struct *mm, uint64_t pfn)
{
	page_written(mm->machine, pfn);
}

void mm_pages_written(struct mm_struct *mm, uint64_t pfn, uint64_t step, uint64_t nr)
{
	struct machine *m = mm->machine;
	uint64_t i;

	if (step == 1 && nr == HPAGE_PMD_NR && pfn_is_huge(pfn) && !(pfn % HPAGE_PMD_NR)) {
		memset(pfn_folio(m, pfn)->written, 0xff, sizeof(pfn_folio(m, pfn)->written));
		return;
	}
	for (i = 0; i < nr; i++)
		page_written(m, pfn + i * step);
}

struct mmu_notifier_mm *mm_notifiers(struct mm_struct *mm)
{
	return &mm->notifier;
}
