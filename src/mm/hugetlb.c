// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory of hugetlbfs: entries of one size, faulted in, protected, moved and unmapped by code of
 * their own (mm/hugetlb.c of Linux 6.1 to 7.2).
 *
 * Where a shared mapping covers whole 1 GiB blocks, their PMD tables may be shared with other
 * processes; a change may then have to give the table back and reaches the whole block. The
 * notifications are as wide as that, shared or not. The tables here are never shared.
 */
#include "mm_internal.h"

uint64_t huge_page_size(const struct vm_area_struct *vma)
{
	return vma->vm_file->page_size;
}

static unsigned int huge_page_level(const struct vm_area_struct *vma)
{
	return huge_page_size(vma) == PUD_SIZE ? PT_LEVEL_PUD : PT_LEVEL_PMD;
}

/* Index in the file, in huge pages (Linux: vma_hugecache_offset()). */
static uint64_t huge_index(const struct vm_area_struct *vma, uint64_t addr)
{
	return linear_page_index(vma, addr) / (huge_page_size(vma) >> PAGE_SHIFT);
}

static uint64_t align_up(uint64_t value, uint64_t size)
{
	return (value + size - 1) & ~(size - 1);
}

static int huge_folio_alloc(const struct vm_area_struct *vma, uint64_t addr, unsigned int flags,
			    uint64_t *ret_pfn)
{
	struct machine *m = vma->vm_mm->machine;
	int err;

	if (huge_page_level(vma) == PT_LEVEL_PUD)
		err = gigantic_alloc(m, flags, ret_pfn);
	else
		err = folio_alloc(m, flags, ret_pfn);
	if (err) {
		m->oom = true;
		return err;
	}
	if (flags & PG_ANON)
		pfn_folio(m, *ret_pfn)->anon_id = vma->anon_vma->id;
	if (!pfn_is_gigantic(*ret_pfn))
		page_set_node(m, *ret_pfn, policy_node(vma, addr, true));
	return 0;
}

static void set_huge_pte(struct vm_area_struct *vma, pte_t *entry, uint64_t pfn, bool write)
{
	struct machine *m = vma->vm_mm->machine;
	pte_t pte = pte_mkhuge(pfn_pte(pfn, vm_get_page_prot(vma->vm_flags)));

	if (write)
		pte = pte_mkwrite(pte_mkdirty(pte), m->profile->saved_dirty);
	folio_get_map(m, pfn);
	pt_set(m, entry, pte);
}

static int hugetlb_copy(struct vm_area_struct *vma, uint64_t addr, pte_t *entry)
{
	struct mm_struct *mm = vma->vm_mm;
	uint64_t size = huge_page_size(vma), start = addr & ~(size - 1);
	struct mmu_notifier_range range;
	uint64_t old = pte_pfn(*entry), pfn;
	int err = anon_vma_prepare(vma);

	if (!err)
		err = huge_folio_alloc(vma, addr, PG_ANON | PG_ANON_EXCLUSIVE, &pfn);
	if (err)
		return err;
	notify_start(mm, &range, MMU_NOTIFY_CLEAR, start, start + size);
	before_change(mm, start, start + size);
	set_huge_pte(vma, entry, pfn, true);
	folio_put_map(mm->machine, old);
	notify_end(mm, &range);
	return 0;
}

/* A write to an entry that does not allow it. What uffd-wp protects stays: see hugetlb_fault(). */
static int hugetlb_wp(struct vm_area_struct *vma, uint64_t addr, pte_t *entry)
{
	struct machine *m = vma->vm_mm->machine;
	uint64_t pfn = pte_pfn(*entry);

	if (!(vma->vm_flags & VM_MAYSHARE)) {
		struct folio *folio = pfn_folio(m, pfn);

		if (!(folio->flags & PG_ANON) || folio->entire_mapcount != 1)
			return hugetlb_copy(vma, addr, entry);
		folio->flags |= PG_ANON_EXCLUSIVE;
	}
	pt_set(m, entry, pte_mkwrite(pte_mkdirty(pte_mkyoung(*entry)), m->profile->saved_dirty));
	return 0;
}

/* A new page: of the file for a shared mapping, anonymous for a private one. */
static int hugetlb_new_page(struct vm_area_struct *vma, uint64_t addr, uint64_t *ret_pfn)
{
	uint64_t index = huge_index(vma, addr);
	bool shared = vma->vm_flags & VM_MAYSHARE;
	struct machine *m = vma->vm_mm->machine;
	int err;

	if (index >= vma->vm_file->size / huge_page_size(vma))
		return -EFAULT;
	if (!shared) {
		err = anon_vma_prepare(vma);
		return err ? err : huge_folio_alloc(vma, addr, PG_ANON | PG_ANON_EXCLUSIVE,
					      ret_pfn);
	}
	err = huge_folio_alloc(vma, addr, PG_CACHE, ret_pfn);
	if (err)
		return err;
	err = filemap_add(vma->vm_file, index, *ret_pfn);
	if (err) {
		page_drop_cache(m, *ret_pfn);
		m->oom = true;
	}
	return err;
}

static pte_t huge_pte_mkuffd_wp(const struct vm_area_struct *vma, pte_t pte)
{
	return pte_set(pte_wrprotect(pte, vma->vm_mm->machine->profile->saved_dirty),
		       _PAGE_UFFD_WP);
}

static int hugetlb_no_page(struct vm_area_struct *vma, uint64_t addr, pte_t *entry, bool write)
{
	uint64_t pfn = filemap_find(vma->vm_file, huge_index(vma, addr));
	bool shared = vma->vm_flags & VM_SHARED, marker = pte_is_marker(*entry);
	int err = pfn ? 0 : hugetlb_new_page(vma, addr, &pfn);

	if (err)
		return err;
	set_huge_pte(vma, entry, pfn, shared && (vma->vm_flags & VM_WRITE));
	if (marker)
		pt_set(vma->vm_mm->machine, entry, huge_pte_mkuffd_wp(vma, *entry));
	return write && !shared && !marker ? hugetlb_wp(vma, addr, entry) : 0;
}

int hugetlb_fault(struct vm_area_struct *vma, uint64_t addr, enum mm_access access)
{
	bool write = access == MM_WRITE;
	pte_t *entry;
	int err = pt_walk_alloc(vma->vm_mm, addr, huge_page_level(vma), &entry);

	if (err)
		return err;
	/* a hint, which hugetlb memory gets from numa_hint alone: its protection comes back */
	if (pte_protnone(*entry)) {
		pt_set(vma->vm_mm->machine, entry,
		       pte_modify(*entry, vm_get_page_prot(vma->vm_flags),
				  vma->vm_mm->machine->profile->saved_dirty));
		return 0;
	}
	if (pte_none(*entry) || pte_is_marker(*entry))
		return hugetlb_no_page(vma, addr, entry, write);
	if (write && !pte_write(*entry) && userfaultfd_pte_wp(vma, *entry))
		return -EFAULT;
	if (write && !pte_write(*entry))
		return hugetlb_wp(vma, addr, entry);
	*entry = pte_mkyoung(*entry);
	return 0;
}

void adjust_range_if_pmd_sharing_possible(const struct vm_area_struct *vma, uint64_t *start,
					  uint64_t *end)
{
	uint64_t low = align_up(vma->vm_start, PUD_SIZE), high = vma->vm_end & PUD_MASK;

	if (!(vma->vm_flags & VM_MAYSHARE) || high <= low || *end <= low || *start >= high)
		return;
	if (*start > low)
		*start &= PUD_MASK;
	if (*end < high)
		*end = align_up(*end, PUD_SIZE);
}

void hugetlb_split(struct vm_area_struct *vma, uint64_t addr)
{
	uint64_t block = addr & PUD_MASK;

	if (!(vma->vm_flags & VM_MAYSHARE) || IS_ALIGNED(addr, PUD_SIZE))
		return;
	if (block >= vma->vm_start && block + PUD_SIZE <= vma->vm_end)
		notify_pair(vma->vm_mm, MMU_NOTIFY_CLEAR, block, block + PUD_SIZE);
}

/*
 * The next entry of [*addr, end) that is not none; *addr is where it starts, @end when there is
 * none. Steps over what has no table.
 */
static pte_t *next_huge_pte(const struct vm_area_struct *vma, uint64_t *addr, uint64_t end)
{
	const struct pt_geometry *geo = vma->vm_mm->machine->geo;
	unsigned int level = huge_page_level(vma);

	while (*addr < end) {
		pte_t *entry = pt_lookup(vma->vm_mm, *addr, level, NULL);

		if (entry && !pte_none(*entry))
			return entry;
		*addr = pt_addr_end(geo, entry ? level : level + 1, *addr, end);
	}
	return NULL;
}

/*
 * The next entry that a change is about. uffd-wp leaves markers where nothing is mapped, and makes
 * the tables for them.
 */
static pte_t *next_changed(const struct vm_area_struct *vma, uint64_t *addr, uint64_t end,
			   unsigned int cp_flags)
{
	pte_t *entry;

	if (!(cp_flags & MM_CP_UFFD_WP))
		return next_huge_pte(vma, addr, end);
	if (*addr >= end)
		return NULL;
	if (!pt_walk_alloc(vma->vm_mm, *addr, huge_page_level(vma), &entry))
		return entry;
	vma->vm_mm->machine->oom = true;
	return NULL;
}

/* Return: false for an entry that maps nothing. */
static bool change_huge_pte(struct vm_area_struct *vma, pte_t *entry, pgprot_t newprot,
			    unsigned int cp_flags)
{
	struct machine *m = vma->vm_mm->machine;

	if (pte_none(*entry) || pte_is_marker(*entry)) {
		if (cp_flags & MM_CP_UFFD_WP)
			pt_set(m, entry, PTE_MARKER);
		else if (cp_flags & MM_CP_UFFD_WP_RESOLVE)
			pt_set(m, entry, (pte_t){ 0 });
		return false;
	}
	*entry = pte_modify(*entry, newprot, m->profile->saved_dirty);
	if (cp_flags & MM_CP_UFFD_WP)
		*entry = huge_pte_mkuffd_wp(vma, *entry);
	else if (cp_flags & MM_CP_UFFD_WP_RESOLVE)
		*entry = pte_clear(*entry, _PAGE_UFFD_WP);
	return true;
}

static uint64_t change_huge_ptes(struct vm_area_struct *vma, uint64_t start, uint64_t end,
				 pgprot_t newprot, unsigned int cp_flags)
{
	uint64_t size = huge_page_size(vma), pages = 0;
	pte_t *entry;

	for (; (entry = next_changed(vma, &start, end, cp_flags)); start += size) {
		before_change(vma->vm_mm, start, start + size);
		if (change_huge_pte(vma, entry, newprot, cp_flags))
			pages += size >> PAGE_SHIFT;
	}
	return pages;
}

static uint64_t change_huge_window(struct vm_area_struct *vma, uint64_t start, uint64_t end,
				   pgprot_t newprot, unsigned int cp_flags)
{
	uint64_t from = start, to = end, pages;
	struct mmu_notifier_range range;

	adjust_range_if_pmd_sharing_possible(vma, &from, &to);
	notify_start(vma->vm_mm, &range, MMU_NOTIFY_PROTECTION_VMA, from, to);
	pages = change_huge_ptes(vma, start, end, newprot, cp_flags);
	notify_end(vma->vm_mm, &range);
	return pages;
}

uint64_t hugetlb_change_protection(struct vm_area_struct *vma, uint64_t start, uint64_t end,
				   pgprot_t newprot, unsigned int cp_flags)
{
	struct run_iter runs = run_iter_init(vma->vm_mm, start, end);
	uint64_t pages = 0;

	/* uffd-wp fills the range with markers: one run */
	if (!vma->vm_mm->machine->design.tight || (cp_flags & MM_CP_UFFD_WP))
		pages = change_huge_window(vma, start, end, newprot, cp_flags);
	else
		while (run_next(&runs))
			pages += change_huge_window(vma, runs.start, runs.end, newprot, cp_flags);
	vma->vm_mm->machine->stat.changed += pages / (huge_page_size(vma) >> PAGE_SHIFT);
	return pages;
}

static void unmap_huge_ptes(struct vm_area_struct *vma, uint64_t start, uint64_t end,
			    bool keep_markers)
{
	struct machine *m = vma->vm_mm->machine;
	uint64_t size = huge_page_size(vma), zapped = 0;
	pte_t *entry;

	for (; (entry = next_huge_pte(vma, &start, end)); start += size) {
		bool present = pte_present(*entry), wp = !present || pte_uffd_wp(*entry);
		uint64_t pfn = pte_pfn(*entry);

		before_change(vma->vm_mm, start, start + size);
		pt_set(m, entry, keep_markers && wp ? PTE_MARKER : (pte_t){ 0 });
		if (!present)
			continue;
		folio_put_map(m, pfn);
		zapped++;
	}
	m->stat.changed += zapped;
	m->stat.tlb_flushes += zapped != 0;
}

/* Linux 6.1: __unmap_hugepage_range() tells of itself, inside what its caller has started. */
void hugetlb_unmap(struct vm_area_struct *vma, uint64_t start, uint64_t end, bool keep_markers)
{
	struct mmu_notifier_range range;
	uint64_t from = start, to = end;

	if (!vma->vm_mm->machine->profile->hugetlb_unmap_notifies) {
		unmap_huge_ptes(vma, start, end, keep_markers);
		return;
	}
	adjust_range_if_pmd_sharing_possible(vma, &from, &to);
	notify_start(vma->vm_mm, &range, MMU_NOTIFY_UNMAP, from, to);
	unmap_huge_ptes(vma, start, end, keep_markers);
	notify_end(vma->vm_mm, &range);
}

/* One entry of the parent for the child. What is pinned stays the parent's, the child gets a copy. */
static int hugetlb_copy_pte(struct vm_area_struct *dst, struct vm_area_struct *src, uint64_t addr,
			    pte_t *from, pte_t *to)
{
	struct machine *m = src->vm_mm->machine;
	bool cow = is_cow_mapping(src->vm_flags);
	uint64_t pfn = pte_pfn(*from);
	int err;

	if (cow && page_pinned(m, pfn) && (pfn_folio(m, pfn)->flags & PG_ANON_EXCLUSIVE)) {
		err = huge_folio_alloc(dst, addr, PG_ANON | PG_ANON_EXCLUSIVE, &pfn);
		if (!err)
			set_huge_pte(dst, to, pfn, dst->vm_flags & VM_WRITE);
		return err;
	}
	if (cow) {
		before_change(src->vm_mm, addr, addr + huge_page_size(src));
		*from = pte_wrprotect(*from, m->profile->saved_dirty);
	}
	pfn_folio(m, pfn)->flags &= ~PG_ANON_EXCLUSIVE;
	folio_get_map(m, pfn);
	pt_set(m, to, pte_clear(*from, _PAGE_UFFD_WP));
	return 0;
}

/*
 * The child gets every table that the parent has, also those without an entry of this memory. No
 * child is registered with userfaultfd.
 */
int hugetlb_copy_page_range(struct vm_area_struct *dst, struct vm_area_struct *src)
{
	const struct pt_geometry *geo = src->vm_mm->machine->geo;
	unsigned int level = huge_page_level(src);
	bool cow = is_cow_mapping(src->vm_flags);
	uint64_t addr = src->vm_start, end = src->vm_end;
	struct mmu_notifier_range range;
	pte_t *from, *to;
	int err = 0;

	if (cow)
		notify_start(src->vm_mm, &range, MMU_NOTIFY_CLEAR, addr, end);
	for (; !err && addr < end; addr = pt_addr_end(geo, from ? level : level + 1, addr, end)) {
		from = pt_lookup(src->vm_mm, addr, level, NULL);
		if (!from)
			continue;
		err = pt_walk_alloc(dst->vm_mm, addr, level, &to);
		if (!err && pte_present(*from))
			err = hugetlb_copy_pte(dst, src, addr, from, to);
	}
	if (cow)
		notify_end(src->vm_mm, &range);
	return err;
}

int hugetlb_move_page_tables(struct vm_area_struct *old, uint64_t old_addr, uint64_t new_addr,
			     uint64_t len)
{
	struct mm_struct *mm = old->vm_mm;
	uint64_t from = old_addr, to = old_addr + len, addr = old_addr;
	uint64_t size = huge_page_size(old);
	struct mmu_notifier_range range;
	pte_t *src, *dst;
	int err = 0;

	adjust_range_if_pmd_sharing_possible(old, &from, &to);
	notify_start(mm, &range, MMU_NOTIFY_CLEAR, from, to);
	for (; (src = next_huge_pte(old, &addr, old_addr + len)); addr += size) {
		pte_t pte = *src;

		err = pt_walk_alloc(mm, new_addr + (addr - old_addr), huge_page_level(old), &dst);
		if (err)
			break;
		/* the new place is not registered with userfaultfd */
		if (userfaultfd_wp(old))
			pte = pte_is_marker(pte) ? (pte_t){ 0 } : pte_clear(pte, _PAGE_UFFD_WP);
		before_change(mm, addr, addr + size);
		pt_set(mm->machine, src, (pte_t){ 0 });
		pt_set(mm->machine, dst, pte);
		mm->machine->stat.changed++;
	}
	notify_end(mm, &range);
	return err;
}
