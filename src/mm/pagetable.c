// SPDX-License-Identifier: GPL-2.0-or-later
/* Tables of an address space: finding entries, making tables, freeing them as Linux does. */
#include "mm_internal.h"

int pt_alloc_table(struct machine *m, unsigned int level, uint64_t *ret_pfn)
{
	uint64_t pfn;
	struct pt_info *info;
	int err = pt_arena_alloc(&m->tables, &pfn);

	if (err) {
		m->oom = true;
		return err;
	}
	info = pt_arena_meta(&m->tables, pfn);
	info->level = level;
	*ret_pfn = pfn;
	return 0;
}

void pt_set(struct machine *m, pte_t *entry, pte_t val)
{
	struct pt_info *info = pt_info(m, entry);

	if (pte_none(*entry) && !pte_none(val))
		pt_info_use(info, ((uintptr_t)entry & (PT_TABLE_BYTES - 1)) / sizeof(*entry));
	else if (!pte_none(*entry) && pte_none(val))
		info->used--;
	assert(info->used <= PT_TABLE_ENTRIES);
	info->maybe_marker |= pte_is_marker(val);
	*entry = val;
}

pte_t *pt_lookup(const struct mm_struct *mm, uint64_t addr, unsigned int level,
		 unsigned int *ret_level)
{
	const struct pt_geometry *geo = mm->machine->geo;
	pte_t *table = pt_top(mm);
	unsigned int l = geo->levels;

	for (;; l--) {
		pte_t *entry = table + pt_index(geo, l, addr);

		if (l == level || pte_leaf(*entry, l)) {
			if (ret_level)
				*ret_level = l;
			else if (l != level)
				return NULL;
			return entry;
		}
		if (!pte_table(*entry, l))
			return NULL;
		table = pt_table(mm->machine, *entry);
	}
}

int pt_walk_alloc(struct mm_struct *mm, uint64_t addr, unsigned int level, pte_t **ret_entry)
{
	const struct pt_geometry *geo = mm->machine->geo;
	pte_t *table = pt_top(mm);
	unsigned int l = geo->levels;

	for (;; l--) {
		pte_t *entry = table + pt_index(geo, l, addr);

		if (l == level) {
			*ret_entry = entry;
			return 0;
		}
		if (pte_leaf(*entry, l))
			return -EEXIST;
		if (pte_none(*entry)) {
			uint64_t pfn;
			int err = pt_alloc_table(mm->machine, l - 1, &pfn);

			if (err)
				return err;
			pt_set(mm->machine, entry, pte_mktable(pfn));
		}
		table = pt_table(mm->machine, *entry);
	}
}

static uint64_t populated_in(const struct machine *m, const pte_t *table, unsigned int level,
			     uint64_t addr, uint64_t end)
{
	const struct pt_geometry *geo = m->geo;
	const struct pt_info *info = pt_info(m, table);
	uint64_t bytes = 0, next;

	if (level == PT_LEVEL_PTE && end - addr == pt_size(geo, PT_LEVEL_PMD) && !info->maybe_marker)
		return info->used * PAGE_SIZE;
	if (!pt_info_clip(m, info, level, &addr, &end))
		return 0;
	if (level == PT_LEVEL_PTE) {
		const pte_t *pte = table + pt_index(geo, level, addr);
		uint64_t nr = (end - addr + PAGE_SIZE - 1) >> PAGE_SHIFT, i;

		for (i = 0; i < nr; i++)
			bytes += pte_present(pte[i]) ? PAGE_SIZE : 0;
		return bytes;
	}
	for (; addr < end; addr = next) {
		pte_t entry = table[pt_index(geo, level, addr)];

		next = pt_addr_end(geo, level, addr, end);
		if (pte_leaf(entry, level))
			bytes += next - addr;
		else if (pte_table(entry, level))
			bytes += populated_in(m, pt_table(m, entry), level - 1, addr, next);
	}
	return bytes;
}

uint64_t pt_populated(const struct mm_struct *mm, uint64_t start, uint64_t end)
{
	const struct pt_geometry *geo = mm->machine->geo;

	if (end > geo->task_size)
		end = geo->task_size;
	return start < end ? populated_in(mm->machine, pt_top(mm), geo->levels, start, end) : 0;
}

uint64_t mm_next_populated(struct mm_struct *mm, uint64_t address, uint64_t end)
{
	const struct pt_geometry *geo = mm->machine->geo;

	while (address < end) {
		unsigned int level = geo->levels;
		pte_t *table = pt_top(mm);
		pte_t entry;

		for (;; level--) {
			entry = table[pt_index(geo, level, address)];
			if (!pte_table(entry, level))
				break;
			table = pt_table(mm->machine, entry);
			if (!pt_info(mm->machine, table)->used)
				break;
		}
		if (!pte_none(entry) && !pte_table(entry, level))
			return address;
		address = pt_addr_end(geo, level, address, end);
	}
	return end;
}

/* The table below @entry maps nothing any more. */
static void free_table(struct machine *m, pte_t *entry)
{
	uint64_t pfn = pte_table_pfn(*entry);

	assert(!pt_info(m, pt_table(m, *entry))->used);
	pt_set(m, entry, (pte_t){ 0 });
	pt_arena_free_zeroed(&m->tables, pfn);
}

/*
 * Free the tables below the entries of @table (of @level) for [addr, end), where the whole span
 * of a table lies in [floor, ceiling). The span of the table itself is the caller's concern.
 */
static void free_range(struct machine *m, pte_t *table, unsigned int level, uint64_t addr,
		       uint64_t end, uint64_t floor, uint64_t ceiling)
{
	const struct pt_geometry *geo = m->geo;
	uint64_t next;

	for (; addr < end; addr = next) {
		pte_t *entry = table + pt_index(geo, level, addr);
		uint64_t size = pt_size(geo, level);
		uint64_t first = addr & ~(size - 1);
		uint64_t limit = ceiling ? ceiling & ~(size - 1) : 0;

		next = pt_addr_end(geo, level, addr, end);
		if (!pte_table(*entry, level))
			continue;
		if (level > PT_LEVEL_PMD)
			free_range(m, pt_table(m, *entry), level - 1, addr, next, floor, ceiling);
		if (first < floor || (ceiling && (!limit || first + size - 1 > limit - 1)))
			continue;
		if (!pt_info(m, pt_table(m, *entry))->used)
			free_table(m, entry);
	}
}

void free_pgd_range(struct mm_struct *mm, uint64_t addr, uint64_t end, uint64_t floor,
		    uint64_t ceiling)
{
	free_range(mm->machine, pt_top(mm), mm->machine->geo->levels, addr, end, floor, ceiling);
}

static void free_below(struct machine *m, pte_t *table, unsigned int level)
{
	unsigned int i;

	for (i = 0; i < m->geo->entries[level]; i++) {
		if (!pte_table(table[i], level))
			continue;
		if (level > PT_LEVEL_PMD)
			free_below(m, pt_table(m, table[i]), level - 1);
		free_table(m, &table[i]);
	}
}

void pt_free_all(struct mm_struct *mm)
{
	free_below(mm->machine, pt_top(mm), mm->machine->geo->levels);
}
