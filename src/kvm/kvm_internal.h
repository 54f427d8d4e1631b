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
	bool manual_protect; /* KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE */
	bool initially_set;  /* KVM_DIRTY_LOG_INITIALLY_SET */
	bool released;
	bool counted; /* kvm_mmu_count_zap_all() instead of zaps */
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
	bool map_clean; /* struct mm_translation.clean */
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
/** kvm_mmu_zap_all() - all shadow pages, latest first; roots in use stay until they are freed. */
void kvm_mmu_zap_all(struct kvm *kvm);
/** kvm_mmu_free_roots() - the vCPU lets go of its roots (kvm_unload_vcpu_mmus()). */
void kvm_mmu_free_roots(struct kvm *kvm);
/** kvm_mmu_count_zap_all() - only the counts of both, for a VM that is freed whole. */
void kvm_mmu_count_zap_all(struct kvm *kvm);
/** kvm_mmu_zap_all_fast() - all page tables, oldest first (slot deleted or moved). */
void kvm_mmu_zap_all_fast(struct kvm *kvm);

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

/* ---- kvm_main.c ---- */

/**
 * mmu_invalidate_retry() - a change of the primary MMU came between the fault's sample and
 * mmu_lock, or is not over: the fault must start again. Drawn in front of invalidate_begin().
 * Source: include/linux/kvm_host.h:mmu_invalidate_retry_hva() (6.1), mmu_invalidate_retry_gfn().
 */
bool mmu_invalidate_retry(const struct kvm *kvm, const struct kvm_page_fault *fault);

#endif /* KVM_KVM_INTERNAL_H */
