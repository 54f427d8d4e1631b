// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Frames and their records. A frame is held by the entries that map it, by the file that caches
 * it and by a pin; it is free when none is left. Freed frames are reused last in, first out.
 */
#include "mm_internal.h"

#include <string.h>

int page_init(struct machine *m)
{
	int err;

	m->max_pages = PFN_SMALL_MAX;
	m->max_folios = PFN_HUGE_MAX;
	err = region_reserve_most(&m->pages, sizeof(struct page), &m->max_pages);
	if (!err)
		err = region_reserve_most(&m->folios, sizeof(struct folio), &m->max_folios);
	if (!err)
		err = region_reserve_most(&m->subpages, HPAGE_PMD_NR * sizeof(struct page),
					  &m->max_folios);
	if (!err)
		err = region_reserve_most(&m->anon_ids, sizeof(uint32_t), &m->max_pages);
	if (!err)
		err = region_reserve(&m->gigantic, PFN_GIGANTIC_MAX * sizeof(struct folio));
	return err;
}

void page_exit(struct machine *m)
{
	region_release(&m->pages);
	region_release(&m->folios);
	region_release(&m->subpages);
	region_release(&m->anon_ids);
	region_release(&m->gigantic);
}

static int page_oom(struct machine *m)
{
	m->oom = true;
	return -ENOMEM;
}

int page_alloc(struct machine *m, unsigned int flags, uint64_t *ret_pfn)
{
	struct page *pages = m->pages.base;
	uint64_t index;

	if (mem_fail_now())
		return page_oom(m);
	if (m->free_page) {
		index = m->free_page - 1;
		m->free_page = pages[index].mapcount;
	} else {
		if (m->next_page >= m->max_pages - 1) {
			mem_refuse((m->max_pages + 1) * sizeof(*pages));
			return page_oom(m);
		}
		index = m->next_page++;
		region_used(&m->pages, index * sizeof(*pages));
	}
	pages[index] = (struct page){ .flags = flags };
	m->live_pages++;
	*ret_pfn = PFN_SMALL_BASE + index;
	return 0;
}

uint64_t page_alloc_run(struct machine *m, unsigned int flags, uint64_t nr, uint64_t *ret_pfn)
{
	struct page *pages = m->pages.base;
	uint64_t i;

	if (m->free_page)
		return page_alloc(m, flags, ret_pfn) ? 0 : 1;
	if (mem_fail_now())
		return 0;
	if (nr > m->max_pages - 1 - m->next_page)
		nr = m->max_pages - 1 - m->next_page;
	if (!nr)
		mem_refuse((m->max_pages + 1) * sizeof(*pages));
	*ret_pfn = PFN_SMALL_BASE + m->next_page;
	region_used(&m->pages, m->next_page * sizeof(*pages));
	for (i = m->next_page; i < m->next_page + nr; i++)
		pages[i] = (struct page){ .flags = flags };
	m->next_page += nr;
	m->live_pages += nr;
	return nr;
}

static void page_free(struct machine *m, uint64_t pfn)
{
	struct page *page = pfn_page(m, pfn);

	assert(!page->mapcount && !(page->flags & PG_FREE));
	page->flags = PG_FREE;
	page->mapcount = m->free_page;
	m->free_page = pfn - PFN_SMALL_BASE + 1;
	m->live_pages--;
}

static void gigantic_free(struct machine *m, uint64_t pfn)
{
	struct folio *folio = pfn_folio(m, pfn);

	memset(folio, 0, sizeof(*folio));
	folio->flags = PG_FREE;
	folio->entire_mapcount = m->free_gigantic;
	m->free_gigantic = (pfn - PFN_GIGANTIC_BASE) / HPAGE_PUD_NR + 1;
}

static void folio_free(struct machine *m, uint64_t pfn)
{
	struct folio *folio = pfn_folio(m, pfn);
	uint64_t block = (pfn - PFN_HUGE_BASE) / HPAGE_PMD_NR;

	assert(!folio->entire_mapcount && !folio->nr_mapped && !(folio->flags & PG_FREE));
	memset(folio, 0, sizeof(*folio));
	folio->flags = PG_FREE;
	folio->entire_mapcount = m->free_folio;
	m->free_folio = block + 1;
	m->live_folios--;
}

/* Nothing maps any part of it and no file holds it. */
static void folio_free_if_unused(struct machine *m, uint64_t pfn)
{
	struct folio *folio = pfn_folio(m, pfn);
	uint64_t head = pfn & ~(uint64_t)(HPAGE_PMD_NR - 1);

	if (folio->entire_mapcount || folio->nr_mapped || (folio->flags & (PG_CACHE | PG_PINNED)))
		return;
	if (folio->split) {
		struct page *page = pfn_page(m, head);

		for (unsigned int i = 0; i < HPAGE_PMD_NR; i++)
			if ((page[i].flags & PG_CACHE) || page[i].held)
				return;
	}
	if (pfn_is_gigantic(pfn))
		gigantic_free(m, pfn);
	else
		folio_free(m, head);
}

/* Records for the pages of a folio of which none is mapped. */
static void folio_init_pages(struct machine *m, uint64_t pfn)
{
	struct folio *folio = pfn_folio(m, pfn);
	struct page *page = pfn_page(m, pfn & ~(uint64_t)(HPAGE_PMD_NR - 1));

	for (unsigned int i = 0; !folio->split && i < HPAGE_PMD_NR; i++)
		page[i] = (struct page){ .flags = folio->flags, .node = folio->node };
}

void page_get_map(struct machine *m, uint64_t pfn)
{
	if (!pfn_has_record(pfn))
		return;
	if (pfn_is_huge(pfn)) {
		if (!pfn_folio(m, pfn)->nr_mapped)
			folio_init_pages(m, pfn);
		pfn_folio(m, pfn)->nr_mapped++;
	}
	pfn_page(m, pfn)->mapcount++;
}

void page_put_map(struct machine *m, uint64_t pfn)
{
	struct page *page;

	if (!pfn_has_record(pfn))
		return;
	page = pfn_page(m, pfn);
	assert(page->mapcount);
	page->mapcount--;
	if (pfn_is_huge(pfn)) {
		struct folio *folio = pfn_folio(m, pfn);

		folio->nr_mapped--;
		if (!page->mapcount && folio->nr_mapped && !folio->entire_mapcount)
			folio->flags |= PG_PARTIAL;
		folio_free_if_unused(m, pfn);
	} else if (!page->mapcount && !page->held && !(page->flags & PG_CACHE)) {
		page_free(m, pfn);
	}
}

void lru_add(struct machine *m, uint64_t pfn)
{
	m->lru_add.pfn[m->lru_add.nr++] = pfn;
	if (m->lru_add.nr >= m->profile->lru_batch)
		m->lru_add.nr = 0;
}

void lru_add_run(struct machine *m, uint64_t pfn, uint64_t nr)
{
	unsigned int left = (m->lru_add.nr + nr) % m->profile->lru_batch, i;

	if (left == m->lru_add.nr + nr) {
		for (i = 0; i < nr; i++)
			lru_add(m, pfn + i);
		return;
	}
	for (i = 0; i < left; i++)
		m->lru_add.pfn[i] = pfn + nr - left + i;
	m->lru_add.nr = left;
}

static bool page_on_lru(const struct machine *m, uint64_t pfn)
{
	unsigned int i;

	for (i = 0; i < m->lru_add.nr; i++)
		if (m->lru_add.pfn[i] == pfn)
			return false;
	return true;
}

static void lru_batch_release(struct machine *m, struct lru_batch *batch)
{
	unsigned int nr = batch->nr, i;

	batch->nr = 0;
	for (i = 0; i < nr; i++) {
		uint64_t pfn = batch->pfn[i];
		struct page *page = pfn_page(m, pfn);

		assert(page->held);
		page->held--;
		if (pfn_is_huge(pfn))
			folio_free_if_unused(m, pfn);
		else if (!page->mapcount && !page->held && !(page->flags & PG_CACHE))
			page_free(m, pfn);
	}
}

static void lru_batch_hold(struct machine *m, struct lru_batch *batch, uint64_t pfn)
{
	if (folio_order(m, pfn)) {
		lru_batch_release(m, batch);
		return;
	}
	pfn_page(m, pfn)->held++;
	batch->pfn[batch->nr++] = pfn;
	if (batch->nr >= m->profile->lru_batch)
		lru_batch_release(m, batch);
}

void lru_deactivate(struct machine *m, uint64_t pfn)
{
	if (m->profile->cold_holds)
		lru_batch_hold(m, &m->lru_deactivate, pfn);
}

void lru_lazyfree(struct machine *m, uint64_t pfn)
{
	if (!page_is_large(m, pfn)) {
		struct page *page = pfn_page(m, pfn);

		if (!(page->flags & PG_ANON) || (page->flags & PG_LAZYFREE))
			return;
		page->flags |= PG_LAZYFREE;
	} else if (pfn_folio(m, pfn)->flags & PG_ANON) {
		pfn_folio(m, pfn)->flags |= PG_LAZYFREE;
	}
	lru_batch_hold(m, &m->lru_lazyfree, pfn);
}

void lru_add_drain(struct machine *m)
{
	m->lru_add.nr = 0;
	lru_batch_release(m, &m->lru_deactivate);
	lru_batch_release(m, &m->lru_lazyfree);
}

/*
 * Behind a fork the parent writes to its stack, which is shared now. A page of it that an earlier
 * fork's copy made may not be on the LRU yet, and do_wp_page() empties the batches then. It depends
 * on what else the process did; here, as in the executor, a second fork does so, unless a call that
 * empties them comes between.
 */
void lru_fork(struct mm_struct *mm)
{
	struct machine *m = mm->machine;

	if (mm->forked_at == m->nr_emptied + 1 || m->profile->unmap_drains)
		lru_add_drain(m);
	mm->forked_at = m->nr_emptied + 1;
}

void page_drop_cache(struct machine *m, uint64_t pfn)
{
	if (pfn_is_huge(pfn) || pfn_is_gigantic(pfn)) {
		struct folio *folio = pfn_folio(m, pfn);

		if (folio->split)
			pfn_page(m, pfn)->flags &= ~PG_CACHE;
		else
			folio->flags &= ~PG_CACHE;
		folio_free_if_unused(m, pfn);
		return;
	}
	pfn_page(m, pfn)->flags &= ~PG_CACHE;
	if (!pfn_page(m, pfn)->mapcount && !pfn_page(m, pfn)->held)
		page_free(m, pfn);
}

int folio_alloc(struct machine *m, unsigned int flags, uint64_t *ret_pfn)
{
	struct folio *folios = m->folios.base;
	uint64_t block;
	uint64_t head;

	if (mem_fail_now())
		return page_oom(m);
	if (m->free_folio) {
		block = m->free_folio - 1;
		m->free_folio = folios[block].entire_mapcount;
	} else {
		if (m->next_folio >= m->max_folios - 1) {
			mem_refuse((m->max_folios + 1) * HPAGE_PMD_NR * sizeof(struct page));
			return page_oom(m);
		}
		block = m->next_folio++;
		region_used(&m->folios, block * sizeof(*folios));
	}
	head = PFN_HUGE_BASE + block * HPAGE_PMD_NR;
	folios[block] = (struct folio){ .flags = flags };
	m->live_folios++;
	*ret_pfn = head;
	return 0;
}

int gigantic_alloc(struct machine *m, unsigned int flags, uint64_t *ret_pfn)
{
	struct folio *folios = m->gigantic.base;
	uint64_t block;

	if (mem_fail_now())
		return page_oom(m);
	if (m->free_gigantic) {
		block = m->free_gigantic - 1;
		m->free_gigantic = folios[block].entire_mapcount;
	} else {
		if (m->next_gigantic >= PFN_GIGANTIC_MAX - 1)
			return page_oom(m);
		block = m->next_gigantic++;
	}
	folios[block] = (struct folio){ .flags = flags };
	*ret_pfn = PFN_GIGANTIC_BASE + block * HPAGE_PUD_NR;
	return 0;
}

void folio_get_map(struct machine *m, uint64_t pfn)
{
	if (pfn_has_record(pfn))
		pfn_folio(m, pfn)->entire_mapcount++;
}

void folio_put_map(struct machine *m, uint64_t pfn)
{
	struct folio *folio;

	if (!pfn_has_record(pfn))
		return;
	folio = pfn_folio(m, pfn);
	assert(folio->entire_mapcount);
	folio->entire_mapcount--;
	folio_free_if_unused(m, pfn);
}

void folio_map_to_pages(struct machine *m, uint64_t pfn)
{
	struct folio *folio = pfn_folio(m, pfn);
	struct page *page = pfn_page(m, pfn);
	bool fresh = !folio->nr_mapped;

	assert(folio->entire_mapcount);
	for (unsigned int i = 0; i < HPAGE_PMD_NR; i++) {
		if (fresh && !folio->split)
			page[i] = (struct page){ .flags = folio->flags, .node = folio->node };
		page[i].mapcount++;
	}
	folio->nr_mapped += HPAGE_PMD_NR;
	folio->entire_mapcount--;
}

/* What the record of the block says is from now on in those of its pages. */
static void folio_split_block(struct machine *m, uint64_t head)
{
	struct folio *folio = pfn_folio(m, head);
	struct page *page = pfn_page(m, head);

	for (unsigned int i = 0; i < HPAGE_PMD_NR; i++) {
		if (!folio->nr_mapped)
			page[i] = (struct page){ .node = folio->node };
		page[i].flags = (page[i].flags & PG_ANON_EXCLUSIVE) |
				(folio->flags & (PG_ANON | PG_CACHE | PG_LAZYFREE | PG_DIRTY));
	}
	folio->flags &= ~PG_CACHE;
	folio->split = true;
}

void folio_split(struct machine *m, uint64_t pfn)
{
	uint64_t nr = UINT64_C(1) << folio_order(m, pfn), i;
	struct page *page = pfn_page(m, folio_head(m, pfn));

	assert(!pfn_folio(m, pfn)->entire_mapcount && nr > 1);
	if (nr == HPAGE_PMD_NR) {
		folio_split_block(m, folio_head(m, pfn));
		return;
	}
	for (i = 0; i < nr; i++)
		page[i].flags = (page[i].flags & ~PG_ORDER) | (page[0].flags & PG_DIRTY);
}

void folio_split_at(struct machine *m, uint64_t pfn)
{
	unsigned int order = folio_order(m, pfn);

	folio_split(m, pfn);
	while (order--) {
		uint64_t nr = UINT64_C(1) << order, i;
		struct page *page = pfn_page(m, (pfn ^ nr) & ~(nr - 1));

		for (i = 0; i < nr; i++)
			page[i].flags |= order << PG_ORDER_SHIFT;
	}
}

uint16_t *folio_flags(const struct machine *m, uint64_t pfn)
{
	if (page_is_large(m, pfn) || pfn_is_gigantic(pfn))
		return &pfn_folio(m, pfn)->flags;
	return &pfn_page(m, folio_head(m, pfn))->flags;
}

uint64_t folio_mapcount(const struct machine *m, uint64_t pfn)
{
	uint64_t nr = UINT64_C(1) << folio_order(m, pfn), count = 0, i;
	const struct page *page;

	if (nr == HPAGE_PMD_NR || pfn_is_gigantic(pfn))
		return pfn_folio(m, pfn)->entire_mapcount + pfn_folio(m, pfn)->nr_mapped;
	page = pfn_page(m, pfn & ~(nr - 1));
	for (i = 0; i < nr; i++)
		count += page[i].mapcount;
	return count;
}

bool page_is_large(const struct machine *m, uint64_t pfn)
{
	return pfn_is_huge(pfn) && !pfn_folio(m, pfn)->split;
}

unsigned int page_flags(const struct machine *m, uint64_t pfn)
{
	struct folio *folio;

	if (!pfn_has_record(pfn))
		return 0;
	if (pfn_is_gigantic(pfn))
		return pfn_folio(m, pfn)->flags;
	if (!pfn_is_huge(pfn))
		return pfn_page(m, pfn)->flags;
	folio = pfn_folio(m, pfn);
	return folio->nr_mapped || folio->split ? pfn_page(m, pfn)->flags : folio->flags;
}

uint32_t page_anon_id(const struct vm_area_struct *vma, uint64_t pfn)
{
	const struct machine *m = vma->vm_mm->machine;

	if (page_is_large(m, pfn))
		return pfn_folio(m, pfn)->anon_id;
	if (pfn_page(m, pfn)->flags & PG_ANON_EXCLUSIVE)
		return vma->anon_vma->id;
	if (pfn_is_huge(pfn))
		return pfn_folio(m, pfn)->anon_id;
	return ((uint32_t *)m->anon_ids.base)[pfn - PFN_SMALL_BASE];
}

void page_share_anon(const struct vm_area_struct *vma, uint64_t pfn)
{
	struct machine *m = vma->vm_mm->machine;

	if (!pfn_is_huge(pfn) && (pfn_page(m, pfn)->flags & PG_ANON_EXCLUSIVE))
		((uint32_t *)m->anon_ids.base)[pfn - PFN_SMALL_BASE] = vma->anon_vma->id;
	page_set_exclusive(m, pfn, false);
}

bool page_has_content(const struct machine *m, uint64_t pfn)
{
	uint64_t index = (pfn - PFN_HUGE_BASE) % HPAGE_PMD_NR;

	if (pfn_is_zero(pfn))
		return false;
	if (pfn_is_huge(pfn))
		return pfn_folio(m, pfn)->written[index / 64] >> index % 64 & 1;
	return pfn - PFN_SMALL_BASE >= PFN_SMALL_MAX || !(pfn_page(m, pfn)->flags & PG_ZEROS);
}

void page_set_exclusive(struct machine *m, uint64_t pfn, bool exclusive)
{
	struct page *page = pfn_page(m, pfn);

	if (exclusive)
		page->flags |= PG_ANON_EXCLUSIVE;
	else
		page->flags &= ~PG_ANON_EXCLUSIVE;
}

bool page_can_reuse(struct mm_struct *mm, uint64_t pfn, uint64_t pgoff)
{
	struct machine *m = mm->machine;
	struct folio *folio;

	if (!(page_flags(m, pfn) & PG_ANON))
		return false;
	if (page_flags(m, pfn) & PG_KSM)
		return false;
	if (page_flags(m, pfn) & PG_ANON_EXCLUSIVE)
		return true;
	if (!page_is_large(m, pfn)) {
		if (!page_on_lru(m, pfn))
			lru_add_drain(m);
		return pfn_page(m, pfn)->mapcount + pfn_page(m, pfn)->held == 1;
	}
	folio = pfn_folio(m, pfn);
	switch (m->profile->wp_reuse) {
	case WP_REUSE_PAGE_COUNT:
		return folio->entire_mapcount + folio->nr_mapped == 1;
	case WP_REUSE_SMALL_ONLY:
		return false;
	case WP_REUSE_LARGE_MAPCOUNT:
		return folio->entire_mapcount + folio->nr_mapped > 1 &&
		       folio_mapped_by_one(mm, pfn, pgoff - (pfn & (HPAGE_PMD_NR - 1)));
	}
	return false;
}

bool folio_can_reuse(const struct machine *m, uint64_t pfn)
{
	struct folio *folio;

	if (!pfn_has_record(pfn))
		return false;
	folio = pfn_folio(m, pfn);
	if (!(folio->flags & PG_ANON))
		return false;
	return (folio->flags & PG_ANON_EXCLUSIVE) ||
	       folio->entire_mapcount + folio->nr_mapped == 1;
}

void page_set_dirty(struct machine *m, uint64_t pfn)
{
	if (!pfn_has_record(pfn) || pfn_is_gigantic(pfn))
		return;
	*folio_flags(m, pfn) |= PG_DIRTY;
}

void page_clear_dirty(struct machine *m, uint64_t pfn)
{
	if (page_is_large(m, pfn))
		pfn_folio(m, pfn)->flags &= ~PG_DIRTY;
	else
		pfn_page(m, pfn)->flags &= ~PG_DIRTY;
}

bool page_is_dirty(const struct machine *m, uint64_t pfn)
{
	return *folio_flags(m, pfn) & PG_DIRTY;
}

bool page_pinned(const struct machine *m, uint64_t pfn)
{
	return pfn_has_record(pfn) && (*folio_flags(m, pfn) & PG_PINNED);
}

void page_pin(struct machine *m, uint64_t pfn)
{
	if (!pfn_has_record(pfn) || page_pinned(m, pfn))
		return;
	*folio_flags(m, pfn) |= PG_PINNED;
	if (!page_is_large(m, pfn) && !pfn_is_gigantic(pfn))
		pfn_page(m, folio_head(m, pfn))->held++;
}
