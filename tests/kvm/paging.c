// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Guests with tables of their own, at random: accesses, changed entries, CR3 loads,
 * invlpg, and the host's changes underneath. After every step the audit holds; after a
 * synchronisation the shadow tables grant nothing that the guest's tables do not.
 */
#include <stdlib.h>

#include <base/rng.h>

#include "kvm_internal.h"
#include "fake_mm.h"
#include "tap.h"

#define BASE 0x100000000000ull
#define PAGES 2048u
#define TABLES_AT (1024 * FAKE_PAGE)
#define TABLES_END (1100 * FAKE_PAGE)

static struct event_source events;
static struct mm_struct mm;

/**
 * struct guest - a VM, two sets of tables, and where the second level-1 window shows the
 * first
 */
struct guest {
	struct kvm *kvm;
	struct kvm_guest_tables tables[2];
	bool nested;
	struct rng rng;
};

static bool no_tdp_mmu; /* of the guests that build() makes */

static void print_violation(void *ctx, unsigned int invariant, const char *text)
{
	(void)ctx;
	printf("# invariant %u: %s\n", invariant, text);
}

/*
 * Guest table entry that maps @va, found by a walk written down again here; 0 if none
 * does.
 */
static uint64_t guest_leaf(struct kvm *kvm, uint64_t root, uint64_t va,
			   unsigned int *ret_level, uint64_t *ret_entry_gpa,
			   uint64_t *ret_rights)
{
	uint64_t table = root, rights = 6;
	unsigned int level;

	for (level = 4;; level--) {
		uint64_t gpa = table + 8 * ((va >> (12 + 9 * (level - 1))) & 511);
		uint64_t e = kvm_guest_entry(kvm, gpa);

		if (!(e & 1))
			return 0;
		rights &= e;
		if (level == 1 || (level < 4 && (e & 0x80))) {
			*ret_level = level;
			*ret_entry_gpa = gpa;
			*ret_rights = rights;
			return e;
		}
		table = e & SPTE_PFN_MASK;
	}
}

/*
 * What the shadow tables under @sp grant for [va...) must be granted by the guest's
 * tables.
 */
static unsigned int check_shadow(struct guest *g, const struct kvm_mmu_page *sp,
				 uint64_t va)
{
	unsigned int level = sp_level(sp), i, bad = 0;
	spte_t *table = sp_table(g->kvm, sp);

	for (i = 0; i < 512; i++) {
		uint64_t at = va + ((uint64_t)i << (12 + 9 * (level - 1)));
		uint64_t e, entry_gpa, rights, gfn, want;
		unsigned int guest_level;

		if (spte_table(table[i], level)) {
			bad += check_shadow(g, kvm_sp(g->kvm, spte_pfn(table[i])), at);
			continue;
		}
		if (!spte_present(table[i]))
			continue;
		e = guest_leaf(g->kvm, g->kvm->paging.cr3, at, &guest_level, &entry_gpa,
			       &rights);
		gfn = sp_gfn(g->kvm, sp, i);
		want = ((e & SPTE_PFN_MASK) >> 12) +
		       ((at >> 12) & (spte_pages(guest_level) - 1));
		if (!e || gfn != want || (spte_writable(table[i]) && !(rights & 2)) ||
		    (spte_writable(table[i]) && !(e & 0x40))) {
			printf("# va %llx: SPTE %llx gfn %llx, guest entry %llx\n",
			       (unsigned long long)at, (unsigned long long)table[i].val,
			       (unsigned long long)gfn, (unsigned long long)e);
			bad++;
		}
	}
	return bad;
}

/* How notifications find the SPTEs. */
enum walk { WALK_HEADS, WALK_INDEX, WALK_INDEX_LITERAL, NR_WALKS };

static unsigned int build(struct guest *g, const char *profile, enum kvm_mmu_kind kind,
			  enum walk walk)
{
	const struct kvm_memory_region region = { .memory_size = PAGES * FAKE_PAGE,
						  .userspace_addr = BASE };
	struct kvm_config config = { .mmu = kind,
				     .events = &events,
				     .mm = &mm,
				     .rmap_index = walk != WALK_HEADS,
				     .literal = walk == WALK_INDEX_LITERAL,
				     .no_tdp_mmu = no_tdp_mmu };
	uint64_t flags = KVM_GPTE_WRITABLE | KVM_GPTE_USER;
	unsigned int i, bad = 0;

	fake_mm_init(&mm, &events, BASE, PAGES);
	config.profile = kvm_profile_find(profile);
	bad += kvm_create(&config, &g->kvm) != 0;
	bad += kvm_set_memory_region(g->kvm, &region) != 0;
	g->nested = kind == KVM_MMU_NESTED;
	g->tables[0].next = TABLES_AT;
	g->tables[1].next = g->tables[0].end = TABLES_AT + 32 * FAKE_PAGE;
	g->tables[1].end = TABLES_END;
	for (i = 0; i < 2; i++) {
		/* 4 KiB pages, 2 MiB pages, and the tables themselves */
		bad += kvm_guest_map(g->kvm, &g->tables[i], 0, 0, 64 * FAKE_PAGE, 1,
				     flags) != 0;
		bad += kvm_guest_map(g->kvm, &g->tables[i], 1u << 30, 0, 4u << 20, 2,
				     flags) != 0;
		bad += kvm_guest_map(g->kvm, &g->tables[i], 1ull << 40, TABLES_AT,
				     TABLES_END - TABLES_AT, 1, flags) != 0;
	}
	return bad + (kvm_set_cr3(g->kvm, g->tables[0].root) != 0);
}

static uint64_t random_va(struct guest *g)
{
	switch (rng_below(&g->rng, 4)) {
	case 0:
		return (1u << 30) + rng_below(&g->rng, 1024) * FAKE_PAGE;
	case 1:
		return (1ull << 40) + rng_below(&g->rng, TABLES_END - TABLES_AT);
	default:
		return rng_below(&g->rng, 66) * FAKE_PAGE;
	}
}

/* Its own writes may hit an entry of its tables, which then names memory that is nowhere. */
static bool refused(int err)
{
	return err == -EACCES || err == -EFAULT || err == -ENOENT;
}

/*
 * The guest rewrites the entry of a random address, through its own mapping of its
 * tables.
 */
static int random_store(struct guest *g)
{
	uint64_t flags = 1 | (rng_below(&g->rng, 4) << 1) | (rng_below(&g->rng, 2) << 5);
	uint64_t gpa, rights, value, root = g->tables[rng_below(&g->rng, 2)].root;
	unsigned int level;
	int err;

	if (rng_chance(&g->rng, 1, 4)) {
		/*
		 * an entry of the top table: written again as it is, which zaps what is
		 * below
		 */
		gpa = root + 8 * (rng_below(&g->rng, 2) * 2);
		err = kvm_guest_store(g->kvm,
				      g->nested ? gpa : (1ull << 40) + gpa - TABLES_AT,
				      kvm_guest_entry(g->kvm, gpa));
		return refused(err) ? 0 : err;
	}
	if (!guest_leaf(g->kvm, root, rng_below(&g->rng, 64) * FAKE_PAGE, &level, &gpa,
			&rights))
		return 0;
	value = rng_chance(&g->rng, 1, 8) ?
			4 :
			rng_below(&g->rng, 64) * FAKE_PAGE | flags | 4;
	err = kvm_guest_store(g->kvm, g->nested ? gpa : (1ull << 40) + gpa - TABLES_AT,
			      value);
	return refused(err) ? 0 : err;
}

static int synchronise(struct guest *g, unsigned int *bad)
{
	uint64_t root = g->tables[rng_below(&g->rng, 2)].root;
	int err = kvm_set_cr3(g->kvm, root);

	if (!err)
		err = kvm_set_cr3(g->kvm, root);
	if (!err && g->kvm->paging.root.nr)
		*bad += check_shadow(g, kvm_sp(g->kvm, g->kvm->paging.root.pfn[0]), 0);
	return err;
}

static void host_change(struct guest *g)
{
	void (*const changes[])(struct fake_pte *) = { fake_unmap, fake_readonly,
						       fake_readwrite };
	bool wide = rng_chance(&g->rng, 1, 4);
	uint64_t first = rng_below(&g->rng, 1100), nr = 1 + rng_below(&g->rng, wide ? 900 : 40);

	if (rng_chance(&g->rng, 1, 2))
		first &= 63;
	fake_mm_change(&mm, BASE + first * FAKE_PAGE, BASE + (first + nr) * FAKE_PAGE,
		       changes[rng_below(&g->rng, 3)]);
}

static int step(struct guest *g, unsigned int *bad)
{
	int err;

	switch (rng_below(&g->rng, 24)) {
	case 0:
	case 1:
		host_change(g);
		return 0;
	case 2:
		return synchronise(g, bad);
	case 3:
		return kvm_invlpg(g->kvm, random_va(g));
	case 4:
	case 5:
	case 6:
		return random_store(g);
	case 7:
		err = kvm_guest_access(g->kvm, rng_below(&g->rng, PAGES) * FAKE_PAGE,
				       rng_below(&g->rng, 2));
		break;
	default:
		err = kvm_guest_access_gva(g->kvm, random_va(g), rng_below(&g->rng, 2));
	}
	return refused(err) ? 0 : err;
}

static unsigned int run(const char *profile, enum kvm_mmu_kind kind, enum walk walk,
			uint64_t seed, struct kvm_stat *total)
{
	struct guest g = { .nested = false };
	unsigned int i, bad;

	rng_seed(&g.rng, seed);
	bad = build(&g, profile, kind, walk);
	for (i = 0; i < 2500 && !bad; i++) {
		int err;

		if (rng_chance(&g.rng, 1, 40))
			mem_fail_at(1 + rng_below(&g.rng, 5));
		err = step(&g, &bad);
		mem_fail_at(0);
		bad += (err && err != -ENOMEM) ||
		       kvm_audit(g.kvm, true, print_violation, NULL);
		if (bad)
			printf("# seed %llu step %u: %d\n", (unsigned long long)seed, i,
			       err);
	}
	total->mmu_pte_write += g.kvm->stat.mmu_pte_write;
	total->mmu_shadow_zapped += g.kvm->stat.mmu_shadow_zapped;
	total->sptes_zapped += g.kvm->stat.sptes_zapped;
	total->mmu_unsync += g.kvm->stat.mmu_unsync;
	total->pf_fixed += g.kvm->stat.pf_fixed;
	total->pages_4k += g.kvm->stat.pages_4k;
	total->rmap_scanned += g.kvm->stat.rmap_scanned;
	total->rmap_visited += g.kvm->stat.rmap_visited;
	kvm_destroy(g.kvm);
	fake_mm_release(&mm);
	return bad;
}

static void errors(void)
{
	struct kvm_guest_tables none = { .next = TABLES_END,
					 .end = TABLES_END + FAKE_PAGE };
	struct guest g = { .nested = false };

	build(&g, "linux-6.12", KVM_MMU_SHADOW, WALK_HEADS);
	tap_eq(-kvm_guest_map(g.kvm, &none, 0, 0, FAKE_PAGE, 1, 0), ENOSPC,
	       "area used up");
	tap_eq(-kvm_guest_map(g.kvm, &g.tables[0], 1, 0, FAKE_PAGE, 1, 0), EINVAL,
	       "unaligned");
	tap_eq(-kvm_guest_map(g.kvm, &g.tables[0], 0, 0, FAKE_PAGE, 4, 0), EINVAL,
	       "level 4");
	tap_eq(-kvm_guest_map(g.kvm, &g.tables[0], 1ull << 48, 0, FAKE_PAGE, 1, 0),
	       EINVAL, "beyond 48 bits");
	tap_eq(-kvm_guest_access_gva(g.kvm, 1ull << 48, 0), EINVAL,
	       "access beyond 48 bits");
	tap_eq(-kvm_guest_access_gva(g.kvm, 1ull << 35, 0), EACCES,
	       "the guest has not mapped it");
	tap_eq(-kvm_guest_store(g.kvm, 3, 0), EINVAL, "unaligned entry");
	tap_eq(-kvm_set_cr3(g.kvm, 1ull << 40), ENOENT, "a top table in no memory");
	tap_eq(kvm_guest_access_gva(g.kvm, 0, 0), 0, "changes nothing");
	tap_eq(kvm_set_sregs(g.kvm, false, 0, KVM_PAGING_LONG), 0, "paging off");
	tap_eq(kvm_set_sregs(g.kvm, true, g.tables[0].root, KVM_PAGING_LONG), 0, "and on again");
	tap_eq(kvm_guest_access_gva(g.kvm, 0, 0), 0, "the guest goes on");
	tap_eq(kvm_audit(g.kvm, true, NULL, NULL), 0, "with nothing lost");
	kvm_destroy(g.kvm);
	fake_mm_release(&mm);
	build(&g, "linux-6.12", KVM_MMU_TDP, WALK_HEADS);
	tap_eq(-kvm_set_cr3(g.kvm, 0), EINVAL, "TDP does not see the guest's tables");
	tap_eq(-kvm_set_sregs(g.kvm, true, 0, KVM_PAGING_LONG), EINVAL, "nor its registers");
	tap_eq(-kvm_guest_access_gva(g.kvm, 0, 0), EINVAL, "nor its addresses");
	kvm_destroy(g.kvm);
	fake_mm_release(&mm);
}

/* The design "rmap=index" finds what a scan finds, and its counts are those of a scan. */
static void same_with_index(const char *profile, const struct kvm_stat *totals)
{
	const struct kvm_stat *heads = &totals[WALK_HEADS], *index = &totals[WALK_INDEX],
			      *literal = &totals[WALK_INDEX_LITERAL];

	tap_ok(index->sptes_zapped == heads->sptes_zapped && index->pf_fixed == heads->pf_fixed &&
		       index->pages_4k == heads->pages_4k &&
		       index->mmu_shadow_zapped == heads->mmu_shadow_zapped &&
		       index->mmu_unsync == heads->mmu_unsync,
	       "%s, rmap=index: the same SPTEs live and die", profile);
	tap_ok(index->rmap_scanned * 2 < heads->rmap_scanned &&
		       index->rmap_visited < heads->rmap_visited,
	       "%s, rmap=index: %llu looked at instead of %llu", profile,
	       (unsigned long long)index->rmap_scanned, (unsigned long long)heads->rmap_scanned);
	tap_ok(index->rmap_scanned == literal->rmap_scanned &&
		       index->rmap_visited == literal->rmap_visited &&
		       index->sptes_zapped == literal->sptes_zapped,
	       "%s, rmap=index: its counts are those of a scan", profile);
}

int main(int argc, char **argv)
{
	const char *const profiles[] = { "linux-6.1", "linux-6.12", "linux-7.2" };
	unsigned int seeds = argc > 1 ? strtoul(argv[1], NULL, 0) : 4, p, s, walk;
	uint64_t live = mem_live();

	for (p = 0; p < 3; p++) {
		struct kvm_stat totals[NR_WALKS] = { 0 }, *total = &totals[WALK_HEADS];
		unsigned int bad = 0;

		for (walk = 0; walk < NR_WALKS; walk++)
			for (s = 0; s < seeds && !bad; s++) {
				bad += run(profiles[p], KVM_MMU_SHADOW, walk, s, &totals[walk]);
				bad += run(profiles[p], KVM_MMU_NESTED, walk, s, &totals[walk]);
				no_tdp_mmu = true;
				bad += run(profiles[p], KVM_MMU_NESTED, walk, s, &totals[walk]);
				no_tdp_mmu = false;
			}
		tap_ok(!bad, "%s: audit holds, nothing stale after synchronisation",
		       profiles[p]);
		tap_ok(total->mmu_shadow_zapped && total->sptes_zapped &&
			       total->mmu_pte_write,
		       "%s: %llu pages and %llu SPTEs zapped, %llu emulated writes",
		       profiles[p], (unsigned long long)total->mmu_shadow_zapped,
		       (unsigned long long)total->sptes_zapped,
		       (unsigned long long)total->mmu_pte_write);
		same_with_index(profiles[p], totals);
	}
	errors();
	tap_eq(mem_live(), live, "nothing leaked");
	return tap_done();
}
