// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The design "rmap=index": what a walk finds while heads come and go at every chance to
 * yield, what it looks at in the dense and in the empty case, and what it costs in memory.
 */
#include "kvm_internal.h"
#include "rmap_internal.h"

#include <base/rng.h>

#include "fake_mm.h"
#include "tap.h"

#define BASE 0x100000000000ull
#define MAX_HEADS 300000u

static struct event_source events;
static struct mm_struct mm;

/**
 * struct heads - one level of heads with its index, and a plain copy of what is in use
 * @late: filled during the walk behind its position: must survive it
 */
struct heads {
	struct slot_rmap rmap;
	bool in[MAX_HEADS];
	bool late[MAX_HEADS];
};
static struct heads heads;

static unsigned int heads_init(uint64_t nr)
{
	memset(&heads, 0, sizeof(heads));
	heads.rmap.nr = nr;
	if (region_reserve(&heads.rmap.mem, nr * sizeof(struct kvm_rmap_head)))
		return 1;
	heads.rmap.heads = heads.rmap.mem.base;
	return occupancy_init(&heads.rmap.used, nr) != 0;
}

static void heads_release(void)
{
	region_release(&heads.rmap.mem);
	occupancy_release(&heads.rmap.used);
}

static void head_set(uint64_t i, bool in)
{
	if (heads.in[i] == in)
		return;
	heads.in[i] = in;
	heads.rmap.heads[i].val = in;
	if (in)
		occupancy_set(&heads.rmap.used, i);
	else
		occupancy_clear(&heads.rmap.used, i);
}

/* Others fill and empty heads anywhere while the lock is not held. */
static void others(struct rng *rng, uint64_t next, uint64_t near)
{
	unsigned int n = rng_below(rng, 4);

	while (n--) {
		uint64_t i = rng_chance(rng, 1, 2) ? rng_below(rng, heads.rmap.nr) :
						     near + rng_below(rng, 130);

		if (i >= heads.rmap.nr)
			continue;
		if (rng_chance(rng, 1, 2)) {
			head_set(i, false);
			heads.late[i] = false;
		} else if (!heads.in[i]) {
			head_set(i, true);
			heads.late[i] = i < next;
		}
	}
}

/*
 * One walk over [first, last]: each head that it delivers is emptied. What is left in the range at
 * the end must be what others filled behind the walk's position.
 */
static unsigned int walk(struct kvm *kvm, struct rng *rng, uint64_t first, uint64_t last)
{
	struct rmap_cursor cursor;
	enum rmap_step step;
	unsigned int bad = 0, often = 1 + rng_below(rng, 3);
	bool yielded = false;
	uint64_t before = 0, i;

	memset(heads.late, 0, heads.rmap.nr);
	rmap_cursor_init(&cursor, &heads.rmap, first, last);
	while (!bad && (step = rmap_cursor_step(kvm, &cursor)) != RMAP_END) {
		bad += cursor.next < before;
		before = cursor.next;
		if (step == RMAP_HEAD) {
			bad += cursor.next > last;
			bad += !cursor.direct && !yielded && !heads.in[cursor.next];
			head_set(cursor.next++, false);
		}
		yielded = rng_chance(rng, 1, often);
		if (yielded) {
			others(rng, cursor.next, cursor.next > 60 ? cursor.next - 60 : 0);
			rmap_cursor_yielded(&cursor);
		}
	}
	for (i = first; i <= last; i++)
		bad += heads.in[i] != heads.late[i];
	return bad;
}

static void interleaved(bool literal)
{
	static const uint64_t sizes[] = { 1, 63, 511, 512, 513, 4096, 4097, MAX_HEADS };
	struct kvm kvm = { .literal = literal };
	unsigned int s, round, bad = 0;
	struct rng rng;

	rng_seed(&rng, 7);
	for (s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		uint64_t nr = sizes[s], fill, i;

		bad += heads_init(nr);
		for (round = 0; round < (nr > 5000 ? 20 : literal ? 60 : 400) && !bad; round++) {
			uint64_t first = rng_below(&rng, nr);
			uint64_t last = first + rng_below(&rng, nr - first);

			fill = rng_below(&rng, 1 + nr / (1 + rng_below(&rng, 100)));
			for (i = 0; i < fill; i++)
				head_set(rng_below(&rng, nr), true);
			for (i = 0; rng_chance(&rng, 1, 4) && i < 200 && first + i < nr; i++)
				head_set(first + i, true);
			bad += walk(&kvm, &rng, first, last);
		}
		heads_release();
	}
	tap_eq(bad, 0, literal ? "heads that come and go, literal" : "heads that come and go");
}

/* Looked at in a walk over [first, last] that nothing disturbs. */
static uint64_t looked_at(uint64_t first, uint64_t last)
{
	const struct kvm kvm = { .literal = false };
	struct rmap_cursor cursor;
	enum rmap_step step;
	uint64_t count = 0;

	rmap_cursor_init(&cursor, &heads.rmap, first, last);
	while ((step = rmap_cursor_step(&kvm, &cursor)) != RMAP_END) {
		count++;
		cursor.next += step == RMAP_HEAD;
	}
	return count;
}

/* Every head in use: at most 5 % more than a scan, whatever the range. */
static void dense(void)
{
	uint64_t first, nr, i, worst_over = 0, worst_nr = 0;

	heads_init(20000);
	for (i = 0; i < 20000; i++)
		head_set(i, true);
	for (first = 4000; first < 4200; first++)
		for (nr = 1; nr < 9000; nr += nr < 700 ? 1 : 61) {
			uint64_t over = looked_at(first, first + nr - 1) - nr;

			if (!worst_nr || over * worst_nr > worst_over * nr) {
				worst_over = over;
				worst_nr = nr;
			}
		}
	tap_ok(worst_over * 20 <= worst_nr, "dense: at worst %llu words for %llu heads",
	       (unsigned long long)worst_over, (unsigned long long)worst_nr);
	tap_ok(looked_at(0, 19999) <= 20000 + 20000 / 64 + 1, "dense: one word per 64 heads");
	heads_release();
}

static void sparse(void)
{
	uint64_t i, more = 0;
	struct rng rng;

	heads_init(MAX_HEADS);
	tap_ok(looked_at(0, MAX_HEADS - 1) <= 6, "empty: two words and one per level");
	head_set(123456, true);
	tap_ok(looked_at(0, MAX_HEADS - 1) <= 16, "one head: one way up, one down, one up");
	rng_seed(&rng, 11);
	for (i = 0; i < 3000; i++) {
		uint64_t first = rng_below(&rng, MAX_HEADS);
		uint64_t nr = 1 + rng_below(&rng, MAX_HEADS - first);

		head_set(rng_below(&rng, MAX_HEADS), true);
		more += looked_at(first, first + nr - 1) * 20 > nr * 21;
	}
	tap_eq(more, 0, "no filling makes it look at more than a scan and 5 %");
	heads_release();
}

static void memory(void)
{
	uint64_t nr, over = 0;

	for (nr = 1; nr < 1u << 21; nr += nr < 70000 ? 1 : 4099)
		over += rmap_index_bytes(nr) * 50 > nr * sizeof(struct kvm_rmap_head);
	over += rmap_index_bytes(1ull << 31) * 50 > (8ull << 31);
	tap_eq(over, 0, "at most 2 % of the heads, for every size of a level");
	tap_ok(!rmap_index_bytes(511) && rmap_index_bytes(512), "from 512 heads on");
}

static struct kvm *make(bool rmap_index, bool literal)
{
	struct kvm_config config = { .mmu = KVM_MMU_DIRECT,
				     .events = &events,
				     .mm = &mm,
				     .profile = kvm_profile_find("linux-6.1"),
				     .rmap_index = rmap_index,
				     .literal = literal };
	struct kvm_memory_region region = { .memory_size = 3000 * FAKE_PAGE,
					    .userspace_addr = BASE };
	struct kvm *kvm;

	fake_mm_init(&mm, &events, BASE, 3000);
	if (kvm_create(&config, &kvm))
		return NULL;
	return kvm_set_memory_region(kvm, &region) ? NULL : kvm;
}

/* A removal and an addition at every chance to yield of a real walk. */
struct churn {
	struct kvm *kvm;
	unsigned int calls;
	unsigned int bad;
};

static void churn(void *ctx, uint64_t next)
{
	struct churn *churn = ctx;
	struct kvm_memory_slot *slot = gfn_to_memslot(&churn->kvm->memslots[0], 0);
	uint64_t gfn = (next + 500) % 3000;
	struct kvm_rmap_head *head = slot_rmap_head(slot, gfn, 1);

	/* somebody else zaps the leaf of a frame further on */
	if (churn->calls++ % 3 == 0 && head->val) {
		spte_t *sptep = (spte_t *)(uintptr_t)head->val;

		rmap_remove(churn->kvm, sptep, gfn, 1);
		*sptep = nonpresent(churn->kvm);
		sptep_sp(churn->kvm, sptep)->used--;
	}
	/* the guest wants a page back that the walk has passed: the retry rule sends it away */
	if (next && next <= 3000)
		churn->bad += kvm_guest_access(churn->kvm, (next - 1) * FAKE_PAGE, 0) != -EAGAIN;
}

static void real_walk(void)
{
	struct kvm *kvm = make(true, false);
	struct churn ctx = { .kvm = kvm };
	uint64_t done, heads_bytes, index_bytes;

	kvm_guest_access_range(kvm, 0, 3000 * FAKE_PAGE, 3 * FAKE_PAGE, 0, &done);
	tap_ok(done == 1000 && kvm->stat.pages_4k >= 1000, "a guest touched every third page");
	kvm->yield_hook = churn;
	kvm->yield_ctx = &ctx;
	kvm_reset_maxima(kvm);
	fake_mm_change(&mm, BASE, BASE + 3000 * FAKE_PAGE, fake_unmap);
	kvm->yield_hook = NULL;
	tap_ok(ctx.calls > 1000 && !ctx.bad, "%u yields, every fault meanwhile sent back", ctx.calls);
	tap_eq(kvm->stat.pages_4k, 0, "nothing is left");
	tap_eq(kvm->stat.rmap_longest, 1, "a chance to yield after every word and head");
	tap_eq(kvm_audit(kvm, true, NULL, NULL), 0, "and the audit holds");
	kvm_rmap_bytes(kvm, &heads_bytes, &index_bytes);
	tap_ok(heads_bytes == 8 * (3000 + 6 + 1) && index_bytes == 8 * (47 + 1),
	       "memory of heads and index");
	kvm_destroy(kvm);
	fake_mm_release(&mm);
}

int main(void)
{
	uint64_t live = mem_live();

	interleaved(false);
	interleaved(true);
	dense();
	sparse();
	memory();
	real_walk();
	tap_eq(mem_live(), live, "nothing leaked");
	return tap_done();
}
