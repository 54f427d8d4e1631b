// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Splitting and merging VMAs (Linux 6.1: mm/mmap.c:vma_merge(), __vma_adjust(); 6.12: mm/vma.c).
 *
 * Every boundary that moves inside a VMA is told about by vma_adjust_trans_huge() before it moves;
 * a VMA that only grows, or disappears into a neighbour, moves no boundary inside another.
 */
#include "mm_internal.h"

void vma_adjust_trans_huge(struct vm_area_struct *vma, uint64_t addr)
{
	struct mm_struct *mm = vma->vm_mm;
	uint64_t block = addr & PMD_MASK;
	pte_t *pud;
	pte_t *pmd;

	if (vma->vm_flags & VM_HUGETLB) {
		hugetlb_split(vma, addr);
		return;
	}
	if (!mm->machine->profile->split_notifies || IS_ALIGNED(addr, PMD_SIZE))
		return;
	if (block < vma->vm_start || block + PMD_SIZE > vma->vm_end)
		return;
	/* Linux: mm_find_pmd(): the PUD must be there, the PMD need not be */
	pud = pt_lookup(mm, addr, PT_LEVEL_PUD, NULL);
	if (!pud || pte_none(*pud))
		return;
	if (!pte_table(*pud, PT_LEVEL_PUD)) {
		notify_pair(mm, MMU_NOTIFY_CLEAR, block, block + PMD_SIZE);
		return;
	}
	pmd = pt_lookup(mm, addr, PT_LEVEL_PMD, NULL);
	assert(pmd);
	__split_huge_pmd(vma, pmd, block);
}

/*
 * Linux: is_mergeable_anon_vma(). @anon_vma and @chained belong to the range that moves, @tgt is
 * the VMA that would take it over.
 */
static bool is_mergeable_anon_vma(const struct machine *m, const struct anon_vma *anon_vma,
				  bool chained, const struct vm_area_struct *tgt)
{
	if (m->profile->merge_unfaulted && anon_vma && !tgt->anon_vma)
		return !chained;
	if (!anon_vma && tgt->anon_vma)
		return !tgt->anon_chained;
	return anon_vma == tgt->anon_vma;
}

struct merge_range {
	uint64_t start;
	uint64_t end;
	uint64_t pgoff;
	uint32_t flags;
	uint8_t policy;
	bool anon_chained;
	struct anon_vma *anon_vma;
	struct mm_file *file;
};

static bool is_mergeable_vma(const struct vm_area_struct *vma, const struct merge_range *range)
{
	return !((vma->vm_flags ^ range->flags) & ~VM_SOFTDIRTY) && vma->vm_file == range->file &&
	       vma->vm_policy == range->policy &&
	       !(range->flags & VM_SPECIAL) && !(range->flags & VM_HUGETLB);
}

static bool can_merge_left(const struct vm_area_struct *prev, const struct merge_range *range)
{
	return prev && prev->vm_end == range->start && is_mergeable_vma(prev, range) &&
	       is_mergeable_anon_vma(prev->vm_mm->machine, range->anon_vma, range->anon_chained,
				     prev) &&
	       prev->vm_pgoff + vma_pages(prev) == range->pgoff;
}

static bool can_merge_right(const struct vm_area_struct *next, const struct merge_range *range)
{
	return next && next->vm_start == range->end && is_mergeable_vma(next, range) &&
	       is_mergeable_anon_vma(next->vm_mm->machine, range->anon_vma, range->anon_chained,
				     next) &&
	       range->pgoff + ((range->end - range->start) >> PAGE_SHIFT) == next->vm_pgoff;
}

/* Both neighbours match the range; do they match each other? */
static bool can_merge_both(const struct vm_area_struct *prev, const struct vm_area_struct *next)
{
	return !prev->anon_vma || !next->anon_vma || prev->anon_vma == next->anon_vma;
}

/* Linux: dup_anon_vma() */
static void take_anon_vma(struct vm_area_struct *dst, struct anon_vma *anon_vma, bool chained)
{
	if (dst->anon_vma || !anon_vma)
		return;
	dst->anon_vma = anon_vma;
	dst->anon_chained = chained;
	anon_vma_get(anon_vma);
}

static void remove_vma(struct vm_area_struct *vma)
{
	vma_unlink(vma);
	vma_free(vma);
}

int split_vma(struct vm_area_struct *vma, uint64_t addr, struct vm_area_struct **ret_upper)
{
	struct mm_struct *mm = vma->vm_mm;
	struct vm_area_struct *upper;

	assert(addr > vma->vm_start && addr < vma->vm_end);
	if (!vma_may_split(vma, addr))
		return -EINVAL;
	if (mm->map_count >= MAX_MAP_COUNT)
		return -ENOMEM;
	upper = vma_dup(vma);
	if (!upper)
		return -ENOMEM;
	vma_adjust_trans_huge(vma, addr);
	vma_set_start(upper, addr);
	vma->vm_end = addr;
	vma_link(mm, upper);
	vma_reinsert(vma);
	/* which is the new one shows only in what the NUMA scanner remembers of the old one */
	if (ret_upper) {
		upper->numab = vma->numab;
		vma->numab = (struct numab_state){ 0 };
		*ret_upper = upper;
	}
	return 0;
}

/* The neighbours of an existing @vma take over [range->start, range->end) of it; NULL if not. */
static struct vm_area_struct *vma_merge_existing(struct vm_area_struct *vma,
						 const struct merge_range *range)
{
	struct vm_area_struct *prev = NULL, *next = NULL;
	bool left, right;

	if (range->start == vma->vm_start)
		prev = vma_prev(vma);
	if (range->end == vma->vm_end)
		next = vma_next(vma);
	left = can_merge_left(prev, range);
	right = can_merge_right(next, range);
	if (left && right && !can_merge_both(prev, next))
		right = false;
	if (left) {
		take_anon_vma(prev, vma->anon_vma, vma->anon_chained);
		if (right)
			take_anon_vma(prev, next->anon_vma, next->anon_chained);
		if (range->end < vma->vm_end) {
			vma_adjust_trans_huge(vma, range->end);
			prev->vm_end = range->end;
			vma_set_start(vma, range->end);
			vma_reinsert(prev);
			vma_reinsert(vma);
			return prev;
		}
		prev->vm_end = right ? next->vm_end : range->end;
		vma_reinsert(prev);
		remove_vma(vma);
		if (right)
			remove_vma(next);
		vma_relink_file(prev);
		return prev;
	}
	if (!right)
		return NULL;
	take_anon_vma(next, vma->anon_vma, vma->anon_chained);
	if (range->start > vma->vm_start) {
		vma_adjust_trans_huge(vma, range->start);
		vma->vm_end = range->start;
		vma_reinsert(vma);
	} else {
		/* the key of next moves below: out with the old VMA first */
		remove_vma(vma);
	}
	vma_set_start(next, range->start);
	vma_reinsert(next);
	return next;
}

static int vma_modify(struct vm_area_struct *vma, uint64_t start, uint64_t end, uint32_t newflags,
		      uint8_t policy, struct vm_area_struct **ret_vma)
{
	struct merge_range range = {
		.start = start,
		.end = end,
		.pgoff = linear_page_index(vma, start),
		.flags = newflags,
		.policy = policy,
		.anon_vma = vma->anon_vma,
		.anon_chained = vma->anon_chained,
		.file = vma->vm_file,
	};
	struct vm_area_struct *merged = vma_merge_existing(vma, &range);
	int err;

	if (merged) {
		merged->vm_flags |= newflags & VM_SOFTDIRTY;
		*ret_vma = merged;
		return 0;
	}
	if (start > vma->vm_start) {
		err = split_vma(vma, start, &vma);
		if (err)
			return err;
	}
	if (end < vma->vm_end) {
		err = split_vma(vma, end, NULL);
		if (err)
			return err;
	}
	vma->vm_flags = newflags;
	vma->vm_policy = policy;
	*ret_vma = vma;
	return 0;
}

int vma_modify_flags(struct vm_area_struct *vma, uint64_t start, uint64_t end, uint32_t newflags,
		     struct vm_area_struct **ret_vma)
{
	return vma_modify(vma, start, end, newflags, vma->vm_policy, ret_vma);
}

int vma_modify_policy(struct vm_area_struct *vma, uint64_t start, uint64_t end, uint8_t policy,
		      struct vm_area_struct **ret_vma)
{
	return vma_modify(vma, start, end, vma->vm_flags, policy, ret_vma);
}

/*
 * A range with no VMA in it joins its neighbours, but for @except; to 6.1 it joins none where that
 * is one it could have joined.
 */
static struct vm_area_struct *merge_new(struct mm_struct *mm, const struct merge_range *range,
					const struct vm_area_struct *except)
{
	struct vm_area_struct *next = find_vma(mm, range->start);
	struct vm_area_struct *prev = find_vma_before(mm, range->start);
	bool left = can_merge_left(prev, range), right = can_merge_right(next, range);

	if (except && mm->machine->profile->dontunmap_joins_none &&
	    ((left && prev == except) || (right && next == except)))
		return NULL;
	left = left && prev != except;
	right = right && next != except;
	if (left && right && !can_merge_both(prev, next))
		right = false;
	if (left) {
		take_anon_vma(prev, range->anon_vma, range->anon_chained);
		prev->vm_flags |= range->flags & VM_SOFTDIRTY;
		vma_reinsert(prev);
		prev->vm_end = range->end;
		if (right) {
			take_anon_vma(prev, next->anon_vma, next->anon_chained);
			prev->vm_end = next->vm_end;
			remove_vma(next);
		}
		vma_relink_file(prev);
		return prev;
	}
	if (!right)
		return NULL;
	take_anon_vma(next, range->anon_vma, range->anon_chained);
	next->vm_flags |= range->flags & VM_SOFTDIRTY;
	vma_reinsert(next);
	vma_set_start(next, range->start);
	vma_relink_file(next);
	return next;
}

struct vm_area_struct *vma_merge_new_range(struct mm_struct *mm, uint64_t start, uint64_t end,
					   uint32_t flags, struct anon_vma *anon_vma,
					   bool anon_chained, struct mm_file *file, uint64_t pgoff,
					   uint8_t policy)
{
	const struct merge_range range = {
		.start = start,
		.end = end,
		.pgoff = pgoff,
		.flags = flags,
		.policy = policy,
		.anon_vma = anon_vma,
		.anon_chained = anon_chained,
		.file = file,
	};

	return merge_new(mm, &range, NULL);
}

struct vm_area_struct *vma_merge_copy(const struct vm_area_struct *vma, uint64_t start,
				      uint64_t end, uint64_t pgoff, bool stays)
{
	const struct merge_range range = {
		.start = start,
		.end = end,
		.pgoff = pgoff,
		.flags = vma->vm_flags,
		.policy = vma->vm_policy,
		.anon_vma = vma->anon_vma,
		.anon_chained = vma->anon_chained,
		.file = vma->vm_file,
	};

	return merge_new(vma->vm_mm, &range, stays ? vma : NULL);
}
