/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files of the kvm room: the VM, its slots, its shadow pages. */
#ifndef KVM_KVM_INTERNAL_H
#define KVM_KVM_INTERNAL_H

#include <sys/queue.h>

#include <bsd/sys/tree.h>

#include <arch/pt_arena.h>
#include <arch/spte.h>
#include <kvm/kvm.h>
#include <mm/secondary.h>
#include <notifier/notifier.h>

#include "occupancy.h"

#define PAGE_SHIFT 12
#define PAGE_SIZE (1ull << PAGE_SHIFT)
#define KVM_NR_LEVELS 3 /* levels that can be leaves: 4K, 2M, 1G */
#define KVM_MAX_ROOT_LEVEL 5
#define KVM_MMU_HASH_BITS 16 /* the kernel has 12: its guests have fewer shadow pages */

/* role.word of a shadow page, as union kvm_mmu_page_role lays it out. */
#define ROLE_LEVEL_MASK 0xfu
#define ROLE_QUADRANT_SHIFT 5
#define ROLE_4_BYTE_GPTE (1u << 4)
#define ROLE_DIRECT (1u << 7)
#define ROLE_ACCESS_SHIFT 8
#define ROLE_ACCESS_MASK (7u << ROLE_ACCESS_SHIFT)
#define ROLE_INVALID (1u << 11)
#define ROLE_EFER_NX (1u << 12)
#define ROLE_CR0_WP (1u << 13)
#define ROLE_GUEST_MODE (1u << 17)
#define ROLE_SMM (1u << 24)

/**
 * struct kvm_rmap_head - the leaf SPTEs that map one guest frame at one level
 * @val: 0: none; bit 0 clear: address of the one SPTE; bit 0 set: address of the first
 *	struct pte_list_desc
 */
struct kvm_rmap_head {
	uint64_t val;
};

#define PTE_LIST_EXT 14

/**
 * struct pte_list_desc - more than one SPTE
 * @more: next descriptor
 * @spte_count: entries used here
 * @tail_count: entries in all that follow; kept only in the first, and only where the
 *	profile puts new descriptors in front
 */
struct pte_list_desc {
	struct pte_list_desc *more;
	uint32_t spte_count;
	uint32_t tail_count;
	spte_t *sptes[PTE_LIST_EXT];
};

/** struct desc_pool - where descriptors come from */
struct desc_pool {
	struct region mem;
	struct pte_list_desc *free;
	uint64_t nr_free;
	uint64_t next;
	uint64_t max;
};

/**
 * struct kvm_mmu_page - the record beside each table
 * @gfn: first frame it maps (direct), or the guest table that it shadows
 * @parent_ptes: entries that point to it, in the encoding of a reverse-map head
 * @role: ROLE_*
 * @used: present entries
 * @root_count: how often it is a vCPU's root
 * @flags: SP_*
 * @write_flooding: emulated writes to the guest table since it was last walked
 * @written: the emulated write (mmu_pte_write) that looked at it last
 * @link: in kvm.active_mmu_pages, latest first (shadow pages only)
 * @hash: in kvm.page_hash by @gfn (shadow pages only)
 * @shadowed: not direct: the guest frame and rights of each entry, a table of the same
 *	arena; 0 else
 */
struct kvm_mmu_page {
	uint64_t gfn;
	struct kvm_rmap_head parent_ptes;
	uint32_t role;
	uint16_t used;
	uint8_t root_count;
	uint8_t flags;
	uint8_t write_flooding;
	uint32_t written;
	TAILQ_ENTRY(kvm_mmu_page) link;
	LIST_ENTRY(kvm_mmu_page) hash;
	uint64_t shadowed;
};

#define SP_TDP (1u << 0)    /* a TDP MMU page */
#define SP_GEN (1u << 1)    /* mmu_valid_gen when it was made */
#define SP_UNSYNC (1u << 2) /* may differ from the guest table */

#define WRITE_FLOODING 3 /* emulated writes to a table until its shadow page is zapped */

TAILQ_HEAD(mmu_page_list, kvm_mmu_page);
LIST_HEAD(mmu_page_bucket, kvm_mmu_page);

/** struct slot_rmap - the reverse-map heads of a slot at one level */
struct slot_rmap {
	struct region mem;
	struct kvm_rmap_head *heads;
	uint64_t nr;
	struct occupancy used;
};

/** struct kvm_memory_slot - guest frames [base_gfn, base_gfn + npages) */
struct kvm_memory_slot {
	RB_ENTRY(kvm_memory_slot) gfn_node;
	RB_ENTRY(kvm_memory_slot) hva_node;
	uint64_t base_gfn;
	uint64_t npages;
	uint64_t userspace_addr;
	uint64_t hva_last; /* last byte */
	uint64_t hva_subtree_last;
	uint64_t order; /* of insertion, among equal addresses */
	uint32_t flags;
	uint16_t id;
	uint16_t as_id;
	struct slot_rmap rmap[KVM_NR_LEVELS];
	struct region dirty_mem;
	uint64_t *dirty; /* one bit per frame while the slot logs; NULL else */
};

RB_HEAD(slot_gfn_tree, kvm_memory_slot);
RB_HEAD(slot_hva_tree, kvm_memory_slot);

/** struct kvm_memslots - the slots of one address space */
struct kvm_memslots {
	struct slot_gfn_tree gfn_tree;
	struct slot_hva_tree hva_tree;
	struct kvm_memory_slot *last_used;
	uint64_t next_order;
	uint64_t nr;
};

/**
 * struct kvm_ghost - independent witness of invariant 3: what was invalidated since a
 * fault sampled the sequence
 * @armed: a fault is between sampling and installing
 * @nr: ranges noted in @start, @end (guest frames)
 * @overflow: more than fit: regard everything as invalidated
 * @broken: installs that the rule should have prevented
 */
#define KVM_GHOST_RANGES 16
struct kvm_ghost {
	bool armed;
	bool overflow;
	unsigned int nr;
	uint64_t start[KVM_GHOST_RANGES];
	uint64_t end[KVM_GHOST_RANGES];
	uint64_t broken;
};

/**
 * struct guest_page - what the guest has written to a frame of its memory: table entries
 * only
 */
struct guest_page {
	RB_ENTRY(guest_page) node;
	uint64_t gfn;
	uint64_t entries[PT_TABLE_ENTRIES];
};
RB_HEAD(guest_memory, guest_page);

/**
 * struct tracked_gfn - a guest frame that shadow pages shadow
 * @shadowed: shadow pages of any level: no large page may map it
 * @tracked: of them, those above level 1: nothing may map it writable
 */
struct tracked_gfn {
	RB_ENTRY(tracked_gfn) node;
	uint64_t gfn;
	unsigned int as_id;
	unsigned int shadowed;
	unsigned int tracked;
};
RB_HEAD(tracked_tree, tracked_gfn);

/**
 * struct kvm_root - where the hardware begins
 * @nr: 0: nothing; 1: the top table; 4: PAE, the four tables of level 2
 * @pgd: CR3 that it is for
 * @pfn: the shadow pages; 0: none
 */
#define KVM_PREV_ROOTS 3u /* KVM_MMU_NUM_PREV_ROOTS */
struct kvm_root {
	unsigned int nr;
	uint64_t pgd;
	uint64_t pfn[4];
};

/**
 * struct guest_paging - the guest tables that the vCPU translates by
 * @cr3: guest-physical address of the top table, @format: of the tables
 * @pdptr: PAE: the four top entries as the last load of CR3 read them
 * @on: paging has been switched on once
 * @root, @prev: the root in use and those kept for the next load of CR3
 * @off_root: for a guest with paging off
 * @nested: an L1 hypervisor's nested tables, for L2 accesses; @nx: its EFER.NXE
 */
struct guest_paging {
	uint64_t cr3;
	bool on;
	bool nested;
	bool nx;
	enum kvm_guest_paging format;
	uint64_t pdptr[4];
	struct kvm_root root;
	struct kvm_root prev[KVM_PREV_ROOTS];
	struct kvm_root off_root;
};

/**
 * enum vcpu_mode - how a shadow guest runs
 * @VCPU_FLAT: by tables outside of its memory that map everything to itself
 * @VCPU_OFF: paging is off
 * @VCPU_PAGING: by its own tables
 */
enum vcpu_mode { VCPU_FLAT, VCPU_OFF, VCPU_PAGING };

/**
 * struct walk_cache - the level 1 table that the last walk ended in
 * @key: frame and address space it is for, see walk_key(); 0: none
 *
 * Emptied whenever a table is cut off.
 */
struct walk_cache {
	uint64_t key;
	spte_t *table;
};

struct kvm {
	struct mmu_notifier notifier;
	enum kvm_mmu_kind mmu;
	const struct kvm_profile *profile;
	struct mm_struct *mm;
	struct event_source *events;
	bool literal;
	bool rmap_index;
	bool dying;
	bool manual_protect; /* KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE */
	bool initially_set;  /* KVM_DIRTY_LOG_INITIALLY_SET */
	bool released;
	unsigned int root_level;

	struct kvm_memslots memslots[KVM_ADDRESS_SPACES];
	uint64_t memslots_generation[KVM_ADDRESS_SPACES]; /* for MMIO entries */
	bool has_mmio;		      /* there is, or was, an MMIO entry */

	/* the invalidation window: drawn in front of invalidate_begin() */
	uint64_t mn_active_invalidate_count;
	uint64_t mmu_invalidate_seq;
	uint64_t mmu_invalidate_in_progress;
	uint64_t mmu_invalidate_range_start;
	uint64_t mmu_invalidate_range_end;
	struct kvm_ghost ghost;

	/* page tables */
	struct pt_arena arena;
	bool tdp_mmu;
	bool shadow_root_allocated;
	uint8_t mmu_valid_gen;
	uint64_t root_pfn[KVM_ADDRESS_SPACES]; /* 0: none yet */
	struct walk_cache walk_cache;
	struct mmu_page_list active_mmu_pages;
	struct mmu_page_bucket *page_hash;
	struct desc_pool descs;

	/* the guest's own tables */
	struct guest_memory guest_memory;
	struct tracked_tree tracked;
	struct guest_paging paging;
	enum vcpu_mode vcpu_mode;
	bool free_obsolete_roots; /* before the guest runs again */

	/* the vCPU */
	uint64_t rip;
	void (*fault_hook)(void *ctx, struct kvm *kvm, enum kvm_fault_point point,
			   uint64_t gfn);
	void *fault_ctx;
	bool in_hook; /* called from the middle of a fault */

	/* for tests: called where an indexed walk may let go of mmu_lock; may be NULL */
	void (*yield_hook)(void *ctx, uint64_t next);
	void *yield_ctx;

	struct kvm_stat stat;
};

/** struct kvm_page_fault - one fault on its way */
struct kvm_page_fault {
	uint64_t gpa;
	uint64_t gfn;
	uint64_t pfn;
	uint64_t mmu_seq;
	struct kvm_memory_slot *slot;
	unsigned int access; /* KVM_ACCESS_* */
	unsigned int as_id;
	unsigned int goal_level;
	unsigned int host_level;
	uint64_t error_code;
	bool map_writable;
	bool fast; /* done without mmu_lock */
};

/* What a fault did: KVM's RET_PF_*; negative errno for the rest. */
enum { RET_PF_FIXED = 0, RET_PF_SPURIOUS, RET_PF_RETRY, RET_PF_EMULATE };

/* ---- memslot.c ---- */

/** kvm_memslots_init() / _release() - no slots; free all. */
void kvm_memslots_init(struct kvm_memslots *slots);
void kvm_memslots_release(struct kvm_memslots *slots);

/** gfn_to_memslot() - slot that holds @gfn; NULL if none does. */
struct kvm_memory_slot *gfn_to_memslot(struct kvm_memslots *slots, uint64_t gfn);

/**
 * hva_first_slot(), hva_next_slot() - slots that overlap [@start, @last], in tree order.
 */
struct kvm_memory_slot *hva_first_slot(struct kvm_memslots *slots, uint64_t start,
				       uint64_t last);
struct kvm_memory_slot *hva_next_slot(struct kvm_memory_slot *slot, uint64_t start,
				      uint64_t last);

/** id_to_memslot() - slot number @id; NULL if there is none. */
struct kvm_memory_slot *id_to_memslot(struct kvm_memslots *slots, uint16_t id);

/** kvm_memslots_alloc_rmaps() - heads for the slots that have none yet. 0 or -ENOMEM. */
int kvm_memslots_alloc_rmaps(struct kvm_memslots *slots);

/** slot_hva() - host address of a frame of the slot. */
static inline uint64_t slot_hva(const struct kvm_memory_slot *slot, uint64_t gfn)
{
	return slot->userspace_addr + ((gfn - slot->base_gfn) << PAGE_SHIFT);
}

/** slot_lpage_allowed() - alignment and edges let the slot map @gfn at @level. */
bool slot_lpage_allowed(const struct kvm_memory_slot *slot, uint64_t gfn,
			unsigned int level);

/* ---- mmu_page.c ---- */

static inline struct kvm_mmu_page *kvm_sp(const struct kvm *kvm, uint64_t pfn)
{
	return pt_arena_meta(&kvm->arena, pfn);
}

static inline uint64_t sp_pfn(const struct kvm *kvm, const struct kvm_mmu_page *sp)
{
	return kvm->arena.base_pfn +
	       (size_t)(sp - (struct kvm_mmu_page *)kvm->arena.meta.base);
}

static inline spte_t *sp_table(const struct kvm *kvm, const struct kvm_mmu_page *sp)
{
	return (spte_t *)pt_arena_table(&kvm->arena, sp_pfn(kvm, sp));
}

static inline struct kvm_mmu_page *sptep_sp(const struct kvm *kvm, const spte_t *sptep)
{
	return kvm_sp(kvm, pt_arena_pfn(&kvm->arena, sptep));
}

static inline unsigned int sp_level(const struct kvm_mmu_page *sp)
{
	return sp->role & ROLE_LEVEL_MASK;
}

static inline unsigned int sptep_index(const spte_t *sptep)
{
	return ((uintptr_t)sptep / sizeof(spte_t)) & (PT_TABLE_ENTRIES - 1);
}

/** sptep_address() - where the entry is in "physical" memory, as events print it. */
static inline uint64_t sptep_address(const struct kvm *kvm, const spte_t *sptep)
{
	return pt_arena_pfn(&kvm->arena, sptep) << PAGE_SHIFT |
	       ((uintptr_t)sptep & (PAGE_SIZE - 1));
}

static inline spte_t nonpresent(const struct kvm *kvm)
{
	return (spte_t){ kvm->profile->nonpresent };
}

/** sp_gfn() - guest frame that entry @index maps (kvm_mmu_page_get_gfn). */
uint64_t sp_gfn(const struct kvm *kvm, const struct kvm_mmu_page *sp, unsigned int index);

/**
 * kvm_mmu_alloc_page() - a table full of absent entries; makes no record. 0 or -ENOMEM.
 */
int kvm_mmu_alloc_page(struct kvm *kvm, uint64_t gfn, uint32_t role, unsigned int flags,
		       struct kvm_mmu_page **ret_sp);
/** kvm_mmu_free_page() - nothing may point to it any more. */
void kvm_mmu_free_page(struct kvm *kvm, struct kvm_mmu_page *sp);

/** kvm_mmu_page_event() - @id with what KVM's tracepoints say of a shadow page. */
void kvm_mmu_page_event(struct kvm *kvm, enum event_id id, const struct kvm_mmu_page *sp,
			bool created);

/** kvm_update_page_stats() - @count more leaves of @level. */
static inline void kvm_update_page_stats(struct kvm *kvm, unsigned int level,
					 int64_t count)
{
	uint64_t *pages = level == SPTE_LEVEL_4K ? &kvm->stat.pages_4k :
			  level == SPTE_LEVEL_2M ? &kvm->stat.pages_2m :
						   &kvm->stat.pages_1g;

	*pages += (uint64_t)count;
}

static inline void kvm_flush_remote_tlbs(struct kvm *kvm)
{
	kvm->stat.remote_tlb_flush++;
}

static inline uint64_t walk_key(unsigned int as_id, uint64_t gfn)
{
	return (gfn >> SPTE_LEVEL_BITS) << 2 | (uint64_t)as_id << 1 | 1;
}

/**
 * cached_table() - the level 1 table for @gfn if the last walk ended there; NULL else.
 */
static inline spte_t *cached_table(const struct kvm *kvm, unsigned int as_id,
				   uint64_t gfn)
{
	return kvm->walk_cache.key == walk_key(as_id, gfn) ? kvm->walk_cache.table : NULL;
}

static inline void cache_table(struct kvm *kvm, unsigned int as_id, uint64_t gfn,
			       spte_t *table)
{
	kvm->walk_cache.key = walk_key(as_id, gfn);
	kvm->walk_cache.table = table;
}

static inline void forget_table(struct kvm *kvm)
{
	kvm->walk_cache.key = 0;
}

/** mmu_page_bucket() - where shadow pages for @gfn are (kvm_page_table_hashfn). */
static inline struct mmu_page_bucket *mmu_page_bucket(struct kvm *kvm, uint64_t gfn)
{
	return &kvm->page_hash[(gfn * 0x61c8864680b583ebull) >> (64 - KVM_MMU_HASH_BITS)];
}

/* ---- guest_run.c ---- */

/**
 * kvm_access_run() - as many of the accesses to the @nr frames from @gfn on as can be done at once.
 * Return: how many were; 0 when the next needs kvm_guest_access().
 */
uint64_t kvm_access_run(struct kvm *kvm, uint64_t gfn, uint64_t nr, unsigned int access);
/**
 * kvm_leaf_accesses() - the access to @gpa hit; how many of the @nr accesses, @stride bytes apart
 * from there on, does the same large leaf serve? They are done then; 1 where there is none.
 */
uint64_t kvm_leaf_accesses(struct kvm *kvm, uint64_t gpa, uint64_t stride, uint64_t nr,
			   unsigned int access);

/* ---- rmap.c ---- */

int desc_pool_init(struct desc_pool *pool);
void desc_pool_release(struct desc_pool *pool);
/**
 * desc_pool_topup() - so that the next @nr additions cannot fail. Return: 0 or -ENOMEM.
 */
int desc_pool_topup(struct desc_pool *pool, unsigned int nr);

/**
 * pte_list_add() - Return: how many entries were there before. Needs a descriptor at
 * hand.
 */
uint64_t pte_list_add(struct kvm *kvm, struct kvm_rmap_head *head, spte_t *sptep);
/** pte_list_remove() - @sptep must be in the list. */
void pte_list_remove(struct kvm *kvm, struct kvm_rmap_head *head, spte_t *sptep);
/** pte_list_count() - entries of a head. */
uint64_t pte_list_count(const struct kvm_rmap_head *head);

/** struct rmap_iterator - position in a head */
struct rmap_iterator {
	const struct pte_list_desc *desc;
	unsigned int pos;
};
spte_t *rmap_get_first(const struct kvm_rmap_head *head, struct rmap_iterator *iter);
spte_t *rmap_get_next(struct rmap_iterator *iter);

/**
 * slot_rmap_init() / _release() - heads of all levels; nothing is used until one is
 * written.
 */
int slot_rmap_init(struct kvm_memory_slot *slot);
void slot_rmap_release(struct kvm_memory_slot *slot);
static inline bool slot_has_rmap(const struct kvm_memory_slot *slot)
{
	return slot->rmap[0].heads != NULL;
}

/** slot_rmap_head() - head of a frame of the slot at @level. */
struct kvm_rmap_head *slot_rmap_head(struct kvm_memory_slot *slot, uint64_t gfn,
				     unsigned int level);

/**
 * rmap_add() - @sptep, a leaf of @level, maps @gfn. May zap the head when it is too long.
 */
void rmap_add(struct kvm *kvm, struct kvm_memory_slot *slot, spte_t *sptep, uint64_t gfn,
	      unsigned int level);
/** rmap_remove() - @sptep does not map @gfn any more. */
void rmap_remove(struct kvm *kvm, spte_t *sptep, uint64_t gfn, unsigned int level);

/**
 * struct rmap_walk - counts of one locked section over reverse maps
 * @can_yield: a visited head is a chance to yield
 * @stretch: heads scanned since the last chance
 * @zapped: leaves zapped
 */
struct rmap_walk {
	bool can_yield;
	uint64_t stretch;
	uint64_t zapped;
};

/** rmap_zap_range() - zap the leaves that map [@start, @end) of @slot, all levels. */
void rmap_zap_range(struct kvm *kvm, struct kvm_memory_slot *slot, uint64_t start,
		    uint64_t end, struct rmap_walk *walk);
/**
 * zap_head() - kvm_zap_all_rmap_sptes(): zap the leaves of head @i of @rmap. Return: how many.
 */
uint64_t zap_head(struct kvm *kvm, struct slot_rmap *rmap, uint64_t i, unsigned int level);
/** rmap_walk_may_yield() - after a step that looked at something: a chance to yield. */
void rmap_walk_may_yield(struct kvm *kvm, struct rmap_walk *walk);
/** rmap_walk_end() - account for the last stretch. */
void rmap_walk_end(struct kvm *kvm, struct rmap_walk *walk);
/** rmap_age_range() - accessed bits in [@start, @end); cleared if @clear. */
bool rmap_age_range(struct kvm *kvm, struct kvm_memory_slot *slot, uint64_t start,
		    uint64_t end, bool clear);

/** rmap_write_protect() - entries of one head; true if one was writable. */
bool rmap_write_protect(const struct kvm_rmap_head *head);
/** rmap_protect_for_tables() - the same, and for good: the lockless path does not undo it. */
bool rmap_protect_for_tables(const struct kvm_rmap_head *head);
/** rmap_write_protect_slot() - all heads of levels @min_level and up; true as above. */
bool rmap_write_protect_slot(struct kvm *kvm, struct kvm_memory_slot *slot,
			     unsigned int min_level);
/**
 * rmap_zap_collapsible() - leaves of direct tables whose block could be one large page; true if
 * there was one (kvm_rmap_zap_collapsible_sptes).
 */
bool rmap_zap_collapsible(struct kvm *kvm, struct kvm_memory_slot *slot);

/* ---- dirty.c: dirty logging ---- */

/** slot_dirty_init() - a log for the slot. Return: 0 or -ENOMEM. */
int slot_dirty_init(struct kvm *kvm, struct kvm_memory_slot *slot);
void slot_dirty_release(struct kvm_memory_slot *slot);

/** mark_page_dirty() - if the slot logs (mark_page_dirty_in_slot). */
static inline void mark_page_dirty(struct kvm *kvm, struct kvm_memory_slot *slot, uint64_t gfn)
{
	uint64_t i = gfn - slot->base_gfn;

	(void)kvm;
	if (slot->dirty)
		slot->dirty[i / 64] |= 1ull << i % 64;
}

/**
 * kvm_mmu_slot_apply_flags() - @slot has new flags: logging starts or stops.
 * Return: 0; -ENOMEM: large pages stay unsplit.
 */
int kvm_mmu_slot_apply_flags(struct kvm *kvm, struct kvm_memory_slot *slot, uint32_t old_flags);

/* ---- tdp_mmu.c ---- */

/** kvm_tdp_mmu_wrprot_range() - leaves of @min_level and up in [@start, @end). */
void kvm_tdp_mmu_wrprot_range(struct kvm *kvm, unsigned int as_id, uint64_t start, uint64_t end,
			      unsigned int min_level);
/** kvm_tdp_mmu_wrprot_masked() - 4 KiB leaves of the frames @gfn + i with bit i of @mask set. */
void kvm_tdp_mmu_wrprot_masked(struct kvm *kvm, unsigned int as_id, uint64_t gfn, uint64_t mask);
/** kvm_tdp_mmu_split_range() - large leaves in [@start, @end), down to 4 KiB. 0 or -ENOMEM. */
int kvm_tdp_mmu_split_range(struct kvm *kvm, unsigned int as_id, uint64_t start, uint64_t end);
/** kvm_tdp_mmu_recover_huge_pages() - tables of the slot that could be large pages. */
void kvm_tdp_mmu_recover_huge_pages(struct kvm *kvm, struct kvm_memory_slot *slot);

/** kvm_tdp_mmu_alloc_root() - the root of address space @as_id. 0 or -ENOMEM. */
int kvm_tdp_mmu_alloc_root(struct kvm *kvm, unsigned int as_id);
/** kvm_tdp_mmu_map() - install the translation of a fault: RET_PF_* or -ENOMEM. */
int kvm_tdp_mmu_map(struct kvm *kvm, struct kvm_page_fault *fault);
/** kvm_tdp_mmu_zap_range() - zap the leaves that overlap [@start, @end): how many. */
uint64_t kvm_tdp_mmu_zap_range(struct kvm *kvm, unsigned int as_id, uint64_t start,
			       uint64_t end);
bool kvm_tdp_mmu_age_range(struct kvm *kvm, unsigned int as_id, uint64_t start,
			   uint64_t end, bool clear);
/** kvm_tdp_mmu_write_protect() - the leaf of @gfn; true if it was writable. */
bool kvm_tdp_mmu_write_protect(struct kvm *kvm, unsigned int as_id, uint64_t gfn);
/**
 * kvm_tdp_mmu_zap_all() - everything, and free the roots.
 * @shared: faults may run meanwhile: absent entries are frozen, too
 */
void kvm_tdp_mmu_zap_all(struct kvm *kvm, bool shared);

/* ---- shadow_mmu.c ---- */

/** mmu_alloc_direct_root() - the root of address space @as_id. 0 or -ENOMEM. */
int mmu_alloc_direct_root(struct kvm *kvm, unsigned int as_id);
/** direct_map() - install the translation of a fault in tables with reverse maps. */
int direct_map(struct kvm *kvm, struct kvm_page_fault *fault);
/** kvm_mmu_zap_all() - all shadow pages, latest first, and the roots (release). */
void kvm_mmu_zap_all(struct kvm *kvm);
/** kvm_mmu_count_zap_all() - only the count of that, for a VM that is freed whole. */
void kvm_mmu_count_zap_all(struct kvm *kvm);
/** kvm_mmu_zap_all_fast() - all page tables, oldest first (slot deleted or moved). */
void kvm_mmu_zap_all_fast(struct kvm *kvm);

/* ---- rmap_index.c: the design "rmap=index" ---- */

/* A level with fewer heads has no index: it would be more than 2 % of them. */
#define RMAP_INDEX_MIN_HEADS 512u
/* So many heads, eight cache lines, are looked at themselves: the index could save little. */
#define RMAP_DIRECT_HEADS 64u

/**
 * struct rmap_cursor - position of a walk over the heads in use in [next, last] of one level
 * @next: no head before it is left to visit
 * @level: of the index, where the next word is looked at; 0 is one bit per head
 * @empty: words without a head in use that were met in a row at level 0
 * @at_head: head @next is to be visited: it was in use when it was looked for
 * @direct: without the index
 * @held, @word, @word_index: word of level 0 in hand, and its number
 *
 * What outlives a yield is a position and where to look next, nothing that was read. Heads may be
 * filled and emptied meanwhile: the walk finds every head in use at or after @next, as a scan
 * would, and may visit one that has become empty. It ends however often it yields: every step
 * moves @next, or goes one level down to where the next one does.
 */
struct rmap_cursor {
	const struct slot_rmap *rmap;
	uint64_t next;
	uint64_t last;
	unsigned int level;
	unsigned int empty;
	bool at_head;
	bool direct;
	bool held;
	uint64_t word;
	uint64_t word_index;
};

/** enum rmap_step - what one step of a cursor looked at */
enum rmap_step {
	RMAP_END,  /* nothing: no head in use is left */
	RMAP_WORD, /* one word of the index */
	RMAP_HEAD, /* head @next, which the caller visits and then steps over */
};

void rmap_cursor_init(struct rmap_cursor *cursor, const struct slot_rmap *rmap, uint64_t first,
		      uint64_t last);
/** rmap_cursor_step() - look at one word or deliver one head. Every step is a chance to yield. */
enum rmap_step rmap_cursor_step(const struct kvm *kvm, struct rmap_cursor *cursor);
/** rmap_cursor_yielded() - forget what was read: heads may have come and gone. */
void rmap_cursor_yielded(struct rmap_cursor *cursor);
/** zap_level_indexed() - zap the leaves of the heads [@first, @last] of a level. */
void zap_level_indexed(struct kvm *kvm, struct slot_rmap *rmap, unsigned int level,
		       uint64_t first, uint64_t last, struct rmap_walk *walk);
/** rmap_index_bytes() - memory of the index over @nr heads; 0 where there is none. */
uint64_t rmap_index_bytes(uint64_t nr);

/* ---- mmu.c ---- */

/**
 * kvm_mmu_max_mapping_level() - what slot and primary mapping of @gfn allow, dirty logging or not.
 */
unsigned int kvm_mmu_max_mapping_level(struct kvm *kvm, const struct kvm_memory_slot *slot,
				       uint64_t gfn);

/**
 * kvm_mmu_walk() - the hardware's walk: entry where it ends and its level; NULL without a
 * root.
 */
spte_t *kvm_mmu_walk(struct kvm *kvm, unsigned int as_id, uint64_t gfn,
		     unsigned int *ret_level);

/**
 * kvm_load_root() - the vCPU's root for guest-physical addresses, made when it is loaded
 * without one (kvm_mmu_reload). Return: 0 or -ENOMEM.
 */
int kvm_load_root(struct kvm *kvm, unsigned int as_id);

/**
 * kvm_hugepage_adjust() - goal_level by what slot, tracked tables and primary mapping allow.
 */
void kvm_hugepage_adjust(struct kvm *kvm, struct kvm_page_fault *fault,
			 unsigned int max_level);

/**
 * kvm_access_physical() - kvm_guest_access() without its effect on what is written;
 * @ret_emulated: KVM has to execute the write itself.
 */
int kvm_access_physical(struct kvm *kvm, uint64_t gpa, unsigned int access,
			bool *ret_emulated);

/**
 * kvm_faultin_pfn() - sample, ask the primary MMU; the hardware level at most @max_level.
 */
int kvm_faultin_pfn(struct kvm *kvm, struct kvm_page_fault *fault,
		    unsigned int max_level);
/**
 * kvm_fault_begin(), kvm_fault_end() - around it: room for lists; the retry rule and
 * witness.
 */
int kvm_fault_begin(struct kvm *kvm);
int kvm_fault_end(struct kvm *kvm, const struct kvm_page_fault *fault, int ret);
/* struct kvm_page_fault.pfn of a guest frame without a slot */
#define KVM_PFN_NOSLOT (1ull << 63)

/** kvm_count_fault() - pf_fixed and the like. */
void kvm_count_fault(struct kvm *kvm, int ret);

/* ---- track.c ---- */

/**
 * account_shadowed() - @sp shadows its frame from now on: write-protect it. 0 or -ENOMEM.
 */
int account_shadowed(struct kvm *kvm, struct kvm_mmu_page *sp);
void unaccount_shadowed(struct kvm *kvm, struct kvm_mmu_page *sp);
/** gfn_write_tracked() - an upper guest table: writes are emulated. */
bool gfn_write_tracked(struct kvm *kvm, unsigned int as_id, uint64_t gfn);
/** lpage_tracked() - a guest table lies in the block of @gfn at @level. */
bool lpage_tracked(struct kvm *kvm, unsigned int as_id, uint64_t gfn, unsigned int level);
/**
 * mmu_try_to_unsync_pages() - may @gfn become writable? Its shadow pages of level 1
 * become unsync.
 * @can_unsync: false while synchronising; @prefetch: then pages are not made unsync
 */
bool mmu_try_to_unsync_pages(struct kvm *kvm, uint64_t gfn, unsigned int as_id,
			     bool can_unsync, bool prefetch);
/** kvm_write_protect_gfn() - no SPTE of the frame stays writable. */
void kvm_write_protect_gfn(struct kvm *kvm, unsigned int as_id, uint64_t gfn);
void kvm_tracked_release(struct kvm *kvm);

/* ---- guest_memory.c ---- */

void guest_memory_release(struct kvm *kvm);
/**
 * guest_touch_table() - KVM reads or writes guest tables through the process: the primary
 * MMU is asked. Return: 0; -ENOENT: in no slot; as mm_get_user_page().
 */
int guest_touch_table(struct kvm *kvm, uint64_t gpa, bool write);

/** guest_get(), guest_set() - @size bytes, 4 or 8. Return: set: 0 or -ENOMEM. */
uint64_t guest_get(struct kvm *kvm, uint64_t gpa, unsigned int size);
int guest_set(struct kvm *kvm, uint64_t gpa, uint64_t value, unsigned int size);
/** guest_put_byte() - if the frame has ever been a table. */
void guest_put_byte(struct kvm *kvm, uint64_t gpa, uint8_t value);
/** guest_peek() - without a fault. Return: false: the process has it not mapped. */
bool guest_peek(struct kvm *kvm, uint64_t gpa, unsigned int size, uint64_t *ret);
/** guest_readonly() - in a read-only slot. */
bool guest_readonly(struct kvm *kvm, uint64_t gpa);

/** guest_address_valid() - tables of the format translate it. */
bool guest_address_valid(enum kvm_guest_paging paging, uint64_t addr);

/* ---- paging.c ---- */

/**
 * kvm_guest_wrote_byte() - the guest wrote 1 to the byte at @gpa; @emulated: KVM did it.
 * Return: 0 or -ENOMEM.
 */
int kvm_guest_wrote_byte(struct kvm *kvm, uint64_t gpa, bool emulated);

/* ---- sync.c ---- */

/**
 * kvm_sync_page() - bring the entries of an unsync page in line with the guest table.
 * Return: false: that could not be read, the page is zapped.
 */
bool kvm_sync_page(struct kvm *kvm, struct kvm_mmu_page *sp);
/** kvm_unlink_unsync_page() - it is not unsync any more. */
void kvm_unlink_unsync_page(struct kvm *kvm, struct kvm_mmu_page *sp);
/** kvm_find_unsync_child() - the first unsync page below @sp; NULL: there is none. */
struct kvm_mmu_page *kvm_find_unsync_child(struct kvm *kvm, struct kvm_mmu_page *sp);
/** kvm_sync_children() - all of them, write-protected again (mmu_sync_children). */
void kvm_sync_children(struct kvm *kvm, struct kvm_mmu_page *sp);

/* ---- roots.c ---- */

/** kvm_set_vcpu_mode() - SHADOW: another mode has other roots; all there are go. */
void kvm_set_vcpu_mode(struct kvm *kvm, enum vcpu_mode mode);
/** kvm_load_off_root() - the roots of a guest with paging off. Return: 0 or -ENOMEM. */
int kvm_load_off_root(struct kvm *kvm);
/** kvm_free_guest_roots() - let go of them all. True: one was zapped before, a flush is due. */
bool kvm_free_guest_roots(struct kvm *kvm);
/** kvm_count_guest_roots() - how many shadow pages are in use as those. */
unsigned int kvm_count_guest_roots(const struct kvm *kvm);

/**
 * direct_root() - the top table for guest-physical addresses and its level; NULL: none.
 */
static inline spte_t *direct_root(const struct kvm *kvm, unsigned int as_id, uint64_t gfn,
				  unsigned int *ret_level)
{
	uint64_t pfn = kvm->root_pfn[as_id];

	*ret_level = kvm->root_level;
	if (kvm->vcpu_mode == VCPU_OFF && !as_id) {
		*ret_level = 2;
		pfn = kvm->paging.off_root.pfn[gfn >> (30 - PAGE_SHIFT) & 3];
	}
	return pfn ? (spte_t *)pt_arena_table(&kvm->arena, pfn) : NULL;
}

/**
 * walk_start() - where to begin the way down for a fault: the root, or the level 1 table
 * itself.
 * @level: of the table returned
 */
static inline spte_t *walk_start(const struct kvm *kvm,
				 const struct kvm_page_fault *fault, unsigned int *level)
{
	spte_t *table = cached_table(kvm, fault->as_id, fault->gfn);

	if (table && fault->goal_level == SPTE_LEVEL_4K) {
		*level = SPTE_LEVEL_4K;
		return table;
	}
	return direct_root(kvm, fault->as_id, fault->gfn, level);
}

/* ---- kvm_main.c ---- */

/**
 * mmu_invalidate_retry() - a change of the primary MMU came between the fault's sample and
 * mmu_lock, or is not over: the fault must start again. Drawn in front of invalidate_begin().
 * Source: include/linux/kvm_host.h:mmu_invalidate_retry_hva() (6.1), mmu_invalidate_retry_gfn().
 */
bool mmu_invalidate_retry(const struct kvm *kvm, const struct kvm_page_fault *fault);

#endif /* KVM_KVM_INTERNAL_H */
