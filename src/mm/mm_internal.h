/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the mm room share. */
#ifndef MM_INTERNAL_H
#define MM_INTERNAL_H

#include "page_internal.h"

/* ---- files: filemap.c ---- */

enum mm_file_kind { MM_FILE_CACHE, MM_FILE_HUGETLB, MM_FILE_DAX };

/**
 * struct mm_file - an object with pages: a shmem object or a file, hugetlbfs, a DAX device
 * @root: top table of the radix tree from page index to frame; 0 while empty. The index of a
 *	hugetlb file counts huge pages.
 * @last_index, @last_table: index / 512 and frame of the lowest table used last; 0: none
 * @page_size: of the entries that map it
 * @first_pfn: of a device
 * @i_mmap: VMAs that map it; those of equal offset are in the order of Linux's interval tree
 */
struct mm_file {
	LIST_ENTRY(mm_file) node;
	struct machine *machine;
	uint64_t size;
	uint64_t root;
	uint64_t last_index;
	uint64_t last_table;
	uint64_t page_size;
	uint64_t first_pfn;
	uint32_t refs;
	uint8_t kind;
	bool shmem;
	TAILQ_HEAD(, vm_area_struct) i_mmap;
	struct policy_range {
		uint64_t first, last; /* page indices, half open */
		uint8_t policy;
	} *policies; /* disjoint, in no order (Linux: struct shared_policy) */
	size_t nr_policies, cap_policies;
};

/* The frame of page @index, 0 when it is not in memory. A huge folio answers for each page. */
uint64_t filemap_find(const struct mm_file *file, uint64_t index);
int filemap_add(struct mm_file *file, uint64_t index, uint64_t pfn);
/* A frame for page @index, made if needed. */
int filemap_get(struct mm_file *file, uint64_t index, uint64_t *ret_pfn);
/* Forget the pages [@first, @last). */
void filemap_truncate(struct mm_file *file, uint64_t first, uint64_t last);
/* The first page in [@index, @end) that is in memory; @end when none is. */
uint64_t filemap_next(const struct mm_file *file, uint64_t index, uint64_t end);
/* Look at every page in memory; how many tables the tree has. */
uint64_t filemap_walk(const struct mm_file *file,
		      void (*fn)(void *ctx, uint64_t index, uint64_t pfn), void *ctx);

/* ---- VMAs: vma.c, vma_merge.c ---- */

#define VM_READ 0x00000001u
#define VM_WRITE 0x00000002u
#define VM_EXEC 0x00000004u
#define VM_SHARED 0x00000008u
#define VM_MAYREAD 0x00000010u
#define VM_MAYWRITE 0x00000020u
#define VM_MAYEXEC 0x00000040u
#define VM_MAYSHARE 0x00000080u
#define VM_UFFD_WP 0x00001000u
#define VM_SEQ_READ 0x00008000u
#define VM_RAND_READ 0x00010000u
#define VM_DONTCOPY 0x00020000u
#define VM_DONTEXPAND 0x00040000u
#define VM_ACCOUNT 0x00100000u
#define VM_NORESERVE 0x00200000u
#define VM_HUGETLB 0x00400000u
#define VM_WIPEONFORK 0x02000000u
#define VM_DONTDUMP 0x04000000u
#define VM_SOFTDIRTY 0x08000000u
#define VM_MIXEDMAP 0x10000000u
#define VM_HUGEPAGE 0x20000000u
#define VM_NOHUGEPAGE 0x40000000u
#define VM_MERGEABLE 0x80000000u
#define VM_ACCESS_FLAGS (VM_READ | VM_WRITE | VM_EXEC)
#define VM_SPECIAL (VM_DONTEXPAND | VM_MIXEDMAP)

/* Who may share the anonymous pages of a VMA (Linux: struct anon_vma, without its tree). */
struct anon_vma {
	struct anon_vma *parent; /* that of the VMA it was forked from; one reference */
	uint32_t id;
	uint32_t refs;
};

/**
 * struct vm_area_struct - [vm_start, vm_end) with one set of flags
 * @vm_pgoff: page index in the file; for anonymous memory the page number at which it was mapped
 * @anon_chained: the anon_vma chain has more than one member (a forked child's VMA)
 */
struct vm_area_struct {
	uint64_t vm_start; /* beside the links: what a search looks at */
	uint64_t vm_end;
	RB_ENTRY(vm_area_struct) vm_rb;
	TAILQ_ENTRY(vm_area_struct) i_mmap;
	struct mm_struct *vm_mm;
	uint64_t vm_pgoff;
	uint32_t vm_flags;
	bool anon_chained;
	uint8_t vm_policy; /* struct mempolicy as a number, 0 for none: mempolicy.c */
	struct numab_state {
		int32_t start_scan_seq, prev_scan_seq;
		bool ready, accessed[2]; /* by hinting faults: before the last scan, since then */
	} numab; /* what the NUMA scanner of 6.4 on knows of the VMA */
	uint64_t anon_order; /* place among equals in the interval tree of its anon_vmas */
	struct mm_file *vm_file;
	struct anon_vma *anon_vma;
};

RB_HEAD(vma_tree, vm_area_struct);
RB_PROTOTYPE(vma_tree, vm_area_struct, vm_rb, vma_cmp)

struct mm_struct {
	LIST_ENTRY(mm_struct) node;
	struct machine *machine;
	struct mmu_notifier_mm notifier;
	struct vma_tree vmas;
	struct vm_area_struct *vma_cache;
	unsigned int map_count;
	bool threaded; /* more than one thread (Linux: mm_users > 1) */
	uint64_t order; /* older address spaces have lower numbers */
	uint64_t pgd; /* frame of the top table */
	uint64_t start_brk;
	uint64_t brk;
	struct ksm_mm *ksm;
	uint64_t numa_scan_offset;
	int32_t numa_scan_seq;
	uint64_t forked_at; /* machine.nr_emptied when it last had a child, + 1 */
};

static inline bool vma_is_anonymous(const struct vm_area_struct *vma)
{
	return !vma->vm_file;
}

static inline bool vma_is_dax(const struct vm_area_struct *vma)
{
	return vma->vm_file && vma->vm_file->kind == MM_FILE_DAX;
}

static inline bool is_cow_mapping(uint32_t flags)
{
	return (flags & (VM_SHARED | VM_MAYWRITE)) == VM_MAYWRITE;
}

static inline bool vma_is_accessible(const struct vm_area_struct *vma)
{
	return vma->vm_flags & VM_ACCESS_FLAGS;
}

static inline uint64_t vma_pages(const struct vm_area_struct *vma)
{
	return (vma->vm_end - vma->vm_start) >> PAGE_SHIFT;
}

/* Page index in the VMA's object of the page at @addr (Linux: linear_page_index()). */
static inline uint64_t linear_page_index(const struct vm_area_struct *vma, uint64_t addr)
{
	return ((addr - vma->vm_start) >> PAGE_SHIFT) + vma->vm_pgoff;
}

/* The first VMA that ends above @addr (Linux: find_vma()); NULL if none. */
struct vm_area_struct *find_vma(struct mm_struct *mm, uint64_t addr);
/* The first VMA that overlaps [@start, @end). */
struct vm_area_struct *find_vma_intersection(struct mm_struct *mm, uint64_t start, uint64_t end);
struct vm_area_struct *vma_next(struct vm_area_struct *vma);
struct vm_area_struct *vma_prev(struct vm_area_struct *vma);
/* The last VMA that ends at or below @addr. */
struct vm_area_struct *find_vma_before(struct mm_struct *mm, uint64_t addr);
struct vm_area_struct *vma_alloc(struct mm_struct *mm);
/* A copy that is in no tree; it holds its own references. */
struct vm_area_struct *vma_dup(const struct vm_area_struct *vma);
void vma_free(struct vm_area_struct *vma);
void vma_link(struct mm_struct *mm, struct vm_area_struct *vma);
void vma_unlink(struct vm_area_struct *vma);
void vma_set_start(struct vm_area_struct *vma, uint64_t start);
/* Its place among the VMAs of the file: last of its offset, as Linux reinserts what it changes. */
void vma_relink_file(struct vm_area_struct *vma);
/* The same for a forked VMA: behind its parent. */
void vma_relink_after(struct vm_area_struct *vma, struct vm_area_struct *parent);
pgprot_t vm_get_page_prot(uint32_t flags);
/* The same for memory whose first writes nobody asks for. */
pgprot_t protection_map(uint32_t flags);
/* Gives an untouched VMA an anon_vma, a neighbour's where Linux would share it. */
int anon_vma_prepare(struct vm_area_struct *vma);
void anon_vma_get(struct anon_vma *anon_vma);
void anon_vma_put(struct anon_vma *anon_vma);
int anon_vma_fork(struct vm_area_struct *child, const struct vm_area_struct *parent);

/*
 * Two VMAs instead of one. Who wants the upper one, for what begins there, makes the lower one the
 * new one (Linux: new_below of __split_vma()).
 */
int split_vma(struct vm_area_struct *vma, uint64_t addr, struct vm_area_struct **ret_upper);
int vma_modify_flags(struct vm_area_struct *vma, uint64_t start, uint64_t end, uint32_t newflags,
		     struct vm_area_struct **ret_vma);
int vma_modify_policy(struct vm_area_struct *vma, uint64_t start, uint64_t end, uint8_t policy,
		      struct vm_area_struct **ret_vma);
/* The boundaries of @vma moved: it is the last among equals of its interval trees now. */
void vma_reinsert(struct vm_area_struct *vma);
/* A new range with no VMA in it: joins its neighbours where they match; NULL if none did. */
struct vm_area_struct *vma_merge_new_range(struct mm_struct *mm, uint64_t start, uint64_t end,
					   uint32_t flags, struct anon_vma *anon_vma,
					   bool anon_chained, struct mm_file *file,
					   uint64_t pgoff, uint8_t policy);
/*
 * The same for a copy of a part of @vma, for [@start, @end) with offset @pgoff. @stays: the part
 * stays where it is, too (MREMAP_DONTUNMAP), and the copy does not join @vma itself.
 */
struct vm_area_struct *vma_merge_copy(const struct vm_area_struct *vma, uint64_t start,
				      uint64_t end, uint64_t pgoff, bool stays);
/* The boundary of @vma moves to @addr: tell about the 2 MiB block around it. */
void vma_adjust_trans_huge(struct vm_area_struct *vma, uint64_t addr);

/*
 * An entry that is neither none nor present: uffd-wp holds for a page of an object that is not
 * mapped now (Linux: PTE_MARKER_UFFD_WP). In swap format: type 31, inverted offset 1.
 */
#define PTE_MARKER ((pte_t){ UINT64_C(31) << 59 | (~UINT64_C(1) << 14 & ~(UINT64_C(31) << 59)) })

static inline bool pte_is_marker(pte_t pte)
{
	return pte.val == PTE_MARKER.val;
}

static inline bool userfaultfd_wp(const struct vm_area_struct *vma)
{
	return vma->vm_flags & VM_UFFD_WP;
}

static inline bool userfaultfd_pte_wp(const struct vm_area_struct *vma, pte_t pte)
{
	return userfaultfd_wp(vma) && pte_uffd_wp(pte);
}

/* ---- page tables: pagetable.c ---- */

/**
 * struct pt_info - record of one page table
 * @used: entries that are not none
 * @maybe_shared: (PTE tables) some entry may map a page that is not anonymous, exclusive and dirty
 * @maybe_marker: some entry may be a marker
 * @first, @last: no entry outside [first, last] is in use; meaningless while @used is 0
 */

struct pt_info {
	uint16_t used;
	uint8_t level;
	uint8_t maybe_shared : 1;
	uint8_t maybe_marker : 1;
	uint16_t first;
	uint16_t last;
};
static_assert(sizeof(struct pt_info) == 8, "8 bytes of record per table");

static inline struct pt_info *pt_info(const struct machine *m, const void *entry)
{
	return pt_arena_meta(&m->tables, pt_arena_pfn(&m->tables, entry));
}

/* Entry number @index of the table came into use. */
static inline void pt_info_use(struct pt_info *info, unsigned int index)
{
	if (!info->used++) {
		info->first = index;
		info->last = index;
	} else if (index < info->first) {
		info->first = index;
	} else if (index > info->last) {
		info->last = index;
	}
}

/*
 * Shrink [*@addr, *@end), which lies in the span of one table of @level, to the entries that may
 * be in use; false when none is.
 */
static inline bool pt_info_clip(const struct machine *m, const struct pt_info *info,
				unsigned int level, uint64_t *addr, uint64_t *end)
{
	unsigned int shift = m->geo->shift[level];
	uint64_t base = *addr & ~((pt_size(m->geo, level) * m->geo->entries[level]) - 1);
	uint64_t low = base + ((uint64_t)info->first << shift);
	uint64_t high = base + ((uint64_t)info->last << shift) + pt_size(m->geo, level);

	if (!info->used)
		return false;
	if (*addr < low)
		*addr = low;
	if (*end > high)
		*end = high;
	return *addr < *end;
}

/* The table that @pte points to. */
static inline pte_t *pt_table(const struct machine *m, pte_t pte)
{
	return (pte_t *)pt_arena_table(&m->tables, pte_table_pfn(pte));
}

static inline pte_t *pt_top(const struct mm_struct *mm)
{
	return (pte_t *)pt_arena_table(&mm->machine->tables, mm->pgd);
}

int pt_alloc_table(struct machine *m, unsigned int level, uint64_t *ret_pfn);
/* Change one entry and keep its table's count of used entries. */
void pt_set(struct machine *m, pte_t *entry, pte_t val);
/*
 * The entry of @level for @addr; NULL when a table above is missing. Where a leaf above maps
 * @addr, *@ret_level (if given) is its level and the leaf's entry is returned.
 */
pte_t *pt_lookup(const struct mm_struct *mm, uint64_t addr, unsigned int level,
		 unsigned int *ret_level);
/* The same, making missing tables. -EEXIST when a leaf above is in the way. */
int pt_walk_alloc(struct mm_struct *mm, uint64_t addr, unsigned int level, pte_t **ret_entry);
/* Bytes that present leaves map in [@start, @end). */
uint64_t pt_populated(const struct mm_struct *mm, uint64_t start, uint64_t end);
/*
 * Free the tables that map nothing outside [@addr, @end), without going below @floor or above
 * @ceiling (0: no ceiling). Linux: free_pgd_range().
 */
void free_pgd_range(struct mm_struct *mm, uint64_t addr, uint64_t end, uint64_t floor,
		    uint64_t ceiling);
/* Free every table below the top one; the leaves are gone. */
void pt_free_all(struct mm_struct *mm);

/* ---- changing memory ---- */

/* About to take rights from, or remove, what maps [@start, @end) (invariant 1). */
static inline void before_change(struct mm_struct *mm, uint64_t start, uint64_t end)
{
	if (mm->machine->before_change)
		mm->machine->before_change(mm->machine->ctx, mm, start, end);
}

/* Start and end of a notification, with the bytes populated in it counted. */
void notify_start(struct mm_struct *mm, struct mmu_notifier_range *range, uint32_t event,
		  uint64_t start, uint64_t end);
void notify_start_flags(struct mm_struct *mm, struct mmu_notifier_range *range, uint32_t event,
			uint32_t flags, uint64_t start, uint64_t end);
void notify_end(struct mm_struct *mm, struct mmu_notifier_range *range);
/* One pair around nothing but what the caller does between the two calls. */
void notify_pair(struct mm_struct *mm, uint32_t event, uint64_t start, uint64_t end);

/* runs.c */
struct run_iter {
	struct mm_struct *mm;
	unsigned int level;
	uint64_t gap;
	uint64_t next;
	uint64_t limit;
	uint64_t start; /* the run that run_next() found */
	uint64_t end;
};
struct run_iter run_iter_init(struct mm_struct *mm, uint64_t start, uint64_t end);
bool run_next(struct run_iter *iter);

/* zap.c */
/* notify_start(), unmap_page_range(), notify_end(): only of populated runs under lazy_unmap. */
enum { ZAP_RECLAIM_PT = 1, ZAP_KEEP_COWS = 2 };
void zap_notified(struct vm_area_struct *vma, uint32_t event, uint64_t start, uint64_t end,
		  unsigned int flags);
/* Remove the leaves of [@start, @end) in one VMA; the caller has notified. */
void unmap_page_range(struct vm_area_struct *vma, uint64_t start, uint64_t end, bool reclaim_pt);

/* huge_memory.c */
bool thp_vma_allowed(const struct vm_area_struct *vma, uint64_t addr);
int do_huge_pmd_anonymous_page(struct vm_area_struct *vma, uint64_t addr, bool write,
			       bool *ret_done);
/* A huge anonymous page is mapped; @write: dirty, and writable where the VMA is. */
void set_huge_pmd(struct vm_area_struct *vma, pte_t *pmd, uint64_t pfn, bool write);
int do_huge_pmd_wp_page(struct vm_area_struct *vma, uint64_t addr, pte_t *pmd);
/* With the notification of the block, whatever the PMD is. */
void __split_huge_pmd(struct vm_area_struct *vma, pte_t *pmd, uint64_t addr);
void __split_huge_pud(struct vm_area_struct *vma, pte_t *pud, uint64_t addr);
/* A walk with a callback for PMDs splits what is larger (Linux: walk_pud_range()): task_mmu.c. */
void walk_splits(struct vm_area_struct *vma, uint64_t start, uint64_t end);
/* One of the two for a leaf of @level that a range covers in part. */
void split_huge_leaf(struct vm_area_struct *vma, pte_t *entry, unsigned int level, uint64_t addr);
/*
 * Split the folio that frame @pfn, mapped at @addr, is part of, with the notifications of its
 * unmapping from every VMA (try_to_migrate()).
 */
int split_huge_page(struct vm_area_struct *vma, uint64_t addr, uint64_t pfn);

/* hugetlb.c: memory of hugetlbfs, with ways of its own for everything */
uint64_t huge_page_size(const struct vm_area_struct *vma);
int hugetlb_fault(struct vm_area_struct *vma, uint64_t addr, enum mm_access access);
/* The range that a change of [*@start, *@end) may reach where tables can be shared. */
void adjust_range_if_pmd_sharing_possible(const struct vm_area_struct *vma, uint64_t *start,
					  uint64_t *end);
uint64_t hugetlb_change_protection(struct vm_area_struct *vma, uint64_t start, uint64_t end,
				   pgprot_t newprot, unsigned int cp_flags);
/* @keep_markers: what uffd-wp protects leaves markers, and those that are there stay. */
void hugetlb_unmap(struct vm_area_struct *vma, uint64_t start, uint64_t end, bool keep_markers);
int hugetlb_copy_page_range(struct vm_area_struct *dst, struct vm_area_struct *src);
int hugetlb_move_page_tables(struct vm_area_struct *old, uint64_t old_addr, uint64_t new_addr,
			     uint64_t len);
/* The VMA will have a boundary at @addr: the table there is not shared any more. */
void hugetlb_split(struct vm_area_struct *vma, uint64_t addr);

/* dax.c: the memory of devices */
int dax_fault(struct vm_area_struct *vma, uint64_t addr, enum mm_access access);
bool dax_mappable(const struct mm_file *file, uint64_t addr, uint64_t end, uint32_t vm_flags);

/* khugepaged.c */
int madvise_collapse(struct vm_area_struct *vma, uint64_t start, uint64_t end);

/* shmem.c */
/* Does the VMA cover the 2 MiB block, at the same offset in the file? */
bool file_block_suitable(const struct vm_area_struct *vma, uint64_t addr);
/* The page of the file at @addr, made if needed. */
int file_fault_page(struct vm_area_struct *vma, uint64_t addr, uint64_t *ret_pfn);
/* Where the file has a huge page at @addr, or gets one, it is mapped as a whole. */
int do_set_pmd(struct vm_area_struct *vma, uint64_t addr, bool write, bool *ret_done);
/* A new huge page for the 512 indices from @index. */
int filemap_add_huge(struct mm_file *file, uint64_t index, uint64_t *ret_pfn);
/* The folio of the pages from @index goes away from the VMAs, one by one until nobody maps it. */
int try_to_unmap_file(struct mm_file *file, uint64_t index, uint64_t head);
/* May others map the large folio of @pfn, whose first page has index @index? For madvise. */
bool file_folio_shared(const struct vm_area_struct *vma, uint64_t pfn, uint64_t index);
/* A large folio becomes small ones, mapped nowhere. */
int split_file_folio(struct mm_file *file, uint64_t index);
/* The same where the pages on one side of @index go: the others may stay in large folios. */
int split_file_folio_at(struct mm_file *file, uint64_t index);

/* truncate.c */
/* The VMAs of a file that map some of its pages, in the order of Linux's interval tree. */
struct mapping {
	struct vm_area_struct *vma;
	uint64_t start;
	uint64_t end;
	size_t order;
};
struct mappings {
	struct mapping *at; /* the caller's to mem_free() */
	size_t nr, cap;
};
int find_mappings(struct mm_file *file, uint64_t first, uint64_t last,
		  struct mappings *ret_mappings);
/* May a VMA end at @addr (Linux: vm_ops->may_split())? */
bool vma_may_split(const struct vm_area_struct *vma, uint64_t addr);
int madvise_remove(struct vm_area_struct *vma, uint64_t start, uint64_t end);

/* rmap.c */
struct rmap_vma {
	struct vm_area_struct *vma;
	uint64_t start; /* the folio's place, clipped to the VMA */
	uint64_t end;
	uint64_t order;
};
struct rmap {
	struct rmap_vma *vmas;
	size_t nr, cap;
};
/*
 * Take the folio of frame @pfn, which @vma maps at @addr, out of every VMA, in the order of the
 * reverse map and until nothing maps it (try_to_unmap(), try_to_migrate()). With @unmap the
 * entries go away, otherwise they are back at once.
 */
int rmap_walk_clear(struct vm_area_struct *vma, uint64_t addr, uint64_t pfn, bool unmap);
/*
 * Has the folio of frame @pfn, which @vma maps at @addr, been used since it was last asked for? Every
 * entry of it becomes old, the secondary MMUs' too (Linux: folio_referenced()).
 */
bool folio_referenced(struct vm_area_struct *vma, uint64_t addr, uint64_t pfn);
/* The VMAs that may map the huge anonymous folio of @pfn, whose first page has offset @pgoff. */
int rmap_anon(struct machine *m, uint64_t pfn, uint64_t pgoff, struct rmap *ret_rmap);
void rmap_release(struct rmap *rmap);
/* How often the entries of [@start, @end) map a page of the folio of @nr pages at @head. */
uint64_t folio_mappings(struct mm_struct *mm, uint64_t head, uint64_t nr, uint64_t start,
			uint64_t end);
/* The same at one place of a reverse map of a huge folio. */
uint64_t rmap_folio_mappings(const struct rmap_vma *at, uint64_t head);
/* Every mapping of the folio is one of @mm's. */
bool folio_mapped_by_one(struct mm_struct *mm, uint64_t pfn, uint64_t pgoff);
bool folio_shared(struct mm_struct *mm, uint64_t pfn, uint64_t pgoff);

/* memory.c */
/* The page at @addr, mapped read-only, becomes the VMA's own copy, with the notification. */
int break_cow(struct vm_area_struct *vma, uint64_t addr);
int handle_mm_fault(struct vm_area_struct *vma, uint64_t addr, enum mm_access access);
/* The same where the PTE table is there; the caller counts the fault. */
int handle_pte_fault(struct vm_area_struct *vma, uint64_t addr, pte_t *ptep,
		     enum mm_access access);
/*
 * First writes to anonymous memory, page after page: as many of the @nr entries from @pte on as
 * are none, and as there are frames of one kind for. Return: how many, or -ENOMEM.
 */
int64_t fault_anon_run(struct vm_area_struct *vma, pte_t *pte, uint64_t nr);

/* access.c */
/* One access, faults handled; *@ret_entry is the leaf of *@ret_level that it used. */
int access_page(struct vm_area_struct *vma, uint64_t addr, enum mm_access access,
		pte_t **ret_entry, unsigned int *ret_level);
/* What the processor does on a hit. */
static inline void mark_accessed(pte_t *entry, enum mm_access access)
{
	uint64_t bits = _PAGE_ACCESSED | (access == MM_WRITE ? _PAGE_DIRTY : 0);

	if ((entry->val & bits) != bits)
		*entry = pte_set(*entry, bits);
}

/* mprotect.c */
enum {
	MM_CP_TRY_CHANGE_WRITABLE = 1 << 0,
	MM_CP_PROT_NUMA = 1 << 1,
	MM_CP_UFFD_WP = 1 << 2,
	MM_CP_UFFD_WP_RESOLVE = 1 << 3,
};
uint64_t change_protection(struct vm_area_struct *vma, uint64_t start, uint64_t end,
			   pgprot_t newprot, unsigned int cp_flags);

/* mempolicy.c: the policy for a page of @vma at @addr, the object's own where it can have one */
uint8_t vma_policy(const struct vm_area_struct *vma, uint64_t addr, bool huge);
/* The node that a new page comes from. */
unsigned int policy_node(const struct vm_area_struct *vma, uint64_t addr, bool huge);
/*
 * Where mbind() moves the folio of frame @pfn, mapped at @addr: the policy of the address or, where
 * moves_by_page, that of the first page of the folio which the VMA holds (new_page() of 6.1).
 */
unsigned int migration_node(const struct vm_area_struct *vma, uint64_t addr, uint64_t pfn);

/* migrate.c: folios on their way to another node (Linux: migrate_pages()) */
struct migrate_at {
	uint64_t addr; /* of frame @pfn */
	uint64_t pfn;
};
struct migrate_list {
	struct migrate_at *at; /* the caller's to mem_free() */
	size_t nr, cap;
};
#define MIGRATE_BY_POLICY (-1)
int migrate_list_add(struct machine *m, struct migrate_list *list, uint64_t addr, uint64_t pfn);
/* Is the large folio of @pfn in a list already? */
bool migrate_isolated(const struct machine *m, uint64_t pfn);
void migrate_list_free(struct machine *m, struct migrate_list *list);
/* Move and forget them. Return: 1 when one of them has to stay; negative: out of memory. */
int migrate_list_run(struct mm_struct *mm, struct migrate_list *list, int node);
unsigned int page_node(const struct machine *m, uint64_t pfn);
void page_set_node(struct machine *m, uint64_t pfn, unsigned int node);
/* Does more than one entry map it, in the eyes of migration? */
bool migrate_shared(struct vm_area_struct *vma, uint64_t addr, uint64_t pfn);

/* ksm.c */
int ksm_enter(struct mm_struct *mm);
/* Copy what is merged in [start, end) of @vma (Linux: unmerge_ksm_pages()). */
int unmerge_ksm_pages(struct vm_area_struct *vma, uint64_t start, uint64_t end);
/* The address space goes. */
void ksm_exit(struct mm_struct *mm);
void ksm_destroy(struct machine *m);

/* vmscan.c: MADV_PAGEOUT of one page or huge page; there is no swap */
int reclaim_folio(struct vm_area_struct *vma, uint64_t addr, pte_t *entry, unsigned int level,
		  bool whole);

/* mmap.c */
int do_munmap(struct mm_struct *mm, uint64_t start, uint64_t len);
/* The page tables around a gap that a removed run of VMAs leaves. */
void free_pgtables(struct mm_struct *mm, uint64_t start, uint64_t end);

#endif /* MM_INTERNAL_H */
