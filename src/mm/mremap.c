// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mremap (mm/mremap.c). A move notifies the old place twice: once around the move of the page
 * tables, and once more when the old range, by then empty, is unmapped.
 */
#include "mm_internal.h"

#include <sys/mman.h>

struct pagetable_move {
	struct vm_area_struct *old;
	struct vm_area_struct *new;
	struct mm_struct *mm;
	struct machine *m;
	uint64_t old_addr;
	uint64_t new_addr;
	uint64_t old_end;
};

/* Bytes up to the next boundary of @level on either side, or to the end. */
static uint64_t get_extent(const struct pagetable_move *move, unsigned int level)
{
	uint64_t size = pt_size(move->m->geo, level);
	uint64_t extent = size - (move->old_addr & (size - 1));
	uint64_t other = size - (move->new_addr & (size - 1));

	if (extent > move->old_end - move->old_addr)
		extent = move->old_end - move->old_addr;
	return extent < other ? extent : other;
}

/* The new place is not registered with userfaultfd. */
static pte_t moved_pte(const struct pagetable_move *move, pte_t pte)
{
	if (userfaultfd_wp(move->old))
		pte = pte_is_marker(pte) ? (pte_t){ 0 } : pte_clear(pte, _PAGE_UFFD_WP);
	return pte_present(pte) ? pte_set(pte, _PAGE_SOFT_DIRTY) : pte;
}

static int move_ptes(struct pagetable_move *move, pte_t *old_pmd, uint64_t extent)
{
	struct machine *m = move->m;
	pte_t *from = pt_table(m, *old_pmd);
	pte_t *to;
	uint64_t off;
	int err = pt_walk_alloc(move->mm, move->new_addr, PT_LEVEL_PTE, &to);

	if (err)
		return err;
	from += pt_index(m->geo, PT_LEVEL_PTE, move->old_addr);
	pt_info(m, to)->maybe_shared |= pt_info(m, from)->maybe_shared;
	for (off = 0; off < extent; off += PAGE_SIZE, from++, to++) {
		pte_t pte = *from;

		if (pte_none(pte))
			continue;
		before_change(move->mm, move->old_addr + off, move->old_addr + off + PAGE_SIZE);
		pt_set(m, from, (pte_t){ 0 });
		pt_set(m, to, moved_pte(move, pte));
		m->stat.changed++;
	}
	return 0;
}

/* A whole entry of @level goes over, table and all; false when the new place is taken. */
static bool move_entry(struct pagetable_move *move, pte_t *old, unsigned int level, int *err)
{
	pte_t *new, entry = *old;

	*err = 0;
	if (userfaultfd_wp(move->old) && !pte_leaf(entry, level))
		return false;
	*err = pt_walk_alloc(move->mm, move->new_addr, level, &new);
	if (*err || !pte_none(*new))
		return false;
	before_change(move->mm, move->old_addr, move->old_addr + pt_size(move->m->geo, level));
	pt_set(move->m, old, (pte_t){ 0 });
	if (pte_leaf(entry, level))
		entry = moved_pte(move, entry);
	pt_set(move->m, new, entry);
	move->m->stat.changed++;
	return true;
}

/* No kernel moves the 1 GiB leaf of a device: "bad pud", and the new place faults it in again. */
static void drop_pud_leaf(struct pagetable_move *move, pte_t *pud)
{
	uint64_t start = move->old_addr & PUD_MASK;

	before_change(move->mm, start, start + PUD_SIZE);
	pt_set(move->m, pud, (pte_t){ 0 });
	move->m->stat.changed++;
}

/* One step; *@ret_extent is how far it got. */
static int move_step(struct pagetable_move *move, uint64_t *ret_extent)
{
	pte_t *pud = pt_lookup(move->mm, move->old_addr, PT_LEVEL_PUD, NULL);
	pte_t *pmd, *new;
	int err = 0;

	*ret_extent = get_extent(move, PT_LEVEL_PUD);
	if (!pud || pte_none(*pud))
		return 0;
	if (pte_leaf(*pud, PT_LEVEL_PUD)) {
		drop_pud_leaf(move, pud);
		return 0;
	}
	if (*ret_extent == PUD_SIZE && move_entry(move, pud, PT_LEVEL_PUD, &err))
		return 0;
	if (err)
		return err;
	*ret_extent = get_extent(move, PT_LEVEL_PMD);
	pmd = pt_lookup(move->mm, move->old_addr, PT_LEVEL_PMD, NULL);
	if (!pmd || pte_none(*pmd))
		return 0;
	/* the new place gets its table, even if nothing is left to move after a split */
	err = pt_walk_alloc(move->mm, move->new_addr, PT_LEVEL_PMD, &new);
	if (err)
		return err;
	if (*ret_extent == PMD_SIZE && move_entry(move, pmd, PT_LEVEL_PMD, &err))
		return 0;
	if (err)
		return err;
	if (pte_leaf(*pmd, PT_LEVEL_PMD))
		__split_huge_pmd(move->old, pmd, move->old_addr);
	return pte_table(*pmd, PT_LEVEL_PMD) ? move_ptes(move, pmd, *ret_extent) : 0;
}

static bool can_align_down(const struct vm_area_struct *vma, uint64_t addr)
{
	return vma->vm_start == addr &&
	       !find_vma_intersection(vma->vm_mm, addr & PMD_MASK, vma->vm_start);
}

/* Linux 6.7 on: start at the PMD boundary below, where nothing else is mapped. */
static void try_realign_addr(struct pagetable_move *move)
{
	uint64_t offset = move->old_addr & ~PMD_MASK;

	if (!move->m->profile->mremap_realign || !offset ||
	    offset != (move->new_addr & ~PMD_MASK) ||
	    move->old_end - move->old_addr < PMD_SIZE - offset)
		return;
	if (!can_align_down(move->old, move->old_addr) ||
	    !can_align_down(move->new, move->new_addr))
		return;
	move->old_addr -= offset;
	move->new_addr -= offset;
}

static int move_page_tables(struct vm_area_struct *old, uint64_t old_addr,
			    struct vm_area_struct *new, uint64_t new_addr, uint64_t len)
{
	struct pagetable_move move = {
		.old = old,
		.new = new,
		.mm = old->vm_mm,
		.m = old->vm_mm->machine,
		.old_addr = old_addr,
		.new_addr = new_addr,
		.old_end = old_addr + len,
	};
	struct run_iter runs;
	struct mmu_notifier_range range;
	int err = 0;

	if (!len)
		return 0;
	if (old->vm_flags & VM_HUGETLB)
		return hugetlb_move_page_tables(old, old_addr, new_addr, len);
	try_realign_addr(&move);
	runs = run_iter_init(move.mm, move.old_addr, move.old_end);
	if (move.m->design.lazy_unmap && !run_next(&runs))
		return 0;
	notify_start(move.mm, &range, MMU_NOTIFY_UNMAP, move.old_addr, move.old_end);
	while (move.old_addr < move.old_end && !err) {
		uint64_t extent;

		err = move_step(&move, &extent);
		move.old_addr += extent;
		move.new_addr += extent;
	}
	notify_end(move.mm, &range);
	return err;
}

/* Linux: copy_vma(); may merge with neighbours, with the source itself too. */
static struct vm_area_struct *copy_vma(struct vm_area_struct *vma, uint64_t old_addr,
				       uint64_t new_addr, uint64_t len, bool stays)
{
	struct mm_struct *mm = vma->vm_mm;
	uint64_t pgoff = linear_page_index(vma, old_addr);
	struct vm_area_struct *new;

	if (vma_is_anonymous(vma) && !vma->anon_vma)
		pgoff = new_addr >> PAGE_SHIFT;
	new = vma_merge_copy(vma, new_addr, new_addr + len, pgoff, stays);
	if (new)
		return new;
	new = vma_dup(vma);
	if (!new)
		return NULL;
	new->vm_start = new_addr;
	new->vm_end = new_addr + len;
	new->vm_pgoff = pgoff;
	vma_link(mm, new);
	return new;
}

static void dont_unmap(struct mm_struct *mm, struct vm_area_struct *new, uint64_t addr,
		       uint64_t len)
{
	struct vm_area_struct *vma = find_vma(mm, addr);

	if (vma == new || vma->vm_start != addr || vma->vm_end != addr + len || !vma->anon_vma)
		return;
	anon_vma_put(vma->anon_vma);
	vma->anon_vma = NULL;
	vma->anon_chained = false;
	/* as one that was never faulted */
	if (vma_is_anonymous(vma))
		vma->vm_pgoff = vma->vm_start >> PAGE_SHIFT;
}

static int move_vma(struct vm_area_struct *vma, uint64_t addr, uint64_t old_len, uint64_t new_len,
		    uint64_t new_addr, int flags)
{
	struct mm_struct *mm = vma->vm_mm;
	struct vm_area_struct *new;
	int err;

	if (mm->map_count >= MAX_MAP_COUNT - 3)
		return -ENOMEM;
	if (!vma_may_split(vma, addr) || !vma_may_split(vma, addr + old_len))
		return -EINVAL;
	/* what ksmd has merged does not move */
	if ((vma->vm_flags & VM_MERGEABLE) && vma->anon_vma) {
		err = unmerge_ksm_pages(vma, addr, addr + old_len);
		if (err)
			return err;
	}
	new = copy_vma(vma, addr, new_addr, new_len, flags & MREMAP_DONTUNMAP);
	if (!new)
		return -ENOMEM;
	err = move_page_tables(find_vma(mm, addr), addr, new, new_addr, old_len);
	if (err)
		return err;
	new->vm_flags &= ~VM_UFFD_WP;
	if (!old_len)
		return 0; /* one more mapping of shared memory: nothing to take away */
	if (flags & MREMAP_DONTUNMAP) {
		dont_unmap(mm, new, addr, old_len);
		return 0;
	}
	return do_munmap(mm, addr, old_len);
}

/* Linux: vma_to_resize(), check_prep_vma() */
static int check_resize(const struct vm_area_struct *vma, uint64_t addr, uint64_t old_len,
			uint64_t new_len, int flags)
{
	if (!vma || vma->vm_start > addr)
		return -EFAULT;
	if (!old_len && !(vma->vm_flags & (VM_SHARED | VM_MAYSHARE)))
		return -EINVAL;
	if ((flags & MREMAP_DONTUNMAP) && (vma->vm_flags & VM_DONTEXPAND))
		return -EINVAL;
	if (old_len > vma->vm_end - addr)
		return -EFAULT;
	if (new_len > old_len && (vma->vm_flags & VM_DONTEXPAND))
		return -EFAULT;
	return 0;
}

static int mremap_to(struct mm_struct *mm, uint64_t addr, uint64_t old_len, uint64_t new_len,
		     uint64_t new_addr, int flags)
{
	struct vm_area_struct *vma;
	int err;

	if (flags & MREMAP_FIXED) {
		err = do_munmap(mm, new_addr, new_len);
		if (err)
			return err;
	}
	if (old_len > new_len) {
		err = do_munmap(mm, addr + new_len, old_len - new_len);
		if (err)
			return err;
		old_len = new_len;
	}
	vma = find_vma(mm, addr);
	err = check_resize(vma, addr, old_len, new_len, flags);
	if (err)
		return err;
	return move_vma(vma, addr, old_len, new_len, new_addr, flags);
}

/* Whole huge pages, and no more of them than before. */
static int check_hugetlb(const struct vm_area_struct *vma, uint64_t addr, uint64_t new_addr,
			 uint64_t *old_len, uint64_t *new_len)
{
	uint64_t mask;

	if (!vma || vma->vm_start > addr || !(vma->vm_flags & VM_HUGETLB))
		return 0;
	mask = huge_page_size(vma) - 1;
	*old_len = (*old_len + mask) & ~mask;
	*new_len = (*new_len + mask) & ~mask;
	return (addr & mask) || (new_addr & mask) || *new_len > *old_len ? -EINVAL : 0;
}

/* Linux 6.17 on: a pure move takes every VMA of the range along, with the gaps between them. */
static int remap_move(struct mm_struct *mm, uint64_t addr, uint64_t len, uint64_t new_addr,
		      int flags)
{
	uint64_t end = addr + len, at = addr;
	struct vm_area_struct *vma = find_vma(mm, addr);

	if (!vma || vma->vm_start > addr)
		return -EFAULT;
	for (; vma && vma->vm_start < end; vma = find_vma(mm, at)) {
		uint64_t from = vma->vm_start > addr ? vma->vm_start : addr;
		uint64_t to = vma->vm_end < end ? vma->vm_end : end;
		uint64_t old_len = to - from, new_len = old_len;
		int err;

		/* a device places its mappings itself */
		if (vma_is_dax(vma) && (at > addr || vma->vm_end < end))
			return -EFAULT;
		/* what userfaultfd watches moves on its own only */
		if (userfaultfd_wp(vma) && (to < end || from > addr))
			return -EFAULT;
		err = check_hugetlb(vma, from, new_addr + (from - addr), &old_len, &new_len);
		if (!err)
			err = check_resize(vma, from, to - from, to - from, flags);
		if (!err)
			err = mremap_to(mm, from, old_len, new_len, new_addr + (from - addr),
					flags);
		if (err)
			return err;
		at = to;
		if (at >= end)
			break;
	}
	return 0;
}

static int expand_in_place(struct vm_area_struct *vma, uint64_t delta)
{
	struct mm_struct *mm = vma->vm_mm;
	uint64_t start = vma->vm_end, end = start + delta;

	if (end < start || end > mm->machine->geo->task_size ||
	    find_vma_intersection(mm, start, end))
		return -ENOMEM;
	if (!vma_merge_new_range(mm, start, end, vma->vm_flags, vma->anon_vma, vma->anon_chained,
				 vma->vm_file, vma->vm_pgoff + vma_pages(vma),
				 vma->vm_policy))
		return -ENOMEM;
	return 0;
}

static int resize_in_place(struct vm_area_struct *vma, uint64_t addr, uint64_t old_len,
			   uint64_t new_len)
{
	int err;

	if (new_len == old_len)
		return 0;
	if (new_len < old_len)
		return do_munmap(vma->vm_mm, addr + new_len, old_len - new_len);
	err = check_resize(vma, addr, old_len, new_len, 0);
	if (err)
		return err;
	if (old_len != vma->vm_end - addr)
		return -ENOMEM;
	return expand_in_place(vma, new_len - old_len);
}

int mm_mremap(struct mm_struct *mm, uint64_t addr, uint64_t old_len, uint64_t new_len, int flags,
	      uint64_t new_addr)
{
	uint64_t task_size = mm->machine->geo->task_size;
	struct vm_area_struct *vma;
	int err;

	if ((flags & MREMAP_DONTUNMAP) && old_len != new_len)
		return -EINVAL;
	if (!IS_ALIGNED(addr, PAGE_SIZE))
		return -EINVAL;
	old_len = PAGE_ALIGN(old_len);
	new_len = PAGE_ALIGN(new_len);
	if (!new_len)
		return -EINVAL;
	vma = find_vma(mm, addr);
	if (!(flags & MREMAP_FIXED)) {
		if (!vma || vma->vm_start > addr)
			return -EFAULT;
		err = check_hugetlb(vma, addr, 0, &old_len, &new_len);
		if (err)
			return err;
		return resize_in_place(vma, addr, old_len, new_len);
	}
	if (!mm->machine->profile->mremap_multi_vma && (!vma || vma->vm_start > addr))
		return -EFAULT;
	if (!mm->machine->profile->mremap_multi_vma) {
		err = check_hugetlb(vma, addr, new_addr, &old_len, &new_len);
		if (err)
			return err;
	}
	if (!IS_ALIGNED(new_addr, PAGE_SIZE) || new_len > task_size ||
	    new_addr > task_size - new_len)
		return -EINVAL;
	if (addr + old_len > new_addr && new_addr + new_len > addr)
		return -EINVAL;
	if (mm->machine->profile->mremap_multi_vma) {
		if (old_len == new_len)
			return remap_move(mm, addr, old_len, new_addr, flags);
		err = check_hugetlb(vma, addr, new_addr, &old_len, &new_len);
		if (err)
			return err;
		err = check_resize(vma, addr, old_len < new_len ? old_len : new_len, new_len, flags);
		if (err)
			return err;
	}
	return mremap_to(mm, addr, old_len, new_len, new_addr, flags);
}
