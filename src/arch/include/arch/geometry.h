/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Page-table geometry as data. Levels count from the bottom: 1 is the PTE level, 2 PMD, 3 PUD,
 * 4 P4D, 5 PGD. With four levels the P4D level is folded into the top table, so that level 4 is
 * the top and "the parent of a PUD entry" is level 4 in both (Linux: pgtable-nop4d.h and
 * pgtable_l5_enabled()).
 */
#ifndef ARCH_GEOMETRY_H
#define ARCH_GEOMETRY_H

#include <stdbool.h>
#include <stdint.h>

#define PAGE_SHIFT 12
#define PAGE_SIZE (UINT64_C(1) << PAGE_SHIFT)
#define PAGE_MASK (~(PAGE_SIZE - 1))

enum pt_level {
	PT_LEVEL_PTE = 1,
	PT_LEVEL_PMD,
	PT_LEVEL_PUD,
	PT_LEVEL_P4D,
	PT_LEVEL_PGD,
	PT_LEVEL_MAX = PT_LEVEL_PGD
};

/**
 * struct pt_geometry - one kind of page table
 * @levels: number of the top level
 * @shift: log2 of the bytes that one entry of a level covers, by level
 * @entries: entries in a table of a level, by level
 * @leaf: bit n set: an entry of level n can be a leaf
 * @task_size: first byte that user space cannot map (Linux: TASK_SIZE_MAX)
 * @map_window: first byte that mmap uses without a hint above it (Linux: DEFAULT_MAP_WINDOW)
 */
struct pt_geometry {
	const char *name;
	unsigned int levels;
	uint8_t shift[PT_LEVEL_MAX + 1];
	uint16_t entries[PT_LEVEL_MAX + 1];
	uint32_t leaf;
	uint64_t task_size;
	uint64_t map_window;
};

extern const struct pt_geometry x86_64_4level;
extern const struct pt_geometry x86_64_5level;

/** pt_geometry_x86() - the geometry with @levels levels, 4 or 5; NULL for another number. */
const struct pt_geometry *pt_geometry_x86(unsigned int levels);

/** pt_size() - bytes that one entry of @level covers. */
static inline uint64_t pt_size(const struct pt_geometry *geo, unsigned int level)
{
	return UINT64_C(1) << geo->shift[level];
}

/** pt_index() - index of the entry for @addr in a table of @level. */
static inline unsigned int pt_index(const struct pt_geometry *geo, unsigned int level,
				    uint64_t addr)
{
	return (addr >> geo->shift[level]) & (geo->entries[level] - 1u);
}

/**
 * pt_addr_end() - the next boundary of @level above @addr, or @end if that comes first
 * (Linux: pXd_addr_end(); compares value-minus-one, so that a boundary of 0 is +infinity).
 */
static inline uint64_t pt_addr_end(const struct pt_geometry *geo, unsigned int level,
				   uint64_t addr, uint64_t end)
{
	uint64_t boundary = (addr + pt_size(geo, level)) & ~(pt_size(geo, level) - 1);

	return boundary - 1 < end - 1 ? boundary : end;
}

/** pt_can_leaf() - whether an entry of @level may map memory itself. */
static inline bool pt_can_leaf(const struct pt_geometry *geo, unsigned int level)
{
	return geo->leaf & (1u << level);
}

#endif /* ARCH_GEOMETRY_H */
