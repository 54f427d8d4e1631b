/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Heap and address-space allocation with accounting and fault injection.
 *
 * Every room allocates through these, so that a test can make the n-th allocation of a run
 * fail and prove that nothing leaks and the state stays usable.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>
#include <stdint.h>

/**
 * mem_alloc() - @size bytes, not initialised.
 * Return: the block, to be given to mem_free(); NULL when out of memory.
 */
void *mem_alloc(size_t size);

/** mem_zalloc() - like mem_alloc(), zeroed. */
void *mem_zalloc(size_t size);

/**
 * mem_grow() - make an array of @elem_size byte elements hold at least @want elements.
 * @array: in and out: the array, NULL when still empty; untouched on failure
 * @cap: in and out: its capacity in elements; untouched on failure
 *
 * The capacity at least doubles, so that appending is amortised O(1). New elements are not
 * initialised.
 * Return: 0 or -ENOMEM.
 */
int mem_grow(void *array, size_t *cap, size_t want, size_t elem_size);

/** mem_strndup() - a NUL-terminated copy of @len bytes; NULL when out of memory. */
char *mem_strndup(const char *s, size_t len);

/** mem_free() - give a block back; NULL is fine. */
void mem_free(void *p);

/**
 * mem_fail_at() - let one later allocation fail.
 * @nth: 1 for the very next allocation, 2 for the one after, ...; 0 switches off
 *
 * Counts mem_*() allocations and region_reserve() alike; process-wide, for tests.
 */
void mem_fail_at(uint64_t nth);

/** mem_count() - allocations asked for since start-up, failed ones included. */
uint64_t mem_count(void);

/** mem_live() - blocks and regions allocated and not yet freed. */
uint64_t mem_live(void);

/**
 * mem_refused() - bytes of the latest allocation that failed, region or block; 0 while none has.
 *
 * For a message about running out of memory; process-wide.
 */
size_t mem_refused(void);

/** mem_refuse() - an allocator of its own has no room for @size bytes in one piece. */
void mem_refuse(size_t size);

/** mem_fail_now() - true when fault injection wants this allocation to fail (for allocators). */
int mem_fail_now(void);

/**
 * struct region - address space reserved at once and backed by memory as it is written.
 * @base: start, page aligned
 * @size: bytes
 */
struct region {
	void *base;
	size_t size;
	size_t next_advice; /* region_used(): when to look again */
};

/**
 * region_reserve() - reserve @size bytes that read as zero and cost nothing until written.
 * Return: 0 or -ENOMEM; @ret_region is untouched on failure.
 */
int region_reserve(struct region *ret_region, size_t size);

/**
 * region_reserve_most() - @unit bytes for each of *@nr elements, or for as many fewer as the
 * address space has room for (a limit on it, or strict accounting of memory): an 8th, a 64th, a
 * 512th.
 * @nr: in and out; untouched on failure
 * Return: 0; -ENOMEM when there is not even that; @ret_region is untouched then.
 */
int region_reserve_most(struct region *ret_region, size_t unit, uint64_t *nr);

/**
 * region_expect() - [@offset, @offset + @len) will be written from end to end: let the kernel back
 * it with huge pages where it has them. Changes nothing else; less than a huge page is ignored.
 */
void region_expect(struct region *region, size_t offset, size_t len);

/* Out of line part of region_used(). */
void __region_used(struct region *region, size_t used);

/**
 * region_used() - @used bytes from the start on are in use, without gaps: what follows is expected
 * to be used, too, as much again at most. Cheap enough for every step; the first MiB get their
 * memory some pages at a time, what is behind them in huge pages.
 */
static inline void region_used(struct region *region, size_t used)
{
	if (used >= region->next_advice)
		__region_used(region, used);
}

/** region_discard() - give the memory of [@offset, @offset + @len) back; it reads as zero again. */
void region_discard(struct region *region, size_t offset, size_t len);

/** region_release() - unmap; a region that was never reserved (all zero) is fine. */
void region_release(struct region *region);

#endif /* BASE_MEM_H */
