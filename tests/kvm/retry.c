// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The retry rule: every placement of a notification's start and end around a fault's two
 * points, for every relation between the notified range and the frame, every profile,
 * both kinds of table.
 */
#include <kvm/kvm.h>

#include "fake_mm.h"
#include "tap.h"

#define BASE 0x100000000000ull
#define GFN 8u

static struct event_source events;
static struct mm_struct mm;

/* Moments of a fault at which something can happen; NEVER is outside of it. */
enum moment { BEFORE, SAMPLED, TRANSLATED, AFTER, NR_MOMENTS };

/** struct plan - one notification around one fault */
struct plan {
	enum moment start, end;
	struct mmu_notifier_range range;
	bool started, ended;
};

static void act(struct plan *plan, enum moment now)
{
	if (plan->start == now && !plan->started) {
		plan->started = true;
		mmu_notifier_invalidate_range_start(&mm.nmm, &plan->range);
		if (plan->range.start <= BASE + GFN * FAKE_PAGE &&
		    plan->range.end > BASE + GFN * FAKE_PAGE)
			fake_unmap(fake_pte_at(&mm, BASE + GFN * FAKE_PAGE));
	}
	if (now >= plan->end && plan->started && !plan->ended) {
		plan->ended = true;
		mmu_notifier_invalidate_range_end(&mm.nmm, &plan->range);
	}
}

static void hook(void *ctx, struct kvm *kvm, enum kvm_fault_point point, uint64_t gfn)
{
	(void)kvm;
	(void)gfn;
	act(ctx, point == KVM_FAULT_SAMPLED ? SAMPLED : TRANSLATED);
}

/*
 * What the rule says of one fault: sent back when the window overlaps what lies between
 * sampling and installing and the range covers the frame, or when it ended in between.
 * With @early the first test is before the primary MMU is asked, and a window that is
 * open there is not waited for.
 */
static void expect(const struct plan *plan, bool covers, bool early, int *ret_err,
		   uint64_t *ret_retries)
{
	bool open_early = plan->start <= SAMPLED && plan->end >= TRANSLATED;
	bool ended_inside =
		plan->start < AFTER && (plan->end == SAMPLED || plan->end == TRANSLATED);
	bool open_inside = plan->start <= TRANSLATED && plan->end == AFTER;
	bool waits = covers && (open_inside || (early && open_early));

	*ret_retries = ended_inside || waits;
	*ret_err = waits ? -EAGAIN : 0;
}

static unsigned int one(const char *profile, enum kvm_mmu_kind kind, struct plan plan,
			bool covers)
{
	const struct kvm_memory_region region = { .memory_size = 64 * FAKE_PAGE,
						  .userspace_addr = BASE };
	struct kvm_config config = { .mmu = kind, .events = &events, .mm = &mm };
	struct kvm_invalidate_state state;
	unsigned int bad = 0;
	struct kvm_mapping m;
	uint64_t retries;
	struct kvm *kvm;
	int err, want;

	fake_mm_init(&mm, &events, BASE, 64);
	config.profile = kvm_profile_find(profile);
	bad += kvm_create(&config, &kvm) != 0;
	bad += kvm_set_memory_region(kvm, &region) != 0;
	kvm_set_fault_hook(kvm, hook, &plan);
	act(&plan, BEFORE);
	err = kvm_guest_access(kvm, GFN * FAKE_PAGE, KVM_ACCESS_WRITE);
	expect(&plan, covers, config.profile->early_retry, &want, &retries);
	bad += err != want;
	bad += kvm_get_stat(kvm)->pf_retried != retries;
	bad += (kvm_lookup(kvm, 0, GFN * FAKE_PAGE, &m) == 0) != !want;
	bad += kvm_audit(kvm, false, NULL, NULL) != 0;
	act(&plan, AFTER);
	bad += kvm_audit(kvm, true, NULL, NULL) != 0;
	kvm_get_invalidate_state(kvm, &state);
	bad += state.in_progress || state.active || !state.seq;
	kvm_set_fault_hook(kvm, NULL, NULL);
	bad += kvm_guest_access(kvm, GFN * FAKE_PAGE, KVM_ACCESS_WRITE) != 0;
	bad += kvm_audit(kvm, true, NULL, NULL) != 0;
	kvm_destroy(kvm);
	fake_mm_release(&mm);
	return bad;
}

static unsigned int all_plans(const char *profile, enum kvm_mmu_kind kind)
{
	const uint64_t ranges[][2] = { { GFN, GFN + 1 },
				       { 0, GFN },
				       { GFN + 1, 64 },
				       { 0, 64 },
				       { GFN - 1, GFN + 2 } };
	unsigned int r, start, end, bad = 0;

	for (r = 0; r < sizeof(ranges) / sizeof(ranges[0]); r++)
		for (start = BEFORE; start < NR_MOMENTS; start++)
			for (end = start; end < NR_MOMENTS; end++) {
				struct plan plan = { .start = start, .end = end };
				bool covers = ranges[r][0] <= GFN && GFN < ranges[r][1];

				mmu_notifier_range_init(&plan.range, MMU_NOTIFY_CLEAR,
							BASE + ranges[r][0] * FAKE_PAGE,
							BASE + ranges[r][1] * FAKE_PAGE);
				bad += one(profile, kind, plan, covers);
			}
	return bad;
}

/* Two windows that overlap in time: the range is their hull until the last has ended. */
static void hull(const char *profile)
{
	const struct kvm_memory_region region = { .memory_size = 64 * FAKE_PAGE,
						  .userspace_addr = BASE };
	struct kvm_config config = { .mmu = KVM_MMU_TDP, .events = &events, .mm = &mm };
	struct mmu_notifier_range a, b;
	struct kvm *kvm;

	fake_mm_init(&mm, &events, BASE, 64);
	config.profile = kvm_profile_find(profile);
	kvm_create(&config, &kvm);
	kvm_set_memory_region(kvm, &region);
	mmu_notifier_range_init(&a, MMU_NOTIFY_CLEAR, BASE, BASE + FAKE_PAGE);
	mmu_notifier_range_init(&b, MMU_NOTIFY_CLEAR, BASE + 9 * FAKE_PAGE,
				BASE + 10 * FAKE_PAGE);
	mmu_notifier_invalidate_range_start(&mm.nmm, &a);
	mmu_notifier_invalidate_range_start(&mm.nmm, &b);
	tap_eq(-kvm_guest_access(kvm, 5 * FAKE_PAGE, 0), EAGAIN,
	       "between the two: waits");
	tap_eq(kvm_guest_access(kvm, 20 * FAKE_PAGE, 0), 0, "beyond: goes on");
	mmu_notifier_invalidate_range_end(&mm.nmm, &b);
	tap_eq(-kvm_guest_access(kvm, 5 * FAKE_PAGE, 0), EAGAIN,
	       "one still runs: still wide");
	tap_eq(kvm_audit(kvm, true, NULL, NULL), 2,
	       "an operation that never ends is found");
	mmu_notifier_invalidate_range_end(&mm.nmm, &a);
	tap_eq(kvm_guest_access(kvm, 5 * FAKE_PAGE, 0), 0, "both ended: goes on");
	mmu_notifier_invalidate_range_start(&mm.nmm, &b);
	tap_eq(kvm_guest_access(kvm, 3 * FAKE_PAGE, 0), 0,
	       "a new window is narrow again");
	mmu_notifier_invalidate_range_end(&mm.nmm, &b);
	kvm_destroy(kvm);
	fake_mm_release(&mm);
}

/* A range in no slot never takes mmu_lock: nothing is in progress, the sequence stays. */
static void no_slot(void)
{
	const struct kvm_memory_region region = { .memory_size = 4 * FAKE_PAGE,
						  .userspace_addr = BASE };
	struct kvm_config config = { .mmu = KVM_MMU_TDP, .events = &events, .mm = &mm };
	struct kvm_invalidate_state state;
	struct kvm *kvm;

	fake_mm_init(&mm, &events, BASE, 64);
	config.profile = kvm_profile_find("linux-6.12");
	kvm_create(&config, &kvm);
	kvm_set_memory_region(kvm, &region);
	fake_mm_change(&mm, BASE + 8 * FAKE_PAGE, BASE + 9 * FAKE_PAGE, NULL);
	kvm_get_invalidate_state(kvm, &state);
	tap_eq(state.seq, 0, "no slot: the sequence stays");
	tap_eq(kvm_get_stat(kvm)->invalidations, 0, "no slot: not counted");
	tap_eq(-kvm_guest_access(kvm, 0, KVM_ACCESS_WRITE), 0, "access");
	fake_pte_at(&mm, BASE + FAKE_PAGE)->allowed = false;
	tap_eq(-kvm_guest_access(kvm, FAKE_PAGE, 0), EFAULT,
	       "the process may not: EFAULT");
	kvm_destroy(kvm);
	fake_mm_release(&mm);
}

static int hook_results[2];

static void change_slots(void *ctx, struct kvm *kvm, enum kvm_fault_point point, uint64_t gfn)
{
	const struct kvm_memory_region gone = { .userspace_addr = BASE };

	(void)ctx;
	(void)gfn;
	hook_results[point] = kvm_set_memory_region(kvm, &gone);
}

/* Who changes the slots waits for the faults that look at the old ones. */
static void slots_in_fault(const char *profile, enum kvm_mmu_kind kind)
{
	const struct kvm_memory_region region = { .memory_size = 64 * FAKE_PAGE,
						  .userspace_addr = BASE };
	const struct kvm_memory_region gone = { .userspace_addr = BASE };
	struct kvm_config config = { .mmu = kind, .events = &events, .mm = &mm };
	struct kvm_mapping m;
	struct kvm *kvm;

	fake_mm_init(&mm, &events, BASE, 64);
	config.profile = kvm_profile_find(profile);
	kvm_create(&config, &kvm);
	kvm_set_memory_region(kvm, &region);
	kvm_set_fault_hook(kvm, change_slots, NULL);
	tap_ok(!kvm_guest_access(kvm, GFN * FAKE_PAGE, KVM_ACCESS_WRITE), "%s kind %u: access",
	       profile, kind);
	tap_eq(-hook_results[KVM_FAULT_SAMPLED], EBUSY, "no slot goes during a fault");
	tap_eq(-hook_results[KVM_FAULT_TRANSLATED], EBUSY, "nor when it is translated");
	kvm_set_fault_hook(kvm, NULL, NULL);
	tap_eq(kvm_set_memory_region(kvm, &gone), 0, "after it, it does");
	tap_eq(-kvm_lookup(kvm, 0, GFN * FAKE_PAGE, &m), ENOENT, "with all that it mapped");
	tap_eq(kvm_audit(kvm, true, NULL, NULL), 0, "audit");
	kvm_destroy(kvm);
	fake_mm_release(&mm);
}

int main(void)
{
	const char *const profiles[] = { "linux-3.14", "linux-6.1", "linux-6.12",
					 "linux-7.2" };
	uint64_t live = mem_live();
	unsigned int p, kind;

	for (p = 0; p < 4; p++) {
		for (kind = KVM_MMU_TDP; kind <= KVM_MMU_NESTED; kind++)
			tap_ok(!all_plans(profiles[p], kind),
			       "%s kind %u: all interleavings", profiles[p], kind);
		for (kind = KVM_MMU_TDP; kind <= KVM_MMU_SHADOW; kind++)
			slots_in_fault(profiles[p], kind);
		hull(profiles[p]);
	}
	no_slot();
	tap_eq(mem_live(), live, "nothing leaked");
	return tap_done();
}
