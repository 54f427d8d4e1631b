// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reverse maps from the inside: chains of descriptors, the index of heads in use, and the
 * walk of a notification against a literal scan written down again here.
 */
#include "kvm_internal.h"
#include "rmap_internal.h"

#include <base/rng.h>

#include "fake_mm.h"
#include "tap.h"

#define BASE 0x100000000000ull
#define HEADS 7

static struct event_source events;
static struct mm_struct mm;

static struct kvm *make(const char *profile, bool literal)
{
	struct kvm_config config = {
		.mmu = KVM_MMU_DIRECT, .events = &events, .mm = &mm, .literal = literal
	};
	struct kvm *kvm;

	config.profile = kvm_profile_find(profile);
	return kvm_create(&config, &kvm) ? NULL : kvm;
}

/* Add and remove in random order; the head must hold exactly what a plain set holds. */
static unsigned int churn(struct kvm *kvm, unsigned int nr, uint64_t seed)
{
	struct kvm_rmap_head head = { 0 };
	static spte_t entries[100];
	bool in[100] = { false };
	unsigned int round, i, count = 0, bad = 0;
	struct rmap_iterator iter;
	struct rng rng;

	rng_seed(&rng, seed);
	for (round = 0; round < 600; round++) {
		unsigned int found = 0;
		spte_t *at;

		i = rng_below(&rng, nr);
		if (in[i]) {
			pte_list_remove(kvm, &head, &entries[i]);
			count--;
		} else {
			uint64_t before;

			bad += desc_pool_topup(&kvm->descs, 1) != 0;
			before = pte_list_add(kvm, &head, &entries[i]);
			/* 6.1 counts up to the first gap only */
			bad += kvm->profile->desc_newest_first ? before != count :
								 before > count;
			count++;
		}
		in[i] = !in[i];
		for (at = rmap_get_first(&head, &iter); at; at = rmap_get_next(&iter)) {
			bad += !in[at - entries];
			found++;
		}
		bad += found != count || pte_list_count(&head) != count ||
		       !head.val != !count;
	}
	for (i = 0; i < nr; i++)
		if (in[i])
			pte_list_remove(kvm, &head, &entries[i]);
	return bad + (head.val != 0);
}

static void chains(const char *profile)
{
	struct kvm *kvm = make(profile, false);
	unsigned int nr, bad = 0;

	for (nr = 1; nr <= 100; nr += nr < 32 ? 1 : 17)
		bad += churn(kvm, nr, nr);
	tap_eq(bad, 0, profile);
	tap_eq(kvm->descs.nr_free, kvm->descs.next, "no descriptor is lost");
	kvm_destroy(kvm);
}

/* Where the k-th of n additions ends up, first to last. */
static void chain_order(void)
{
	struct kvm *old = make("linux-6.1", false), *new = make("linux-6.12", false);
	struct kvm_rmap_head a = { 0 }, b = { 0 };
	struct rmap_iterator iter;
	static spte_t e[20];
	unsigned int i, bad = 0;
	spte_t *at;

	desc_pool_topup(&old->descs, 4);
	desc_pool_topup(&new->descs, 4);
	for (i = 0; i < 20; i++) {
		pte_list_add(old, &a, &e[i]);
		pte_list_add(new, &b, &e[i]);
	}
	for (i = 0, at = rmap_get_first(&a, &iter); at; at = rmap_get_next(&iter), i++)
		bad += at != &e[i];
	tap_eq(bad, 0, "6.1: in order of addition");
	for (i = 0, at = rmap_get_first(&b, &iter); at; at = rmap_get_next(&iter), i++)
		bad += at != &e[i < 6 ? 14 + i : i - 6];
	tap_eq(bad, 0, "6.12: the newest descriptor first");
	kvm_destroy(old);
	kvm_destroy(new);
}

static void index_of_heads(void)
{
	const uint64_t sizes[] = { 1, 2, 63, 64, 65, 4096, 4097, 300000 };
	unsigned int s, round, bad = 0;
	struct rng rng;

	rng_seed(&rng, 3);
	for (s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		static uint8_t in[300000];
		struct occupancy occ;

		memset(in, 0, sizeof(in));
		bad += occupancy_init(&occ, sizes[s]) != 0;
		for (round = 0; round < 2000; round++) {
			uint64_t i = rng_below(&rng, sizes[s]), want, from, end;

			if (in[i])
				occupancy_clear(&occ, i);
			else
				occupancy_set(&occ, i);
			in[i] = !in[i];
			from = rng_below(&rng, sizes[s]);
			end = from + rng_below(&rng, sizes[s] - from + 1);
			for (want = from; want < end && !in[want]; want++)
				;
			bad += occupancy_next(&occ, from, end) != want;
		}
		occupancy_release(&occ);
	}
	tap_eq(bad, 0, "index of heads: next entry in use, against a linear search");
}

/* The counts of one range over a single level, entry by entry. */
static void oracle(const unsigned int *nr, unsigned int start, unsigned int end,
		   bool yields, struct kvm_stat *s)
{
	uint64_t stretch = 0, level;
	unsigned int i;

	memset(s, 0, sizeof(*s));
	for (level = 1; level <= 3; level++)
		for (i = level == 1 ? start : 0; i < (level == 1 ? end : 1); i++) {
			bool first = level > 1 || i == start;

			s->rmap_scanned++;
			stretch++;
			if (!first && !nr[i])
				continue;
			s->rmap_visited++;
			s->sptes_zapped += level == 1 ? nr[i] : 0;
			if (yields) {
				s->rmap_longest = stretch > s->rmap_longest ?
							  stretch :
							  s->rmap_longest;
				stretch = 0;
			}
		}
	s->rmap_longest = stretch > s->rmap_longest ? stretch : s->rmap_longest;
}

/*
 * Every number of SPTEs (0 to 2) in each of seven heads, every range: two SPTEs in a head
 * by the same frame seen in both address spaces' tables is not possible, so the second is
 * put there by hand from a spare table.
 */
static unsigned int one_placement(struct kvm *kvm, struct kvm_mmu_page *spare[2],
				  const unsigned int *nr, unsigned int start,
				  unsigned int end)
{
	bool yields = kvm->profile->rmap_yields;
	struct kvm_memory_slot *slot = gfn_to_memslot(&kvm->memslots[0], 0);
	struct kvm_stat want, before = kvm->stat;
	unsigned int i, j, left = 0, bad = 0;

	for (i = 0; i < HEADS; i++)
		for (j = 0; j < nr[i]; j++) {
			spte_t *sptep = &sp_table(kvm, spare[j])[i];

			*sptep = spte_make_leaf(i, 1, SPTE_ACC_ALL, true, false);
			spare[j]->used++;
			bad += desc_pool_topup(&kvm->descs, 1) != 0;
			rmap_add(kvm, slot, sptep, i, 1);
		}
	kvm_reset_maxima(kvm);
	fake_mm_change(&mm, BASE + start * FAKE_PAGE, BASE + end * FAKE_PAGE, NULL);
	oracle(nr, start, end, yields, &want);
	bad += kvm->stat.rmap_scanned - before.rmap_scanned != want.rmap_scanned;
	bad += kvm->stat.rmap_visited - before.rmap_visited != want.rmap_visited;
	bad += kvm->stat.sptes_zapped - before.sptes_zapped != want.sptes_zapped;
	bad += kvm->stat.rmap_longest != want.rmap_longest;
	bad += kvm->stat.remote_tlb_flush - before.remote_tlb_flush !=
	       !!want.sptes_zapped;
	bad += kvm->stat.frames_covered - before.frames_covered != end - start;
	for (i = 0; i < HEADS; i++) {
		bool hit = i >= start && i < end;

		for (j = 0; j < 2; j++)
			bad += spte_present(sp_table(kvm, spare[j])[i]) !=
			       (!hit && j < nr[i]);
		left += hit ? 0 : nr[i];
	}
	bad += kvm->stat.pages_4k != left;
	fake_mm_change(&mm, BASE, BASE + HEADS * FAKE_PAGE, NULL);
	return bad + (kvm->stat.pages_4k != 0) + spare[0]->used + spare[1]->used;
}

static void placements(const char *profile, bool literal)
{
	const struct kvm_memory_region region = { .memory_size = HEADS * FAKE_PAGE,
						  .userspace_addr = BASE };
	struct kvm *kvm = make(profile, literal);
	unsigned int code, i, start, end, nr[HEADS], bad;
	struct kvm_mmu_page *spare[2];

	bad = kvm_set_memory_region(kvm, &region) != 0;
	for (i = 0; i < 2; i++)
		bad += kvm_mmu_alloc_page(kvm, 0,
					  1 | ROLE_DIRECT | i << ROLE_ACCESS_SHIFT, 0,
					  &spare[i]) != 0;
	for (code = 0; code < 2187; code++) {
		unsigned int rest = code;

		for (i = 0; i < HEADS; i++, rest /= 3)
			nr[i] = rest % 3;
		for (start = 0; start < HEADS; start++)
			for (end = start + 1; end <= HEADS; end++)
				bad += one_placement(kvm, spare, nr, start, end);
	}
	tap_ok(!bad, "%s%s: all placements in seven heads, all ranges", profile,
	       literal ? ", literal" : "");
	kvm_destroy(kvm);
}

/* A head grows beyond the threshold: it is zapped as a whole. */
static void recycle(void)
{
	const struct kvm_memory_region region = { .memory_size = FAKE_PAGE,
						  .userspace_addr = BASE };
	struct kvm *kvm = make("linux-6.12", false);
	struct kvm_memory_slot *slot;
	struct kvm_mmu_page *sp;
	unsigned int i, j;

	kvm_set_memory_region(kvm, &region);
	slot = gfn_to_memslot(&kvm->memslots[0], 0);
	for (i = 0; i < 4; i++) {
		kvm_mmu_alloc_page(kvm, 0, 1 | ROLE_DIRECT | i << ROLE_ACCESS_SHIFT, 0,
				   &sp);
		for (j = 0; j < 300; j++) {
			spte_t *sptep = &sp_table(kvm, sp)[j];

			*sptep = spte_make_leaf(1, 1, SPTE_ACC_ALL, true, false);
			sp->used++;
			desc_pool_topup(&kvm->descs, 1);
			rmap_add(kvm, slot, sptep, 0, 1);
		}
	}
	tap_eq(kvm->stat.max_mmu_rmap_size, 1001, "a head held 1001 when one more came");
	tap_eq(kvm->stat.pages_4k, 1200 - 1002, "and was zapped with it");
	tap_eq(kvm->stat.remote_tlb_flush, 1, "and flushed");
	kvm_destroy(kvm);
}

int main(void)
{
	uint64_t live = mem_live();

	fake_mm_init(&mm, &events, BASE, HEADS);
	chains("linux-6.1");
	chains("linux-6.12");
	chain_order();
	index_of_heads();
	placements("linux-6.1", false);
	placements("linux-6.12", false);
	placements("linux-6.12", true);
	recycle();
	fake_mm_release(&mm);
	tap_eq(mem_live(), live, "nothing leaked");
	return tap_done();
}
