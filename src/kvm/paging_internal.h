/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guest's own page tables: tracked frames, their contents, unsync pages; and roots. */
#ifndef KVM_PAGING_INTERNAL_H
#define KVM_PAGING_INTERNAL_H

#include "kvm_internal.h"

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
/**
 * kvm_write_protect_gfn() - no SPTE of the frame stays writable, the lockless path does not undo it.
 * True: a flush is due.
 */
bool kvm_write_protect_gfn(struct kvm *kvm, unsigned int as_id, uint64_t gfn);
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
/** free_obsolete_roots() - of the guest's tables, before it runs (kvm_mmu_free_obsolete_roots). */
void free_obsolete_roots(struct kvm *kvm);
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

#endif /* KVM_PAGING_INTERNAL_H */
