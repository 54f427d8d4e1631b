// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Runs of populated entries: what the designs notify instead of everything up to the end of a
 * parent entry.
 *
 * A run is a maximal stretch of entries of one level that are in use, cut to the range that
 * changes; two runs whose gap is at most @gap bytes are one. An entry is in use when it is a leaf
 * or when an entry below it is, in the range: an empty table maps nothing.
 */
#include "mm_internal.h"

/* Does the entry of @level lead to anything that maps memory? */
static bool entry_in_use(const struct machine *m, pte_t entry, unsigned int level)
{
	const pte_t *table;
	unsigned int i;

	if (!pte_table(entry, level))
		return !pte_none(entry);
	table = pt_table(m, entry);
	if (level == PT_LEVEL_PMD || !pt_info(m, table)->used)
		return pt_info(m, table)->used;
	for (i = 0; i < m->geo->entries[level - 1]; i++)
		if (entry_in_use(m, table[i], level - 1))
			return true;
	return false;
}

static uint64_t next_used(const struct machine *m, const pte_t *table, unsigned int level,
			  unsigned int want, uint64_t addr, uint64_t end);

/* The same for [addr, end), the part of the entry that the range covers. */
static bool part_in_use(const struct machine *m, pte_t entry, unsigned int level, uint64_t addr,
			uint64_t end)
{
	if (!pte_table(entry, level) || end - addr == pt_size(m->geo, level))
		return entry_in_use(m, entry, level);
	return next_used(m, pt_table(m, entry), level - 1, PT_LEVEL_PTE, addr, end) < end;
}

/* The first address in [addr, end) below @table whose entry of @want is in use; end if none. */
static uint64_t next_used(const struct machine *m, const pte_t *table, unsigned int level,
			  unsigned int want, uint64_t addr, uint64_t end)
{
	uint64_t stop = end, next;

	if (!pt_info_clip(m, pt_info(m, table), level, &addr, &stop))
		return end;
	for (; addr < stop; addr = next) {
		pte_t entry = table[pt_index(m->geo, level, addr)];
		uint64_t found;

		next = pt_addr_end(m->geo, level, addr, stop);
		if (level == want || pte_leaf(entry, level)) {
			if (part_in_use(m, entry, level, addr, next))
				return addr;
			continue;
		}
		if (!pte_table(entry, level))
			continue;
		found = next_used(m, pt_table(m, entry), level - 1, want, addr, next);
		if (found < next)
			return found;
	}
	return end;
}

/* The end of the entries in use from @addr on: entry by entry. */
static uint64_t used_until(const struct mm_struct *mm, unsigned int want, uint64_t addr,
			   uint64_t end)
{
	const struct machine *m = mm->machine;

	while (addr < end) {
		unsigned int level;
		pte_t *entry = pt_lookup(mm, addr, want, &level);
		uint64_t next;

		if (!entry)
			return addr;
		next = pt_addr_end(m->geo, level, addr, end);
		if (!part_in_use(m, *entry, level, addr, next))
			return addr;
		addr = next;
	}
	return end;
}

bool run_next(struct run_iter *iter)
{
	const struct mm_struct *mm = iter->mm;
	uint64_t end;

	iter->start = next_used(mm->machine, pt_top(mm), mm->machine->geo->levels, iter->level,
				iter->next, iter->limit);
	if (iter->start >= iter->limit)
		return false;
	for (end = iter->start;;) {
		uint64_t more;

		end = used_until(mm, iter->level, end, iter->limit);
		more = next_used(mm->machine, pt_top(mm), mm->machine->geo->levels, iter->level,
				 end, iter->limit);
		if (more >= iter->limit || more - end > iter->gap)
			break;
		end = more;
	}
	iter->end = end;
	iter->next = end;
	return true;
}

struct run_iter run_iter_init(struct mm_struct *mm, uint64_t start, uint64_t end)
{
	return (struct run_iter){
		.mm = mm,
		.level = mm->machine->design.run_level,
		.gap = mm->machine->design.run_gap,
		.next = start,
		.limit = end,
	};
}
