// SPDX-License-Identifier: GPL-2.0-or-later
/* userfaultfd in write-protect mode (fs/userfaultfd.c, mm/userfaultfd.c). */
#include "mm_internal.h"

static int validate_range(const struct mm_struct *mm, uint64_t start, uint64_t len)
{
	uint64_t task_size = mm->machine->geo->task_size;

	if (!IS_ALIGNED(start | len, PAGE_SIZE) || !len || start >= task_size ||
	    len > task_size - start)
		return -EINVAL;
	return 0;
}

static bool vma_can_userfault(const struct vm_area_struct *vma)
{
	return !(vma->vm_flags & VM_MIXEDMAP) && !vma_is_dax(vma);
}

/* The first VMA of the range, all of which userfaultfd must be able to serve. */
static int find_first(struct mm_struct *mm, uint64_t start, uint64_t end,
		      struct vm_area_struct **ret_vma)
{
	struct vm_area_struct *first = find_vma_intersection(mm, start, end), *vma;

	if (!first)
		return -EINVAL;
	for (vma = first; vma && vma->vm_start < end; vma = vma_next(vma))
		if (!vma_can_userfault(vma))
			return -EINVAL;
	*ret_vma = first;
	return 0;
}

static bool splits_huge_page(const struct vm_area_struct *vma, uint64_t bits)
{
	return (vma->vm_flags & VM_HUGETLB) && (bits & (huge_page_size(vma) - 1));
}

/* May the range begin and end where it does? */
static bool ends_fit(struct vm_area_struct *first, uint64_t start, uint64_t end)
{
	struct vm_area_struct *vma;

	if (splits_huge_page(first, start))
		return false;
	for (vma = first; vma && vma->vm_start < end; vma = vma_next(vma))
		if (end <= vma->vm_end && splits_huge_page(vma, end))
			return false;
	return true;
}

/* Linux: uffd_wp_range() */
static void uffd_wp_range(struct vm_area_struct *vma, uint64_t start, uint64_t end, bool wp)
{
	bool raw = vma->vm_mm->machine->profile->uffd_raw_prot;
	unsigned int cp_flags = wp ? MM_CP_UFFD_WP : MM_CP_UFFD_WP_RESOLVE;
	pgprot_t prot = raw ? protection_map(vma->vm_flags) : vm_get_page_prot(vma->vm_flags);

	if (!raw && !wp && (vma->vm_flags & (VM_WRITE | VM_SHARED)) == VM_WRITE)
		cp_flags |= MM_CP_TRY_CHANGE_WRITABLE;
	if (change_protection(vma, start, end, prot, cp_flags))
		vma->vm_mm->machine->stat.tlb_flushes++;
}

int mm_uffd_register(struct mm_struct *mm, uint64_t addr, uint64_t len)
{
	uint64_t end = addr + len;
	struct vm_area_struct *vma;
	int err = validate_range(mm, addr, len);

	if (!err)
		err = find_first(mm, addr, end, &vma);
	if (!err && !ends_fit(vma, addr, end))
		err = -EINVAL;
	for (; !err && vma && vma->vm_start < end; vma = vma_next(vma)) {
		uint64_t from = vma->vm_start > addr ? vma->vm_start : addr;
		uint64_t to = vma->vm_end < end ? vma->vm_end : end;

		if (userfaultfd_wp(vma))
			continue;
		err = vma_modify_flags(vma, from, to, vma->vm_flags | VM_UFFD_WP, &vma);
	}
	return err;
}

int mm_uffd_unregister(struct mm_struct *mm, uint64_t addr, uint64_t len)
{
	uint64_t end = addr + len;
	struct vm_area_struct *vma;
	int err = validate_range(mm, addr, len);

	if (!err)
		err = find_first(mm, addr, end, &vma);
	if (!err && splits_huge_page(vma, addr))
		err = -EINVAL;
	for (; !err && vma && vma->vm_start < end; vma = vma_next(vma)) {
		uint64_t from = vma->vm_start > addr ? vma->vm_start : addr;
		uint64_t to = vma->vm_end < end ? vma->vm_end : end;

		if (!userfaultfd_wp(vma))
			continue;
		uffd_wp_range(vma, from, to, false);
		err = vma_modify_flags(vma, from, to, vma->vm_flags & ~VM_UFFD_WP, &vma);
	}
	return err;
}

static int writeprotect_range(struct mm_struct *mm, uint64_t addr, uint64_t len, bool wp)
{
	uint64_t end = addr + len;
	struct vm_area_struct *vma;
	int err = validate_range(mm, addr, len);

	if (err)
		return err;
	vma = find_vma_intersection(mm, addr, end);
	if (!vma)
		return -ENOENT;
	if (!mm->machine->profile->uffd_wp_vmas && (vma->vm_start > addr || vma->vm_end < end))
		return -ENOENT;
	for (; vma && vma->vm_start < end; vma = vma_next(vma)) {
		uint64_t from = vma->vm_start > addr ? vma->vm_start : addr;
		uint64_t to = vma->vm_end < end ? vma->vm_end : end;

		if (!userfaultfd_wp(vma))
			return -ENOENT;
		if (splits_huge_page(vma, addr | len))
			return -EINVAL;
		uffd_wp_range(vma, from, to, wp);
	}
	return 0;
}

/* There may have been no memory for a table that a marker belongs in. */
int mm_uffd_writeprotect(struct mm_struct *mm, uint64_t addr, uint64_t len, bool wp)
{
	bool before = mm->machine->oom;
	int err;

	mm->machine->oom = false;
	err = writeprotect_range(mm, addr, len, wp);
	if (!err && mm->machine->oom)
		err = -ENOMEM;
	mm->machine->oom |= before;
	return err;
}
