// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Device DAX: the memory of a device in entries of one size, the alignment of the device
 * (drivers/dax/device.c). Only shared; without pages, map counts and copy-on-write.
 */
#include "mm_internal.h"

#define DAX_FRAMES (PFN_DAX_BASE * 2)

int mm_file_create_dax(struct machine *machine, uint64_t size, uint64_t align,
		       struct mm_file **ret_file)
{
	uint64_t frames = ((size >> PAGE_SHIFT) | (HPAGE_PUD_NR - 1)) + 1;
	struct mm_file *file;
	int err;

	if (align != PAGE_SIZE && align != PMD_SIZE && align != PUD_SIZE)
		return -EINVAL;
	if (frames > DAX_FRAMES - machine->next_dax)
		return -ENOSPC;
	err = mm_file_create(machine, size, false, &file);
	if (err)
		return err;
	file->kind = MM_FILE_DAX;
	file->page_size = align;
	file->first_pfn = PFN_DAX_BASE + machine->next_dax;
	machine->next_dax += frames;
	*ret_file = file;
	return 0;
}

bool dax_mappable(const struct mm_file *file, uint64_t addr, uint64_t end, uint32_t vm_flags)
{
	return (vm_flags & VM_MAYSHARE) && IS_ALIGNED(addr | end, file->page_size);
}

static unsigned int dax_level(const struct mm_file *file)
{
	if (file->page_size == PAGE_SIZE)
		return PT_LEVEL_PTE;
	return file->page_size == PMD_SIZE ? PT_LEVEL_PMD : PT_LEVEL_PUD;
}

static uint64_t dax_pfn(const struct vm_area_struct *vma, uint64_t addr)
{
	const struct mm_file *file = vma->vm_file;
	uint64_t start = addr & ~(file->page_size - 1);
	uint64_t pfn = file->first_pfn + linear_page_index(vma, start);

	return pfn & ~((file->page_size >> PAGE_SHIFT) - 1);
}

static int dax_install(struct vm_area_struct *vma, uint64_t addr, pte_t *entry, bool write)
{
	struct machine *m = vma->vm_mm->machine;
	pte_t pte = pfn_pte(dax_pfn(vma, addr), vm_get_page_prot(vma->vm_flags));

	if (dax_level(vma->vm_file) > PT_LEVEL_PTE)
		pte = pte_mkhuge(pte);
	else
		pt_info(m, entry)->maybe_shared = true;
	if (write)
		pte = pte_mkwrite(pte_mkdirty(pte), m->profile->saved_dirty);
	pt_set(m, entry, pte);
	return 0;
}

/* Without huge pages a smaller entry is tried, and refused by the device: its table stays. */
static int dax_fallback(struct vm_area_struct *vma, uint64_t addr)
{
	pte_t *pmd;
	int err = pt_walk_alloc(vma->vm_mm, addr, PT_LEVEL_PMD, &pmd);

	return err ? err : -EFAULT;
}

int dax_fault(struct vm_area_struct *vma, uint64_t addr, enum mm_access access)
{
	bool saved_dirty = vma->vm_mm->machine->profile->saved_dirty;
	unsigned int level = dax_level(vma->vm_file);
	bool write = access == MM_WRITE;
	pte_t *entry;
	int err;

	if (!dax_mappable(vma->vm_file, vma->vm_start, vma->vm_end, vma->vm_flags))
		return -EFAULT;
	if (linear_page_index(vma, addr) >= PAGE_ALIGN(vma->vm_file->size) >> PAGE_SHIFT)
		return -EFAULT;
	err = pt_walk_alloc(vma->vm_mm, addr, level, &entry);
	if (err)
		return err == -EEXIST ? -EFAULT : err;
	if (pte_none(*entry) && level > PT_LEVEL_PTE && (vma->vm_flags & VM_NOHUGEPAGE))
		return dax_fallback(vma, addr);
	if (pte_none(*entry))
		return dax_install(vma, addr, entry, write);
	if (pte_table(*entry, level))
		return -EFAULT;
	if (pte_protnone(*entry))
		*entry = pte_modify(*entry, vm_get_page_prot(vma->vm_flags), saved_dirty);
	*entry = pte_mkyoung(*entry);
	if (write)
		*entry = pte_mkwrite(pte_mkdirty(*entry), saved_dirty);
	return 0;
}
