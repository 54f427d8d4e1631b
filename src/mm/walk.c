// SPDX-License-Identifier: GPL-2.0-or-later
#include "mm_internal.h"

#include <mm/walk.h>

struct walk {
	const struct machine *machine;
	void (*fn)(void *ctx, const struct mm_entries *entries);
	void *ctx;
};

/* Entries of a table, stretches of one kind together; an empty stretch has no end. */
static void add_entry(const struct walk *walk, struct mm_entries *run, uint64_t start,
		      uint64_t end, bool table)
{
	if (run->end == start && run->table == table && start) {
		run->end = end;
		return;
	}
	if (run->end)
		walk->fn(walk->ctx, run);
	run->start = start;
	run->end = end;
	run->table = table;
}

static void walk_table(const struct walk *walk, const pte_t *table, unsigned int level,
		       uint64_t start, uint64_t end)
{
	const struct machine *m = walk->machine;
	struct mm_entries run = {.level = level};
	uint64_t addr, from = start, next;

	if (!pt_info_clip(m, pt_info(m, table), level, &from, &end))
		return;
	for (addr = from; addr < end; addr = next) {
		pte_t entry = table[pt_index(m->geo, level, addr)];

		next = pt_addr_end(m->geo, level, addr, end);
		if (!pte_none(entry))
			add_entry(walk, &run, addr, next, pte_table(entry, level));
	}
	if (run.end)
		walk->fn(walk->ctx, &run);
	if (level == PT_LEVEL_PTE)
		return;
	for (addr = from; addr < end; addr = next) {
		pte_t entry = table[pt_index(m->geo, level, addr)];

		next = pt_addr_end(m->geo, level, addr, end);
		if (pte_table(entry, level))
			walk_table(walk, pt_table(m, entry), level - 1, addr, next);
	}
}

void mm_walk_entries(const struct mm_struct *mm,
		     void (*fn)(void *ctx, const struct mm_entries *entries), void *ctx)
{
	const struct machine *m = mm->machine;
	const struct walk walk = {.machine = m, .fn = fn, .ctx = ctx};
	uint64_t end = pt_size(m->geo, m->geo->levels) * m->geo->entries[m->geo->levels];

	walk_table(&walk, pt_top(mm), m->geo->levels, 0, end);
}
