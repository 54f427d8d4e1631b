/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shadow pages: what direct maps, the guest's page walk and write tracking share. */
#ifndef KVM_SHADOW_MMU_H
#define KVM_SHADOW_MMU_H

#include "paging_internal.h"
#include "rmap_internal.h"

static inline struct kvm_mmu_page *child_of(const struct kvm *kvm, spte_t spte)
{
	return kvm_sp(kvm, spte_pfn(spte));
}

/** spte_update_flushes() - an entry that stays in its reverse map changes (mmu_spte_update). */
static inline bool spte_update_flushes(const struct kvm *kvm, spte_t old, spte_t new)
{
	const uint64_t lost = old.val & ~new.val;

	if (!spte_present(old))
		return false;
	if (!kvm->profile->update_flushes)
		return lost & SPTE_MMU_WRITABLE;
	return (old.val & SPTE_MMU_WRITABLE && !spte_writable(new)) ||
	       lost & (SPTE_ACCESSED | SPTE_DIRTY);
}

/** is_obsolete_sp() - zapped, or from before the last kvm_mmu_zap_all_fast(). */
bool is_obsolete_sp(const struct kvm *kvm, const struct kvm_mmu_page *sp);

/**
 * get_shadow_page() - the page for (@gfn, @role), synchronised if it was unsync, made if
 * there is none (kvm_mmu_get_shadow_page). Return: 0 or -ENOMEM.
 */
int get_shadow_page(struct kvm *kvm, uint64_t gfn, uint32_t role,
		    struct kvm_mmu_page **ret_sp);

/** child_role() - of the page for @sptep's entry, a level below (kvm_mmu_child_role). */
uint32_t child_role(const struct kvm *kvm, const spte_t *sptep, bool direct, unsigned int access);

/**
 * link_child() - put the shadow page for (@gfn, @direct, @access) under @sptep, one level
 * below, unless it is there; what else is there goes (kvm_mmu_get_child_sp, link_shadow_page).
 * Return: 0 or -ENOMEM.
 */
int link_child(struct kvm *kvm, spte_t *sptep, uint64_t gfn, bool direct,
	       unsigned int access);

/** drop_spte() - take @sptep, a leaf, out of its reverse map and make it absent. */
void drop_spte(struct kvm *kvm, spte_t *sptep);

/** drop_parent_pte() - @sptep does not point to @child any more. */
void drop_parent_pte(struct kvm *kvm, struct kvm_mmu_page *child, spte_t *sptep);

/**
 * mmu_page_zap_pte() - make the entry @sptep of a page of @level absent. @orphans: a page of a
 * nested guest that nothing else points to goes, too, and what is below it.
 */
void mmu_page_zap_pte(struct kvm *kvm, spte_t *sptep, unsigned int level, bool orphans);

/**
 * prepare_zap_page() - cut a page off (__kvm_mmu_prepare_zap_page). A page that is a root
 * stays, invalid, until the vCPU lets go of it.
 */
void prepare_zap_page(struct kvm *kvm, struct kvm_mmu_page *sp);

/** mmu_free_root() - the vCPU drops a root; an invalid one goes with it. True: it did. */
bool mmu_free_root(struct kvm *kvm, uint64_t *root_pfn);

/**
 * mmu_free_obsolete_root() - before the guest runs: a root that was zapped while in use is let go
 * of (kvm_mmu_free_obsolete_roots).
 */
void mmu_free_obsolete_root(struct kvm *kvm, uint64_t *root_pfn);

/**
 * struct spte_request - what mmu_set_spte() is to install
 * @acc: rights that the guest side grants
 * @host_clean: struct mm_translation.clean
 * @write_fault: for a write: when write tracking forbids it, it has to be emulated
 */
struct spte_request {
	struct kvm_memory_slot *slot;
	uint64_t gfn;
	uint64_t pfn;
	unsigned int acc;
	bool host_writable;
	bool host_clean;
	bool prefetch;
	bool write_fault;
};

/**
 * mmu_set_spte() - RET_PF_FIXED, RET_PF_SPURIOUS: it was so already, or RET_PF_EMULATE.
 */
int mmu_set_spte(struct kvm *kvm, spte_t *sptep, unsigned int level,
		 const struct spte_request *req);

/**
 * direct_pte_prefetch() - the other absent entries of the aligned group of eight, run by
 * run.
 */
void direct_pte_prefetch(struct kvm *kvm, spte_t *sptep);

#endif /* KVM_SHADOW_MMU_H */
