// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The invariants of the secondary side (ARCHITECTURE.md), checked by walking what exists.
 */
#include "kvm_internal.h"
#include "rmap_internal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

/** struct audit - one run */
struct audit {
	const struct kvm *kvm;
	kvm_violation_fn *report;
	void *ctx;
	uint64_t violations;
	uint64_t leaves[KVM_NR_LEVELS];
	uint64_t tables;
};

__attribute__((format(printf, 3, 4))) static void
broken(struct audit *a, unsigned int invariant, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	a->violations++;
	if (!a->report)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	a->report(a->ctx, invariant, text);
}

/* A running notification covers the frame: KVM may hold anything until it has ended. */
static bool being_invalidated(const struct kvm *kvm, const struct kvm_memory_slot *slot,
			      uint64_t gfn)
{
	uint64_t key = kvm->profile->gfn_based_retry ? gfn : slot_hva(slot, gfn);

	return kvm->mmu_invalidate_in_progress &&
	       key >= kvm->mmu_invalidate_range_start &&
	       key < kvm->mmu_invalidate_range_end;
}

/* One 4 KiB frame of a leaf against the primary entry. */
static bool check_frame(struct audit *a, const struct kvm_memory_slot *slot, spte_t spte,
			uint64_t gfn, uint64_t pfn, struct mm_translation *ret)
{
	uint64_t hva = slot_hva(slot, gfn);

	if (mm_translate(a->kvm->mm, hva, ret)) {
		broken(a, 2,
		       "gfn 0x%" PRIx64 " is mapped by SPTE 0x%" PRIx64
		       " but the process maps nothing at 0x%" PRIx64,
		       gfn, spte.val, hva);
		return false;
	}
	if (ret->pfn != pfn) {
		broken(a, 2,
		       "gfn 0x%" PRIx64 " is mapped to frame 0x%" PRIx64
		       " but the process has frame 0x%" PRIx64 " at 0x%" PRIx64,
		       gfn, pfn, ret->pfn, hva);
		return false;
	}
	if (spte_writable(spte) && !ret->writable) {
		broken(a, 2,
		       "gfn 0x%" PRIx64 " is writable by SPTE 0x%" PRIx64
		       " but the process may not write at 0x%" PRIx64,
		       gfn, spte.val, hva);
		return false;
	}
	return true;
}

/* Invariant 2; a large leaf over one large primary leaf is checked once. */
static void check_permissions(struct audit *a, const struct kvm_memory_slot *slot,
			      spte_t spte, uint64_t gfn, unsigned int level)
{
	uint64_t i, pfn = spte_pfn(spte), nr = spte_pages(level);

	for (i = 0; i < nr; i++) {
		struct mm_translation t;

		if (being_invalidated(a->kvm, slot, gfn + i))
			continue;
		if (!check_frame(a, slot, spte, gfn + i, pfn + i, &t))
			return;
		if (t.level > SPTE_LEVEL_4K) {
			uint64_t left = spte_pages(t.level) -
					((slot_hva(slot, gfn + i) >> PAGE_SHIFT) &
					 (spte_pages(t.level) - 1));

			i += left - 1;
		}
	}
}

/* Invariant 6, from the SPTE's side: it is in the head of its frame, once. */
static void check_rmapped(struct audit *a, const struct kvm_memory_slot *slot,
			  const spte_t *sptep, uint64_t gfn, unsigned int level)
{
	const struct slot_rmap *rmap = &slot->rmap[level - 1];
	unsigned int shift = SPTE_LEVEL_BITS * (level - 1);
	const struct kvm_rmap_head *head =
		&rmap->heads[(gfn >> shift) - (slot->base_gfn >> shift)];
	struct rmap_iterator iter;
	unsigned int found = 0;
	spte_t *at;

	/* a long chain is checked from the other side; here the usual single entry */
	if (head->val & 1)
		return;
	for (at = rmap_get_first(head, &iter); at; at = rmap_get_next(&iter))
		found += at == sptep;
	if (found != 1)
		broken(a, 6,
		       "the SPTE of gfn 0x%" PRIx64
		       " at level %u is %u times in its reverse map",
		       gfn, level, found);
}

/* A frame that can be written to unseen is in its slot's log. */
static void check_logged(struct audit *a, const struct kvm_memory_slot *slot, spte_t spte,
			 uint64_t gfn, unsigned int level)
{
	uint64_t i = gfn - slot->base_gfn, end = i + spte_pages(level);

	if (!slot->dirty || !spte_writable(spte))
		return;
	for (; i < end; i++)
		if (!(slot->dirty[i / 64] >> i % 64 & 1)) {
			broken(a, 6, "gfn 0x%" PRIx64 " is writable and not in the dirty log",
			       slot->base_gfn + i);
			return;
		}
}

static void check_leaf(struct audit *a, const struct kvm_mmu_page *sp,
		       const spte_t *sptep, uint64_t gfn)
{
	unsigned int as_id = sp->role & ROLE_SMM ? 1 : 0, level = sp_level(sp);
	struct kvm *kvm = (struct kvm *)a->kvm; /* the slot lookup keeps a hint */
	const struct kvm_memory_slot *slot = gfn_to_memslot(&kvm->memslots[as_id], gfn);

	if (level > KVM_NR_LEVELS) {
		broken(a, 6, "a leaf at level %u for gfn 0x%" PRIx64, level, gfn);
		return;
	}
	a->leaves[level - 1]++;
	if (!spte_valid(*sptep))
		broken(a, 6, "SPTE 0x%" PRIx64 " of gfn 0x%" PRIx64 " contradicts itself",
		       sptep->val, gfn);
	if (!slot || gfn + spte_pages(level) > slot->base_gfn + slot->npages) {
		broken(a, 6, "gfn 0x%" PRIx64 " is mapped at level %u but in no slot",
		       gfn, level);
		return;
	}
	check_permissions(a, slot, *sptep, gfn, level);
	check_logged(a, slot, *sptep, gfn, level);
	if (!(sp->flags & SP_TDP))
		check_rmapped(a, slot, sptep, gfn, level);
}

static bool has_parent(const struct kvm_mmu_page *sp, const spte_t *parent)
{
	struct rmap_iterator iter;
	unsigned int found = 0;
	spte_t *at;

	for (at = rmap_get_first(&sp->parent_ptes, &iter); at; at = rmap_get_next(&iter))
		found += at == parent;
	return found == 1;
}

static void check_page(struct audit *a, const struct kvm_mmu_page *sp);

static void check_child(struct audit *a, const struct kvm_mmu_page *sp,
			const spte_t *sptep, uint64_t gfn)
{
	const struct kvm *kvm = a->kvm;
	const struct kvm_mmu_page *child;

	if (!pt_arena_owns(&kvm->arena, spte_pfn(*sptep))) {
		broken(a, 6, "SPTE 0x%" PRIx64 " at level %u points to no table",
		       sptep->val, sp_level(sp));
		return;
	}
	child = kvm_sp(kvm, spte_pfn(*sptep));
	if (sp_level(child) + 1 != sp_level(sp)) {
		broken(a, 6, "an entry of level %u points to a table of level %u",
		       sp_level(sp), sp_level(child));
		return;
	}
	if (!has_parent(child, sptep))
		broken(a, 6, "a table of level %u does not know its parent",
		       sp_level(child));
	if ((sp->role & child->role & ROLE_DIRECT) && child->gfn != gfn)
		broken(a, 6,
		       "the table for gfn 0x%" PRIx64 " is where gfn 0x%" PRIx64
		       " belongs",
		       child->gfn, gfn);
	/*
	 * shadow pages can have several parents and are all on the list: each is checked
	 * once
	 */
	if (child->flags & SP_TDP)
		check_page(a, child);
}

static void check_page(struct audit *a, const struct kvm_mmu_page *sp)
{
	const spte_t *table = sp_table(a->kvm, sp);
	unsigned int level = sp_level(sp), i, used = 0;

	a->tables++;
	for (i = 0; i < PT_TABLE_ENTRIES; i++) {
		if (!spte_present(table[i]))
			continue;
		used++;
		if (spte_leaf(table[i], level))
			check_leaf(a, sp, &table[i], sp_gfn(a->kvm, sp, i));
		else
			check_child(a, sp, &table[i], sp_gfn(a->kvm, sp, i));
	}
	if (used != sp->used)
		broken(a, 6,
		       "the table of level %u for gfn 0x%" PRIx64
		       " has %u entries, counted %u",
		       level, sp->gfn, used, sp->used);
}

static void check_head(struct audit *a, const struct kvm_memory_slot *slot,
		       unsigned int level, uint64_t i, uint64_t *entries)
{
	const struct kvm_rmap_head *head = &slot->rmap[level - 1].heads[i];
	unsigned int shift = SPTE_LEVEL_BITS * (level - 1);
	uint64_t gfn = ((slot->base_gfn >> shift) + i) << shift;
	struct rmap_iterator iter;
	spte_t *sptep;

	for (sptep = rmap_get_first(head, &iter); sptep; sptep = rmap_get_next(&iter)) {
		const struct kvm_mmu_page *sp = sptep_sp(a->kvm, sptep);

		++*entries;
		if (!spte_leaf(*sptep, level) || sp_level(sp) != level ||
		    sp_gfn(a->kvm, sp, sptep_index(sptep)) != gfn)
			broken(a, 6,
			       "the reverse map of gfn 0x%" PRIx64
			       " at level %u holds an SPTE that does not map it",
			       gfn, level);
	}
}

/*
 * Invariant 6, from the heads' side: as many entries as leaves, each a live leaf of that
 * frame.
 */
static void check_slot_rmap(struct audit *a, const struct kvm_memory_slot *slot,
			    uint64_t *entries)
{
	unsigned int level;
	uint64_t i;

	for (level = 1; level <= KVM_NR_LEVELS && slot_has_rmap(slot); level++) {
		const struct occupancy *used = &slot->rmap[level - 1].used;

		for (i = occupancy_next(used, 0, used->nr); i < used->nr;
		     i = occupancy_next(used, i + 1, used->nr)) {
			if (!slot->rmap[level - 1].heads[i].val)
				broken(a, 6,
				       "an empty reverse-map head is marked in use");
			check_head(a, slot, level, i, &entries[level - 1]);
		}
	}
}

static void check_rmaps(struct audit *a)
{
	uint64_t entries[KVM_NR_LEVELS] = { 0 };
	unsigned int as_id, l;

	for (as_id = 0; as_id < KVM_ADDRESS_SPACES; as_id++) {
		const struct kvm_memslots *slots = &a->kvm->memslots[as_id];
		struct kvm_memory_slot *slot;

		for (slot = hva_first_slot((struct kvm_memslots *)slots, 0, UINT64_MAX);
		     slot; slot = hva_next_slot(slot, 0, UINT64_MAX))
			check_slot_rmap(a, slot, entries);
	}
	for (l = 0; l < KVM_NR_LEVELS; l++)
		if (entries[l] != a->leaves[l])
			broken(a, 6,
			       "%" PRIu64 " leaves of shadow pages at level %u, %" PRIu64
			       " entries in reverse maps",
			       a->leaves[l], l + 1, entries[l]);
}

/*
 * A root zapped while in use is on no list, empty, and lives until the guest runs again. One page
 * may stand in several places of PAE's roots.
 */
static void check_dead_root(struct audit *a, const struct kvm_root *root)
{
	const struct kvm *kvm = a->kvm;
	unsigned int i, j;

	for (i = 0; i < root->nr; i++) {
		for (j = 0; j < i && root->pfn[j] != root->pfn[i]; j++)
			;
		if (j == i && root->pfn[i] && kvm_sp(kvm, root->pfn[i])->role & ROLE_INVALID)
			check_page(a, kvm_sp(kvm, root->pfn[i]));
	}
}

static void check_dead_roots(struct audit *a)
{
	const struct guest_paging *paging = &a->kvm->paging;
	unsigned int i;

	check_dead_root(a, &paging->root);
	check_dead_root(a, &paging->off_root);
	for (i = 0; i < KVM_PREV_ROOTS; i++)
		check_dead_root(a, &paging->prev[i]);
}

static void check_tables(struct audit *a)
{
	const struct kvm *kvm = a->kvm;
	const uint64_t pages[KVM_NR_LEVELS] = { kvm->stat.pages_4k, kvm->stat.pages_2m,
						kvm->stat.pages_1g };
	const struct kvm_mmu_page *sp;
	unsigned int i;

	TAILQ_FOREACH (sp, &kvm->active_mmu_pages, link)
		check_page(a, sp);
	check_rmaps(a);
	check_dead_roots(a);
	for (i = 0; i < KVM_ADDRESS_SPACES; i++)
		if (kvm->root_pfn[i] &&
		    (kvm->tdp_mmu || (kvm_sp(kvm, kvm->root_pfn[i])->role & ROLE_INVALID)))
			check_page(a, kvm_sp(kvm, kvm->root_pfn[i]));
	for (i = 0; i < KVM_NR_LEVELS; i++)
		if (a->leaves[i] != pages[i])
			broken(a, 6, "%" PRIu64 " leaves at level %u, counted %" PRIu64,
			       a->leaves[i], i + 1, pages[i]);
	if (a->tables != kvm->stat.tables)
		broken(a, 6, "%" PRIu64 " tables can be reached, %" PRIu64 " are in use",
		       a->tables, kvm->stat.tables);
}

static void check_counts(struct audit *a, bool idle)
{
	const struct kvm *kvm = a->kvm;

	if (idle && kvm->mn_active_invalidate_count)
		broken(a, 4,
		       "%" PRIu64 " notifications never ended: a change of memory slots"
		       " waits for ever in kvm_swap_active_memslots",
		       kvm->mn_active_invalidate_count);
	if (idle && kvm->mmu_invalidate_in_progress)
		broken(a, 4,
		       "mmu_invalidate_in_progress is %" PRIu64
		       " with no operation running:"
		       " guest accesses in [0x%" PRIx64 ", 0x%" PRIx64
		       ") (%s) never complete",
		       kvm->mmu_invalidate_in_progress, kvm->mmu_invalidate_range_start,
		       kvm->mmu_invalidate_range_end,
		       kvm->profile->gfn_based_retry ? "guest frames" : "host addresses");
	if (kvm->mmu_invalidate_in_progress > kvm->mn_active_invalidate_count)
		broken(a, 4, "more invalidations in progress than notifications active");
	if (kvm->ghost.broken)
		broken(a, 3,
		       "%" PRIu64
		       " SPTEs were installed although an invalidation had begun"
		       " since the sequence was sampled",
		       kvm->ghost.broken);
	if (kvm->stat.rmap_longest > kvm->profile->rmap_budget)
		broken(a, 8,
		       "%" PRIu64 " reverse-map heads scanned without a chance to yield,"
		       " promised %" PRIu64,
		       kvm->stat.rmap_longest, kvm->profile->rmap_budget);
}

uint64_t kvm_audit(const struct kvm *kvm, bool idle, kvm_violation_fn *report, void *ctx)
{
	struct audit a = { .kvm = kvm, .report = report, .ctx = ctx };

	check_tables(&a);
	check_counts(&a, idle);
	return a.violations;
}
