// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Dirty logging by write protection: kvm_mmu_slot_apply_flags() of arch/x86/kvm/x86.c, and the
 * ioctls of virt/kvm/kvm_main.c. On AMD there is no log of the processor's own: a frame is dirty
 * from the moment that an SPTE lets the guest write to it.
 */
#include "kvm_internal.h"
#include "rmap_internal.h"

#include <errno.h>
#include <string.h>

#define WORD_BITS 64u

static uint64_t nr_words(const struct kvm_memory_slot *slot)
{
	return (slot->npages + WORD_BITS - 1) / WORD_BITS;
}

int slot_dirty_init(struct kvm *kvm, struct kvm_memory_slot *slot)
{
	int err;

	if (slot->dirty)
		return 0;
	err = region_reserve(&slot->dirty_mem, nr_words(slot) * sizeof(slot->dirty[0]));
	if (err)
		return err;
	slot->dirty = slot->dirty_mem.base;
	if (!kvm->initially_set)
		return 0;
	memset(slot->dirty, 0xff, nr_words(slot) * sizeof(slot->dirty[0]));
	if (slot->npages % WORD_BITS)
		slot->dirty[nr_words(slot) - 1] = (1ull << slot->npages % WORD_BITS) - 1;
	return 0;
}

void slot_dirty_release(struct kvm_memory_slot *slot)
{
	region_release(&slot->dirty_mem);
	memset(&slot->dirty_mem, 0, sizeof(slot->dirty_mem));
	slot->dirty = NULL;
}

static bool have_rmaps(const struct kvm *kvm)
{
	return !kvm->tdp_mmu || kvm->shadow_root_allocated;
}

/*
 * kvm_mmu_slot_try_split_huge_pages(): only where the TDP MMU is on; what is in reverse maps then
 * is a nested guest's.
 */
static int split_huge_pages(struct kvm *kvm, struct kvm_memory_slot *slot, uint64_t start,
			    uint64_t end)
{
	int err = 0;

	if (!kvm->tdp_mmu)
		return 0;
	if (have_rmaps(kvm) && start < end)
		err = kvm_shadow_mmu_split_range(kvm, slot, start, end);
	return err ? err : kvm_tdp_mmu_split_range(kvm, slot->as_id, start, end);
}

static void remove_write_access(struct kvm *kvm, struct kvm_memory_slot *slot)
{
	if (have_rmaps(kvm))
		(void)rmap_write_protect_slot(kvm, slot, SPTE_LEVEL_4K);
	if (kvm->tdp_mmu)
		kvm_tdp_mmu_wrprot_range(kvm, slot->as_id, slot->base_gfn,
					 slot->base_gfn + slot->npages, SPTE_LEVEL_4K);
}

int kvm_mmu_slot_apply_flags(struct kvm *kvm, struct kvm_memory_slot *slot, uint32_t old_flags)
{
	int err;

	if (slot->flags & KVM_MEM_READONLY)
		return 0;
	if (!(slot->flags & KVM_MEM_LOG_DIRTY_PAGES)) {
		if (have_rmaps(kvm) && rmap_zap_collapsible(kvm, slot))
			kvm_flush_remote_tlbs(kvm);
		if (kvm->tdp_mmu)
			kvm_tdp_mmu_recover_huge_pages(kvm, slot);
		return 0;
	}
	(void)old_flags;
	/* everything is dirty: protected when it is cleared */
	if (kvm->initially_set)
		return 0;
	err = split_huge_pages(kvm, slot, slot->base_gfn, slot->base_gfn + slot->npages);
	remove_write_access(kvm, slot);
	kvm_flush_remote_tlbs(kvm);
	return err;
}

/* kvm_mmu_slot_gfn_write_protect() from 2 MiB on: a large page that maps @gfn. */
static void protect_huge(struct kvm *kvm, struct kvm_memory_slot *slot, uint64_t gfn)
{
	unsigned int level;

	for (level = SPTE_LEVEL_2M; level <= KVM_NR_LEVELS && have_rmaps(kvm); level++)
		rmap_protect_for_tables(slot_rmap_head(slot, gfn, level));
	if (kvm->tdp_mmu)
		kvm_tdp_mmu_wrprot_range(kvm, slot->as_id, gfn, gfn + 1, SPTE_LEVEL_2M);
}

/* With "initially set" the large pages are still there and writable. */
static int protect_initially_set(struct kvm *kvm, struct kvm_memory_slot *slot, uint64_t first,
				 uint64_t mask)
{
	uint64_t start = slot->base_gfn + first + __builtin_ctzll(mask);
	uint64_t end = slot->base_gfn + first + 63 - __builtin_clzll(mask);
	int err = split_huge_pages(kvm, slot, start, end + 1);

	protect_huge(kvm, slot, start);
	if ((start ^ end) & ~(spte_pages(SPTE_LEVEL_2M) - 1))
		protect_huge(kvm, slot, end);
	return err;
}

/* kvm_arch_mmu_enable_log_dirty_pt_masked(): the frames of one word of the log, 4 KiB leaves. */
static int protect_word(struct kvm *kvm, struct kvm_memory_slot *slot, uint64_t first,
			uint64_t mask)
{
	int err = kvm->initially_set ? protect_initially_set(kvm, slot, first, mask) : 0;
	uint64_t left;

	if (kvm->tdp_mmu)
		kvm_tdp_mmu_wrprot_masked(kvm, slot->as_id, slot->base_gfn + first, mask);
	for (left = mask; left && have_rmaps(kvm); left &= left - 1)
		(void)rmap_write_protect(slot_rmap_head(
			slot, slot->base_gfn + first + __builtin_ctzll(left), SPTE_LEVEL_4K));
	return err;
}

static void count_word(struct kvm_dirty_log *log, uint64_t first, uint64_t mask)
{
	for (; mask; mask &= mask - 1) {
		log->pages++;
		log->hash = kvm_dirty_hash(log->hash, first + __builtin_ctzll(mask));
	}
}

static int find_log(struct kvm *kvm, uint32_t id, struct kvm_memory_slot **ret_slot)
{
	struct kvm_memory_slot *slot;

	if (id >> 16 >= KVM_ADDRESS_SPACES || (id & 0xffff) >= KVM_MEM_SLOTS)
		return -EINVAL;
	slot = id_to_memslot(&kvm->memslots[id >> 16], id & 0xffff);
	if (!slot || !slot->dirty)
		return -ENOENT;
	*ret_slot = slot;
	return 0;
}

int kvm_get_dirty_log(struct kvm *kvm, uint32_t id, struct kvm_dirty_log *ret)
{
	struct kvm_dirty_log log = { 0 };
	struct kvm_memory_slot *slot;
	bool flush = false;
	uint64_t i;
	int err = find_log(kvm, id, &slot);

	if (err)
		return err;
	for (i = 0; i < nr_words(slot) && !err; i++) {
		uint64_t mask = slot->dirty[i];

		if (!mask)
			continue;
		count_word(&log, i * WORD_BITS, mask);
		if (kvm->manual_protect)
			continue;
		flush = true;
		slot->dirty[i] = 0;
		err = protect_word(kvm, slot, i * WORD_BITS, mask);
	}
	if (flush)
		kvm_flush_remote_tlbs(kvm);
	if (!err)
		*ret = log;
	return err;
}

int kvm_clear_dirty_log(struct kvm *kvm, uint32_t id, uint64_t first, uint64_t nr)
{
	struct kvm_memory_slot *slot;
	bool flush = false;
	uint64_t i, end;
	int err;

	if (first % WORD_BITS)
		return -EINVAL;
	err = find_log(kvm, id, &slot);
	if (err)
		return err;
	if (first > slot->npages || nr > slot->npages - first ||
	    (nr < slot->npages - first && nr % WORD_BITS))
		return -EINVAL;
	end = (first + nr + WORD_BITS - 1) / WORD_BITS;
	for (i = first / WORD_BITS; i < end && !err; i++) {
		uint64_t mask = slot->dirty[i];

		slot->dirty[i] = 0;
		if (!mask)
			continue;
		flush = true;
		err = protect_word(kvm, slot, i * WORD_BITS, mask);
	}
	if (flush)
		kvm_flush_remote_tlbs(kvm);
	return err;
}

void kvm_enable_dirty_log_protect(struct kvm *kvm, bool initially_set)
{
	kvm->manual_protect = true;
	kvm->initially_set = initially_set;
}
