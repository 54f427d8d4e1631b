// SPDX-License-Identifier: GPL-2.0-or-later
/* mmap, munmap and brk (mm/mmap.c; 6.12 on: mm/vma.c). */
#include "mm_internal.h"

#include <sys/mman.h>

void free_pgtables(struct mm_struct *mm, uint64_t start, uint64_t end)
{
	struct vm_area_struct *next = find_vma(mm, start);
	struct vm_area_struct *prev = find_vma_before(mm, start);

	free_pgd_range(mm, start, end, prev ? prev->vm_end : 0, next ? next->vm_start : 0);
}

/* Split so that [start, end) is made of whole VMAs; *@ret_first is the first of them. */
static int gather_vmas(struct mm_struct *mm, struct vm_area_struct *first, uint64_t start,
		       uint64_t end, struct vm_area_struct **ret_first)
{
	struct vm_area_struct *last;
	int err;

	if (start > first->vm_start) {
		if (end < first->vm_end && mm->map_count >= MAX_MAP_COUNT)
			return -ENOMEM;
		err = split_vma(first, start, &first);
		if (err)
			return err;
	}
	last = find_vma(mm, end - 1);
	if (last && last->vm_start < end && last->vm_end > end) {
		err = split_vma(last, end, NULL);
		if (err)
			return err;
	}
	*ret_first = first;
	return 0;
}

/* Every mapping in [start, end), with its notification. */
static void unmap_window(struct mm_struct *mm, struct vm_area_struct *vma, uint64_t start,
			 uint64_t end)
{
	struct mmu_notifier_range range;

	notify_start(mm, &range, MMU_NOTIFY_UNMAP, start, end);
	for (; vma && vma->vm_start < end; vma = vma_next(vma)) {
		uint64_t from = vma->vm_start > start ? vma->vm_start : start;
		uint64_t to = vma->vm_end < end ? vma->vm_end : end;

		if (from < to)
			unmap_page_range(vma, from, to, false);
	}
	notify_end(mm, &range);
}

/* One notification for the whole request, holes included; or, lazily, for its populated runs. */
static void unmap_vmas(struct mm_struct *mm, struct vm_area_struct *first, uint64_t start,
		       uint64_t end)
{
	struct run_iter runs = run_iter_init(mm, start, end);

	if (!mm->machine->design.lazy_unmap) {
		unmap_window(mm, first, start, end);
		return;
	}
	if (mm->machine->profile->unmap_drains)
		lru_add_drain(mm->machine);
	while (run_next(&runs)) {
		while (first->vm_end <= runs.start)
			first = vma_next(first);
		unmap_window(mm, first, runs.start, runs.end);
	}
}

static void unmap_region(struct mm_struct *mm, struct vm_area_struct *first, uint64_t start,
			 uint64_t end)
{
	struct vm_area_struct *vma, *next;
	uint64_t low = first->vm_start, high = first->vm_end;

	unmap_vmas(mm, first, start, end);
	for (vma = first; vma && vma->vm_start < end; vma = next) {
		next = vma_next(vma);
		high = vma->vm_end;
		vma_unlink(vma);
		vma_free(vma);
	}
	free_pgtables(mm, low, high);
}

int do_munmap(struct mm_struct *mm, uint64_t start, uint64_t len)
{
	uint64_t end = start + PAGE_ALIGN(len);
	struct vm_area_struct *vma;
	int err;

	if (!IS_ALIGNED(start, PAGE_SIZE) || start > mm->machine->geo->task_size ||
	    len > mm->machine->geo->task_size - start || end == start)
		return -EINVAL;
	vma = find_vma_intersection(mm, start, end);
	if (!vma)
		return 0;
	err = gather_vmas(mm, vma, start, end, &vma);
	if (err)
		return err;
	unmap_region(mm, vma, start, end);
	return 0;
}

int mm_munmap(struct mm_struct *mm, uint64_t addr, uint64_t len)
{
	return do_munmap(mm, addr, len);
}

static uint32_t mmap_vm_flags(int prot, int flags)
{
	uint32_t vm_flags = VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC | VM_SOFTDIRTY;

	vm_flags |= (prot & PROT_READ ? VM_READ : 0) | (prot & PROT_WRITE ? VM_WRITE : 0) |
		    (prot & PROT_EXEC ? VM_EXEC : 0);
	if (flags & MAP_SHARED)
		vm_flags |= VM_SHARED | VM_MAYSHARE;
	if (flags & MAP_NORESERVE)
		vm_flags |= VM_NORESERVE;
	/* Linux: accountable_mapping() */
	if ((vm_flags & (VM_NORESERVE | VM_SHARED | VM_WRITE)) == VM_WRITE)
		vm_flags |= VM_ACCOUNT;
	return vm_flags;
}

/* The VMA for a range that holds none now; @file's reference goes to it. */
static int insert_vma(struct mm_struct *mm, uint64_t addr, uint64_t end, uint32_t vm_flags,
		      struct mm_file *file, uint64_t pgoff)
{
	struct vm_area_struct *vma = vma_alloc(mm);

	if (!vma)
		return -ENOMEM;
	if (mm->map_count >= MAX_MAP_COUNT) {
		mem_free(vma);
		return -ENOMEM;
	}
	vma->vm_start = addr;
	vma->vm_end = end;
	vma->vm_flags = vm_flags;
	vma->vm_pgoff = pgoff;
	vma->vm_file = file;
	if (file)
		mm_file_get(file);
	vma_link(mm, vma);
	return 0;
}

/* Shared anonymous memory is an object of its own (Linux: shmem_zero_setup()). */
static int insert_shared_anon(struct mm_struct *mm, uint64_t addr, uint64_t end,
			      uint32_t vm_flags)
{
	struct mm_file *file;
	int err = mm_file_create(mm->machine, end - addr, true, &file);

	if (err)
		return err;
	err = insert_vma(mm, addr, end, vm_flags, file, 0);
	mm_file_put(file);
	return err;
}

/* Does the file's own mmap() refuse? The range is unmapped then as if it had been mapped. */
static int call_mmap(struct mm_struct *mm, const struct mm_file *file, uint64_t addr, uint64_t end,
		     uint32_t *vm_flags, uint64_t pgoff)
{
	bool hugetlb = file->kind == MM_FILE_HUGETLB;

	if (file->kind == MM_FILE_CACHE)
		return 0;
	if (hugetlb ? !IS_ALIGNED(pgoff << PAGE_SHIFT, file->page_size) :
		      !dax_mappable(file, addr, end, *vm_flags)) {
		if (hugetlb || mm->machine->profile->failed_map_unmaps)
			notify_pair(mm, MMU_NOTIFY_UNMAP, addr, end);
		return -EINVAL;
	}
	if (hugetlb)
		*vm_flags = (*vm_flags & ~VM_ACCOUNT) | VM_HUGETLB | VM_DONTEXPAND;
	else
		*vm_flags |= VM_HUGEPAGE;
	return 0;
}

static int mmap_region(struct mm_struct *mm, uint64_t addr, uint64_t end, uint32_t vm_flags,
		       struct mm_file *file, uint64_t pgoff)
{
	int err = do_munmap(mm, addr, end - addr);

	if (err && mm->machine->profile->map_unmap_enomem)
		err = -ENOMEM;
	if (!err && file)
		err = call_mmap(mm, file, addr, end, &vm_flags, pgoff);
	if (err)
		return err;
	if (!file && (vm_flags & VM_SHARED))
		return insert_shared_anon(mm, addr, end, vm_flags);
	if (vma_merge_new_range(mm, addr, end, vm_flags, NULL, false, file, pgoff, 0))
		return 0;
	return insert_vma(mm, addr, end, vm_flags, file, pgoff);
}

int mm_mmap(struct mm_struct *mm, uint64_t addr, uint64_t len, int prot, int flags,
	    struct mm_file *file, uint64_t offset)
{
	uint64_t size = PAGE_ALIGN(len);
	uint64_t task_size = mm->machine->geo->task_size;
	uint64_t pgoff = file ? offset >> PAGE_SHIFT : addr >> PAGE_SHIFT;

	if (!len || !IS_ALIGNED(addr | offset, PAGE_SIZE))
		return -EINVAL;
	if (file && file->kind == MM_FILE_HUGETLB) {
		size = (size + file->page_size - 1) & ~(file->page_size - 1);
		if (!IS_ALIGNED(addr, file->page_size))
			return -EINVAL;
	}
	if (!size || size > task_size || addr > task_size - size)
		return -ENOMEM;
	return mmap_region(mm, addr, addr + size, mmap_vm_flags(prot, flags), file, pgoff);
}

int mm_set_heap(struct mm_struct *mm, uint64_t addr)
{
	if (addr >= mm->machine->geo->task_size)
		return -EINVAL;
	mm->start_brk = addr;
	mm->brk = addr;
	return 0;
}

int mm_brk(struct mm_struct *mm, uint64_t addr)
{
	uint64_t newbrk = PAGE_ALIGN(addr), oldbrk = PAGE_ALIGN(mm->brk);
	uint32_t flags = mmap_vm_flags(PROT_READ | PROT_WRITE, MAP_PRIVATE);
	uint64_t pgoff = oldbrk >> PAGE_SHIFT;
	int err = 0;

	if (!mm->start_brk || addr < mm->start_brk || addr > mm->machine->geo->task_size)
		return -ENOMEM;
	if (newbrk < oldbrk) {
		if (!find_vma_intersection(mm, newbrk, oldbrk))
			return -ENOMEM;
		err = do_munmap(mm, newbrk, oldbrk - newbrk);
	} else if (newbrk > oldbrk) {
		if (find_vma_intersection(mm, oldbrk, newbrk + PAGE_SIZE))
			return -ENOMEM;
		if (!vma_merge_new_range(mm, oldbrk, newbrk, flags, NULL, false, NULL, pgoff,
					 0))
			err = insert_vma(mm, oldbrk, newbrk, flags, NULL, pgoff);
	}
	if (!err)
		mm->brk = addr;
	return err;
}
