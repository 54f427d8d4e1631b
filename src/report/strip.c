// SPDX-License-Identifier: GPL-2.0-or-later
#include <report/strip.h>

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <base/mem.h>

#define PAGE 4096ull

const char *const strip_row_names[STRIP_NR] = {
	[STRIP_OPERATION] = "operation", [STRIP_VMA] = "VMAs",
	[STRIP_P4D] = "P4D entries",     [STRIP_PUD] = "PUD entries",
	[STRIP_PMD] = "PMD entries",     [STRIP_PTE] = "PTEs",
	[STRIP_NOTIFIED] = "notified",   [STRIP_MEMSLOT] = "memslots",
	[STRIP_SCANNED] = "scanned",     [STRIP_SPTE] = "SPTEs",
	[STRIP_ZAPPED] = "zapped",
};

const char *const strip_row_help[STRIP_NR] = {
	[STRIP_OPERATION] = "the range that the operation was given",
	[STRIP_VMA] = "mapped by a VMA",
	[STRIP_P4D] = "populated at level 4: under a used entry, 512 GiB each",
	[STRIP_PUD] = "populated at level 3: under a used entry, 1 GiB each",
	[STRIP_PMD] = "populated at level 2: under a used entry, 2 MiB each",
	[STRIP_PTE] = "populated at level 1: 4 KiB pages; larger ones end above",
	[STRIP_NOTIFIED] = "between invalidate_range_start and invalidate_range_end",
	[STRIP_MEMSLOT] = "guest memory",
	[STRIP_SCANNED] = "guest frames whose reverse-map heads KVM looked at",
	[STRIP_SPTE] = "mapped by leaf SPTEs before the operation",
	[STRIP_ZAPPED] = "of them, gone behind it",
};

int strip_layout_add(struct strip_layout *layout, const char *name, uint64_t start,
		     uint64_t end)
{
	struct strip_segment *segment;
	int err;

	start &= ~(PAGE - 1);
	end = end > UINT64_MAX - PAGE ? end & ~(PAGE - 1)
				      : (end + PAGE - 1) & ~(PAGE - 1);
	if (start >= end)
		return 0;
	err = mem_grow(&layout->segments, &layout->cap, layout->nr + 1, sizeof(*segment));
	if (err)
		return err;
	segment = &layout->segments[layout->nr++];
	*segment = (struct strip_segment){.start = start, .end = end, .areas = 1};
	strncpy(segment->name, name, STRIP_NAME_MAX - 1);
	return 0;
}

static int by_start(const void *a, const void *b)
{
	const struct strip_segment *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x > y ? -1 : x < y;
}

/* Join neighbours whose gap is at most @gap; the segments are in order. */
static void join(struct strip_layout *layout, uint64_t gap)
{
	size_t i, to = 0;

	for (i = 1; i < layout->nr; i++) {
		struct strip_segment *last = &layout->segments[to],
				     *next = &layout->segments[i];

		if (next->start > last->end && next->start - last->end > gap) {
			layout->segments[++to] = *next;
			continue;
		}
		last->areas += strcmp(last->name, next->name) ? next->areas : 0;
		if (next->end > last->end)
			last->end = next->end;
	}
	layout->nr = layout->nr ? to + 1 : 0;
}

/* The gap below which neighbours are joined so that few enough are left. */
static uint64_t enough_gap(const struct strip_layout *layout)
{
	uint64_t gaps[STRIP_MAX_SEGMENTS + 1] = {0};
	size_t i;

	for (i = 1; i < layout->nr; i++) {
		gaps[STRIP_MAX_SEGMENTS] =
			layout->segments[i].start - layout->segments[i - 1].end;
		qsort(gaps, STRIP_MAX_SEGMENTS + 1, sizeof(gaps[0]), by_size);
	}
	return gaps[STRIP_MAX_SEGMENTS - 1];
}

static unsigned int weight(const struct strip_segment *segment)
{
	return 64 - __builtin_clzll((segment->end - segment->start) / PAGE);
}

static void share(struct strip_layout *layout, unsigned int cells)
{
	unsigned int sum = 0, left, next = 0;
	size_t i;

	if (!layout->nr)
		return;
	for (i = 0; i < layout->nr; i++)
		sum += weight(&layout->segments[i]);
	left = cells - (layout->nr - 1);
	for (i = 0; i < layout->nr; i++) {
		struct strip_segment *segment = &layout->segments[i];
		uint64_t pages = (segment->end - segment->start) / PAGE;

		segment->nr = (uint64_t)left * weight(segment) / sum;
		if (segment->nr < 1)
			segment->nr = 1;
		if (segment->nr > pages)
			segment->nr = pages;
		segment->first = next;
		next += segment->nr + 1;
	}
	layout->cells = next - 1;
}

void strip_layout_finish(struct strip_layout *layout, unsigned int cells)
{
	assert(cells >= 3 * STRIP_MAX_SEGMENTS);
	if (layout->nr)
		qsort(layout->segments, layout->nr, sizeof(layout->segments[0]),
		      by_start);
	join(layout, 0);
	if (layout->nr > STRIP_MAX_SEGMENTS)
		join(layout, enough_gap(layout));
	share(layout, cells);
}

void strip_layout_release(struct strip_layout *layout)
{
	mem_free(layout->segments);
	*layout = (struct strip_layout){0};
}

uint64_t strip_cell_bytes(const struct strip_segment *segment)
{
	return (segment->end - segment->start + segment->nr - 1) / segment->nr;
}

int strip_init(struct strip *strip, const struct strip_layout *layout)
{
	strip->layout = layout;
	strip->bytes =
		mem_zalloc((size_t)STRIP_NR * (layout->cells + 1) * sizeof(uint64_t));
	return strip->bytes ? 0 : -ENOMEM;
}

void strip_release(struct strip *strip)
{
	mem_free(strip->bytes);
	strip->bytes = NULL;
}

static uint64_t *cell_of(const struct strip *strip, enum strip_row row, unsigned int cell)
{
	return &strip->bytes[(size_t)row * (strip->layout->cells + 1) + cell];
}

/* Where cell @i of a segment begins. */
static uint64_t cell_start(const struct strip_segment *segment, unsigned int i)
{
	return segment->start +
	       (__uint128_t)(segment->end - segment->start) * i / segment->nr;
}

static void change(struct strip *strip, enum strip_row row, uint64_t start, uint64_t end,
		   bool take)
{
	size_t i;

	for (i = 0; i < strip->layout->nr; i++) {
		const struct strip_segment *segment = &strip->layout->segments[i];
		uint64_t from = start > segment->start ? start : segment->start;
		uint64_t to = end < segment->end ? end : segment->end;
		uint64_t len = segment->end - segment->start;
		unsigned int cell;

		if (from >= to)
			continue;
		cell = (__uint128_t)(from - segment->start) * segment->nr / len;
		for (; cell < segment->nr && cell_start(segment, cell) < to; cell++) {
			uint64_t *bytes = cell_of(strip, row, segment->first + cell),
				 part;
			uint64_t low = cell_start(segment, cell);
			uint64_t high = cell_start(segment, cell + 1);

			low = low > from ? low : from;
			high = high < to ? high : to;
			part = high > low ? high - low : 0;
			*bytes = !take           ? *bytes + part
				 : *bytes > part ? *bytes - part
						 : 0;
		}
	}
}

void strip_add(struct strip *strip, enum strip_row row, uint64_t start, uint64_t end)
{
	change(strip, row, start, end, false);
}

void strip_take(struct strip *strip, enum strip_row row, uint64_t start, uint64_t end)
{
	change(strip, row, start, end, true);
}

static uint64_t cell_len(const struct strip *strip, unsigned int cell)
{
	size_t i;

	for (i = 0; i < strip->layout->nr; i++) {
		const struct strip_segment *segment = &strip->layout->segments[i];

		if (cell >= segment->first && cell - segment->first < segment->nr)
			return cell_start(segment, cell - segment->first + 1) -
			       cell_start(segment, cell - segment->first);
	}
	return 0;
}

enum strip_shade strip_shade(const struct strip *strip, enum strip_row row,
			     unsigned int cell)
{
	uint64_t bytes = *cell_of(strip, row, cell), len = cell_len(strip, cell);

	if (!bytes || !len)
		return STRIP_NONE;
	if (bytes >= len)
		return STRIP_ALL;
	if (bytes < len / 4)
		return STRIP_SOME;
	return bytes < len - len / 4 ? STRIP_HALF : STRIP_MOST;
}

bool strip_row_used(const struct strip *strip, enum strip_row row)
{
	unsigned int cell;

	for (cell = 0; cell < strip->layout->cells; cell++)
		if (*cell_of(strip, row, cell))
			return true;
	return false;
}
