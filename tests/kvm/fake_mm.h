/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A primary MMU of one flat array for the unit tests of the kvm room: what src/mm would
 * answer, under the test's full control. A test that includes it provides mm/secondary.h
 * by itself.
 */
#ifndef TESTS_KVM_FAKE_MM_H
#define TESTS_KVM_FAKE_MM_H

#include <errno.h>
#include <string.h>

#include <base/mem.h>
#include <mm/secondary.h>
#include <notifier/notifier.h>

#define FAKE_PAGE 4096ull

/**
 * struct fake_pte - one page of the process
 * @level: 0: not present
 * @allowed: may be faulted in; @may_write: for writing
 */
struct fake_pte {
	uint32_t pfn;
	uint8_t level;
	bool writable;
	bool allowed;
	bool may_write;
};

/**
 * struct mm_struct - the process
 * @base: address of the first page; @nr: pages
 * @fault_level: level of what a fault installs
 * @next_pfn: frames handed out so far
 */
struct mm_struct {
	struct mmu_notifier_mm nmm;
	uint64_t base;
	uint64_t nr;
	struct region mem;
	struct fake_pte *ptes;
	uint8_t fault_level;
	uint32_t next_pfn;
	uint64_t asked;
};

static inline void fake_mm_init(struct mm_struct *mm, struct event_source *events,
				uint64_t base, uint64_t nr)
{
	uint64_t i;

	memset(mm, 0, sizeof(*mm));
	mmu_notifier_mm_init(&mm->nmm, events);
	mm->base = base;
	mm->nr = nr;
	mm->fault_level = 1;
	mm->next_pfn = 512;
	if (region_reserve(&mm->mem, nr * sizeof(mm->ptes[0])))
		__builtin_trap();
	mm->ptes = mm->mem.base;
	for (i = 0; i < nr; i++)
		mm->ptes[i].allowed = mm->ptes[i].may_write = true;
}

static inline void fake_mm_release(struct mm_struct *mm)
{
	mmu_notifier_mm_destroy(&mm->nmm);
	region_release(&mm->mem);
}

static inline struct fake_pte *fake_pte_at(struct mm_struct *mm, uint64_t address)
{
	uint64_t i = (address - mm->base) / FAKE_PAGE;

	return address >= mm->base && i < mm->nr ? &mm->ptes[i] : NULL;
}

/* Notify around a change of [start, end) of the array's pages; @change may be NULL. */
static inline void fake_mm_change(struct mm_struct *mm, uint64_t start, uint64_t end,
				  void (*change)(struct fake_pte *pte))
{
	struct mmu_notifier_range range;
	uint64_t at;

	mmu_notifier_range_init(&range, MMU_NOTIFY_PROTECTION_VMA, start, end);
	mmu_notifier_invalidate_range_start(&mm->nmm, &range);
	for (at = start; change && at < end; at += FAKE_PAGE)
		if (fake_pte_at(mm, at))
			change(fake_pte_at(mm, at));
	mmu_notifier_invalidate_range_end(&mm->nmm, &range);
}

/* munmap's part: gone, and may come back */
static inline void fake_unmap(struct fake_pte *pte)
{
	pte->level = 0;
	pte->writable = false;
}

/* mprotect to read only */
static inline void fake_readonly(struct fake_pte *pte)
{
	pte->writable = pte->may_write = false;
}

/* mprotect back: writable at the next write fault */
static inline void fake_readwrite(struct fake_pte *pte)
{
	pte->may_write = true;
}

struct mmu_notifier_mm *mm_notifiers(struct mm_struct *mm)
{
	return &mm->nmm;
}

/* Frames have no contents here. */
void mm_page_written(struct mm_struct *mm, uint64_t pfn)
{
	(void)mm;
	(void)pfn;
}

/* Nor does anybody reclaim them. */
void mm_page_dirtied(struct mm_struct *mm, uint64_t pfn)
{
	(void)mm;
	(void)pfn;
}

int mm_translate(struct mm_struct *mm, uint64_t address, struct mm_translation *ret)
{
	const struct fake_pte *pte = fake_pte_at(mm, address);

	if (!pte || !pte->level)
		return -ENOENT;
	*ret = (struct mm_translation){ .pfn = pte->pfn,
					.level = pte->level,
					.writable = pte->writable };
	return 0;
}

/*
 * A fault maps an aligned block of fault_level where all of it is absent, one page else.
 */
static inline void fake_fault(struct mm_struct *mm, struct fake_pte *pte)
{
	uint64_t nr = 1ull << (9 * (mm->fault_level - 1));
	uint64_t first = (uint64_t)(pte - mm->ptes) & ~(nr - 1), i;
	bool whole = first + nr <= mm->nr;

	for (i = 0; i < nr && whole; i++)
		whole = !mm->ptes[first + i].level && mm->ptes[first + i].allowed &&
			mm->ptes[first + i].may_write == pte->may_write;
	if (!whole) {
		first = pte - mm->ptes;
		nr = 1;
	}
	mm->next_pfn = (mm->next_pfn + nr - 1) & ~(nr - 1);
	for (i = 0; i < nr; i++) {
		mm->ptes[first + i].level = nr == 1 ? 1 : mm->fault_level;
		mm->ptes[first + i].pfn = mm->next_pfn++;
		mm->ptes[first + i].writable = pte->may_write;
	}
}

/* A write fault on a leaf that may be written: all of the leaf becomes writable. */
static inline void fake_mkwrite(struct mm_struct *mm, struct fake_pte *pte)
{
	uint64_t nr = 1ull << (9 * (pte->level - 1));
	uint64_t first = (uint64_t)(pte - mm->ptes) & ~(nr - 1);

	while (nr--)
		mm->ptes[first + nr].writable = true;
}

int mm_get_user_page(struct mm_struct *mm, uint64_t address, bool write,
		     struct mm_translation *ret)
{
	struct fake_pte *pte = fake_pte_at(mm, address);

	mm->asked++;
	if (!pte || !pte->allowed || (write && !pte->may_write))
		return -EFAULT;
	if (!pte->level)
		fake_fault(mm, pte);
	if (write && !pte->writable)
		fake_mkwrite(mm, pte);
	return mm_translate(mm, address, ret);
}

bool mm_may_read(struct mm_struct *mm, uint64_t address)
{
	const struct fake_pte *pte = fake_pte_at(mm, address);

	return pte && pte->allowed;
}

uint64_t mm_get_user_run(struct mm_struct *mm, uint64_t address, bool write, unsigned int every,
			 uint64_t nr, uint64_t *ret_pfn)
{
	uint64_t i;

	for (i = 0; i < nr; i++) {
		struct fake_pte *pte = fake_pte_at(mm, address + i * FAKE_PAGE);

		if (!pte || !pte->allowed || pte->level != 1 || !pte->writable ||
		    (write && !pte->may_write))
			break;
		mm->asked += i % every == 0;
		ret_pfn[i] = pte->pfn;
	}
	return i;
}

void mm_pages_written(struct mm_struct *mm, uint64_t pfn, uint64_t step, uint64_t nr)
{
	(void)mm;
	(void)pfn;
	(void)step;
	(void)nr;
}

uint64_t mm_next_populated(struct mm_struct *mm, uint64_t address, uint64_t end)
{
	while (address < end &&
	       !(fake_pte_at(mm, address) && fake_pte_at(mm, address)->level))
		address += FAKE_PAGE;
	return address < end ? address : end;
}

#endif /* TESTS_KVM_FAKE_MM_H */
