// SPDX-License-Identifier: GPL-2.0-or-later
/* fork: VMAs and, where they cannot be faulted in again, page tables (mm/memory.c). */
#include "mm_internal.h"

struct copy {
	struct vm_area_struct *dst_vma;
	struct vm_area_struct *src_vma;
	struct mm_struct *dst;
	struct mm_struct *src;
	struct machine *m;
	bool cow;
};

/* Both sides of a copy-on-write page lose the right to write; it is exclusive to neither. */
static pte_t copy_pte_entry(struct copy *copy, pte_t *src)
{
	pte_t pte = *src;

	if (copy->cow && pte_write(pte)) {
		pte = pte_wrprotect(pte, copy->m->profile->saved_dirty);
		*src = pte;
	}
	if (copy->src_vma->vm_flags & VM_SHARED)
		pte = pte_mkclean(pte);
	pte = pte_clear(pte, _PAGE_UFFD_WP);
	return pte_mkold(pte);
}

/* Linux: copy_present_page(): what is pinned stays the parent's, the child gets a copy. */
static int copy_pinned(struct copy *copy, pte_t *dst)
{
	struct machine *m = copy->m;
	pgprot_t prot = vm_get_page_prot(copy->dst_vma->vm_flags);
	uint64_t pfn;
	pte_t pte;
	int err = page_alloc(m, PG_ANON | PG_ANON_EXCLUSIVE, &pfn);

	if (err)
		return err;
	lru_add(m, pfn);
	page_get_map(m, pfn);
	pte = pte_mkdirty(pfn_pte(pfn, prot));
	if (copy->dst_vma->vm_flags & VM_WRITE)
		pte = pte_mkwrite(pte, m->profile->saved_dirty);
	pt_set(m, dst, pte);
	return 0;
}

static int copy_pte_range(struct copy *copy, pte_t *table, uint64_t addr, uint64_t end)
{
	struct machine *m = copy->m;
	pte_t *src = table + pt_index(m->geo, PT_LEVEL_PTE, addr);
	pte_t *dst;
	int err;

	err = pt_walk_alloc(copy->dst, addr, PT_LEVEL_PTE, &dst);
	if (err)
		return err;
	pt_info(m, table)->maybe_shared = true;
	pt_info(m, dst)->maybe_shared = true;
	for (; addr < end; addr += PAGE_SIZE, src++, dst++) {
		uint64_t pfn;

		if (!pte_present(*src))
			continue;
		if (copy->cow && page_pinned(m, pte_pfn(*src)) &&
		    (page_flags(m, pte_pfn(*src)) & PG_ANON_EXCLUSIVE)) {
			err = copy_pinned(copy, dst);
			if (err)
				return err;
			continue;
		}
		if (copy->cow && pte_write(*src))
			before_change(copy->src, addr, addr + PAGE_SIZE);
		pfn = pte_pfn(*src);
		if (page_flags(m, pfn) & PG_ANON)
			page_share_anon(copy->src_vma, pfn);
		page_get_map(m, pfn);
		pt_set(m, dst, copy_pte_entry(copy, src));
	}
	return 0;
}

static int copy_huge_pmd(struct copy *copy, pte_t *src, uint64_t addr)
{
	struct machine *m = copy->m;
	uint64_t pfn = pte_pfn(*src);
	pte_t *dst;
	int err;

	if (!vma_is_anonymous(copy->src_vma))
		return 0;
	err = pt_walk_alloc(copy->dst, addr, PT_LEVEL_PMD, &dst);
	if (err)
		return err;
	before_change(copy->src, addr, addr + PMD_SIZE);
	if (!pfn_is_zero(pfn))
		pfn_folio(m, pfn)->flags &= ~PG_ANON_EXCLUSIVE;
	folio_get_map(m, pfn);
	pt_set(m, dst, copy_pte_entry(copy, src));
	return 0;
}

static int copy_range(struct copy *copy, pte_t *table, unsigned int level, uint64_t addr,
		      uint64_t end)
{
	uint64_t next;
	pte_t *dst;
	int err = 0;

	if (level == PT_LEVEL_PTE)
		return copy_pte_range(copy, table, addr, end);
	/* the child gets each table that the parent has, an empty one too */
	if (level < copy->m->geo->levels)
		err = pt_walk_alloc(copy->dst, addr, level, &dst);
	for (; addr < end && !err; addr = next) {
		pte_t *entry = table + pt_index(copy->m->geo, level, addr);

		next = pt_addr_end(copy->m->geo, level, addr, end);
		if (level == PT_LEVEL_PMD && pte_leaf(*entry, level) && copy->cow &&
		    page_pinned(copy->m, pte_pfn(*entry)))
			__split_huge_pmd(copy->src_vma, entry, addr);
		if (level == PT_LEVEL_PMD && pte_leaf(*entry, level))
			err = copy_huge_pmd(copy, entry, addr & PMD_MASK);
		else if (pte_table(*entry, level))
			err = copy_range(copy, pt_table(copy->m, *entry), level - 1, addr, next);
	}
	return err;
}

/* Linux: vma_needs_copy(): what has no anon_vma is left for the child to fault in. */
static int copy_page_range(struct vm_area_struct *dst_vma, struct vm_area_struct *src_vma)
{
	struct mm_struct *src = src_vma->vm_mm;
	struct copy copy = {
		.dst_vma = dst_vma,
		.src_vma = src_vma,
		.dst = dst_vma->vm_mm,
		.src = src,
		.m = src->machine,
		.cow = is_cow_mapping(src_vma->vm_flags),
	};
	struct mmu_notifier_range range;
	int err;

	if (!src_vma->anon_vma && !(src_vma->vm_flags & VM_MIXEDMAP))
		return 0;
	if (src_vma->vm_flags & VM_HUGETLB)
		return hugetlb_copy_page_range(dst_vma, src_vma);
	if (copy.cow)
		notify_start(src, &range, MMU_NOTIFY_PROTECTION_PAGE, src_vma->vm_start,
			     src_vma->vm_end);
	err = copy_range(&copy, pt_top(src), copy.m->geo->levels, src_vma->vm_start,
			 src_vma->vm_end);
	if (copy.cow)
		notify_end(src, &range);
	return err;
}

static int dup_vma(struct mm_struct *child, struct vm_area_struct *vma)
{
	struct vm_area_struct *new = vma_alloc(child);
	int err;

	if (!new)
		return -ENOMEM;
	new->vm_start = vma->vm_start;
	new->vm_end = vma->vm_end;
	new->vm_pgoff = vma->vm_pgoff;
	new->vm_flags = vma->vm_flags & ~VM_UFFD_WP;
	new->vm_policy = vma->vm_policy;
	if (!(vma->vm_flags & VM_WIPEONFORK)) {
		err = anon_vma_fork(new, vma);
		if (err) {
			mem_free(new);
			return err;
		}
	}
	new->vm_file = vma->vm_file;
	if (new->vm_file)
		mm_file_get(new->vm_file);
	vma_link(child, new);
	vma_relink_after(new, vma);
	return vma->vm_flags & VM_WIPEONFORK ? 0 : copy_page_range(new, vma);
}

static int dup_mm(struct mm_struct *mm, struct mm_struct **ret_child)
{
	struct mm_struct *child;
	struct vm_area_struct *vma;
	int err = mm_create(mm->machine, &child);

	if (err)
		return err;
	child->start_brk = mm->start_brk;
	child->brk = mm->brk;
	/* Linux: init_numa_balancing() takes the parent's mm for the child's */
	if (!mm->threaded)
		mm->numa_scan_seq = 0;
	child->numa_scan_seq = mm->numa_scan_seq;
	child->numa_scan_offset = mm->numa_scan_offset;
	if (mm->ksm && ksm_enter(child)) {
		mm_destroy(child);
		return -ENOMEM;
	}
	RB_FOREACH (vma, vma_tree, &mm->vmas) {
		if (vma->vm_flags & VM_DONTCOPY)
			continue;
		err = dup_vma(child, vma);
		if (err) {
			mm->machine->oom = true;
			mm_destroy(child);
			return err;
		}
	}
	*ret_child = child;
	return 0;
}

int mm_fork(struct mm_struct *mm, struct mm_struct **ret_child)
{
	int err = dup_mm(mm, ret_child);

	if (!err)
		lru_fork(mm);
	return err;
}

int mm_forkwait(struct mm_struct *mm)
{
	struct mm_struct *child;
	int err = dup_mm(mm, &child);

	if (err)
		return err;
	lru_fork(mm);
	mm_destroy(child);
	return 0;
}
