// SPDX-License-Identifier: GPL-2.0-or-later
/* What a secondary MMU asks of the primary one (mm/gup.c, virt/kvm/kvm_main.c:hva_to_pfn()). */
#include "mm_internal.h"

static void fill_translation(const struct mm_struct *mm, pte_t entry, unsigned int level,
			     uint64_t address, struct mm_translation *ret)
{
	uint64_t size = pt_size(mm->machine->geo, level);

	ret->pfn = pte_pfn(entry) + ((address & (size - 1)) >> PAGE_SHIFT);
	ret->level = level;
	ret->writable = pte_write(entry);
	ret->clean = pte_write(entry) && !pte_dirty(entry);
	ret->zero_page = pfn_is_zero(ret->pfn);
}

int mm_translate(struct mm_struct *mm, uint64_t address, struct mm_translation *ret)
{
	unsigned int level;
	pte_t *entry = pt_lookup(mm, address, PT_LEVEL_PTE, &level);

	if (!entry || !pte_hw_present(*entry))
		return -ENOENT;
	fill_translation(mm, *entry, level, address, ret);
	return 0;
}

void mm_page_dirtied(struct mm_struct *mm, uint64_t pfn)
{
	page_set_dirty(mm->machine, pfn);
}

/*
 * May a guest's access fault the page in? get_user_pages() wants VM_READ of a read, which the
 * processor does not; its fast variant looks at a writable entry only, not at the VMA.
 */
static bool gup_allows(const struct vm_area_struct *vma, uint64_t address, bool write)
{
	unsigned int level;
	pte_t *entry;

	if (vma->vm_flags & (write ? VM_WRITE : VM_READ))
		return true;
	entry = pt_lookup(vma->vm_mm, address, PT_LEVEL_PTE, &level);
	return entry && pte_access_ok(*entry, true, false);
}

int mm_get_user_page(struct mm_struct *mm, uint64_t address, bool write,
		     struct mm_translation *ret)
{
	struct vm_area_struct *vma = find_vma(mm, address);
	enum mm_access access = write ? MM_WRITE : MM_READ;
	unsigned int level;
	pte_t *entry;
	int err;

	if (!vma || vma->vm_start > address || !gup_allows(vma, address, write))
		return -EFAULT;
	err = access_page(vma, address, access, &entry, &level);
	if (err)
		return err;
	fill_translation(mm, *entry, level, address, ret);
	return 0;
}

bool mm_may_read(struct mm_struct *mm, uint64_t address)
{
	const struct vm_area_struct *vma = find_vma(mm, address);

	return vma && vma->vm_start <= address && (vma->vm_flags & VM_READ);
}

uint64_t mm_get_user_run(struct mm_struct *mm, uint64_t address, bool write, unsigned int every,
			 uint64_t nr, uint64_t *ret_pfn)
{
	const uint64_t need = _PAGE_PRESENT | _PAGE_USER | _PAGE_RW;
	struct vm_area_struct *vma = find_vma(mm, address);
	unsigned int level, index = (address >> PAGE_SHIFT) & (PTRS_PER_PTE - 1);
	uint64_t i;
	pte_t *pte;

	if (!vma || vma->vm_start > address || !(vma->vm_flags & (write ? VM_WRITE : VM_READ)))
		return 0;
	pte = pt_lookup(mm, address, PT_LEVEL_PTE, &level);
	if (!pte || level != PT_LEVEL_PTE)
		return 0;
	if (nr > PTRS_PER_PTE - index)
		nr = PTRS_PER_PTE - index;
	if (nr > (vma->vm_end - address) >> PAGE_SHIFT)
		nr = (vma->vm_end - address) >> PAGE_SHIFT;
	for (i = 0; i < nr; i++) {
		uint64_t pfn = pte_pfn(pte[i]);

		/* what was written to a page of a huge page is remembered, see note_write() */
		if ((pte[i].val & need) != need || pfn_is_huge(pfn))
			break;
		if (i % every == 0)
			mark_accessed(&pte[i], write ? MM_WRITE : MM_READ);
		if (!pte_dirty(pte[i]))
			page_set_dirty(mm->machine, pfn);
		ret_pfn[i] = pfn;
	}
	return i;
}
