// SPDX-License-Identifier: GPL-2.0-or-later
/* Every kind of damage is found by the audit, under the number of its invariant. */
#include "kvm_internal.h"

#include "fake_mm.h"
#include "tap.h"

#define BASE 0x100000000000ull
#define PAGES 2048u

static struct event_source events;
static struct mm_struct mm;
static uint64_t found[9];

static void count(void *ctx, unsigned int invariant, const char *text)
{
	(void)ctx;
	found[invariant]++;
	tap_ok(strlen(text) > 20, "says: %s", text);
}

/* A guest with eight pages of 4 KiB and one of 2 MiB. */
static struct kvm *make(enum kvm_mmu_kind kind)
{
	const struct kvm_memory_region region = { .memory_size = PAGES * FAKE_PAGE,
						  .userspace_addr = BASE };
	struct kvm_config config = { .mmu = kind, .events = &events, .mm = &mm };
	struct kvm *kvm;

	fake_mm_init(&mm, &events, BASE, PAGES);
	config.profile = kvm_profile_find("linux-6.12");
	kvm_create(&config, &kvm);
	kvm_set_memory_region(kvm, &region);
	kvm_guest_access_range(kvm, 0, 8 * FAKE_PAGE, FAKE_PAGE, KVM_ACCESS_WRITE, NULL);
	mm.fault_level = 2;
	kvm_guest_access(kvm, 2u << 20, KVM_ACCESS_WRITE);
	memset(found, 0, sizeof(found));
	return kvm;
}

static spte_t *leaf(struct kvm *kvm, uint64_t gfn)
{
	unsigned int level;

	return kvm_mmu_walk(kvm, 0, gfn, &level);
}

enum damage {
	NONE,
	PRIMARY_GONE,
	PRIMARY_READONLY,
	PRIMARY_OTHER_FRAME,
	PRIMARY_SPLIT_MOVED,
	GHOST,
	NEVER_ENDED,
	USED_COUNT,
	LEAF_COUNT,
	LEAF_LOST,
	LEAF_CONTRADICTION,
	LEAF_WRITABLE_UNKNOWN,
	CHILD_NO_TABLE,
	CHILD_WRONG_LEVEL,
	PARENT_LOST,
	TABLE_LEAKED,
	HEAD_EMPTY_MARKED,
	HEAD_LOST,
	HEAD_WRONG,
	BUDGET,
	NR_DAMAGES,
};

static const unsigned int invariant_of[NR_DAMAGES] = {
	[PRIMARY_GONE] = 2,
	[PRIMARY_READONLY] = 2,
	[PRIMARY_OTHER_FRAME] = 2,
	[PRIMARY_SPLIT_MOVED] = 2,
	[GHOST] = 3,
	[NEVER_ENDED] = 4,
	[USED_COUNT] = 6,
	[LEAF_COUNT] = 6,
	[LEAF_LOST] = 6,
	[LEAF_CONTRADICTION] = 6,
	[LEAF_WRITABLE_UNKNOWN] = 6,
	[CHILD_NO_TABLE] = 6,
	[CHILD_WRONG_LEVEL] = 6,
	[PARENT_LOST] = 6,
	[TABLE_LEAKED] = 6,
	[HEAD_EMPTY_MARKED] = 6,
	[HEAD_LOST] = 6,
	[HEAD_WRONG] = 6,
	[BUDGET] = 8,
};

static bool needs_rmap(enum damage what)
{
	return what >= HEAD_EMPTY_MARKED && what <= HEAD_WRONG;
}

static void damage_primary(enum damage what)
{
	if (what == PRIMARY_GONE)
		mm.ptes[3].level = 0;
	else if (what == PRIMARY_READONLY)
		mm.ptes[3].writable = false;
	else if (what == PRIMARY_OTHER_FRAME)
		mm.ptes[3].pfn++;
	else
		mm.ptes[512].level = mm.ptes[513].level = 1, mm.ptes[513].pfn = 1;
}

static void damage_tables(struct kvm *kvm, enum damage what)
{
	struct kvm_mmu_page *sp = sptep_sp(kvm, leaf(kvm, 3)), *spare;
	spte_t *parent = (spte_t *)(uintptr_t)sp->parent_ptes.val;

	if (what == USED_COUNT)
		sp->used++;
	else if (what == LEAF_COUNT)
		kvm->stat.pages_2m++;
	else if (what == LEAF_LOST)
		*leaf(kvm, 3) = nonpresent(kvm);
	else if (what == LEAF_CONTRADICTION)
		leaf(kvm, 3)->val &= ~SPTE_HOST_WRITABLE;
	else if (what == LEAF_WRITABLE_UNKNOWN)
		leaf(kvm, 3)->val &= ~SPTE_MMU_WRITABLE;
	else if (what == CHILD_NO_TABLE)
		*parent = spte_make_table(5);
	else if (what == CHILD_WRONG_LEVEL)
		sp->role = (sp->role & ~ROLE_LEVEL_MASK) | 2;
	else if (what == PARENT_LOST)
		sp->parent_ptes.val = 0;
	else
		kvm_mmu_alloc_page(kvm, 0, 1 | ROLE_DIRECT, SP_TDP, &spare);
}

static void damage_heads(struct kvm *kvm, enum damage what)
{
	struct slot_rmap *rmap = &gfn_to_memslot(&kvm->memslots[0], 0)->rmap[0];

	if (what == HEAD_EMPTY_MARKED)
		occupancy_set(&rmap->used, 100);
	else if (what == HEAD_LOST)
		rmap->heads[3].val = 0, occupancy_clear(&rmap->used, 3);
	else
		rmap->heads[3].val = (uintptr_t)leaf(kvm, 4);
}

static void one(enum kvm_mmu_kind kind, enum damage what)
{
	struct kvm *kvm = make(kind);
	struct mmu_notifier_range range;
	struct kvm_profile promise = *kvm->profile;

	mmu_notifier_range_init(&range, MMU_NOTIFY_CLEAR, BASE + PAGES * FAKE_PAGE / 2,
				BASE + PAGES * FAKE_PAGE);
	if (what >= PRIMARY_GONE && what <= PRIMARY_SPLIT_MOVED)
		damage_primary(what);
	else if (what == GHOST)
		kvm->ghost.broken = 1;
	else if (what == NEVER_ENDED)
		mmu_notifier_invalidate_range_start(&mm.nmm, &range);
	else if (what == BUDGET)
		promise.rmap_budget = 10, kvm->profile = &promise,
		kvm->stat.rmap_longest = 11;
	else if (needs_rmap(what))
		damage_heads(kvm, what);
	else if (what != NONE)
		damage_tables(kvm, what);
	if (what == NONE)
		tap_eq(kvm_audit(kvm, true, count, NULL), 0, "nothing is wrong");
	else
		tap_ok(kvm_audit(kvm, true, count, NULL) && found[invariant_of[what]],
		       "kind %u damage %u: invariant %u", kind, what, invariant_of[what]);
	if (what == NEVER_ENDED)
		mmu_notifier_invalidate_range_end(&mm.nmm, &range);
	kvm_destroy(kvm);
	fake_mm_release(&mm);
}

/* Inside a notification KVM may hold anything in its range, and nothing beyond it. */
static void inside(void)
{
	struct kvm *kvm = make(KVM_MMU_DIRECT);
	struct mmu_notifier_range range;

	mmu_notifier_range_init(&range, MMU_NOTIFY_CLEAR, BASE, BASE + 16 * FAKE_PAGE);
	mmu_notifier_invalidate_range_start(&mm.nmm, &range);
	mm.ptes[3].level = 0;
	tap_eq(kvm_audit(kvm, false, count, NULL), 0, "changed inside: fine");
	mm.ptes[512].pfn++;
	tap_ok(kvm_audit(kvm, false, count, NULL) > 0, "changed outside: found");
	mm.ptes[512].pfn--;
	mmu_notifier_invalidate_range_end(&mm.nmm, &range);
	kvm_destroy(kvm);
	fake_mm_release(&mm);
}

int main(void)
{
	uint64_t live = mem_live();
	unsigned int what;

	for (what = NONE; what < NR_DAMAGES; what++) {
		if (!needs_rmap(what))
			one(KVM_MMU_TDP, what);
		one(KVM_MMU_DIRECT, what);
	}
	inside();
	tap_eq(mem_live(), live, "nothing leaked");
	return tap_done();
}
