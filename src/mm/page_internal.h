/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames and their folios: page.c. And what every file of the mm room needs. */
#ifndef MM_PAGE_INTERNAL_H
#define MM_PAGE_INTERNAL_H

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include <bsd/sys/tree.h>

#include <arch/geometry.h>
#include <arch/pgtable.h>
#include <arch/pt_arena.h>
#include <arch/pte_run.h>
#include <base/mem.h>
#include <mm/mm.h>
#include <mm/profile.h>
#include <mm/secondary.h>
#include <notifier/notifier.h>

#define PMD_SIZE (UINT64_C(1) << 21)
#define PMD_MASK (~(PMD_SIZE - 1))
#define PUD_SIZE (UINT64_C(1) << 30)
#define PUD_MASK (~(PUD_SIZE - 1))
#define PTRS_PER_PTE 512u
#define HPAGE_PMD_ORDER 9u
#define HPAGE_PMD_NR 512u
#define HPAGE_PUD_NR (512u * 512u)

#define PAGE_ALIGN(x) (((x) + PAGE_SIZE - 1) & PAGE_MASK)
#define IS_ALIGNED(x, size) (!((x) & ((size) - 1)))

/* sysctl vm.max_map_count */
#define MAX_MAP_COUNT 65530u

/*
 * Frame numbers by kind, so that a number alone tells where its record is:
 *
 *   1                 the zero page
 *   512               the huge zero page (2 MiB)
 *   PFN_SMALL_BASE    frames of 4 KiB folios
 *   PFN_HUGE_BASE     2 MiB folios; record of the folio by block, of its pages only once some of
 *                     them are mapped by PTEs
 *   PFN_TABLE_BASE    page tables
 *   PFN_GIGANTIC_BASE hugetlb pages of 1 GiB; record of the folio by block
 *   PFN_DAX_BASE      memory of devices; no record
 */
#define PFN_ZERO UINT64_C(1)
#define PFN_HUGE_ZERO UINT64_C(512)
#define PFN_SMALL_BASE (UINT64_C(1) << 20)
#define PFN_SMALL_MAX (UINT64_C(1) << 32)
#define PFN_HUGE_BASE (UINT64_C(1) << 33)
#define PFN_HUGE_MAX (UINT64_C(1) << 24) /* blocks */
#define PFN_TABLE_BASE (UINT64_C(1) << 36)
#define PFN_TABLE_MAX (UINT64_C(1) << 24)
#define PFN_GIGANTIC_BASE (UINT64_C(1) << 37)
#define PFN_GIGANTIC_MAX (UINT64_C(1) << 16) /* blocks */
#define PFN_DAX_BASE (UINT64_C(1) << 38)

enum {
	PG_ANON = 1 << 0,
	PG_ANON_EXCLUSIVE = 1 << 1, /* no other process can share it (Linux: PageAnonExclusive) */
	PG_CACHE = 1 << 2,	    /* a file holds it */
	PG_FREE = 1 << 3,
	PG_LAZYFREE = 1 << 4, /* MADV_FREE took it off the swap-backed list */
	PG_DIRTY = 1 << 5,    /* was written to, whatever its entries say */
	PG_KSM = 1 << 6,      /* merged by ksmd: never written again */
	PG_PARTIAL = 1 << 7,  /* of a huge folio: some of its pages have been unmapped */
	PG_PINNED = 1 << 8,   /* for DMA; of a folio as a whole */
	PG_ISOLATED = 1 << 9, /* of a large folio: on its way to another node */
	PG_ZEROS = 1 << 10,   /* of a small page: nothing was written to it */
	PG_ORDER = 15 << 12,  /* of a page whose block was split: of the folio that it is in now */
};
#define PG_ORDER_SHIFT 12

/**
 * struct page - record of one 4 KiB frame
 * @mapcount: entries that map it; next free frame while PG_FREE
 * @held: references of LRU batches and of a pin
 */
struct page {
	uint32_t mapcount;
	uint16_t flags;
	uint8_t node;
	uint8_t held;
};
static_assert(sizeof(struct page) == 8, "8 bytes of frame data per populated page");

/**
 * struct folio - record of one 2 MiB block
 * @entire_mapcount: entries that map it as a whole; next free block while PG_FREE
 * @nr_mapped: sum of the mapcounts of its pages
 * @split: it has been made smaller folios, each page knows of which order; what a folio of these
 *	is as a whole (PG_DIRTY, PG_PINNED, PG_ISOLATED) says its first page. The block is free when all are
 * @anon_id: the anon_vma that it belongs to
 */
struct folio {
	uint32_t entire_mapcount;
	uint32_t nr_mapped;
	uint16_t flags;
	uint8_t node;
	bool split;
	uint32_t anon_id;
	uint64_t written[HPAGE_PMD_NR / 64]; /* which of its pages are not all zeros */
};

/*
 * A per-CPU batch on the way to the LRU lists (mm/swap.c). What sits in one has a reference more,
 * so that a write fault copies it although nobody else maps it.
 */
#define LRU_BATCH_MAX 31
struct lru_batch {
	uint64_t pfn[LRU_BATCH_MAX];
	unsigned int nr;
};

struct vm_area_struct;

struct machine {
	const struct mm_profile *profile;
	struct lru_batch lru_add;	 /* new pages: not on the LRU yet */
	struct lru_batch lru_deactivate; /* MADV_COLD */
	struct lru_batch lru_lazyfree;	 /* MADV_FREE */
	uint64_t nr_emptied;		 /* calls whose purpose needs the batches empty */
	const struct pt_geometry *geo;
	const struct pte_run_ops *run;
	struct event_source *events;
	struct mm_stat stat;
	struct mm_design design;
	enum thp_mode thp;
	enum thp_mode shmem_thp;
	bool numa_off;
	bool oom;
	bool ending; /* see machine_end() */
	bool populating; /* writes of now are for the faults, and write nothing */
	bool zeros;	 /* some page has been PG_ZEROS */
	void (*before_change)(void *ctx, struct mm_struct *mm, uint64_t start, uint64_t end);
	void *ctx;
	struct pt_arena tables;
	struct region pages;	 /* struct page of PFN_SMALL_BASE + n */
	struct region folios;	 /* struct folio of block n */
	struct region subpages; /* struct page of PFN_HUGE_BASE + n */
	struct region anon_ids; /* anon_vma of PFN_SMALL_BASE + n, once it is not exclusive */
	uint64_t next_order;	/* of VMAs in interval trees */
	struct ksm *ksm;	/* ksm.c; NULL until something is mergeable */
	struct region gigantic; /* struct folio of block n of PFN_GIGANTIC_BASE */
	uint64_t next_gigantic;
	uint64_t free_gigantic;
	uint64_t next_dax; /* first frame that no device has */
	uint64_t max_pages;  /* records that there is address space for */
	uint64_t max_folios;
	uint64_t next_page;
	uint64_t free_page; /* index + 1 of the last freed frame, 0 if none */
	uint64_t live_pages;
	uint64_t next_folio;
	uint64_t free_folio;
	uint64_t live_folios;
	uint64_t peak_bytes;
	LIST_HEAD(, mm_struct) mms;
	LIST_HEAD(, mm_file) files;
	uint32_t next_anon_vma;
	uint64_t next_mm;
};

static inline bool pfn_is_zero(uint64_t pfn)
{
	return pfn < PFN_SMALL_BASE;
}

/* Frames of zero pages and of devices are not counted. */
static inline bool pfn_has_record(uint64_t pfn)
{
	return pfn - PFN_SMALL_BASE < PFN_DAX_BASE - PFN_SMALL_BASE;
}

static inline bool pfn_is_gigantic(uint64_t pfn)
{
	return pfn >= PFN_GIGANTIC_BASE && pfn < PFN_DAX_BASE;
}

static inline bool pfn_is_huge(uint64_t pfn)
{
	return pfn >= PFN_HUGE_BASE && pfn < PFN_TABLE_BASE;
}

/* The record of a frame other than a zero page. */
static inline struct page *pfn_page(const struct machine *m, uint64_t pfn)
{
	if (pfn_is_huge(pfn))
		return (struct page *)m->subpages.base + (pfn - PFN_HUGE_BASE);
	return (struct page *)m->pages.base + (pfn - PFN_SMALL_BASE);
}

static inline struct folio *pfn_folio(const struct machine *m, uint64_t pfn)
{
	if (pfn_is_gigantic(pfn))
		return (struct folio *)m->gigantic.base + (pfn - PFN_GIGANTIC_BASE) / HPAGE_PUD_NR;
	return (struct folio *)m->folios.base + (pfn - PFN_HUGE_BASE) / HPAGE_PMD_NR;
}

/* Order of the folio that frame @pfn is in; 0, too, of what is no folio or one of 1 GiB. */
static inline unsigned int folio_order(const struct machine *m, uint64_t pfn)
{
	if (!pfn_is_huge(pfn))
		return 0;
	return pfn_folio(m, pfn)->split ? pfn_page(m, pfn)->flags >> PG_ORDER_SHIFT :
					  HPAGE_PMD_ORDER;
}

/* The frame that the folio of @pfn, none of 1 GiB, begins with. */
static inline uint64_t folio_head(const struct machine *m, uint64_t pfn)
{
	unsigned int order = folio_order(m, pfn);

	return pfn >> order << order;
}

int page_init(struct machine *m);
void page_exit(struct machine *m);
/* A frame with mapcount 0 and @flags. */
int page_alloc(struct machine *m, unsigned int flags, uint64_t *ret_pfn);
/* Up to @nr consecutive ones; how many, 0 when out of memory. */
uint64_t page_alloc_run(struct machine *m, unsigned int flags, uint64_t nr, uint64_t *ret_pfn);
/* One more / one less entry maps the 4 KiB frame; the last one frees what no file holds. */
void page_get_map(struct machine *m, uint64_t pfn);
void page_put_map(struct machine *m, uint64_t pfn);
/* A new page is on its way to the LRU. */
void lru_add(struct machine *m, uint64_t pfn);
void lru_add_run(struct machine *m, uint64_t pfn, uint64_t nr);
/* MADV_COLD and MADV_FREE of a page. */
void lru_deactivate(struct machine *m, uint64_t pfn);
void lru_lazyfree(struct machine *m, uint64_t pfn);
/* Empty the batches. */
void lru_add_drain(struct machine *m);
/* What a process that forks writes to its stack. */
void lru_fork(struct mm_struct *mm);
/* The file lets go of it. */
void page_drop_cache(struct machine *m, uint64_t pfn);
int folio_alloc(struct machine *m, unsigned int flags, uint64_t *ret_pfn);
/* The same of 1 GiB, for hugetlb. */
int gigantic_alloc(struct machine *m, unsigned int flags, uint64_t *ret_pfn);
void folio_get_map(struct machine *m, uint64_t pfn);
void folio_put_map(struct machine *m, uint64_t pfn);
/* The PMD that mapped the folio becomes 512 PTEs: moves one entire mapping to the pages. */
void folio_map_to_pages(struct machine *m, uint64_t pfn);
/* Makes each page a folio of its own; nothing may map it as a whole. */
void folio_split(struct machine *m, uint64_t pfn);
/* The same for @pfn alone; the others are halves, quarters, and so on, of what there was. */
void folio_split_at(struct machine *m, uint64_t pfn);
/* The flags of the folio as a whole. */
uint16_t *folio_flags(const struct machine *m, uint64_t pfn);
/* How many entries map it or one of its pages. */
uint64_t folio_mapcount(const struct machine *m, uint64_t pfn);
/* Whether @pfn is part of a 2 MiB folio that was not split. */
bool page_is_large(const struct machine *m, uint64_t pfn);
unsigned int page_flags(const struct machine *m, uint64_t pfn);
/* The anon_vma that the anonymous page of @vma belongs to. */
uint32_t page_anon_id(const struct vm_area_struct *vma, uint64_t pfn);
/* The page is exclusive to its VMA no more: remember whose it is. */
void page_share_anon(const struct vm_area_struct *vma, uint64_t pfn);
/* Bytes were written to the page. */
static inline void page_written(struct machine *m, uint64_t pfn)
{
	uint64_t index = (pfn - PFN_HUGE_BASE) % HPAGE_PMD_NR;

	if (pfn_is_huge(pfn))
		pfn_folio(m, pfn)->written[index / 64] |= UINT64_C(1) << index % 64;
	else if (m->zeros && pfn - PFN_SMALL_BASE < PFN_SMALL_MAX)
		pfn_page(m, pfn)->flags &= ~PG_ZEROS;
}
/* False when the page is all zeros, as far as is known. */
bool page_has_content(const struct machine *m, uint64_t pfn);
void page_set_exclusive(struct machine *m, uint64_t pfn, bool exclusive);
/*
 * The page was written to, and its entries need not say so: what an object's page holds nothing else
 * does, and of an anonymous one MADV_FREE has to clear it. A huge one as a whole.
 */
void page_set_dirty(struct machine *m, uint64_t pfn);
void page_clear_dirty(struct machine *m, uint64_t pfn);
bool page_is_dirty(const struct machine *m, uint64_t pfn);
/* Linux: folio_maybe_dma_pinned() */
bool page_pinned(const struct machine *m, uint64_t pfn);
void page_pin(struct machine *m, uint64_t pfn);
/* Whether a write fault may take the anonymous 4 KiB frame, of offset @pgoff, over uncopied. */
bool page_can_reuse(struct mm_struct *mm, uint64_t pfn, uint64_t pgoff);
bool folio_can_reuse(const struct machine *m, uint64_t pfn);

#endif /* MM_PAGE_INTERNAL_H */
