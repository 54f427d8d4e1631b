// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * KVM_SET_USER_MEMORY_REGION: its errors, lookups against a linear search, moves and
 * aliases.
 */
#include <base/rng.h>
#include <kvm/kvm.h>

#include "fake_mm.h"
#include "tap.h"

#define BASE 0x100000000000ull
#define MIB (1ull << 20)

static struct event_source events;
static struct mm_struct mm;

static struct kvm *make(enum kvm_mmu_kind kind)
{
	struct kvm_config config = { .mmu = kind, .events = &events, .mm = &mm };
	struct kvm *kvm;

	config.profile = kvm_profile_find("linux-6.12");
	return kvm_create(&config, &kvm) ? NULL : kvm;
}

static int set(struct kvm *kvm, uint32_t slot, uint64_t gpa, uint64_t size, uint64_t hva,
	       uint32_t flags)
{
	const struct kvm_memory_region region = { .slot = slot,
						  .flags = flags,
						  .guest_phys_addr = gpa,
						  .memory_size = size,
						  .userspace_addr = hva };

	return kvm_set_memory_region(kvm, &region);
}

static void errors(void)
{
	struct kvm *kvm = make(KVM_MMU_DIRECT);
	struct mmu_notifier_range range;

	tap_eq(-set(kvm, 0, 1, MIB, BASE, 0), EINVAL, "guest address unaligned");
	tap_eq(-set(kvm, 0, 0, MIB + 1, BASE, 0), EINVAL, "size unaligned");
	tap_eq(-set(kvm, 0, 0, MIB, BASE + 1, 0), EINVAL, "host address unaligned");
	tap_eq(-set(kvm, 0, 0, MIB, BASE, 8), EINVAL, "unknown flag");
	tap_eq(-set(kvm, KVM_MEM_SLOTS, 0, MIB, BASE, 0), EINVAL,
	       "slot number too large");
	tap_eq(-set(kvm, 2 << 16, 0, MIB, BASE, 0), EINVAL, "no third address space");
	tap_eq(-set(kvm, 0, -MIB, 2 * MIB, BASE, 0), EINVAL, "guest range wraps");
	tap_eq(-set(kvm, 0, 0, MIB, -FAKE_PAGE, 0), EINVAL, "not a user address");
	tap_eq(-set(kvm, 0, 0, 8ull << 40, BASE, 0), EINVAL,
	       "8 TiB is one page too much");
	tap_eq(-set(kvm, 0, (1ull << 48) - MIB, 2 * MIB, BASE, 0), EINVAL,
	       "beyond four levels");
	tap_eq(-set(kvm, 0, 0, 0, BASE, 0), EINVAL, "deleting nothing");
	tap_eq(set(kvm, 0, MIB, MIB, BASE, 0), 0, "create");
	tap_eq(-set(kvm, 1, 0, 2 * MIB, BASE, 0), EEXIST, "overlap");
	tap_eq(set(kvm, 1 << 16, 0, 2 * MIB, BASE, 0), 0,
	       "the other address space is free");
	tap_eq(-set(kvm, 0, MIB, 2 * MIB, BASE, 0), EINVAL, "change of size");
	tap_eq(-set(kvm, 0, MIB, MIB, BASE + MIB, 0), EINVAL, "change of host address");
	tap_eq(-set(kvm, 0, MIB, MIB, BASE, KVM_MEM_READONLY), EINVAL,
	       "change to read-only");
	tap_eq(set(kvm, 0, MIB, MIB, BASE, 0), 0, "no change");
	tap_eq(set(kvm, 0, MIB, MIB, BASE, KVM_MEM_LOG_DIRTY_PAGES), 0, "flags");
	tap_eq(set(kvm, 1, 4 * MIB, MIB, BASE, 0), 0, "an alias of the same memory");
	tap_eq(-set(kvm, 0, 4 * MIB, MIB, BASE, 0), EEXIST, "move onto another");
	mmu_notifier_range_init(&range, MMU_NOTIFY_CLEAR, BASE, BASE + FAKE_PAGE);
	mmu_notifier_invalidate_range_start(&mm.nmm, &range);
	tap_eq(-set(kvm, 0, 8 * MIB, MIB, BASE, 0), EBUSY, "move inside a notification");
	tap_eq(-set(kvm, 0, 0, 0, BASE, 0), EBUSY, "delete inside a notification");
	tap_eq(-set(kvm, 5, 16 * MIB, MIB, BASE, 0), EBUSY,
	       "create inside a notification");
	mmu_notifier_invalidate_range_end(&mm.nmm, &range);
	tap_eq(set(kvm, 0, 8 * MIB, MIB, BASE, 0), 0, "move");
	tap_eq(set(kvm, 0, 0, 0, 0, 0), 0, "delete");
	kvm_destroy(kvm);
}

static void moves(void)
{
	struct kvm *kvm = make(KVM_MMU_DIRECT);
	struct kvm_mapping m;

	tap_eq(set(kvm, 0, 0, MIB, BASE, 0), 0, "slot at 0");
	tap_eq(set(kvm, 1, 2 * MIB, MIB, BASE, KVM_MEM_READONLY), 0, "read-only alias");
	tap_eq(kvm_guest_access(kvm, 0x5000, KVM_ACCESS_WRITE), 0, "write");
	tap_eq(kvm_guest_access(kvm, 2 * MIB + 0x5000, KVM_ACCESS_READ), 0,
	       "read the alias");
	tap_eq(kvm_lookup(kvm, 0, 2 * MIB + 0x5000, &m), 0, "alias mapped");
	tap_eq(m.spte & 2, 0, "not writable");
	tap_eq(-kvm_guest_access(kvm, 2 * MIB + 0x5000, KVM_ACCESS_WRITE), ENOENT,
	       "write to read-only memory is MMIO");
	tap_eq(-kvm_guest_access(kvm, 5 * MIB, KVM_ACCESS_READ), ENOENT,
	       "no slot is MMIO");
	tap_eq(-kvm_guest_access(kvm, 1ull << 60, KVM_ACCESS_READ), ENOENT,
	       "beyond the tables");
	fake_mm_change(&mm, BASE + 0x5000, BASE + 0x6000, fake_unmap);
	tap_eq(kvm_get_stat(kvm)->sptes_zapped, 2, "one notification reaches both");
	tap_eq(kvm_get_stat(kvm)->remote_tlb_flush, 1, "with one flush");
	tap_eq(kvm_get_stat(kvm)->frames_covered, 2, "and counts both frames");
	tap_eq(kvm_guest_access(kvm, 0x7000, KVM_ACCESS_WRITE), 0, "write again");
	tap_eq(set(kvm, 0, 4 * MIB, MIB, BASE, 0), 0, "move");
	tap_eq(-kvm_lookup(kvm, 0, 0x7000, &m), ENOENT, "nothing at the old place");
	tap_eq(kvm_guest_access(kvm, 4 * MIB + 0x7000, KVM_ACCESS_WRITE), 0, "new place");
	tap_eq(kvm_audit(kvm, true, NULL, NULL), 0, "audit");
	tap_eq(set(kvm, 0, 0, 0, 0, 0), 0, "delete");
	tap_eq(kvm_get_stat(kvm)->pages_4k, 0, "deleting zaps everything");
	tap_eq(-kvm_guest_access(kvm, 4 * MIB, KVM_ACCESS_READ), ENOENT,
	       "and it is gone");
	kvm_destroy(kvm);
}

/*
 * 64 slots at random places of host memory: which frames a range covers, by linear
 * search.
 */
static void lookups(void)
{
	struct kvm *kvm = make(KVM_MMU_TDP);
	uint64_t hva[64], size[64], before;
	unsigned int i, round, bad = 0;
	struct rng rng;

	rng_seed(&rng, 7);
	memset(size, 0, sizeof(size));
	for (round = 0; round < 3000; round++) {
		uint64_t start, end, want = 0;

		i = rng_below(&rng, 64);
		if (size[i]) {
			bad += set(kvm, i, 0, 0, 0, 0) != 0;
			size[i] = 0;
		} else {
			hva[i] = BASE + rng_below(&rng, 200) * FAKE_PAGE;
			size[i] = (1 + rng_below(&rng, 50)) * FAKE_PAGE;
			bad += set(kvm, i, i * MIB, size[i], hva[i], 0) != 0;
		}
		start = BASE + rng_below(&rng, 256) * FAKE_PAGE +
			rng_below(&rng, FAKE_PAGE);
		end = start + 1 + rng_below(&rng, 64 * FAKE_PAGE);
		for (i = 0; i < 64; i++) {
			uint64_t s = start > hva[i] ? start : hva[i];
			uint64_t e = end < hva[i] + size[i] ? end : hva[i] + size[i];

			if (size[i] && s < e)
				want += (e + FAKE_PAGE - 1) / FAKE_PAGE - s / FAKE_PAGE;
		}
		before = kvm_get_stat(kvm)->frames_covered;
		fake_mm_change(&mm, start, end, NULL);
		bad += kvm_get_stat(kvm)->frames_covered - before != want;
	}
	tap_eq(bad, 0, "3000 slot changes and ranges, frames rounded outwards");
	kvm_destroy(kvm);
}

static void large_slots(void)
{
	struct kvm *kvm = make(KVM_MMU_DIRECT);
	struct kvm_memory memory;
	unsigned int i, bad = 0;

	for (i = 0; i < 8; i++)
		bad += set(kvm, i, (uint64_t)i << 43, (8ull << 40) - (2u << 20),
			   BASE + ((uint64_t)i << 43), 0) != 0;
	tap_eq(bad, 0, "eight slots of nearly 8 TiB");
	fake_mm_change(&mm, BASE, BASE + (64ull << 40), NULL);
	tap_ok(kvm_get_stat(kvm)->rmap_scanned > 16ull << 30,
	       "a notification of all 64 TiB");
	tap_eq(kvm_get_stat(kvm)->rmap_visited, 24,
	       "visits the first head of each level");
	kvm_memory(kvm, &memory);
	tap_ok(memory.tables + memory.heads + memory.chains < MIB, "and they cost next to nothing");
	kvm_destroy(kvm);
}

int main(void)
{
	uint64_t live = mem_live();

	fake_mm_init(&mm, &events, BASE, 1024);
	errors();
	moves();
	lookups();
	large_slots();
	fake_mm_release(&mm);
	tap_eq(mem_live(), live, "nothing leaked");
	return tap_done();
}
