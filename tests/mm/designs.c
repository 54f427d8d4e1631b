// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * "tight" and "lazy-unmap" as properties, with nobody listening but the test: every entry that
 * changes lies in a started window; the first and the last granule of every window hold something
 * populated; windows of a kind are further apart than the gap; and the memory ends up as it does
 * on the kernel itself.
 */
#include <base/mem.h>
#include <base/rng.h>
#include <mm/mm.h>
#include <mm/secondary.h>

#include "tap.h"

#include <stdlib.h>
#include <sys/mman.h>

#define BASE 0x100000000000ull
#define LEN (3ull << 30)
#define PAGE 4096ull
#define MAX_OPEN 8

/**
 * struct world - one machine with one process
 * @open: windows started and not ended; @nr_open of them
 * @last_end: of the previous window of the running operation
 */
struct world {
	struct event_source events;
	struct event_sink sink;
	struct machine *machine;
	struct mm_struct *mm;
	struct mm_design design;
	uint64_t open[MAX_OPEN][2];
	unsigned int nr_open;
	uint64_t last_end;
	uint64_t windows;
	unsigned int uncovered, hollow, close;
};

static bool promised(const struct world *w, uint32_t event)
{
	if (event == MMU_NOTIFY_PROTECTION_VMA)
		return w->design.tight;
	return w->design.lazy_unmap && event == MMU_NOTIFY_UNMAP;
}

static bool populated(const struct world *w, uint64_t start, uint64_t end)
{
	return mm_next_populated(w->mm, start, end) < end;
}

static void check_window(struct world *w, uint32_t event, uint64_t start, uint64_t end)
{
	uint64_t granule = w->design.run_level == 3 ? 1ull << 30 : 2ull << 20;
	uint64_t head = (start | (granule - 1)) + 1, tail = (end - 1) & ~(granule - 1);

	w->hollow += !populated(w, start, head < end ? head : end);
	w->hollow += !populated(w, tail > start ? tail : start, end);
	w->windows++;
	/* mprotect goes VMA by VMA, and merges them */
	if (event != MMU_NOTIFY_UNMAP)
		return;
	w->close += w->last_end && start - w->last_end <= w->design.run_gap;
	w->last_end = end;
}

static void on_event(struct event_sink *sink, const struct event *event)
{
	struct world *w = (struct world *)((char *)sink - offsetof(struct world, sink));

	if (event->id == EVENT_MMU_NOTIFIER_INVALIDATE_RANGE_START) {
		if (promised(w, event->arg[0]))
			check_window(w, event->arg[0], event->arg[1], event->arg[2]);
		w->open[w->nr_open][0] = event->arg[1];
		w->open[w->nr_open++][1] = event->arg[2];
	} else if (event->id == EVENT_MMU_NOTIFIER_INVALIDATE_RANGE_END) {
		w->nr_open--;
	}
}

static void before_change(void *ctx, struct mm_struct *mm, uint64_t start, uint64_t end)
{
	const struct world *w = ctx;
	unsigned int i;

	(void)mm;
	for (i = 0; i < w->nr_open; i++)
		if (w->open[i][0] <= start && end <= w->open[i][1])
			return;
	((struct world *)ctx)->uncovered++;
}

static bool build(struct world *w, const char *profile, const struct mm_design *design)
{
	const struct machine_config config = {
		.profile = mm_profile_find(profile),
		.design = *design,
		.geo = &x86_64_4level,
		.events = &w->events,
		.thp = THP_MADVISE,
		.before_change = before_change,
		.ctx = w,
	};

	*w = (struct world){ .design = *design, .sink.emit = on_event };
	w->events.sink = &w->sink;
	if (machine_create(&config, &w->machine) || mm_create(w->machine, &w->mm))
		return false;
	mm_observe(w->mm);
	return true;
}

static uint64_t pages(struct rng *rng, uint64_t max)
{
	uint64_t nr = rng_chance(rng, 1, 2) ? 1 + rng_below(rng, 600) : 1 + rng_below(rng, max);

	return (nr < max ? nr : max) * PAGE;
}

static void step(struct world *w, struct rng *rng)
{
	static const int prots[] = { PROT_READ, PROT_READ | PROT_WRITE, PROT_NONE };
	static const int advices[] = { MADV_DONTNEED, MADV_FREE, MADV_HUGEPAGE, MADV_NOHUGEPAGE };
	uint64_t addr = BASE + rng_below(rng, LEN / PAGE) * PAGE;
	uint64_t len = pages(rng, (BASE + LEN - addr) / PAGE);
	unsigned int what = rng_below(rng, 12);

	w->last_end = 0;
	if (what < 4)
		(void)mm_access(w->mm, addr, len < 64 * PAGE ? len : 64 * PAGE, PAGE, MM_WRITE);
	else if (what < 5)
		(void)mm_access(w->mm, addr, len, 257 * PAGE, MM_READ);
	else if (what < 8)
		(void)mm_mprotect(w->mm, addr, len, prots[rng_below(rng, 3)]);
	else if (what < 10)
		(void)mm_madvise(w->mm, addr, len, advices[rng_below(rng, 4)]);
	else if (what < 11)
		(void)mm_numa_hint(w->mm, addr, len);
	else if (!mm_munmap(w->mm, addr, len) && rng_chance(rng, 3, 4))
		(void)mm_mmap(w->mm, addr, len, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, NULL, 0);
}

static bool same_memory(struct world *a, struct world *b)
{
	uint64_t addr = BASE;

	while (addr < BASE + LEN) {
		uint64_t at = mm_next_populated(a->mm, addr, BASE + LEN);
		struct mm_translation x = { 0 }, y = { 0 };

		if (at != mm_next_populated(b->mm, addr, BASE + LEN))
			return false;
		if (at >= BASE + LEN)
			return true;
		if (mm_translate(a->mm, at, &x) != mm_translate(b->mm, at, &y) ||
		    x.pfn != y.pfn || x.level != y.level || x.writable != y.writable)
			return false;
		addr = at + PAGE;
	}
	return true;
}

static void try(const char *profile, const struct mm_design *design, const char *name)
{
	const struct mm_design none = { .run_level = 2 };
	unsigned int seed, i, other = 0;
	struct world a, b;
	struct rng rng, again;
	unsigned int uncovered = 0, hollow = 0, close = 0;
	uint64_t windows = 0;

	for (seed = 1; seed <= 20; seed++) {
		if (!build(&a, profile, design) || !build(&b, profile, &none))
			break;
		rng_seed(&rng, seed);
		rng_seed(&again, seed);
		(void)mm_mmap(a.mm, BASE, LEN, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, NULL, 0);
		(void)mm_mmap(b.mm, BASE, LEN, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, NULL, 0);
		for (i = 0; i < 150; i++) {
			step(&a, &rng);
			step(&b, &again);
		}
		other += !same_memory(&a, &b);
		uncovered += a.uncovered;
		hollow += a.hollow;
		close += a.close;
		windows += a.windows;
		a.events.sink = b.events.sink = NULL;
		machine_destroy(a.machine);
		machine_destroy(b.machine);
	}
	tap_ok(seed == 21 && windows > 200, "%s, %s: %llu windows", profile, name,
	       (unsigned long long)windows);
	tap_eq(uncovered, 0, "every change lies in a window");
	tap_eq(hollow, 0, "no window begins or ends where nothing is populated");
	tap_eq(close, 0, "windows are further apart than the gap");
	tap_eq(other, 0, "the memory is that of the kernel itself");
}

int main(void)
{
	static const char *const profiles[] = { "linux-3.14", "linux-6.1", "linux-7.2" };
	const struct mm_design pmd = { .tight = true, .lazy_unmap = true, .run_level = 2 };
	const struct mm_design gap = { .tight = true, .lazy_unmap = true, .run_level = 2,
				       .run_gap = 16 << 20 };
	const struct mm_design pud = { .tight = true, .lazy_unmap = true, .run_level = 3 };
	uint64_t live = mem_live();
	unsigned int p;

	for (p = 0; p < 3; p++) {
		try(profiles[p], &pmd, "PMD");
		try(profiles[p], &gap, "PMD, gap 16M");
		try(profiles[p], &pud, "PUD");
	}
	tap_eq(mem_live(), live, "nothing leaked");
	return tap_done();
}
