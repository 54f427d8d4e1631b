/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where page tables live: an arena of 4 KiB tables, each with a frame number, so that an entry can
 * point to a table as the hardware's does, and with a small record beside it.
 *
 * Freed tables are reused last in, first out. A table handed out is zeroed. Releasing the arena
 * releases every table at once.
 */
#ifndef ARCH_PT_ARENA_H
#define ARCH_PT_ARENA_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <base/mem.h>

#define PT_TABLE_BYTES 4096u
#define PT_TABLE_ENTRIES 512u

/**
 * struct pt_arena - the arena
 * @tables: the tables, table nr at nr * PT_TABLE_BYTES; table 0 is never handed out
 * @meta: one record of @meta_size bytes per table
 * @base_pfn: frame number of table 0
 * @next: tables ever handed out + 1
 * @free: twice the number of the last freed table, and 1 more if it is all zero; 0 if there is none.
 *	The chain runs through the records
 * @live: tables in use
 */
struct pt_arena {
	struct region tables;
	struct region meta;
	size_t meta_size;
	uint64_t base_pfn;
	uint64_t max;
	uint64_t next;
	uint64_t free;
	uint64_t live;
};

/**
 * pt_arena_init() - reserve address space for @max tables (memory is used as they are), or for a
 *	part of that where address space is short.
 * @meta_size: bytes per record, at least 8
 * Return: 0 or -ENOMEM.
 */
int pt_arena_init(struct pt_arena *arena, uint64_t base_pfn, uint64_t max, size_t meta_size);

/** pt_arena_release() - every table at once; a zeroed arena is fine. */
void pt_arena_release(struct pt_arena *arena);

/**
 * pt_arena_alloc() - one zeroed table with a zeroed record.
 * @ret_pfn: its frame number; untouched on failure
 * Return: 0 or -ENOMEM.
 */
int pt_arena_alloc(struct pt_arena *arena, uint64_t *ret_pfn);

/** pt_arena_free() - the table at frame @pfn, which is in use, may be handed out again. */
void pt_arena_free(struct pt_arena *arena, uint64_t pfn);
/** pt_arena_free_zeroed() - a table in which every entry is 0 again: nobody has to zero it. */
void pt_arena_free_zeroed(struct pt_arena *arena, uint64_t pfn);

/** pt_arena_owns() - true when @pfn is a table of this arena that was handed out once. */
static inline bool pt_arena_owns(const struct pt_arena *arena, uint64_t pfn)
{
	return pfn > arena->base_pfn && pfn - arena->base_pfn < arena->next;
}

/** pt_arena_table() - the 512 entries of the table at frame @pfn. */
static inline uint64_t *pt_arena_table(const struct pt_arena *arena, uint64_t pfn)
{
	assert(pt_arena_owns(arena, pfn));
	return (uint64_t *)((char *)arena->tables.base + (pfn - arena->base_pfn) * PT_TABLE_BYTES);
}

/** pt_arena_pfn() - frame of the table that holds @entry. */
static inline uint64_t pt_arena_pfn(const struct pt_arena *arena, const void *entry)
{
	return arena->base_pfn +
	       (size_t)((const char *)entry - (const char *)arena->tables.base) / PT_TABLE_BYTES;
}

/** pt_arena_meta() - the record of the table at frame @pfn. */
static inline void *pt_arena_meta(const struct pt_arena *arena, uint64_t pfn)
{
	return (char *)arena->meta.base + (pfn - arena->base_pfn) * arena->meta_size;
}

#endif /* ARCH_PT_ARENA_H */
