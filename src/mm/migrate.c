// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Moving pages between nodes (mm/migrate.c). A moved folio is taken out of every VMA that maps it
 * and put back; the model lets it keep its frame number.
 */
#include "mm_internal.h"

unsigned int page_node(const struct machine *m, uint64_t pfn)
{
	if (!pfn_has_record(pfn) || pfn_is_gigantic(pfn))
		return 0;
	return page_is_large(m, pfn) ? pfn_folio(m, pfn)->node : pfn_page(m, pfn)->node;
}

void page_set_node(struct machine *m, uint64_t pfn, unsigned int node)
{
	uint64_t nr = UINT64_C(1) << folio_order(m, pfn), i;

	if (nr == HPAGE_PMD_NR)
		pfn_folio(m, pfn)->node = node;
	for (i = 0; nr < HPAGE_PMD_NR && i < nr; i++)
		pfn_page(m, (pfn & ~(nr - 1)) + i)->node = node;
}

bool migrate_shared(struct vm_area_struct *vma, uint64_t addr, uint64_t pfn)
{
	struct machine *m = vma->vm_mm->machine;
	uint64_t index;

	if (pfn_is_gigantic(pfn) || (vma->vm_flags & VM_HUGETLB))
		return pfn_folio(m, pfn)->entire_mapcount != 1;
	if (!folio_order(m, pfn))
		return pfn_page(m, pfn)->mapcount != 1;
	index = linear_page_index(vma, addr) - (pfn - folio_head(m, pfn));
	if (!(page_flags(m, pfn) & PG_ANON))
		return file_folio_shared(vma, pfn, index);
	return folio_shared(vma->vm_mm, pfn, index);
}

/* Is the huge anonymous page mapped by PTEs? Then it is in part unmapped while it moves. */
static bool pte_mapped(const struct machine *m, uint64_t pfn)
{
	return page_is_large(m, pfn) && (pfn_folio(m, pfn)->flags & PG_ANON) &&
	       pfn_folio(m, pfn)->nr_mapped;
}

int migrate_list_add(struct machine *m, struct migrate_list *list, uint64_t addr, uint64_t pfn)
{
	int err = mem_grow(&list->at, &list->cap, list->nr + 1, sizeof(list->at[0]));

	if (err) {
		m->oom = true;
		return err;
	}
	list->at[list->nr++] = (struct migrate_at){ addr, pfn };
	if (folio_order(m, pfn))
		*folio_flags(m, pfn) |= PG_ISOLATED;
	return 0;
}

bool migrate_isolated(const struct machine *m, uint64_t pfn)
{
	return folio_order(m, pfn) && (*folio_flags(m, pfn) & PG_ISOLATED);
}

static void put_back(struct machine *m, const struct migrate_list *list)
{
	size_t i;

	for (i = 0; i < list->nr; i++)
		if (folio_order(m, list->at[i].pfn))
			*folio_flags(m, list->at[i].pfn) &= ~PG_ISOLATED;
}

void migrate_list_free(struct machine *m, struct migrate_list *list)
{
	put_back(m, list);
	mem_free(list->at);
}

/* The pages of a huge folio that was split, the first one last. */
static int add_split(struct mm_struct *mm, const struct migrate_at *at, struct migrate_list *list)
{
	uint64_t head = at->pfn & ~(uint64_t)(HPAGE_PMD_NR - 1), i;
	uint64_t base = at->addr - ((at->pfn - head) << PAGE_SHIFT);
	int err = split_huge_page(find_vma(mm, at->addr), at->addr, at->pfn);

	for (i = 1; i <= HPAGE_PMD_NR && !err; i++) {
		uint64_t nr = i % HPAGE_PMD_NR, addr = base + (nr << PAGE_SHIFT);
		pte_t *pte = pt_lookup(mm, addr, PT_LEVEL_PTE, NULL);

		if (pte && pte_present(*pte) && pte_pfn(*pte) == head + nr)
			err = migrate_list_add(mm->machine, list, addr, head + nr);
	}
	return err;
}

/* Where to, when @node is MIGRATE_BY_POLICY? */
static int migrate_one(struct mm_struct *mm, const struct migrate_at *at, int node)
{
	struct vm_area_struct *vma = find_vma(mm, at->addr);
	struct machine *m = mm->machine;
	int err = rmap_walk_clear(vma, at->addr, at->pfn, false);

	if (!err && !page_pinned(m, at->pfn) && !pfn_is_gigantic(at->pfn))
		page_set_node(m, at->pfn, node == MIGRATE_BY_POLICY ?
						migration_node(vma, at->addr, at->pfn) :
						(unsigned int)node);
	return err;
}

static int migrate_small(struct mm_struct *mm, struct migrate_list *list, int node)
{
	size_t i;
	int err = 0;

	for (i = 0; i < list->nr && !err; i++)
		err = migrate_one(mm, &list->at[i], node);
	list->nr = 0;
	return err;
}

static bool in_hugetlb(struct mm_struct *mm, const struct migrate_at *at)
{
	return find_vma(mm, at->addr)->vm_flags & VM_HUGETLB;
}

/*
 * One folio that is none of hugetlb. A huge one that has lost pages is split instead (6.12), and
 * its pages are added to @split; one mapped by PTEs loses pages while it moves.
 */
static int migrate_folio(struct mm_struct *mm, const struct migrate_at *at, int node,
			 struct migrate_list *split)
{
	struct machine *m = mm->machine;

	if (m->profile->split_to_zeropage && pte_mapped(m, at->pfn) && !page_pinned(m, at->pfn)) {
		if (pfn_folio(m, at->pfn)->flags & PG_PARTIAL)
			return add_split(mm, at, split);
		pfn_folio(m, at->pfn)->flags |= PG_PARTIAL;
	}
	return migrate_one(mm, at, node);
}

/* Linux: NR_MAX_MIGRATE_PAGES_RETRY, and how many of these a batch gets first (6.3 on) */
#define MIGRATE_TRIES 10u
#define MIGRATE_BATCH_TRIES 3u

enum { PINNED_ANON = 1, PINNED_OBJECT = 2, PINNED_HUGETLB = 4 };

static int pinned_kind(struct mm_struct *mm, const struct migrate_at *at)
{
	if (!page_pinned(mm->machine, at->pfn))
		return 0;
	if (in_hugetlb(mm, at))
		return PINNED_HUGETLB;
	return *folio_flags(mm->machine, at->pfn) & PG_ANON ? PINNED_ANON : PINNED_OBJECT;
}

/* What is pinned and one of @kinds is taken out and put back: all of it, @rounds times in turn. */
static int retry(struct mm_struct *mm, const struct migrate_at *at, size_t nr, int node, int kinds,
		 unsigned int rounds)
{
	size_t n;
	int err = 0;

	while (rounds--)
		for (n = 0; n < nr && !err; n++)
			if (pinned_kind(mm, &at[n]) & kinds)
				err = migrate_one(mm, &at[n], node);
	return err;
}

static int retry_each(struct mm_struct *mm, const struct migrate_at *at, size_t nr, int node,
		      int kind, unsigned int rounds)
{
	int err = 0;

	for (; nr-- && !err; at++)
		err = retry(mm, at, 1, node, kind, rounds);
	return err;
}

/* From 6.3 on a page of an object stays out for all tries of a batch, and then for the others. */
static int retry_batch(struct mm_struct *mm, const struct migrate_at *at, size_t nr, int node)
{
	int err;

	for (; nr && !page_pinned(mm->machine, at->pfn); nr--)
		at++;
	if (!mm->machine->profile->split_to_zeropage)
		return retry(mm, at, nr, node, PINNED_ANON | PINNED_OBJECT, MIGRATE_TRIES - 1);
	err = retry(mm, at, nr, node, PINNED_ANON, MIGRATE_BATCH_TRIES - 1);
	if (!err)
		err = retry_each(mm, at, nr, node, PINNED_ANON,
				 MIGRATE_TRIES - MIGRATE_BATCH_TRIES);
	return err ? err : retry_each(mm, at, nr, node, PINNED_OBJECT, 1);
}

static int run_hugetlb(struct mm_struct *mm, struct migrate_list *list, int node)
{
	int err = 0;
	size_t i;

	for (i = 0; i < list->nr && !err; i++)
		if (in_hugetlb(mm, &list->at[i]))
			err = migrate_one(mm, &list->at[i], node);
	return err ? err : retry(mm, list->at, list->nr, node, PINNED_HUGETLB, MIGRATE_TRIES - 1);
}

/* Linux: NR_MAX_BATCHED_MIGRATION pages; what was split goes before the next batch. */
static int run_batches(struct mm_struct *mm, struct migrate_list *list, int node)
{
	struct migrate_list split = { .nr = 0 };
	size_t i, from = 0, nr_pages = 0;
	int err = 0;

	for (i = 0; i < list->nr && !err; i++) {
		const struct migrate_at *at = &list->at[i];
		bool last = i + 1 == list->nr;

		if (!in_hugetlb(mm, at)) {
			nr_pages += UINT64_C(1) << folio_order(mm->machine, at->pfn);
			err = migrate_folio(mm, at, node, &split);
		}
		if (err || (nr_pages < HPAGE_PMD_NR && !last))
			continue;
		err = migrate_small(mm, &split, node);
		if (!err)
			err = retry_batch(mm, &list->at[from], i + 1 - from, node);
		from = i + 1;
		nr_pages = 0;
	}
	mem_free(split.at);
	return err;
}

int migrate_list_run(struct mm_struct *mm, struct migrate_list *list, int node)
{
	size_t i;
	int err;

	put_back(mm->machine, list);
	err = run_hugetlb(mm, list, node);
	if (!err)
		err = run_batches(mm, list, node);
	for (i = 0; i < list->nr && !err; i++)
		if (page_pinned(mm->machine, list->at[i].pfn))
			err = 1;
	list->nr = 0;
	return err;
}

/* Linux: add_page_for_migration(). Return: 1 when it waits to be moved. */
static int add_page(struct mm_struct *mm, uint64_t addr, unsigned int node,
		    struct migrate_list *list)
{
	struct vm_area_struct *vma = find_vma(mm, addr);
	struct machine *m = mm->machine;
	unsigned int level;
	pte_t *entry;
	uint64_t pfn;
	int err;

	if (!vma || vma->vm_start > addr || vma_is_dax(vma) || (vma->vm_flags & VM_MIXEDMAP))
		return -EFAULT;
	entry = pt_lookup(mm, addr, PT_LEVEL_PTE, &level);
	if (!entry || !pte_present(*entry) || pfn_is_zero(pte_pfn(*entry)))
		return -ENOENT;
	if (m->profile->moves_by_page && pte_protnone(*entry))
		return -ENOENT;
	pfn = pte_pfn(*entry);
	if (pfn_is_gigantic(pfn))
		return 0;
	if (level == PT_LEVEL_PMD)
		pfn += (addr & ~PMD_MASK) >> PAGE_SHIFT;
	if (page_node(m, pfn) == node)
		return 0;
	if (migrate_shared(vma, addr, pfn))
		return -EACCES;
	if ((vma->vm_flags & VM_HUGETLB) && m->profile->moves_by_page && (addr & ~PMD_MASK))
		return -EACCES;
	if (migrate_isolated(m, pfn))
		return -EBUSY;
	err = migrate_list_add(m, list, level == PT_LEVEL_PMD ? addr & PMD_MASK : addr,
			       level == PT_LEVEL_PMD ? pte_pfn(*entry) : pfn);
	return err ? err : 1;
}

int mm_move_pages(struct mm_struct *mm, uint64_t addr, uint64_t len, unsigned int node)
{
	struct migrate_list list = { .nr = 0 };
	uint64_t end = addr + len;
	int ret = 0, err = 0, left = 0;

	if (node >= MM_NODES)
		return -ENODEV;
	mm->machine->nr_emptied++;
	lru_add_drain(mm->machine);
	/* whatever does not wait lets go what does; what stays where it is ends the call */
	for (addr &= PAGE_MASK; addr < end && !left; addr += PAGE_SIZE) {
		err = add_page(mm, addr, node, &list);
		if (err > 0)
			continue;
		if (err && err != -ENOENT && err != -EFAULT && !ret)
			ret = err;
		left = err == -ENOMEM ? err : migrate_list_run(mm, &list, node);
	}
	if (!left)
		left = migrate_list_run(mm, &list, node);
	migrate_list_free(mm->machine, &list);
	return left < 0 ? left : ret;
}
