// SPDX-License-Identifier: GPL-2.0-or-later
#include <arch/geometry.h>

#include <stddef.h>

#define X86_LEAVES (1u << PT_LEVEL_PTE | 1u << PT_LEVEL_PMD | 1u << PT_LEVEL_PUD)

/* Linux: arch/x86/include/asm/pgtable_64_types.h, page_64_types.h */
const struct pt_geometry x86_64_4level = {
	.name = "x86_64-4level",
	.levels = 4,
	.shift = { 0, 12, 21, 30, 39, 48 },
	.entries = { 0, 512, 512, 512, 512, 1 },
	.leaf = X86_LEAVES,
	.task_size = (UINT64_C(1) << 47) - PAGE_SIZE,
	.map_window = (UINT64_C(1) << 47) - PAGE_SIZE,
};

const struct pt_geometry x86_64_5level = {
	.name = "x86_64-5level",
	.levels = 5,
	.shift = { 0, 12, 21, 30, 39, 48 },
	.entries = { 0, 512, 512, 512, 512, 512 },
	.leaf = X86_LEAVES,
	.task_size = (UINT64_C(1) << 56) - PAGE_SIZE,
	.map_window = (UINT64_C(1) << 47) - PAGE_SIZE,
};

const struct pt_geometry *pt_geometry_x86(unsigned int levels)
{
	if (levels == 4)
		return &x86_64_4level;
	return levels == 5 ? &x86_64_5level : NULL;
}
