// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The level of a new mapping: the largest that the primary leaf, the slot's edges and its
 * alignment with host memory allow, for all four kinds of table. And aging through what was mapped.
 */
#include <kvm/kvm.h>

#include "fake_mm.h"
#include "tap.h"

#define BASE 0x100000000000ull
#define PAGES (1u << 19)
#define GPAGES (1u << 18)
#define MPAGES 512u

static struct event_source events;
static struct mm_struct mm;

static struct kvm *make(enum kvm_mmu_kind kind, uint64_t gfn, uint64_t nr, uint64_t first)
{
	const struct kvm_memory_region region = { .guest_phys_addr = gfn * FAKE_PAGE,
						  .memory_size = nr * FAKE_PAGE,
						  .userspace_addr =
							  BASE + first * FAKE_PAGE };
	struct kvm_config config = { .mmu = kind, .events = &events, .mm = &mm };
	struct kvm *kvm;

	config.profile = kvm_profile_find("linux-6.12");
	if (kvm_create(&config, &kvm) || kvm_set_memory_region(kvm, &region))
		return NULL;
	return kvm;
}

/* The rule, written down again: is the block of @size pages around @gfn inside and aligned? */
static bool fits(uint64_t gfn, uint64_t base, uint64_t nr, uint64_t first, uint64_t size)
{
	uint64_t start = gfn - gfn % size;

	return base % size == first % size && start >= base && start + size <= base + nr;
}

static unsigned int one(enum kvm_mmu_kind kind, uint64_t base, uint64_t nr,
			uint64_t first, uint64_t offset, unsigned int host_level)
{
	struct kvm *kvm = make(kind, base, nr, first);
	uint64_t gfn = base + offset;
	unsigned int want = 1, bad = 0, i;
	struct fake_pte *block;
	struct kvm_mapping m;

	mm.fault_level = host_level;
	if (host_level >= 2 && fits(gfn, base, nr, first, MPAGES))
		want = 2;
	if (host_level >= 3 && fits(gfn, base, nr, first, GPAGES))
		want = 3;
	/* a guest with paging off is shadowed by PAE tables */
	if (kind == KVM_MMU_SHADOW && want > 2)
		want = 2;
	bad += !kvm || kvm_guest_access(kvm, gfn * FAKE_PAGE, KVM_ACCESS_WRITE);
	bad += kvm_lookup(kvm, 0, gfn * FAKE_PAGE, &m) || m.level != want;
	bad += kvm_audit(kvm, true, NULL, NULL) != 0;
	/* one notification takes the process's leaf and every mapping of it away */
	fake_mm_change(&mm, BASE, BASE + PAGES * FAKE_PAGE, NULL);
	block = mm.ptes + (first + offset) / GPAGES * GPAGES;
	for (i = 0; i < GPAGES; i++)
		fake_unmap(&block[i]);
	bad += kvm_lookup(kvm, 0, gfn * FAKE_PAGE, &m) != -ENOENT;
	if (bad)
		printf("# base %llx nr %llx first %llx offset %llx level %u\n",
		       (unsigned long long)base, (unsigned long long)nr,
		       (unsigned long long)first, (unsigned long long)offset, host_level);
	kvm_destroy(kvm);
	return bad;
}

static void all_levels(enum kvm_mmu_kind kind)
{
	static const uint64_t firsts[] = { 0, 1, MPAGES, GPAGES };
	static const uint64_t bases[] = { GPAGES, GPAGES + 1, GPAGES + MPAGES };
	static const uint64_t sizes[] = { 1, MPAGES, 3 * MPAGES + 5, GPAGES };
	unsigned int f, b, s, level, bad = 0;

	fake_mm_init(&mm, &events, BASE, PAGES);
	for (f = 0; f < 4; f++)
		for (b = 0; b < 3; b++)
			for (s = 0; s < 4; s++)
				for (level = 1; level <= 3; level++) {
					bad += one(kind, bases[b], sizes[s], firsts[f], 0,
						   level);
					bad += one(kind, bases[b], sizes[s], firsts[f],
						   sizes[s] - 1, level);
				}
	tap_ok(!bad, "kind %u: level of every edge", kind);
	fake_mm_release(&mm);
}

struct counter_sink {
	struct event_sink sink;
	unsigned int aged, tested;
};

static void count(struct event_sink *sink, const struct event *event)
{
	struct counter_sink *c = (struct counter_sink *)sink;

	c->aged += event->id == EVENT_KVM_AGE_HVA;
	c->tested += event->id == EVENT_KVM_TEST_AGE_HVA;
}

/* From 6.13 on nothing is flushed for it. */
static void aging_flushes(const char *profile, bool flush)
{
	struct kvm_config config = { .events = &events,
				     .mm = &mm,
				     .profile = kvm_profile_find(profile) };
	const struct kvm_memory_region region = { .memory_size = PAGES * FAKE_PAGE,
						  .userspace_addr = BASE };
	uint64_t flushes;
	struct kvm *kvm;

	fake_mm_init(&mm, &events, BASE, PAGES);
	if (!tap_ok(!kvm_create(&config, &kvm) && !kvm_set_memory_region(kvm, &region), "%s", profile))
		return;
	kvm_guest_access(kvm, 0, KVM_ACCESS_WRITE);
	flushes = kvm_get_stat(kvm)->remote_tlb_flush;
	tap_eq(mmu_notifier_clear_flush_young(&mm.nmm, BASE, BASE + FAKE_PAGE), 1, "young");
	tap_eq(kvm_get_stat(kvm)->remote_tlb_flush, flushes + flush, "flushed or not");
	kvm_destroy(kvm);
	fake_mm_release(&mm);
}

static void aging(enum kvm_mmu_kind kind)
{
	struct counter_sink sink = { .sink.emit = count };
	uint64_t flushes;
	struct kvm *kvm;

	fake_mm_init(&mm, &events, BASE, PAGES);
	kvm = make(kind, 0, MPAGES, 0);
	events.sink = &sink.sink;
	kvm_guest_access(kvm, 5 * FAKE_PAGE, KVM_ACCESS_WRITE);
	tap_eq(mmu_notifier_test_young(&mm.nmm, BASE + 5 * FAKE_PAGE), 1, "accessed");
	tap_eq(mmu_notifier_test_young(&mm.nmm, BASE + 6 * FAKE_PAGE), 0,
	       "its neighbour not");
	flushes = kvm_get_stat(kvm)->remote_tlb_flush;
	tap_eq(mmu_notifier_clear_young(&mm.nmm, BASE, BASE + 16 * FAKE_PAGE), 1,
	       "cleared");
	tap_eq(kvm_get_stat(kvm)->remote_tlb_flush, flushes, "without a flush");
	tap_eq(mmu_notifier_test_young(&mm.nmm, BASE + 5 * FAKE_PAGE), 0, "not any more");
	kvm_guest_access(kvm, 5 * FAKE_PAGE, KVM_ACCESS_READ);
	tap_eq(kvm_get_stat(kvm)->pf_taken, 1, "accessed again without a fault");
	tap_eq(mmu_notifier_clear_flush_young(&mm.nmm, BASE, BASE + 16 * FAKE_PAGE), 1,
	       "young");
	tap_eq(kvm_get_stat(kvm)->remote_tlb_flush, flushes + 1, "flushed");
	tap_eq(sink.aged, 2, "kvm_age_hva");
	tap_eq(sink.tested, 3, "kvm_test_age_hva");
	events.sink = NULL;
	kvm_destroy(kvm);
	fake_mm_release(&mm);
}

int main(void)
{
	uint64_t live = mem_live();
	unsigned int kind;

	for (kind = KVM_MMU_TDP; kind <= KVM_MMU_NESTED; kind++) {
		all_levels(kind);
		aging(kind);
	}
	aging_flushes("linux-6.1", true);
	aging_flushes("linux-6.12", true);
	aging_flushes("linux-7.2", false);
	tap_eq(mem_live(), live, "nothing leaked");
	return tap_done();
}
