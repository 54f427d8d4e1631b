/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A look at the primary page tables as they are; nothing changes. */
#ifndef MM_WALK_H
#define MM_WALK_H

#include <stdbool.h>
#include <stdint.h>

struct mm_struct;

/**
 * struct mm_entries - a stretch of entries of one kind in one table
 * @start, @end: the bytes that they cover, half open
 * @level: 1 PTE, 2 PMD, 3 PUD, 4 P4D (PGD with four levels), 5 PGD
 * @table: they point to tables of the next lower level; else they map memory, or say where it is
 *	(anything but none)
 */
struct mm_entries {
	uint64_t start;
	uint64_t end;
	uint8_t level;
	bool table;
};

/**
 * mm_walk_entries() - call @fn for every stretch of entries that are not none, tables before what
 * is in them. Cost: in proportion to the tables that exist.
 */
void mm_walk_entries(const struct mm_struct *mm,
		     void (*fn)(void *ctx, const struct mm_entries *entries), void *ctx);

#endif /* MM_WALK_H */
