/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What one kernel's memory management does, as a table: a new kernel is a new row. */
#ifndef MM_PROFILE_H
#define MM_PROFILE_H

#include <stdbool.h>
#include <stdint.h>

/* How a write fault decides that an anonymous page need not be copied (mm/memory.c). */
enum wp_reuse {
	WP_REUSE_PAGE_COUNT,	/* 6.1: nobody else holds the folio */
	WP_REUSE_SMALL_ONLY,	/* 6.8 to 6.14: the same, never a part of a large folio */
	WP_REUSE_LARGE_MAPCOUNT	/* later: large folios that only this address space maps, too */
};

/**
 * struct mm_profile - behaviour of one kernel
 * @placement: level of the loop that starts mprotect's notification: 2 (PMD) or 3 (PUD), at the
 *	first populated entry, up to the end of the parent entry; 0: once around the whole chunk,
 *	unconditionally (mm/mprotect.c)
 * @pud_leaf_bug: mprotect clears 1 GiB leaves as "bad pud" without telling anybody (to 6.11)
 * @zero_start_sentinel: the lazy start takes range.start == 0 for "not started yet"
 * @split_notifies: moving a VMA boundary sends CLEAR for its 2 MiB block
 *	(mm/huge_memory.c:split_huge_pmd_address)
 * @saved_dirty: dirty moves to a software bit while an entry is read-only (x86, 6.6)
 * @merge_unfaulted: a VMA without anon_vma may take over a neighbour's on merge (6.16)
 * @unaccount_unfaulted: mprotect to read-only drops VM_ACCOUNT of an untouched VMA (6.7)
 * @mremap_realign: move_page_tables may start at the PMD boundary below (6.7)
 * @mremap_multi_vma: a pure move may span several VMAs (6.17)
 * @pmd_change_writable: mprotect makes exclusive huge pages writable at once (6.2)
 * @pte_change_dirty: mprotect makes private pages writable at once only where the entry is dirty, and
 *	splitting a huge page leaves entries that are not (6.1)
 * @reclaim_pt: MADV_DONTNEED frees empty PTE tables (6.14)
 * @migrate_extra_split: try_to_migrate of a huge page sends a CLEAR of its own for the split
 * @huge_zero_replace: a write to the huge zero page replaces it in place (7.x)
 * @change_pte: change_pte() is called where a copy replaces a page (to 6.9)
 * @reaper_clear: the OOM reaper sends CLEAR instead of UNMAP (7.x)
 * @hugetlb_dofork_einval: MADV_DOFORK of hugetlb memory is an error (7.x)
 * @numa_skips_pinned: NUMA hinting leaves pages of a copy-on-write mapping alone that are pinned
 *	for DMA (5.18)
 * @ksm_smart_scan: ksmd skips pages that it did not merge before (6.7)
 * @numa_vma_state: the NUMA scanner remembers each VMA's last scan (6.4)
 * @pagemap_scan: the PAGEMAP_SCAN ioctl exists (6.7)
 * @uffd_wp_vmas: UFFDIO_WRITEPROTECT may span several VMAs (6.5)
 * @uffd_raw_prot: lifting uffd-wp makes shared memory writable as if it were not registered, and
 *	private memory not at once (uffd_wp_range(), to 6.2)
 * @split_to_zeropage: splitting a huge page maps what is all zeros to the zero page (6.12)
 * @hugetlb_unmap_notifies: unmapping hugetlb memory sends UNMAP of its own, nested where the
 *	caller has notified, too (to 6.2)
 * @dax_cold_bug: MADV_COLD takes a 2 MiB leaf of a device for garbage and clears it (6.1)
 * @failed_map_unmaps: a device that refuses mmap() gets what was to be its range unmapped (to
 *	6.17)
 * @map_unmap_enomem: mmap() says ENOMEM when it cannot unmap what is in the way (6.1)
 * @unmap_extra_split: the same for try_to_unmap of a file's huge page (6.1)
 * @shmem_thp_any_vma: shmem allocates huge pages for VMAs that cannot map them as a whole (6.1)
 * @maps_folio: a fault in an object maps all of its huge page by PTEs where it fits (6.12)
 * @around_maps_folio: so does a read that finds a part of it among the 16 pages around (6.18)
 * @holes_halve: a hole in an object's huge page, or its new end, leaves smaller large folios (6.15)
 * @nohuge_maps_small: VM_NOHUGEPAGE keeps a VMA from mapping a file's huge page as a whole
 * @collapse_lenient: MADV_COLLAPSE takes memory without a writable entry, makes missing tables to
 *	map a file's huge page, and is content with a range that holds no block (7.x)
 * @collapse_hole_ebusy: MADV_COLLAPSE says EBUSY where userfaultfd watches a hole (6.12)
 * @collapse_target_only: collapsing pages of a file frees the page tables of the caller's VMA
 *	only, and fails when that has none (6.1)
 * @pageout_keeps_referenced: MADV_PAGEOUT leaves pages alone that a secondary MMU has used (to 6.8)
 * @moves_by_page: mbind and move_pages() decide by single pages, not by folios: the first page of a
 *	huge one tells who shares it, pages inside a hugetlb page are EACCES, and move_pages()
 *	passes over what is protnone (6.1)
 * @dontunmap_joins_none: what MREMAP_DONTUNMAP copies next to its own VMA, which it may not join,
 *	joins the neighbour on its other side neither (6.1)
 * @wp_reuse: see above
 * @lru_batch: folios that a per-CPU batch holds a reference on before it is emptied
 * @cold_holds: MADV_COLD puts folios into such a batch (multi-generational LRU)
 * @unmap_drains: unmapping empties the batches (lru_add_drain())
 */
struct mm_profile {
	const char *name;
	const char *summary;
	uint8_t placement;
	bool pud_leaf_bug;
	bool zero_start_sentinel;
	bool split_notifies;
	bool saved_dirty;
	bool merge_unfaulted;
	bool unaccount_unfaulted;
	bool mremap_realign;
	bool mremap_multi_vma;
	bool pmd_change_writable;
	bool pte_change_dirty;
	bool reclaim_pt;
	bool migrate_extra_split;
	bool huge_zero_replace;
	bool change_pte;
	bool reaper_clear;
	bool hugetlb_dofork_einval;
	bool numa_skips_pinned;
	bool split_to_zeropage;
	bool ksm_smart_scan;
	bool numa_vma_state;
	bool pagemap_scan;
	bool uffd_wp_vmas;
	bool uffd_raw_prot;
	bool hugetlb_unmap_notifies;
	bool dax_cold_bug;
	bool failed_map_unmaps;
	bool collapse_lenient;
	bool collapse_hole_ebusy;
	bool collapse_target_only;
	bool unmap_extra_split;
	bool shmem_thp_any_vma;
	bool maps_folio;
	bool around_maps_folio;
	bool holes_halve;
	bool nohuge_maps_small;
	bool map_unmap_enomem;
	bool pageout_keeps_referenced;
	bool moves_by_page;
	bool dontunmap_joins_none;
	enum wp_reuse wp_reuse;
	uint8_t lru_batch;
	bool cold_holds;
	bool unmap_drains;
};

/**
 * struct mm_design - what no kernel does, on top of a profile; all zero is the kernel itself
 * @tight: mprotect and NUMA hinting notify runs of populated entries only
 * @lazy_unmap: so do munmap, MADV_DONTNEED, MADV_FREE and truncation; a move by mremap notifies its
 *	whole range, unless nothing in it is populated
 * @numa_skip: NUMA hinting flags its notifications, and tells of each page that becomes protnone
 * @run_level: granularity of a run: PT_LEVEL_PMD or PT_LEVEL_PUD
 * @run_gap: two runs at most this many bytes apart are notified as one
 */
struct mm_design {
	bool tight;
	bool lazy_unmap;
	bool numa_skip;
	uint8_t run_level;
	uint64_t run_gap;
};

/** mm_profile_find() - the profile called @name, NULL if there is none. */
const struct mm_profile *mm_profile_find(const char *name);

/** mm_profile_at() - the profile number @index in order of age; NULL behind the last. */
const struct mm_profile *mm_profile_at(unsigned int index);

#endif /* MM_PROFILE_H */
