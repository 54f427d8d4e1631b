// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rates: populate, access again, zap, per 4 KiB page. Prints figures; fails only when a
 * walk costs in proportion to what it covers instead of what exists. "test_kvm_speed N"
 * takes N million pages.
 */
#include <stdlib.h>
#include <time.h>

#include <kvm/kvm.h>

#include "fake_mm.h"
#include "tap.h"

#define BASE 0x100000000000ull

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

static double populate_ns(struct kvm *kvm, uint64_t pages)
{
	double t = now_ns();

	if (kvm_guest_access_range(kvm, 0, pages * FAKE_PAGE, FAKE_PAGE, KVM_ACCESS_WRITE,
				   NULL))
		return -1;
	return (now_ns() - t) / pages;
}

static void run(const char *name, enum kvm_mmu_kind kind, uint64_t pages)
{
	const struct kvm_memory_region region = { .memory_size = 1ull << 40,
						  .userspace_addr = BASE };
	struct event_source events = { 0 };
	struct kvm_config config = { .mmu = kind, .events = &events };
	double first, again, zap, sparse, t;
	struct mm_struct mm;
	struct kvm *kvm;

	fake_mm_init(&mm, &events, BASE, pages);
	config.mm = &mm;
	config.profile = kvm_profile_find("linux-6.12");
	tap_eq(kvm_create(&config, &kvm), 0, name);
	tap_eq(kvm_set_memory_region(kvm, &region), 0, "1 TiB of memory");
	first = populate_ns(kvm, pages);
	fake_mm_change(&mm, BASE, BASE + pages * FAKE_PAGE, NULL);
	again = populate_ns(kvm, pages);
	tap_eq(kvm_get_stat(kvm)->pages_4k, pages, "populated");
	t = now_ns();
	fake_mm_change(&mm, BASE, BASE + pages * FAKE_PAGE, NULL);
	zap = (now_ns() - t) / pages;
	tap_eq(kvm_get_stat(kvm)->pages_4k, 0, "zapped");
	kvm_guest_access(kvm, 0, KVM_ACCESS_WRITE);
	t = now_ns();
	fake_mm_change(&mm, BASE, BASE + (1ull << 40), NULL);
	sparse = now_ns() - t;
	printf("# %s: populate %.1f ns/page, again %.1f, zap %.1f; 1 TiB with one page: "
	       "%.0f ns\n",
	       name, first, again, zap, sparse);
	tap_ok(sparse < 50e6, "a notification of 1 TiB with one page in it is cheap");
	kvm_destroy(kvm);
	fake_mm_release(&mm);
}

int main(int argc, char **argv)
{
	uint64_t pages = (argc > 1 ? strtoull(argv[1], NULL, 0) : 1) << 20;

	run("tdp", KVM_MMU_TDP, pages);
	run("direct", KVM_MMU_DIRECT, pages);
	return tap_done();
}
