// SPDX-License-Identifier: GPL-2.0-or-later
/* Which map lies where, to warn about a map that replaces another. */
#include "script_internal.h"

#include <base/mem.h>

#include <errno.h>

#define CHUNK_RANGES 1024

struct live_range {
	RB_ENTRY(live_range) entry; /* in the tree; right link: the next unused range */
	uint64_t start;
	uint64_t end;
	uint32_t name;
};

struct live_chunk {
	struct live_chunk *next;
	struct live_range ranges[CHUNK_RANGES];
};

/* Ranges in the tree are disjoint, so that their starts order them. */
static int compare_ranges(const struct live_range *a, const struct live_range *b)
{
	return a->start < b->start ? -1 : a->start > b->start;
}

RB_GENERATE_INTERNAL(live_tree, live_range, entry, compare_ranges,
		     __attribute__((unused)) static)

void layout_init(struct layout *layout)
{
	RB_INIT(&layout->tree);
	layout->unused = NULL;
	layout->chunks = NULL;
}

void layout_release(struct layout *layout)
{
	struct live_chunk *next;

	for (; layout->chunks; layout->chunks = next) {
		next = layout->chunks->next;
		mem_free(layout->chunks);
	}
	layout_init(layout);
}

static void put_range(struct layout *layout, struct live_range *range)
{
	RB_RIGHT(range, entry) = layout->unused;
	layout->unused = range;
}

static struct live_range *get_range(struct layout *layout)
{
	struct live_range *range;
	struct live_chunk *chunk;
	size_t i;

	if (!layout->unused) {
		chunk = mem_alloc(sizeof(*chunk));
		if (!chunk)
			return NULL;
		chunk->next = layout->chunks;
		layout->chunks = chunk;
		for (i = CHUNK_RANGES; i-- > 0;)
			put_range(layout, &chunk->ranges[i]);
	}
	range = layout->unused;
	layout->unused = RB_RIGHT(range, entry);
	return range;
}

int layout_insert(struct layout *layout, uint64_t start, uint64_t end, uint32_t name)
{
	struct live_range *range = get_range(layout);

	if (!range)
		return -ENOMEM;
	range->start = start;
	range->end = end;
	range->name = name;
	RB_INSERT(live_tree, &layout->tree, range);
	return 0;
}

/* The first range that ends above @addr. */
static struct live_range *first_above(struct layout *layout, uint64_t addr)
{
	struct live_range *range = RB_ROOT(&layout->tree), *best = NULL;

	while (range) {
		if (range->end > addr) {
			best = range;
			range = RB_LEFT(range, entry);
		} else {
			range = RB_RIGHT(range, entry);
		}
	}
	return best;
}

static void note_cut(struct layout_cut *cut, const struct live_range *range,
		     uint64_t start, uint64_t end)
{
	if (cut->name != SCRIPT_NO_NAME) {
		cut->more++;
		return;
	}
	cut->name = range->name;
	cut->start = range->start > start ? range->start : start;
	cut->end = range->end < end ? range->end : end;
}

int layout_remove(struct layout *layout, uint64_t start, uint64_t end,
		  struct layout_cut *cut)
{
	struct layout_cut unused = {.name = SCRIPT_NO_NAME};
	struct live_range *range, *next;

	if (!cut)
		cut = &unused;
	*cut = unused;
	for (range = first_above(layout, start); range && range->start < end;
	     range = next) {
		uint64_t range_end = range->end;

		next = RB_NEXT(live_tree, &layout->tree, range);
		note_cut(cut, range, start, end);
		if (range->start < start) {
			range->end = start;
			if (range_end > end)
				return layout_insert(layout, end, range_end, range->name);
		} else if (range_end > end) {
			range->start = end;
		} else {
			RB_REMOVE(live_tree, &layout->tree, range);
			put_range(layout, range);
		}
	}
	return 0;
}
