// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Random guests: accesses, changes of the primary MMU, slots, aging, allocations that
 * fail. The audit holds after every step, and the literal scan counts what the index
 * counts.
 */
#include <stdlib.h>

#include <base/rng.h>
#include <kvm/kvm.h>

#include "fake_mm.h"
#include "tap.h"

#define BASE 0x100000000000ull
#define PAGES 2048u
#define SLOTS 4u

static struct event_source events;
static struct mm_struct mm;
static uint64_t large, logged;
static struct kvm_memory_region regions[SLOTS];

static void print_violation(void *ctx, unsigned int invariant, const char *text)
{
	(void)ctx;
	printf("# invariant %u: %s\n", invariant, text);
}

static int random_slot(struct kvm *kvm, struct rng *rng, bool *present, unsigned int i)
{
	struct kvm_memory_region region = { .slot = i | (i & 1) << 16 };
	int err;

	if (!present[i]) {
		uint64_t first =
			rng_below(rng, 3) * 512 + (rng_chance(rng, 1, 2) ? 0 : 7);

		region.guest_phys_addr = (i * 4 + rng_below(rng, 2)) * (2u << 20);
		region.userspace_addr = BASE + first * FAKE_PAGE;
		region.memory_size = (1 + rng_below(rng, PAGES - first)) * FAKE_PAGE;
		if (region.memory_size > 8u << 20)
			region.memory_size = 8u << 20;
	}
	err = kvm_set_memory_region(kvm, &region);
	if (!err) {
		present[i] = !present[i];
		regions[i] = region;
	}
	return err == -ENOMEM ? 0 : err;
}

/* Logging starts or stops, a log is read or cleared in part. */
static int random_log(struct kvm *kvm, struct rng *rng, const bool *present, unsigned int i)
{
	struct kvm_dirty_log log;
	int err;

	if (!present[i])
		return 0;
	if (rng_chance(rng, 1, 4)) {
		regions[i].flags ^= KVM_MEM_LOG_DIRTY_PAGES;
		err = kvm_set_memory_region(kvm, &regions[i]);
		/* splitting may have failed behind the change */
		if (err)
			regions[i].flags ^= KVM_MEM_LOG_DIRTY_PAGES;
		if (err == -ENOMEM)
			err = kvm_set_memory_region(kvm, &regions[i]);
		return err;
	}
	if (rng_chance(rng, 1, 2))
		return kvm_clear_dirty_log(kvm, regions[i].slot, 64 * rng_below(rng, 4), 64) ==
		       -EBUSY;
	err = kvm_get_dirty_log(kvm, regions[i].slot, &log);
	logged += err ? 0 : log.pages;
	return err == -ENOENT || err == -ENOMEM ? 0 : err;
}

static void random_change(struct rng *rng)
{
	void (*const changes[])(struct fake_pte *) = { fake_unmap, fake_readonly,
						       fake_readwrite, NULL };
	uint64_t nr =
		1 + (rng_chance(rng, 1, 4) ? rng_below(rng, PAGES) : rng_below(rng, 20));
	uint64_t first = rng_below(rng, PAGES);
	unsigned int what = rng_below(rng, 4);
	uint64_t at;

	if (first + nr > PAGES)
		nr = PAGES - first;
	if (rng_chance(rng, 1, 3)) {
		first &= ~511ull;
		nr = 512;
	}
	/* what is taken from a large page takes the large page apart */
	fake_mm_change(&mm, BASE + first * FAKE_PAGE, BASE + (first + nr) * FAKE_PAGE,
		       changes[what]);
	if (!changes[what])
		return;
	fake_mm_change(&mm, BASE + (first & ~511ull) * FAKE_PAGE,
		       BASE + ((first + nr + 511) & ~511ull) * FAKE_PAGE, NULL);
	for (at = first & ~511ull; at < ((first + nr + 511) & ~511ull) && at < PAGES;
	     at++)
		if (mm.ptes[at].level > 1)
			mm.ptes[at].level = 1;
}

static int random_access(struct kvm *kvm, struct rng *rng)
{
	uint64_t gpa =
		rng_below(rng, SLOTS * 4 * 512) * FAKE_PAGE + rng_below(rng, FAKE_PAGE);
	unsigned int access = rng_below(rng, 4);
	int err;

	if (rng_chance(rng, 1, 2))
		access |= KVM_ACCESS_SMM;
	mm.fault_level = rng_chance(rng, 1, 3) ? 2 : 1;
	err = kvm_guest_access(kvm, gpa, access);
	return err == -ENOENT || err == -EFAULT || err == -ENOMEM ? 0 : err;
}

static int step(struct kvm *kvm, struct rng *rng, bool *present)
{
	uint64_t start = BASE + rng_below(rng, PAGES) * FAKE_PAGE;

	if (rng_chance(rng, 1, 20))
		mem_fail_at(1 + rng_below(rng, 4));
	switch (rng_below(rng, 40)) {
	case 0:
		return random_slot(kvm, rng, present, rng_below(rng, SLOTS));
	case 1:
	case 2:
	case 3:
		random_change(rng);
		return 0;
	case 4:
		mmu_notifier_clear_flush_young(&mm.nmm, start, start + 64 * FAKE_PAGE);
		return mmu_notifier_test_young(&mm.nmm, start);
	case 5:
	case 6:
		return random_log(kvm, rng, present, rng_below(rng, SLOTS));
	default:
		return random_access(kvm, rng);
	}
}

static unsigned int run(const char *profile, enum kvm_mmu_kind kind, bool literal,
			uint64_t seed, unsigned int steps, struct kvm_stat *ret)
{
	struct kvm_config config = {
		.mmu = kind, .events = &events, .mm = &mm, .literal = literal
	};
	bool present[SLOTS] = { false };
	unsigned int i, bad = 0;
	struct kvm *kvm;
	struct rng rng;

	fake_mm_init(&mm, &events, BASE, PAGES);
	config.profile = kvm_profile_find(profile);
	config.root_level = seed & 1 ? 5 : 4;
	rng_seed(&rng, seed);
	if (kvm_create(&config, &kvm))
		return 1;
	if (seed % 3)
		kvm_enable_dirty_log_protect(kvm, seed % 3 == 2);
	for (i = 0; i < SLOTS; i++)
		bad += random_slot(kvm, &rng, present, i) != 0;
	for (i = 0; i < steps && !bad; i++) {
		bad += step(kvm, &rng, present) != 0;
		mem_fail_at(0);
		large += kvm_get_stat(kvm)->pages_2m;
		bad += kvm_audit(kvm, true, print_violation, NULL);
		if (bad)
			printf("# seed %llu step %u\n", (unsigned long long)seed, i);
	}
	*ret = *kvm_get_stat(kvm);
	kvm_destroy(kvm);
	fake_mm_release(&mm);
	return bad;
}

int main(int argc, char **argv)
{
	const char *const profiles[] = { "linux-6.1", "linux-6.12", "linux-7.2" };
	unsigned int seeds = argc > 1 ? strtoul(argv[1], NULL, 0) : 4, p, kind, s;
	uint64_t live = mem_live();

	for (p = 0; p < 3; p++)
		for (kind = KVM_MMU_TDP; kind <= KVM_MMU_NESTED; kind++) {
			unsigned int bad = 0;

			for (s = 0; s < seeds; s++) {
				struct kvm_stat a, b;

				bad += run(profiles[p], kind, false, s, 1500, &a);
				bad += run(profiles[p], kind, true, s, 1500, &b);
				bad += memcmp(&a, &b, sizeof(a)) != 0;
			}
			tap_ok(!bad, "%s kind %u: audit holds, literal counts agree",
			       profiles[p], kind);
		}
	tap_ok(large, "large leaves took part");
	tap_ok(logged, "frames were logged");
	tap_eq(mem_live(), live, "nothing leaked");
	return tap_done();
}
