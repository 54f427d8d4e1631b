// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The end of file pages: truncation and holes, and what every mapping of them is told
 * (mm/memory.c:unmap_mapping_range(), mm/shmem.c, fs/hugetlbfs/inode.c).
 */
#include "mm_internal.h"

#include <stdlib.h>

static int by_offset(const void *a, const void *b)
{
	const struct mapping *x = a, *y = b;

	if (x->vma->vm_pgoff != y->vma->vm_pgoff)
		return x->vma->vm_pgoff < y->vma->vm_pgoff ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

/* Where the pages [@first, @last) are in @vma; false when nowhere. */
static bool pages_in_vma(struct mapping *at, uint64_t first, uint64_t last)
{
	const struct vm_area_struct *vma = at->vma;
	uint64_t from = first > vma->vm_pgoff ? first - vma->vm_pgoff : 0;
	uint64_t to = last > vma->vm_pgoff ? last - vma->vm_pgoff : 0;

	if (to > vma_pages(vma))
		to = vma_pages(vma);
	if (from >= to)
		return false;
	at->start = vma->vm_start + (from << PAGE_SHIFT);
	at->end = vma->vm_start + (to << PAGE_SHIFT);
	return true;
}

int find_mappings(struct mm_file *file, uint64_t first, uint64_t last,
		  struct mappings *ret_mappings)
{
	struct mappings found = { .nr = 0 };
	struct mapping at = { .order = 0 };

	TAILQ_FOREACH (at.vma, &file->i_mmap, i_mmap) {
		at.order++;
		if (!pages_in_vma(&at, first, last))
			continue;
		if (mem_grow(&found.at, &found.cap, found.nr + 1, sizeof(found.at[0]))) {
			file->machine->oom = true;
			mem_free(found.at);
			return -ENOMEM;
		}
		found.at[found.nr++] = at;
	}
	if (found.nr)
		qsort(found.at, found.nr, sizeof(found.at[0]), by_offset);
	*ret_mappings = found;
	return 0;
}

/* Without @even_cows what a process has changed for itself stays, and in hugetlbfs uffd-wp's markers. */
static void unmap_mapping(const struct mapping *at, bool even_cows)
{
	struct mm_struct *mm = at->vma->vm_mm;
	uint64_t from = at->start, to = at->end;
	struct mmu_notifier_range range;

	if (!(at->vma->vm_flags & VM_HUGETLB)) {
		zap_notified(at->vma, MMU_NOTIFY_CLEAR, from, to,
			     even_cows ? 0 : ZAP_KEEP_COWS);
		return;
	}
	if (mm->machine->profile->hugetlb_unmap_notifies) {
		hugetlb_unmap(at->vma, at->start, at->end, !even_cows);
		return;
	}
	adjust_range_if_pmd_sharing_possible(at->vma, &from, &to);
	notify_start(mm, &range, MMU_NOTIFY_CLEAR, from, to);
	hugetlb_unmap(at->vma, at->start, at->end, !even_cows);
	notify_end(mm, &range);
}

/* The pages [@first, @last) go away from every VMA that maps them. */
static int unmap_mapping_pages(struct mm_file *file, uint64_t first, uint64_t last,
			       bool even_cows)
{
	struct mappings found;
	size_t i;
	int err = find_mappings(file, first, last, &found);

	if (err)
		return err;
	for (i = 0; i < found.nr; i++)
		unmap_mapping(&found.at[i], even_cows);
	mem_free(found.at);
	return 0;
}

/* Whole huge pages only; one round. */
static int hugetlb_remove(struct mm_file *file, uint64_t first, uint64_t last, bool even_cows)
{
	uint64_t pages = file->page_size >> PAGE_SHIFT;
	int err;

	first = (first + pages - 1) & ~(pages - 1);
	last &= ~(pages - 1);
	if (first >= last)
		return 0;
	err = unmap_mapping_pages(file, first, last, even_cows);
	if (!err)
		filemap_truncate(file, first / pages, last / pages);
	return err;
}

/* Where the folio of page @index begins, and where it ends. */
static uint64_t folio_at(const struct mm_file *file, uint64_t index, uint64_t *ret_end)
{
	uint64_t pfn = filemap_find(file, index), base;

	base = index - (pfn - folio_head(file->machine, pfn));
	*ret_end = base + (UINT64_C(1) << folio_order(file->machine, pfn));
	return base;
}

/*
 * The folio of page @index, unless all of it lies in the bytes from @start to the pages from @last:
 * it is dirty, and gets a boundary at either end (Linux: truncate_inode_partial_folio()). -EAGAIN
 * when it has to stay as it is.
 */
static int truncate_partial_folio(struct mm_file *file, uint64_t index, uint64_t start,
				  uint64_t last)
{
	uint64_t pfn = filemap_find(file, index), base, end;
	int err;

	if (!pfn)
		return 0;
	base = folio_at(file, index, &end);
	if (start <= base << PAGE_SHIFT && last >= end)
		return 0;
	page_set_dirty(file->machine, pfn);
	err = split_file_folio_at(file, start >> PAGE_SHIFT > base ? start >> PAGE_SHIFT : base);
	return !err && last < end ? split_file_folio_at(file, last) : err;
}

/* Forget the pages; what the range covers of a folio is first made folios of its own. */
static int shmem_undo_range(struct mm_file *file, uint64_t start, uint64_t last)
{
	uint64_t first = PAGE_ALIGN(start) >> PAGE_SHIFT, to = last, end;
	int err = truncate_partial_folio(file, start >> PAGE_SHIFT, start, last);

	if (err == -EAGAIN)
		(void)folio_at(file, start >> PAGE_SHIFT, &first);
	if (!err || err == -EAGAIN)
		err = truncate_partial_folio(file, last - 1, start, last);
	if (err == -EAGAIN)
		to = folio_at(file, last - 1, &end);
	else if (err)
		return err;
	filemap_truncate(file, first, to);
	return 0;
}

int madvise_remove(struct vm_area_struct *vma, uint64_t start, uint64_t end)
{
	uint64_t first = linear_page_index(vma, start);
	uint64_t last = first + ((end - start) >> PAGE_SHIFT);
	int err;

	if (vma_is_anonymous(vma))
		return -EINVAL;
	if ((vma->vm_flags & (VM_SHARED | VM_MAYWRITE)) != (VM_SHARED | VM_MAYWRITE))
		return -EACCES;
	if (vma_is_dax(vma))
		return -ENODEV;
	if (vma->vm_flags & VM_HUGETLB)
		return hugetlb_remove(vma->vm_file, first, last, false);
	err = unmap_mapping_pages(vma->vm_file, first, last, false);
	return err ? err : shmem_undo_range(vma->vm_file, first << PAGE_SHIFT, last);
}

/*
 * Before the pages go, and after it for those that were faulted in meanwhile; not at all when the
 * last page stays.
 */
static int shmem_truncate(struct mm_file *file, uint64_t old, uint64_t size)
{
	uint64_t hole = PAGE_ALIGN(size) >> PAGE_SHIFT, end = UINT64_MAX >> PAGE_SHIFT;
	bool unmap = old > PAGE_ALIGN(size);
	int err = unmap ? unmap_mapping_pages(file, hole, end, true) : 0;

	if (!err)
		err = shmem_undo_range(file, size, end);
	if (!err && unmap)
		err = unmap_mapping_pages(file, hole, end, true);
	return err;
}

int mm_truncate(struct mm_file *file, uint64_t size)
{
	uint64_t old = file->size;

	if (file->kind == MM_FILE_DAX)
		return -EINVAL;
	if (file->kind == MM_FILE_HUGETLB && !IS_ALIGNED(size, file->page_size))
		return -EINVAL;
	file->size = size;
	if (file->kind == MM_FILE_HUGETLB)
		return hugetlb_remove(file, size >> PAGE_SHIFT, UINT64_MAX >> PAGE_SHIFT,
				      true);
	return size <= old ? shmem_truncate(file, old, size) : 0;
}

bool vma_may_split(const struct vm_area_struct *vma, uint64_t addr)
{
	return !vma->vm_file || IS_ALIGNED(addr, vma->vm_file->page_size);
}
