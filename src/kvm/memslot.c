// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory slots: by guest frame, by host address, and the rules of
 * KVM_SET_USER_MEMORY_REGION.
 */
#include "kvm_internal.h"
#include "rmap_internal.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include <base/mem.h>

static int gfn_cmp(const struct kvm_memory_slot *a, const struct kvm_memory_slot *b)
{
	return (a->base_gfn > b->base_gfn) - (a->base_gfn < b->base_gfn);
}

static int hva_cmp(const struct kvm_memory_slot *a, const struct kvm_memory_slot *b)
{
	if (a->userspace_addr != b->userspace_addr)
		return a->userspace_addr < b->userspace_addr ? -1 : 1;
	return (a->order > b->order) - (a->order < b->order);
}

static void hva_augment(struct kvm_memory_slot *slot)
{
	const struct kvm_memory_slot *left = RB_LEFT(slot, hva_node);
	const struct kvm_memory_slot *right = RB_RIGHT(slot, hva_node);

	slot->hva_subtree_last = slot->hva_last;
	if (left && left->hva_subtree_last > slot->hva_subtree_last)
		slot->hva_subtree_last = left->hva_subtree_last;
	if (right && right->hva_subtree_last > slot->hva_subtree_last)
		slot->hva_subtree_last = right->hva_subtree_last;
}

RB_GENERATE_INTERNAL(slot_gfn_tree, kvm_memory_slot, gfn_node, gfn_cmp,
		     __attribute__((unused)) static)
#undef RB_AUGMENT
#define RB_AUGMENT(slot) hva_augment(slot)
RB_GENERATE_INTERNAL(slot_hva_tree, kvm_memory_slot, hva_node, hva_cmp,
		     __attribute__((unused)) static)

static void hva_augment_up(struct kvm_memory_slot *slot)
{
	for (; slot; slot = RB_PARENT(slot, hva_node))
		hva_augment(slot);
}

void kvm_memslots_init(struct kvm_memslots *slots)
{
	memset(slots, 0, sizeof(*slots));
	RB_INIT(&slots->gfn_tree);
	RB_INIT(&slots->hva_tree);
}

static void insert_slot(struct kvm_memslots *slots, struct kvm_memory_slot *slot)
{
	slot->order = slots->next_order++;
	slot->hva_subtree_last = slot->hva_last;
	RB_INSERT(slot_gfn_tree, &slots->gfn_tree, slot);
	RB_INSERT(slot_hva_tree, &slots->hva_tree, slot);
	hva_augment_up(slot);
	slots->nr++;
}

static void remove_slot(struct kvm_memslots *slots, struct kvm_memory_slot *slot)
{
	struct kvm_memory_slot *parent = RB_PARENT(slot, hva_node);

	RB_REMOVE(slot_gfn_tree, &slots->gfn_tree, slot);
	RB_REMOVE(slot_hva_tree, &slots->hva_tree, slot);
	hva_augment_up(parent);
	slots->last_used = NULL;
	slots->nr--;
}

static void free_slot(struct kvm_memory_slot *slot)
{
	slot_rmap_release(slot);
	slot_dirty_release(slot);
	mem_free(slot);
}

void kvm_memslots_release(struct kvm_memslots *slots)
{
	struct kvm_memory_slot *slot;

	while ((slot = RB_ROOT(&slots->gfn_tree))) {
		remove_slot(slots, slot);
		free_slot(slot);
	}
}

int kvm_memslots_alloc_rmaps(struct kvm_memslots *slots)
{
	struct kvm_memory_slot *slot;
	int err = 0;

	RB_FOREACH (slot, slot_gfn_tree, &slots->gfn_tree)
		if (!err && !slot_has_rmap(slot))
			err = slot_rmap_init(slot);
	return err;
}

struct kvm_memory_slot *gfn_to_memslot(struct kvm_memslots *slots, uint64_t gfn)
{
	struct kvm_memory_slot *slot = slots->last_used;

	if (slot && gfn - slot->base_gfn < slot->npages)
		return slot;
	slot = RB_ROOT(&slots->gfn_tree);
	while (slot && gfn - slot->base_gfn >= slot->npages)
		slot = gfn < slot->base_gfn ? RB_LEFT(slot, gfn_node) :
					      RB_RIGHT(slot, gfn_node);
	if (slot)
		slots->last_used = slot;
	return slot;
}

static struct kvm_memory_slot *hva_subtree_first(struct kvm_memory_slot *slot,
						 uint64_t start, uint64_t last)
{
	while (slot && slot->hva_subtree_last >= start) {
		struct kvm_memory_slot *left = RB_LEFT(slot, hva_node);

		if (left && left->hva_subtree_last >= start) {
			slot = left;
			continue;
		}
		if (slot->userspace_addr > last)
			return NULL;
		if (slot->hva_last >= start)
			return slot;
		slot = RB_RIGHT(slot, hva_node);
	}
	return NULL;
}

struct kvm_memory_slot *hva_first_slot(struct kvm_memslots *slots, uint64_t start,
				       uint64_t last)
{
	return hva_subtree_first(RB_ROOT(&slots->hva_tree), start, last);
}

struct kvm_memory_slot *hva_next_slot(struct kvm_memory_slot *slot, uint64_t start,
				      uint64_t last)
{
	struct kvm_memory_slot *found =
		hva_subtree_first(RB_RIGHT(slot, hva_node), start, last);
	struct kvm_memory_slot *child;

	if (found)
		return found;
	for (child = slot; (slot = RB_PARENT(child, hva_node)); child = slot) {
		if (RB_RIGHT(slot, hva_node) == child)
			continue;
		if (slot->userspace_addr > last)
			return NULL;
		if (slot->hva_last >= start)
			return slot;
		found = hva_subtree_first(RB_RIGHT(slot, hva_node), start, last);
		if (found)
			return found;
	}
	return NULL;
}

/* What lpage_info[].disallow_lpage of a fresh slot says: kvm_alloc_memslot_metadata(). */
bool slot_lpage_allowed(const struct kvm_memory_slot *slot, uint64_t gfn,
			unsigned int level)
{
	uint64_t mask = spte_pages(level) - 1;
	uint64_t first = slot->base_gfn, end = slot->base_gfn + slot->npages;

	if ((slot->base_gfn ^ (slot->userspace_addr >> PAGE_SHIFT)) & mask)
		return false;
	return (gfn & ~mask) >= first && (gfn | mask) < end;
}

struct kvm_memory_slot *id_to_memslot(struct kvm_memslots *slots, uint16_t id)
{
	struct kvm_memory_slot *slot;

	RB_FOREACH (slot, slot_gfn_tree, &slots->gfn_tree)
		if (slot->id == id)
			return slot;
	return NULL;
}

static bool overlaps_other(struct kvm_memslots *slots,
			   const struct kvm_memory_slot *except, uint64_t start,
			   uint64_t end)
{
	struct kvm_memory_slot *slot;

	RB_FOREACH (slot, slot_gfn_tree, &slots->gfn_tree)
		if (slot != except && slot->base_gfn < end &&
		    start < slot->base_gfn + slot->npages)
			return true;
	return false;
}

/* The swap of the slots waits for notifications, and (SRCU) for faults that look at the old ones. */
static bool slots_in_use(const struct kvm *kvm)
{
	return kvm->mn_active_invalidate_count || kvm->in_hook;
}

static bool region_valid(const struct kvm_memory_region *region)
{
	uint64_t unaligned =
		region->guest_phys_addr | region->memory_size | region->userspace_addr;
	uint64_t user_end = 1ull << 56;

	if (region->flags & ~(KVM_MEM_LOG_DIRTY_PAGES | KVM_MEM_READONLY))
		return false;
	if (unaligned & (PAGE_SIZE - 1))
		return false;
	if (region->userspace_addr > user_end ||
	    region->memory_size > user_end - region->userspace_addr)
		return false;
	if (region->slot >> 16 >= KVM_ADDRESS_SPACES ||
	    (region->slot & 0xffff) >= KVM_MEM_SLOTS)
		return false;
	if (region->guest_phys_addr + region->memory_size < region->guest_phys_addr)
		return false;
	return region->memory_size >> PAGE_SHIFT <= KVM_MEM_MAX_NR_PAGES;
}

/* kvm_mmu_max_gfn() by the width that the tables can translate. */
static bool beyond_tables(const struct kvm *kvm, uint64_t end_gfn)
{
	return end_gfn > 1ull << (SPTE_LEVEL_BITS * kvm->root_level);
}

/*
 * kvm_swap_active_memslots(), @times: a slot that goes or moves is first made invalid. Linux gives
 * each address space numbers of its own.
 */
static void bump_generation(struct kvm *kvm, const struct kvm_memslots *slots, unsigned int times)
{
	kvm->memslots_generation[slots - kvm->memslots] += times * KVM_ADDRESS_SPACES;
}

static int create_slot(struct kvm *kvm, struct kvm_memslots *slots,
		       const struct kvm_memory_region *region)
{
	struct kvm_memory_slot *slot;
	int err;

	slot = mem_zalloc(sizeof(*slot));
	if (!slot)
		return -ENOMEM;
	slot->base_gfn = region->guest_phys_addr >> PAGE_SHIFT;
	slot->npages = region->memory_size >> PAGE_SHIFT;
	slot->userspace_addr = region->userspace_addr;
	slot->hva_last = region->userspace_addr + region->memory_size - 1;
	slot->flags = region->flags;
	slot->id = region->slot & 0xffff;
	slot->as_id = region->slot >> 16;
	if (!kvm->tdp_mmu || kvm->shadow_root_allocated) {
		err = slot_rmap_init(slot);
		if (err) {
			mem_free(slot);
			return err;
		}
	}
	if (slot->flags & KVM_MEM_LOG_DIRTY_PAGES) {
		err = slot_dirty_init(kvm, slot);
		if (err) {
			free_slot(slot);
			return err;
		}
	}
	insert_slot(slots, slot);
	bump_generation(kvm, slots, 1);
	return 0;
}

static int move_slot(struct kvm *kvm, struct kvm_memslots *slots,
		     struct kvm_memory_slot *slot, const struct kvm_memory_region *region)
{
	struct kvm_memory_slot new = *slot;

	new.base_gfn = region->guest_phys_addr >> PAGE_SHIFT;
	memset(new.rmap, 0, sizeof(new.rmap));
	if (slot_has_rmap(slot)) {
		int err = slot_rmap_init(&new);

		if (err)
			return err;
	}
	if (!slot->dirty && region->flags & KVM_MEM_LOG_DIRTY_PAGES) {
		int err = slot_dirty_init(kvm, slot);

		if (err) {
			slot_rmap_release(&new);
			return err;
		}
	}
	kvm_mmu_zap_all_fast(kvm);
	remove_slot(slots, slot);
	slot_rmap_release(slot);
	slot->base_gfn = new.base_gfn;
	slot->flags = region->flags;
	if (!(slot->flags & KVM_MEM_LOG_DIRTY_PAGES))
		slot_dirty_release(slot);
	memcpy(slot->rmap, new.rmap, sizeof(new.rmap));
	insert_slot(slots, slot);
	bump_generation(kvm, slots, 2);
	return 0;
}

/* Only dirty logging can be switched: its log comes before and goes after. */
static int change_flags(struct kvm *kvm, struct kvm_memslots *slots,
			struct kvm_memory_slot *slot, uint32_t flags)
{
	uint32_t old_flags = slot->flags;
	int err = 0;

	if (flags & KVM_MEM_LOG_DIRTY_PAGES)
		err = slot_dirty_init(kvm, slot);
	if (err)
		return err;
	slot->flags = flags;
	/* kvm_replace_memslot(): it comes behind others at the same address */
	remove_slot(slots, slot);
	insert_slot(slots, slot);
	bump_generation(kvm, slots, 1);
	err = kvm_mmu_slot_apply_flags(kvm, slot, old_flags);
	if (!(flags & KVM_MEM_LOG_DIRTY_PAGES))
		slot_dirty_release(slot);
	return err;
}

static int change_slot(struct kvm *kvm, struct kvm_memslots *slots,
		       struct kvm_memory_slot *slot,
		       const struct kvm_memory_region *region)
{
	uint64_t base_gfn = region->guest_phys_addr >> PAGE_SHIFT;

	if (region->userspace_addr != slot->userspace_addr ||
	    region->memory_size >> PAGE_SHIFT != slot->npages ||
	    ((region->flags ^ slot->flags) & KVM_MEM_READONLY))
		return -EINVAL;
	if (base_gfn == slot->base_gfn && region->flags == slot->flags)
		return 0;
	if (base_gfn != slot->base_gfn &&
	    overlaps_other(slots, slot, base_gfn, base_gfn + slot->npages))
		return -EEXIST;
	if (beyond_tables(kvm, base_gfn + slot->npages))
		return -EINVAL;
	if (slots_in_use(kvm))
		return -EBUSY;
	if (base_gfn == slot->base_gfn)
		return change_flags(kvm, slots, slot, region->flags);
	return move_slot(kvm, slots, slot, region);
}

int kvm_set_memory_region(struct kvm *kvm, const struct kvm_memory_region *region)
{
	uint64_t base_gfn = region->guest_phys_addr >> PAGE_SHIFT;
	uint64_t npages = region->memory_size >> PAGE_SHIFT;
	struct kvm_memory_slot *old;
	struct kvm_memslots *slots;

	if (!region_valid(region))
		return -EINVAL;
	slots = &kvm->memslots[region->slot >> 16];
	old = id_to_memslot(slots, region->slot & 0xffff);
	if (!npages && !old)
		return -EINVAL;
	if (!npages) {
		if (slots_in_use(kvm))
			return -EBUSY;
		kvm_mmu_zap_all_fast(kvm);
		remove_slot(slots, old);
		free_slot(old);
		return 0;
	}
	if (old)
		return change_slot(kvm, slots, old, region);
	if (overlaps_other(slots, NULL, base_gfn, base_gfn + npages))
		return -EEXIST;
	if (beyond_tables(kvm, base_gfn + npages))
		return -EINVAL;
	if (slots_in_use(kvm))
		return -EBUSY;
	return create_slot(kvm, slots, region);
}
