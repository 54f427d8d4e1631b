// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The secondary MMUs on top of the real primary one: random system calls, faults and
 * guest accesses; the audit holds after each, for every profile and kind.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <base/mem.h>
#include <base/rng.h>
#include <kvm/kvm.h>
#include <mm/mm.h>
#include <mm/secondary.h>
#include <notifier/notifier.h>

#include "tap.h"

#define BASE 0x100000000000ull
#define PAGE 4096ull
#define PAGES 3072u

static struct event_source events;

static void print_violation(void *ctx, unsigned int invariant, const char *text)
{
	(void)ctx;
	printf("# invariant %u: %s\n", invariant, text);
}

/** struct world - one process with one guest */
struct world {
	struct machine *machine;
	struct mm_struct *mm;
	struct kvm *kvm;
	struct rng rng;
};

static bool build(struct world *w, const char *profile, enum kvm_mmu_kind kind,
		  uint64_t seed)
{
	const struct machine_config machine = { .profile = mm_profile_find(profile),
						.geo = &x86_64_4level,
						.events = &events,
						.thp = THP_MADVISE };
	struct kvm_config config = { .mmu = kind, .events = &events };
	struct kvm_memory_region region = { .memory_size = PAGES * PAGE,
					    .userspace_addr = BASE };
	int err;

	rng_seed(&w->rng, seed);
	err = machine_create(&machine, &w->machine);
	err = err ? err : mm_create(w->machine, &w->mm);
	err = err ? err :
		    mm_mmap(w->mm, BASE, PAGES * PAGE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, NULL, 0);
	err = err ? err : mm_madvise(w->mm, BASE, PAGES * PAGE / 2, MADV_HUGEPAGE);
	config.mm = w->mm;
	config.profile = kvm_profile_find(profile);
	err = err ? err : kvm_create(&config, &w->kvm);
	err = err ? err : kvm_set_memory_region(w->kvm, &region);
	/* the same memory again at another guest address, not aligned with the first */
	region.slot = 1;
	region.guest_phys_addr = (64u << 20) + 7 * PAGE;
	return !(err ? err : kvm_set_memory_region(w->kvm, &region));
}

static void tear_down(struct world *w)
{
	kvm_destroy(w->kvm);
	mm_destroy(w->mm);
	machine_destroy(w->machine);
}

static void system_call(struct world *w)
{
	static const int prots[] = { PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE,
				     PROT_READ | PROT_WRITE };
	uint64_t first = rng_below(&w->rng, PAGES);
	uint64_t nr =
		1 + rng_below(&w->rng, rng_chance(&w->rng, 1, 3) ? PAGES - first : 9);
	uint64_t addr = BASE + first * PAGE, len = nr * PAGE;
	struct mm_struct *child;

	switch (rng_below(&w->rng, 8)) {
	case 0:
		(void)mm_munmap(w->mm, addr, len);
		break;
	case 1:
		(void)mm_mmap(w->mm, addr, len, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, NULL, 0);
		break;
	case 2:
		(void)mm_madvise(w->mm, addr, len, MADV_DONTNEED);
		break;
	case 3:
		(void)mm_numa_hint(w->mm, addr, len);
		break;
	case 4:
		if (!mm_fork(w->mm, &child))
			mm_destroy(child);
		break;
	default:
		(void)mm_mprotect(w->mm, addr, len, prots[rng_below(&w->rng, 4)]);
	}
}

static int step(struct world *w)
{
	uint64_t gpa = rng_below(&w->rng, PAGES + 8) * PAGE;
	int err;

	switch (rng_below(&w->rng, 16)) {
	case 0:
	case 1:
		system_call(w);
		return 0;
	case 2:
		(void)mm_access(w->mm, BASE + rng_below(&w->rng, PAGES) * PAGE, PAGE,
				PAGE, rng_chance(&w->rng, 1, 2) ? MM_WRITE : MM_READ);
		return 0;
	default:
		if (rng_chance(&w->rng, 1, 2))
			gpa += 64u << 20;
		err = kvm_guest_access(w->kvm, gpa, rng_below(&w->rng, 2));
		return err == -EFAULT || err == -ENOENT ? 0 : err;
	}
}

static unsigned int run(const char *profile, enum kvm_mmu_kind kind, uint64_t seed,
			unsigned int steps, uint64_t *ret_zapped)
{
	struct world w = { 0 };
	unsigned int i, bad;

	bad = !build(&w, profile, kind, seed);
	for (i = 0; i < steps && !bad; i++) {
		int err = step(&w);

		if (err)
			printf("# error %d\n", err);
		bad = err != 0 || kvm_audit(w.kvm, true, print_violation, NULL);
		if (bad)
			printf("# seed %llu step %u\n", (unsigned long long)seed, i);
	}
	if (w.kvm)
		*ret_zapped += kvm_get_stat(w.kvm)->sptes_zapped;
	tear_down(&w);
	return bad;
}

static unsigned int seen[9];

static void note_violation(void *ctx, unsigned int invariant, const char *text)
{
	(void)ctx;
	printf("# invariant %u: %s\n", invariant, text);
	seen[invariant]++;
}

/* A start that has no end: mprotect of a VMA at address 0, from 3.15 on. */
static void address_zero(void)
{
	struct kvm_memory_region region = { .memory_size = 2u << 20 };
	struct world w = { 0 };

	if (!tap_ok(build(&w, "linux-6.12", KVM_MMU_TDP, 0), "a guest"))
		return;
	tap_eq(mm_mmap(w.mm, 0, 2u << 20, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, NULL, 0),
	       0, "memory at address 0");
	region.slot = 2;
	region.guest_phys_addr = 1ull << 32;
	tap_eq(kvm_set_memory_region(w.kvm, &region), 0, "in a slot");
	tap_eq(kvm_guest_access(w.kvm, 1ull << 32, KVM_ACCESS_WRITE), 0,
	       "the guest writes");
	tap_eq(mm_mprotect(w.mm, 0, 2u << 20, PROT_READ), 0, "mprotect");
	tap_eq(-kvm_guest_access(w.kvm, 1ull << 32, KVM_ACCESS_READ), EAGAIN,
	       "the guest's next access never completes");
	region.slot = 3;
	region.guest_phys_addr = 1ull << 33;
	tap_eq(-kvm_set_memory_region(w.kvm, &region), EBUSY,
	       "nor does a change of slots");
	kvm_audit(w.kvm, true, note_violation, NULL);
	tap_eq(seen[4], 2, "and the audit says so");
	tear_down(&w);
}

int main(int argc, char **argv)
{
	const char *const profiles[] = { "linux-3.14", "linux-6.1", "linux-6.12",
					 "linux-7.2" };
	unsigned int seeds = argc > 1 ? strtoul(argv[1], NULL, 0) : 3, p, kind, s;
	uint64_t live = mem_live(), zapped = 0;

	for (p = 0; p < 4; p++)
		for (kind = KVM_MMU_TDP; kind <= KVM_MMU_NESTED; kind++) {
			unsigned int bad = 0;

			for (s = 0; s < seeds && !bad; s++)
				bad += run(profiles[p], kind, s, 800, &zapped);
			tap_ok(!bad, "%s kind %u", profiles[p], kind);
		}
	tap_ok(zapped > 1000, "%llu SPTEs were zapped", (unsigned long long)zapped);
	address_zero();
	tap_eq(mem_live(), live, "nothing leaked");
	return tap_done();
}
