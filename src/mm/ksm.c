// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Merging of equal pages (mm/ksm.c).
 *
 * A pass visits the pages of all mergeable VMAs, address space by address space. A page that
 * equals a merged one joins it; one that has not changed since the last pass and equals another
 * such page is merged with that. The contents of pages are not modelled beyond whether anything
 * was written to them: written pages are taken for equal, and so are pages of zeros.
 */
#include "mm_internal.h"

#define MAX_PAGE_SHARING 256 /* /sys/kernel/mm/ksm/max_page_sharing */
#define NR_CONTENTS 2

/**
 * struct ksm_item - what ksmd remembers of one page (Linux: struct ksm_rmap_item)
 * @checksum: content + 1 when last seen, 0 before
 * @stable: the merged frame that it is part of, 0 for none
 */
struct ksm_item {
	uint64_t addr;
	uint64_t stable;
	uint8_t checksum;
	uint8_t age;
	uint8_t skips;
};

struct ksm_mm {
	struct mm_struct *mm;
	struct ksm_mm *next;
	struct ksm_item *items; /* ascending */
	size_t nr;
};

struct ksm_page {
	uint64_t pfn;
	unsigned int content;
	unsigned int sharing;
};

struct ksm {
	struct machine *m;
	struct ksm_mm *mms; /* in the order in which they became mergeable */
	struct ksm_page *pages;
	size_t nr, cap;
};

/* One pass. @unstable: of each content, the page that waits for an equal one. */
struct ksm_pass {
	struct ksm *ksm;
	struct ksm_mm *slot;
	struct ksm_item *items; /* of @slot, in the making */
	size_t nr, cap;
	struct {
		struct ksm_mm *slot;
		uint64_t addr;
		size_t item;
	} unstable[NR_CONTENTS];
};

int ksm_enter(struct mm_struct *mm)
{
	struct machine *m = mm->machine;
	struct ksm_mm **at;

	if (mm->ksm)
		return 0;
	if (!m->ksm)
		m->ksm = mem_zalloc(sizeof(*m->ksm));
	mm->ksm = m->ksm ? mem_zalloc(sizeof(*mm->ksm)) : NULL;
	if (!mm->ksm) {
		m->oom = true;
		return -ENOMEM;
	}
	m->ksm->m = m;
	mm->ksm->mm = mm;
	for (at = &m->ksm->mms; *at; at = &(*at)->next)
		;
	*at = mm->ksm;
	return 0;
}

static struct ksm_page *stable_find(struct ksm *ksm, uint64_t pfn)
{
	size_t i;

	for (i = 0; i < ksm->nr; i++)
		if (ksm->pages[i].pfn == pfn)
			return &ksm->pages[i];
	return NULL;
}

static void item_leave(struct ksm *ksm, struct ksm_item *item)
{
	struct ksm_page *page = item->stable ? stable_find(ksm, item->stable) : NULL;

	if (page && page->sharing)
		page->sharing--;
	item->stable = 0;
}

void ksm_exit(struct mm_struct *mm)
{
	struct ksm_mm *slot = mm->ksm, **at;
	size_t i;

	if (!slot)
		return;
	for (i = 0; i < slot->nr; i++)
		item_leave(mm->machine->ksm, &slot->items[i]);
	for (at = &mm->machine->ksm->mms; *at != slot; at = &(*at)->next)
		;
	*at = slot->next;
	mem_free(slot->items);
	mem_free(slot);
	mm->ksm = NULL;
}

void ksm_destroy(struct machine *m)
{
	if (!m->ksm)
		return;
	assert(!m->ksm->mms);
	mem_free(m->ksm->pages);
	mem_free(m->ksm);
	m->ksm = NULL;
}

static bool is_ksm(const struct machine *m, uint64_t pfn)
{
	return !page_is_large(m, pfn) && (pfn_page(m, pfn)->flags & PG_KSM);
}

/* Merged frames that nothing maps any more are forgotten. */
static void prune(struct ksm *ksm)
{
	size_t i, n = 0;

	for (i = 0; i < ksm->nr; i++)
		if (is_ksm(ksm->m, ksm->pages[i].pfn) &&
		    pfn_page(ksm->m, ksm->pages[i].pfn)->mapcount)
			ksm->pages[n++] = ksm->pages[i];
	ksm->nr = n;
}

/* The anonymous frame at @addr; 0 if there is none. */
static uint64_t mergeable_page(struct mm_struct *mm, uint64_t addr)
{
	unsigned int level;
	pte_t *entry = pt_lookup(mm, addr, PT_LEVEL_PTE, &level);
	uint64_t pfn;

	if (!entry || !pte_present(*entry))
		return 0;
	pfn = pte_pfn(*entry);
	if (level > PT_LEVEL_PTE)
		pfn += (addr & (pt_size(mm->machine->geo, level) - 1)) >> PAGE_SHIFT;
	if (pfn_is_zero(pfn) || !(page_flags(mm->machine, pfn) & PG_ANON))
		return 0;
	return pfn;
}

/*
 * Linux: try_to_merge_one_page(): write-protect the page; then it becomes @kpage, or with 0 the
 * merged page itself. Return: 0, or negative when it may not be merged.
 */
static int merge_one(struct mm_struct *mm, uint64_t addr, uint64_t kpage)
{
	struct machine *m = mm->machine;
	struct vm_area_struct *vma = find_vma(mm, addr);
	uint64_t pfn = mergeable_page(mm, addr);
	struct mmu_notifier_range range;
	pte_t *pte;

	if (!pfn || pfn == kpage)
		return pfn ? 0 : -EFAULT;
	if (page_is_large(m, pfn)) {
		int err = split_huge_page(vma, addr, pfn);

		if (err)
			return err;
	}
	pfn = mergeable_page(mm, addr);
	if (!pfn)
		return -EFAULT;
	pte = pt_lookup(mm, addr, PT_LEVEL_PTE, NULL);
	notify_start(mm, &range, MMU_NOTIFY_CLEAR, addr, addr + PAGE_SIZE);
	if (page_pinned(m, pfn)) {
		notify_end(mm, &range);
		return -EBUSY;
	}
	before_change(mm, addr, addr + PAGE_SIZE);
	page_share_anon(vma, pfn);
	if (pte_dirty(*pte))
		page_set_dirty(m, pfn);
	*pte = pte_mkclean(pte_wrprotect(*pte, m->profile->saved_dirty));
	pt_info(m, pte)->maybe_shared = true;
	notify_end(mm, &range);
	if (!kpage) {
		pfn_page(m, pfn)->flags |= PG_KSM | PG_DIRTY;
		return 0;
	}
	notify_start(mm, &range, MMU_NOTIFY_CLEAR, addr, addr + PAGE_SIZE);
	before_change(mm, addr, addr + PAGE_SIZE);
	page_get_map(m, kpage);
	pt_set(m, pte, pfn_pte(kpage, (pgprot_t){ pte->val & ~PTE_PFN_MASK }));
	if (m->profile->change_pte && mm_has_notifiers(&mm->notifier))
		mmu_notifier_change_pte(&mm->notifier, addr, kpage);
	page_put_map(m, pfn);
	notify_end(mm, &range);
	return 0;
}

static int stable_append(struct ksm *ksm, struct ksm_item *item, uint64_t pfn,
			 unsigned int content)
{
	struct ksm_page *page = stable_find(ksm, pfn);
	int err;

	if (!page) {
		err = mem_grow(&ksm->pages, &ksm->cap, ksm->nr + 1, sizeof(ksm->pages[0]));
		if (err)
			return err;
		page = &ksm->pages[ksm->nr++];
		*page = (struct ksm_page){ .pfn = pfn, .content = content };
	}
	page->sharing++;
	item->stable = pfn;
	return 0;
}

static uint64_t stable_search(struct ksm *ksm, unsigned int content)
{
	size_t i;

	for (i = 0; i < ksm->nr; i++)
		if (ksm->pages[i].content == content && ksm->pages[i].sharing < MAX_PAGE_SHARING)
			return ksm->pages[i].pfn;
	return 0;
}

static struct ksm_item *pass_item(struct ksm_pass *pass, struct ksm_mm *slot, size_t index)
{
	return slot == pass->slot ? &pass->items[index] : &slot->items[index];
}

/* Another page of this content waits: merge the two. */
static int merge_two(struct ksm_pass *pass, size_t index, uint64_t pfn, unsigned int content)
{
	struct machine *m = pass->ksm->m;
	struct mm_struct *mm = pass->slot->mm, *other = pass->unstable[content].slot->mm;
	uint64_t addr = pass->items[index].addr, at = pass->unstable[content].addr;
	uint64_t tree = mergeable_page(other, at);
	int err;

	if (!tree || tree == pfn)
		return 0;
	if (page_is_large(m, pfn) && (pfn ^ tree) < HPAGE_PMD_NR)
		return split_huge_page(find_vma(mm, addr), addr, pfn);
	err = merge_one(mm, addr, 0);
	if (err)
		return err == -ENOMEM ? err : 0;
	pfn = mergeable_page(mm, addr);
	err = merge_one(other, at, pfn);
	if (err) {
		/* a merged page with one user is none */
		int alone = break_cow(find_vma(mm, addr), addr);

		return err == -ENOMEM ? err : alone;
	}
	err = stable_append(pass->ksm, pass_item(pass, pass->unstable[content].slot,
						 pass->unstable[content].item), pfn, content);
	if (!err)
		err = stable_append(pass->ksm, &pass->items[index], pfn, content);
	pass->unstable[content].slot = NULL;
	return err;
}

/* Linux: cmp_and_merge_page() */
static int merge_page(struct ksm_pass *pass, size_t index, uint64_t pfn)
{
	struct ksm_item *item = &pass->items[index];
	struct ksm *ksm = pass->ksm;
	unsigned int content = page_has_content(ksm->m, pfn);
	uint64_t kpage;

	if (is_ksm(ksm->m, pfn)) {
		if (item->stable == pfn)
			return 0;
		item_leave(ksm, item);
		return stable_append(ksm, item, pfn, content);
	}
	item_leave(ksm, item);
	kpage = stable_search(ksm, content);
	if (kpage) {
		int err = merge_one(pass->slot->mm, item->addr, kpage);

		if (err)
			return err == -ENOMEM ? err : 0;
		return stable_append(ksm, item, kpage, content);
	}
	if (item->checksum != content + 1) {
		item->checksum = content + 1;
		return 0;
	}
	if (pass->unstable[content].slot)
		return merge_two(pass, index, pfn, content);
	pass->unstable[content].slot = pass->slot;
	pass->unstable[content].addr = item->addr;
	pass->unstable[content].item = index;
	return 0;
}

/* Linux 6.7 on: a page that was not merged for some passes is left out of the next ones. */
static bool should_skip(const struct machine *m, struct ksm_item *item, uint64_t pfn)
{
	static const uint8_t skips[] = { 1, 1, 1, 1, 2, 2, 4, 4, 4 };
	uint8_t age = item->age;

	if (!m->profile->ksm_smart_scan || is_ksm(m, pfn))
		return false;
	if (age != UINT8_MAX)
		item->age++;
	if (age < 3)
		return false;
	if (!item->skips) {
		item->skips = age < sizeof(skips) ? skips[age] : 8;
		return false;
	}
	item->skips--;
	return true;
}

static int scan_page(struct ksm_pass *pass, size_t *old, uint64_t addr)
{
	struct ksm_mm *slot = pass->slot;
	uint64_t pfn = mergeable_page(slot->mm, addr);
	struct ksm_item item = { .addr = addr };
	int err;

	if (!pfn)
		return 0;
	while (*old < slot->nr && slot->items[*old].addr < addr)
		item_leave(pass->ksm, &slot->items[(*old)++]);
	if (*old < slot->nr && slot->items[*old].addr == addr)
		item = slot->items[(*old)++];
	err = mem_grow(&pass->items, &pass->cap, pass->nr + 1, sizeof(item));
	if (err)
		return err;
	pass->items[pass->nr++] = item;
	if (should_skip(pass->ksm->m, &pass->items[pass->nr - 1], pfn))
		return 0;
	return merge_page(pass, pass->nr - 1, pfn);
}

static int scan_mm(struct ksm_pass *pass, bool *ret_mergeable)
{
	struct mm_struct *mm = pass->slot->mm;
	struct vm_area_struct *vma;
	size_t old = 0;
	uint64_t addr;
	int err = 0;

	*ret_mergeable = false;
	RB_FOREACH (vma, vma_tree, &mm->vmas) {
		if (!(vma->vm_flags & VM_MERGEABLE))
			continue;
		*ret_mergeable = true;
		if (!vma->anon_vma)
			continue;
		for (addr = vma->vm_start; addr < vma->vm_end && !err; addr += PAGE_SIZE) {
			addr = mm_next_populated(mm, addr, vma->vm_end);
			if (addr < vma->vm_end)
				err = scan_page(pass, &old, addr);
		}
	}
	while (old < pass->slot->nr)
		item_leave(pass->ksm, &pass->slot->items[old++]);
	mem_free(pass->slot->items);
	pass->slot->items = pass->items;
	pass->slot->nr = pass->nr;
	pass->items = NULL;
	pass->nr = pass->cap = 0;
	return err;
}

static int full_scan(struct ksm *ksm)
{
	struct ksm_pass pass = { .ksm = ksm };
	struct ksm_mm *slot, *next;
	int err = 0;

	ksm->m->nr_emptied++;
	lru_add_drain(ksm->m);
	prune(ksm);
	for (slot = ksm->mms; slot && !err; slot = next) {
		bool mergeable;

		next = slot->next;
		pass.slot = slot;
		err = scan_mm(&pass, &mergeable);
		if (!mergeable)
			ksm_exit(slot->mm);
	}
	return err;
}

int machine_ksm(struct machine *machine, uint64_t passes)
{
	int err = 0;

	for (; passes && !err && machine->ksm && machine->ksm->mms; passes--)
		err = full_scan(machine->ksm);
	if (err == -ENOMEM)
		machine->oom = true;
	return err;
}

int unmerge_ksm_pages(struct vm_area_struct *vma, uint64_t start, uint64_t end)
{
	struct mm_struct *mm = vma->vm_mm;
	uint64_t addr;
	int err = 0;

	for (addr = start; addr < end && !err; addr += PAGE_SIZE) {
		uint64_t pfn;

		addr = mm_next_populated(mm, addr, end);
		pfn = addr < end ? mergeable_page(mm, addr) : 0;
		if (pfn && is_ksm(mm->machine, pfn))
			err = break_cow(vma, addr);
	}
	return err;
}
