/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest with tables of its own: its entries, the walk of them, the roots that shadow them. */
#ifndef KVM_GUEST_PAGING_H
#define KVM_GUEST_PAGING_H

#include "shadow_mmu.h"

#define GPTE_PRESENT (1ull << 0)
#define GPTE_WRITABLE (1ull << 1)
#define GPTE_USER (1ull << 2)
#define GPTE_ACCESSED (1ull << 5)
#define GPTE_DIRTY (1ull << 6)
#define GPTE_LARGE (1ull << 7)
#define GPTE_NX (1ull << 63)

#define PFERR_PRESENT 1ull
#define PFERR_WRITE 2ull
#define PFERR_USER 4ull
#define PFERR_RSVD 8ull
#define PFERR_FETCH 0x10ull

#define GUEST_MAX_LEVELS 5u

/**
 * struct guest_format - a format of guest tables
 * @levels: of tables, @bits: of an index, @entry_size: bytes
 */
struct guest_format {
	unsigned int levels;
	unsigned int bits;
	unsigned int entry_size;
};
extern const struct guest_format guest_formats[];

static inline const struct guest_format *guest_format(const struct kvm *kvm)
{
	return &guest_formats[kvm->paging.format];
}

/* Level of the shadow roots: PAE tables shadow 32-bit guests, their top is no page. */
static inline unsigned int shadow_root_level(const struct kvm *kvm)
{
	return kvm->paging.format >= KVM_PAGING_PAE ? 2 : guest_format(kvm)->levels;
}

static inline uint64_t gpte_gfn(uint64_t pte)
{
	return (pte & SPTE_PFN_MASK) >> PAGE_SHIFT;
}

/* Read-only until the guest's dirty bit is set, so that the first write can set it. */
static inline unsigned int protect_clean(unsigned int access, uint64_t pte)
{
	return pte & GPTE_DIRTY ? access : access & ~SPTE_ACC_WRITE;
}

/* Rights that an access of the guest's kernel (L2: of a user, as NPT has it) needs. */
static inline unsigned int rights_of(const struct kvm *kvm, unsigned int access)
{
	return (access & KVM_ACCESS_WRITE ? SPTE_ACC_WRITE : 0) |
	       (access & KVM_ACCESS_EXEC ? SPTE_ACC_EXEC : 0) |
	       (kvm->paging.nested ? SPTE_ACC_USER : 0);
}

static inline uint64_t guest_error_code(const struct kvm *kvm, unsigned int access,
					bool present)
{
	return (present ? PFERR_PRESENT : 0) |
	       (access & KVM_ACCESS_WRITE ? PFERR_WRITE : 0) |
	       (kvm->paging.nested ? PFERR_USER : 0) |
	       (access & KVM_ACCESS_EXEC ? PFERR_FETCH : 0);
}

/**
 * struct guest_walker - what a walk of the guest's tables found
 * @pte: entry read at each level; @pte_gpa: where it is
 * @pt_access: rights in force above the entry of each level, the table's own included
 * @max_level: where it began; @level: of the leaf
 * @pte_access: rights of the translation; @gfn: frame of the address
 * @denied: the entries are present, their rights forbid it
 */
struct guest_walker {
	uint64_t pte[GUEST_MAX_LEVELS + 1];
	uint64_t pte_gpa[GUEST_MAX_LEVELS + 1];
	unsigned int pt_access[GUEST_MAX_LEVELS + 1];
	unsigned int max_level;
	unsigned int level;
	unsigned int pte_access;
	bool denied;
	uint64_t gfn;
};

/* ---- guest_walk.c ---- */

/** gpte_frames() - frames of 4 KiB that an entry of @level maps. */
uint64_t gpte_frames(const struct guest_format *f, unsigned int level);
/** gpte_address() - where the entry for @addr is in the table at @table of @level. */
uint64_t gpte_address(const struct guest_format *f, uint64_t table, uint64_t addr,
		      unsigned int level);
/** gpte_access() - SPTE_ACC_* that an entry grants. */
unsigned int gpte_access(const struct kvm *kvm, uint64_t pte);
/**
 * walk_guest() - Return: 0; -EACCES: the guest's own tables forbid it, the guest gets a page
 * fault; -ENOMEM.
 */
int walk_guest(struct kvm *kvm, uint64_t addr, unsigned int access, struct guest_walker *w);

/* ---- roots.c ---- */

/** load_guest_root() - before the guest runs: roots that were zapped go, one is made if needed.
 * Return: 0; -ENOENT: the top table is in no slot; -ENOMEM. */
int load_guest_root(struct kvm *kvm);
/** enter_paging() - switch the vCPU to paging, if it is not. Return: 0 or -ENOMEM. */
int enter_paging(struct kvm *kvm);
/** root_table() - the shadow table of @shadow_root_level() for @addr; NULL: none. */
spte_t *root_table(const struct kvm *kvm, uint64_t addr);

/* ---- sync.c ---- */

/** level1_gpa() - where the first entry is that a shadow page of level 1 shadows. */
uint64_t level1_gpa(const struct kvm *kvm, const struct kvm_mmu_page *sp);
/** sync_roots() - kvm_mmu_sync_roots(): whatever unsync page can be reached. */
void sync_roots(struct kvm *kvm);
/**
 * invalidate_address() - as INVLPG, by the root in use alone: the guest gets a page fault for an
 * entry that is present (kvm_inject_emulated_page_fault). Return: 0 or -ENOMEM.
 */
int invalidate_address(struct kvm *kvm, uint64_t gva);
/** sync_entry() - Return: 1: a flush is needed, 0, or -EFAULT: the entry cannot be read. */
int sync_entry(struct kvm *kvm, struct kvm_mmu_page *sp, unsigned int i);
/**
 * prefetch_gpte() - map @sptep, absent, by the guest's entry; @no_dirty_log: not writable memory of
 * a slot that logs. Return: false: nothing more can be mapped now.
 */
bool prefetch_gpte(struct kvm *kvm, struct kvm_mmu_page *sp, spte_t *sptep, uint64_t gpte,
		   bool no_dirty_log);

#endif /* KVM_GUEST_PAGING_H */
