// SPDX-License-Identifier: GPL-2.0-or-later
/* The faults that accesses take (mm/memory.c of Linux 6.1 to 7.2). */
#include "mm_internal.h"

#define FAULT_AROUND_PAGES 16u

/* The flags of a new small page that a copy of @from, or zeros, is going to be in. */
static unsigned int anon_flags(struct machine *m, uint64_t from)
{
	if (!m->populating || page_has_content(m, from))
		return PG_ANON | PG_ANON_EXCLUSIVE;
	m->zeros = true;
	return PG_ANON | PG_ANON_EXCLUSIVE | PG_ZEROS;
}

static int anon_page_alloc(struct vm_area_struct *vma, uint64_t addr, uint64_t from,
			   uint64_t *ret_pfn)
{
	struct machine *m = vma->vm_mm->machine;
	int err = anon_vma_prepare(vma);

	if (!err)
		err = page_alloc(m, anon_flags(m, from), ret_pfn);
	if (err) {
		m->oom = true;
		return err;
	}
	if (vma_policy(vma, addr, false))
		pfn_page(m, *ret_pfn)->node = policy_node(vma, addr, false);
	lru_add(m, *ret_pfn);
	return 0;
}

/* Linux: maybe_mkwrite(pte_mkdirty()) */
static pte_t mk_written(const struct vm_area_struct *vma, pte_t pte)
{
	pte = pte_mkdirty(pte);
	if (vma->vm_flags & VM_WRITE)
		pte = pte_mkwrite(pte, vma->vm_mm->machine->profile->saved_dirty);
	return pte;
}

static void map_page(struct vm_area_struct *vma, pte_t *ptep, uint64_t pfn, pte_t pte)
{
	struct machine *m = vma->vm_mm->machine;

	page_get_map(m, pfn);
	if (!(page_flags(m, pfn) & PG_ANON_EXCLUSIVE))
		pt_info(m, ptep)->maybe_shared = true;
	pt_set(m, ptep, pte);
}

static int do_anonymous_page(struct vm_area_struct *vma, uint64_t addr, pte_t *ptep, bool write)
{
	pgprot_t prot = vm_get_page_prot(vma->vm_flags);
	uint64_t pfn;
	int err;

	if (!write) {
		map_page(vma, ptep, PFN_ZERO, pte_set(pfn_pte(PFN_ZERO, prot), _PAGE_SPECIAL));
		return 0;
	}
	err = anon_page_alloc(vma, addr, PFN_ZERO, &pfn);
	if (err)
		return err;
	map_page(vma, ptep, pfn, mk_written(vma, pfn_pte(pfn, prot)));
	return 0;
}

/* The folio that has page @index of an object, as a VMA would map it in small pages. */
struct file_folio {
	uint64_t base; /* address of its first page */
	uint64_t pfn;
	uint64_t nr;
};

/* All of the folio of @pfn, whose page @addr is, where the VMA and one table have room for it. */
static bool folio_fits(const struct vm_area_struct *vma, uint64_t addr, uint64_t pfn,
		       struct file_folio *ret_folio)
{
	struct machine *m = vma->vm_mm->machine;
	uint64_t head = folio_head(m, pfn), nr = UINT64_C(1) << folio_order(m, pfn);
	uint64_t before = (pfn - head) << PAGE_SHIFT, base = (addr & PAGE_MASK) - before;

	if (nr == 1 || (addr & PAGE_MASK) - vma->vm_start < before ||
	    vma->vm_end - base < nr << PAGE_SHIFT ||
	    (base ^ (base + (nr << PAGE_SHIFT) - 1)) & PMD_MASK)
		return false;
	*ret_folio = (struct file_folio){ .base = base, .pfn = head, .nr = nr };
	return true;
}

/* What is missing of the folio; @pte is its first page's entry. */
static void map_missing(struct vm_area_struct *vma, const struct file_folio *folio, pte_t *pte)
{
	pgprot_t prot = vm_get_page_prot(vma->vm_flags);
	uint64_t i;

	for (i = 0; i < folio->nr; i++)
		if (pte_none(pte[i]))
			map_page(vma, &pte[i], folio->pfn + i, pfn_pte(folio->pfn + i, prot));
}

/*
 * Linux: do_fault_around(): what the file has in memory near @addr is mapped at once: 16 pages from
 * a multiple of 64K on, or from the start of the VMA or page table if that is later, to where these
 * end at most; 6.18 on (filemap_map_folio_range()): and all of a large folio that is among them.
 */
static void do_fault_around(struct vm_area_struct *vma, uint64_t addr, pte_t *ptep)
{
	bool around = vma->vm_mm->machine->profile->around_maps_folio;
	pgprot_t prot = vm_get_page_prot(vma->vm_flags);
	uint64_t at = addr & ~(FAULT_AROUND_PAGES * PAGE_SIZE - 1);
	uint64_t end = (addr & PMD_MASK) + PMD_SIZE;

	if (userfaultfd_wp(vma))
		return;
	if (at < vma->vm_start)
		at = vma->vm_start;
	if (end > at + FAULT_AROUND_PAGES * PAGE_SIZE)
		end = at + FAULT_AROUND_PAGES * PAGE_SIZE;
	if (end > vma->vm_end)
		end = vma->vm_end;
	for (; at < end; at += PAGE_SIZE) {
		pte_t *p = ptep + ((int64_t)(at - (addr & PAGE_MASK)) >> PAGE_SHIFT);
		uint64_t index = linear_page_index(vma, at);
		uint64_t pfn = filemap_find(vma->vm_file, index);
		struct file_folio folio;

		if (!pfn || index >= PAGE_ALIGN(vma->vm_file->size) >> PAGE_SHIFT)
			continue;
		if (around && folio_fits(vma, at, pfn, &folio)) {
			map_missing(vma, &folio, p - ((at - folio.base) >> PAGE_SHIFT));
			at = folio.base + ((folio.nr - 1) << PAGE_SHIFT);
		} else if (pte_none(*p)) {
			map_page(vma, p, pfn, pfn_pte(pfn, prot));
		}
	}
}

/* A private copy of a file page that was not mapped yet: no notification. */
static int do_cow_fault(struct vm_area_struct *vma, uint64_t addr, pte_t *ptep)
{
	uint64_t pfn, cached;
	int err = anon_page_alloc(vma, addr, PFN_ZERO, &pfn);

	if (err)
		return err;
	err = file_fault_page(vma, addr, &cached);
	if (!err && page_has_content(vma->vm_mm->machine, cached))
		page_written(vma->vm_mm->machine, pfn);
	page_get_map(vma->vm_mm->machine, pfn);
	if (err) {
		page_put_map(vma->vm_mm->machine, pfn);
		return err;
	}
	pt_set(vma->vm_mm->machine, ptep,
	       mk_written(vma, pfn_pte(pfn, vm_get_page_prot(vma->vm_flags))));
	return 0;
}

static bool file_ends_before(const struct vm_area_struct *vma, uint64_t addr)
{
	return linear_page_index(vma, addr) >= PAGE_ALIGN(vma->vm_file->size) >> PAGE_SHIFT;
}

static pte_t file_pte(const struct vm_area_struct *vma, uint64_t pfn, bool write)
{
	pte_t pte = pfn_pte(pfn, vm_get_page_prot(vma->vm_flags));

	return write ? mk_written(vma, pte) : pte;
}

/*
 * All of a large folio at once where the VMA and one table have room for it and nothing is there yet
 * (Linux 6.12: finish_fault()).
 */
static bool map_folio(struct vm_area_struct *vma, uint64_t addr, pte_t *ptep, uint64_t pfn,
		      bool write)
{
	struct file_folio folio;
	pte_t *pte;
	uint64_t i;

	if (!vma->vm_mm->machine->profile->maps_folio || userfaultfd_wp(vma) ||
	    !folio_fits(vma, addr, pfn, &folio))
		return false;
	pte = ptep - (pfn - folio.pfn);
	for (i = 0; i < folio.nr; i++)
		if (!pte_none(pte[i]))
			return false;
	for (i = 0; i < folio.nr; i++)
		map_page(vma, &pte[i], folio.pfn + i, file_pte(vma, folio.pfn + i, write));
	return true;
}

static int do_fault(struct vm_area_struct *vma, uint64_t addr, pte_t *ptep, bool write)
{
	uint64_t pfn;
	bool fresh;
	int err;

	if (file_ends_before(vma, addr))
		return write && !(vma->vm_flags & VM_SHARED) && anon_vma_prepare(vma) ? -ENOMEM :
										       -EFAULT;
	if (write && !(vma->vm_flags & VM_SHARED))
		return do_cow_fault(vma, addr, ptep);
	if (!write) {
		do_fault_around(vma, addr, ptep);
		if (!pte_none(*ptep))
			return 0;
	}
	fresh = vma->vm_file->nr_policies && !filemap_find(vma->vm_file, linear_page_index(vma, addr));
	err = file_fault_page(vma, addr, &pfn);
	if (err)
		return err;
	if (fresh)
		page_set_node(vma->vm_mm->machine, pfn,
			      policy_node(vma, addr, page_is_large(vma->vm_mm->machine, pfn)));
	if (!map_folio(vma, addr, ptep, pfn, write))
		map_page(vma, ptep, pfn, file_pte(vma, pfn, write));
	return 0;
}

static void wp_page_reuse(struct vm_area_struct *vma, pte_t *ptep)
{
	pt_set(vma->vm_mm->machine, ptep, mk_written(vma, pte_mkyoung(*ptep)));
}

static int wp_page_copy(struct vm_area_struct *vma, uint64_t addr, pte_t *ptep)
{
	struct mm_struct *mm = vma->vm_mm;
	struct mmu_notifier_range range;
	uint64_t old = pte_pfn(*ptep);
	uint64_t page = addr & PAGE_MASK;
	uint64_t pfn;
	int err = anon_page_alloc(vma, addr, old, &pfn);

	if (err)
		return err;
	notify_start(mm, &range, MMU_NOTIFY_CLEAR, page, page + PAGE_SIZE);
	before_change(mm, page, page + PAGE_SIZE);
	page_get_map(mm->machine, pfn);
	pt_set(mm->machine, ptep,
	       mk_written(vma, pfn_pte(pfn, vm_get_page_prot(vma->vm_flags))));
	if (mm->machine->profile->change_pte && mm_has_notifiers(&mm->notifier))
		mmu_notifier_change_pte(&mm->notifier, page, pfn);
	page_put_map(mm->machine, old);
	notify_end(mm, &range);
	return 0;
}

int break_cow(struct vm_area_struct *vma, uint64_t addr)
{
	pte_t *pte = pt_lookup(vma->vm_mm, addr, PT_LEVEL_PTE, NULL);
	struct machine *m = vma->vm_mm->machine;
	int err;

	if (!pte)
		return -EFAULT;
	m->populating = true;
	err = wp_page_copy(vma, addr, pte);
	m->populating = false;
	return err;
}

static int do_wp_page(struct vm_area_struct *vma, uint64_t addr, pte_t *ptep)
{
	struct machine *m = vma->vm_mm->machine;
	uint64_t pfn = pte_pfn(*ptep);

	if (vma->vm_flags & VM_SHARED) {
		wp_page_reuse(vma, ptep);
		return 0;
	}
	if (!page_can_reuse(vma->vm_mm, pfn, linear_page_index(vma, addr)))
		return wp_page_copy(vma, addr, ptep);
	page_set_exclusive(m, pfn, true);
	wp_page_reuse(vma, ptep);
	return 0;
}

static bool exclusive(const struct machine *m, pte_t pte, unsigned int level)
{
	uint64_t pfn = pte_pfn(pte);
	unsigned int flags;

	if (!pfn_has_record(pfn))
		return false;
	flags = level == PT_LEVEL_PMD ? pfn_folio(m, pfn)->flags : page_flags(m, pfn);
	return (flags & PG_ANON) && (flags & PG_ANON_EXCLUSIVE);
}

/* A NUMA hint that is touched: the entry gets its protection back, silently. */
static void do_numa_page(struct vm_area_struct *vma, pte_t *ptep, unsigned int level)
{
	bool saved_dirty = vma->vm_mm->machine->profile->saved_dirty;
	pte_t pte = pte_modify(*ptep, vm_get_page_prot(vma->vm_flags), saved_dirty);

	/* what nobody shares was writable before (6.1: pte_savedwrite(); later can_change_pte_writable) */
	if ((vma->vm_flags & VM_WRITE) && !(vma->vm_flags & VM_SHARED) && pte_soft_dirty(pte) &&
	    !userfaultfd_pte_wp(vma, pte) && exclusive(vma->vm_mm->machine, pte, level))
		pte = pte_mkwrite(pte, saved_dirty);
	vma->numab.accessed[1] = true;
	pt_set(vma->vm_mm->machine, ptep, pte_mkyoung(pte));
}

/* What is mapped in the place of a marker is write-protected at once. */
static int do_marker_fault(struct vm_area_struct *vma, uint64_t addr, pte_t *ptep, bool write)
{
	struct machine *m = vma->vm_mm->machine;
	int err = 0;

	pt_set(m, ptep, (pte_t){ 0 });
	if (!userfaultfd_wp(vma))
		return 0;
	err = do_fault(vma, addr, ptep, write);
	if (err)
		pt_set(m, ptep, PTE_MARKER);
	else
		pt_set(m, ptep,
		       pte_set(pte_wrprotect(*ptep, m->profile->saved_dirty), _PAGE_UFFD_WP));
	return err;
}

int handle_pte_fault(struct vm_area_struct *vma, uint64_t addr, pte_t *ptep,
		     enum mm_access access)
{
	bool write = access == MM_WRITE;

	if (pte_none(*ptep)) {
		if (vma_is_anonymous(vma))
			return do_anonymous_page(vma, addr, ptep, write);
		if (vma_is_dax(vma))
			return dax_fault(vma, addr, access);
		return do_fault(vma, addr, ptep, write);
	}
	if (pte_is_marker(*ptep))
		return do_marker_fault(vma, addr, ptep, write);
	if (pte_protnone(*ptep)) {
		do_numa_page(vma, ptep, PT_LEVEL_PTE);
		return 0;
	}
	if (write && !pte_write(*ptep) && userfaultfd_pte_wp(vma, *ptep))
		return -EFAULT;
	if (write && !pte_write(*ptep))
		return do_wp_page(vma, addr, ptep);
	return 0;
}

static int handle_pmd_fault(struct vm_area_struct *vma, uint64_t addr, pte_t *pmd,
			    enum mm_access access)
{
	if (pte_protnone(*pmd)) {
		do_numa_page(vma, pmd, PT_LEVEL_PMD);
		return 0;
	}
	if (access == MM_WRITE && !pte_write(*pmd) && userfaultfd_pte_wp(vma, *pmd))
		return -EFAULT;
	if (access == MM_WRITE && !pte_write(*pmd))
		return do_huge_pmd_wp_page(vma, addr, pmd);
	return 0;
}

int handle_mm_fault(struct vm_area_struct *vma, uint64_t addr, enum mm_access access)
{
	struct mm_struct *mm = vma->vm_mm;
	pte_t *entry;
	bool done = false;
	int err;

	mm->machine->stat.pgfault++;
	if (vma->vm_flags & VM_HUGETLB)
		return hugetlb_fault(vma, addr, access);
	if (vma_is_dax(vma))
		return dax_fault(vma, addr, access);
	err = pt_walk_alloc(mm, addr, PT_LEVEL_PMD, &entry);
	if (err)
		return err;
	if (pte_none(*entry) && vma_is_anonymous(vma) && thp_vma_allowed(vma, addr)) {
		err = do_huge_pmd_anonymous_page(vma, addr, access == MM_WRITE, &done);
		if (err || done)
			return err;
	}
	if (pte_leaf(*entry, PT_LEVEL_PMD)) {
		err = handle_pmd_fault(vma, addr, entry, access);
		if (err || pte_leaf(*entry, PT_LEVEL_PMD))
			return err;
	}
	/* the table of a file's page comes with the page */
	if (!vma_is_anonymous(vma) && pte_none(*entry)) {
		if (file_ends_before(vma, addr))
			return do_fault(vma, addr, NULL, access == MM_WRITE);
		err = do_set_pmd(vma, addr, access == MM_WRITE, &done);
		if (err || done)
			return err;
	}
	err = pt_walk_alloc(mm, addr, PT_LEVEL_PTE, &entry);
	if (err)
		return err;
	return handle_pte_fault(vma, addr, entry, access);
}

/* @model in each of the @nr entries, with frames that nobody ever had; how many there were. */
static uint64_t fill_fresh(struct machine *m, pte_t *pte, uint64_t nr, pte_t model)
{
	uint64_t pfn, i;

	nr = page_alloc_run(m, anon_flags(m, PFN_ZERO), nr, &pfn);
	for (i = 0; i < nr; i++) {
		pfn_page(m, pfn + i)->mapcount = 1;
		pte[i].val = model.val | (pfn + i) << PAGE_SHIFT;
	}
	if (nr)
		lru_add_run(m, pfn, nr);
	return nr;
}

/* The same with frames that were freed, as far as they go. */
static uint64_t fill_from_free(struct machine *m, pte_t *pte, uint64_t nr, pte_t model)
{
	unsigned int flags = anon_flags(m, PFN_ZERO);
	uint64_t pfn, i;

	for (i = 0; i < nr && m->free_page; i++) {
		if (page_alloc(m, flags, &pfn))
			break;
		pfn_page(m, pfn)->mapcount = 1;
		pte[i].val = model.val | pfn << PAGE_SHIFT;
		lru_add(m, pfn);
	}
	return i;
}

int64_t fault_anon_run(struct vm_area_struct *vma, pte_t *pte, uint64_t nr)
{
	struct machine *m = vma->vm_mm->machine;
	struct pt_info *info = pt_info(m, pte);
	unsigned int first = ((uintptr_t)pte & (PT_TABLE_BYTES - 1)) / sizeof(*pte);
	pte_t model = mk_written(vma, pfn_pte(0, vm_get_page_prot(vma->vm_flags)));
	uint64_t n = 0;

	while (n < nr && pte_none(pte[n]))
		n++;
	if (anon_vma_prepare(vma))
		return -ENOMEM;
	n = m->free_page ? fill_from_free(m, pte, n, model) : fill_fresh(m, pte, n, model);
	if (!n) {
		m->oom = true;
		return -ENOMEM;
	}
	pt_info_use(info, first);
	info->used += n - 1;
	if (first + n - 1 > info->last)
		info->last = first + n - 1;
	m->stat.pgfault += n;
	return n;
}
