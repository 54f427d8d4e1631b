// SPDX-License-Identifier: GPL-2.0-or-later
#include <arch/pt_arena.h>

#include <errno.h>
#include <string.h>

int pt_arena_init(struct pt_arena *arena, uint64_t base_pfn, uint64_t max, size_t meta_size)
{
	struct pt_arena new = {
		.meta_size = meta_size,
		.base_pfn = base_pfn,
		.max = max,
		.next = 1,
	};
	int err;

	assert(meta_size >= sizeof(uint64_t));
	err = region_reserve_most(&new.tables, PT_TABLE_BYTES, &new.max);
	if (err)
		return err;
	err = region_reserve(&new.meta, new.max * meta_size);
	if (err) {
		region_release(&new.tables);
		return err;
	}
	*arena = new;
	return 0;
}

void pt_arena_release(struct pt_arena *arena)
{
	region_release(&arena->tables);
	region_release(&arena->meta);
	memset(arena, 0, sizeof(*arena));
}

int pt_arena_alloc(struct pt_arena *arena, uint64_t *ret_pfn)
{
	uint64_t nr = arena->free / 2;
	bool zeroed = arena->free & 1;
	void *meta;

	if (mem_fail_now())
		return -ENOMEM;
	if (nr) {
		meta = pt_arena_meta(arena, arena->base_pfn + nr);
		memcpy(&arena->free, meta, sizeof(arena->free));
		memset(meta, 0, arena->meta_size);
		if (!zeroed)
			memset(pt_arena_table(arena, arena->base_pfn + nr), 0, PT_TABLE_BYTES);
	} else {
		if (arena->next >= arena->max) {
			mem_refuse((arena->max + 1) * PT_TABLE_BYTES);
			return -ENOMEM;
		}
		nr = arena->next++;
		region_used(&arena->tables, nr * PT_TABLE_BYTES);
		region_used(&arena->meta, nr * arena->meta_size);
	}
	arena->live++;
	*ret_pfn = arena->base_pfn + nr;
	return 0;
}

static void put_free(struct pt_arena *arena, uint64_t pfn, bool zeroed)
{
	void *meta = pt_arena_meta(arena, pfn);
	uint64_t nr = pfn - arena->base_pfn;

	assert(pt_arena_owns(arena, pfn) && arena->live);
	memcpy(meta, &arena->free, sizeof(arena->free));
	arena->free = 2 * nr + zeroed;
	arena->live--;
}

void pt_arena_free(struct pt_arena *arena, uint64_t pfn)
{
	put_free(arena, pfn, false);
}

void pt_arena_free_zeroed(struct pt_arena *arena, uint64_t pfn)
{
	put_free(arena, pfn, true);
}
