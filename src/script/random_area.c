// SPDX-License-Identifier: GPL-2.0-or-later
/* Where the random generator thinks memory is, and where it looks for trouble. */
#include "random_internal.h"

#include <string.h>

static void remove_area(struct random_state *r, size_t i)
{
	r->nr_areas--;
	memmove(&r->areas[i], &r->areas[i + 1], (r->nr_areas - i) * sizeof(r->areas[0]));
}

static void insert_area(struct random_state *r, size_t i, const struct area *area)
{
	struct area copy = *area;

	if (r->nr_areas == MAX_AREAS)
		return;
	memmove(&r->areas[i + 1], &r->areas[i], (r->nr_areas - i) * sizeof(r->areas[0]));
	r->areas[i] = copy;
	r->nr_areas++;
}

/* Makes @addr a border between two areas when it lies inside one. */
static void split_at(struct random_state *r, uint64_t addr)
{
	struct area upper;
	size_t i;

	for (i = 0; i < r->nr_areas; i++) {
		if (r->areas[i].start >= addr || r->areas[i].end <= addr)
			continue;
		upper = r->areas[i];
		upper.start = addr;
		r->areas[i].end = addr;
		insert_area(r, i + 1, &upper);
		return;
	}
}

/* A huge page cannot be split by the end of a range: Linux returns EINVAL. */
static bool splits_huge_page(const struct random_state *r, uint64_t addr)
{
	size_t i;

	for (i = 0; i < r->nr_areas; i++)
		if (r->areas[i].page_size && r->areas[i].start < addr &&
		    addr < r->areas[i].end)
			return addr & (r->areas[i].page_size - 1);
	return false;
}

bool areas_cut(struct random_state *r, uint64_t start, uint64_t end)
{
	size_t i;

	if (splits_huge_page(r, start) || splits_huge_page(r, end))
		return false;
	split_at(r, start);
	split_at(r, end);
	for (i = r->nr_areas; i-- > 0;)
		if (r->areas[i].start >= start && r->areas[i].end <= end)
			remove_area(r, i);
	return true;
}

void areas_add(struct random_state *r, const struct area *area)
{
	size_t i = 0;

	if (!areas_cut(r, area->start, area->end))
		return;
	while (i < r->nr_areas && r->areas[i].start < area->start)
		i++;
	insert_area(r, i, area);
}

void areas_protect(struct random_state *r, uint64_t start, uint64_t end, uint8_t prot)
{
	uint64_t next = start;
	size_t i;

	if (splits_huge_page(r, start) || splits_huge_page(r, end))
		return;
	split_at(r, start);
	split_at(r, end);
	for (i = 0; i < r->nr_areas && next < end; i++) {
		if (r->areas[i].start < start)
			continue;
		if (r->areas[i].start != next)
			return;
		r->areas[i].prot = prot;
		next = r->areas[i].end;
	}
}

void areas_advise(struct random_state *r, uint64_t start, uint64_t end, bool huge)
{
	size_t i;

	for (i = 0; i < r->nr_areas; i++)
		if (r->areas[i].start < end && start < r->areas[i].end)
			r->areas[i].huge = huge;
}

bool areas_free(const struct random_state *r, uint64_t start, uint64_t end)
{
	size_t i;

	for (i = 0; i < r->nr_areas; i++)
		if (r->areas[i].start < end && start < r->areas[i].end)
			return false;
	return true;
}

const struct area *area_at(const struct random_state *r, uint64_t addr)
{
	size_t i;

	for (i = 0; i < r->nr_areas; i++)
		if (r->areas[i].start <= addr && addr < r->areas[i].end)
			return &r->areas[i];
	return NULL;
}

bool areas_cover(const struct random_state *r, uint64_t start, uint64_t end, uint8_t prot)
{
	size_t i;

	for (i = 0; i < r->nr_areas && start < end; i++)
		if (r->areas[i].start <= start && start < r->areas[i].end &&
		    (r->areas[i].prot & prot) == prot)
			start = r->areas[i].end;
	return start >= end;
}

struct area *pick_area(struct random_state *r)
{
	return &r->areas[rng_below(&r->rng, r->nr_areas)];
}

static uint64_t clamp(uint64_t value, uint64_t low, uint64_t high)
{
	return value < low ? low : value > high ? high : value;
}

uint64_t pick_page(struct random_state *r, uint64_t start, uint64_t end)
{
	static const uint64_t sizes[] = {SIZE_2M, SIZE_2M, SIZE_1G, SIZE_512G};
	uint64_t last = end - PAGE_SIZE, size, page;

	switch (rng_below(&r->rng, 8)) {
	case 0:
	case 1:
		return start;
	case 2:
		return last;
	case 3:
		return start + rng_below(&r->rng, (end - start) / PAGE_SIZE) * PAGE_SIZE;
	}
	size = sizes[rng_below(&r->rng, 4)];
	page = start + rng_below(&r->rng, (end - start) / PAGE_SIZE) * PAGE_SIZE;
	page = (page + size / 2) & ~(size - 1);
	if (rng_chance(&r->rng, 1, 3))
		page -= PAGE_SIZE;
	else if (rng_chance(&r->rng, 1, 4))
		page += PAGE_SIZE << rng_below(&r->rng, 9);
	return clamp(page, start, last);
}

/* From one area into another one behind it, over whatever is between. */
static struct range pick_long_range(struct random_state *r)
{
	size_t first = rng_below(&r->rng, r->nr_areas);
	size_t last =
		first +
		rng_below(&r->rng, r->nr_areas - first < 4 ? r->nr_areas - first : 4);
	const struct area *from = &r->areas[first], *to = &r->areas[last];
	struct range range = {from->start, to->end, from};

	if (rng_chance(&r->rng, 1, 3))
		range.start = pick_page(r, from->start, from->end);
	if (rng_chance(&r->rng, 1, 3))
		range.end = pick_page(r, to->start, to->end) + PAGE_SIZE;
	if (range.end <= range.start)
		range.end = to->end;
	return range;
}

/* Beyond an end of an area, into what may be a hole. */
static struct range pick_ragged_range(struct random_state *r)
{
	static const uint64_t over[] = {PAGE_SIZE, SIZE_1M, SIZE_2M, SIZE_1G};
	const struct area *area = pick_area(r);
	struct range range = {area->start, area->end, area};
	uint64_t by = over[rng_below(&r->rng, 4)];

	if (rng_chance(&r->rng, 1, 3) && range.start - by >= RANDOM_START)
		range = (struct range){range.start - by, range.end, NULL};
	else if (range.end + by <= RANDOM_END)
		range.end += by;
	return range;
}

/* Whole huge pages, mostly. */
static struct range pages_of(struct random_state *r, uint64_t start, uint64_t end,
			     const struct area *area)
{
	uint64_t mask = area->page_size ? area->page_size - 1 : 0;

	if (rng_chance(&r->rng, 1, 8))
		mask = 0;
	return (struct range){start & ~mask, (end + mask) & ~mask, area};
}

struct range pick_range(struct random_state *r)
{
	uint64_t kind = rng_below(&r->rng, 16), one, two;
	const struct area *area;

	if (kind < 3)
		return pick_long_range(r);
	if (kind == 3)
		return pick_ragged_range(r);
	area = pick_area(r);
	if (kind < 9)
		return (struct range){area->start, area->end, area};
	one = pick_page(r, area->start, area->end);
	two = pick_page(r, area->start, area->end);
	if (one > two)
		return pages_of(r, two, one + PAGE_SIZE, area);
	return pages_of(r, one, two + PAGE_SIZE, area);
}

uint64_t pick_len(struct random_state *r)
{
	static const uint64_t units[] = {PAGE_SIZE, PAGE_SIZE, SIZE_1M, SIZE_2M,
					 SIZE_2M,   SIZE_1G,   SIZE_1G, SIZE_512G};
	uint64_t unit = units[rng_below(&r->rng, 8)];
	uint64_t len = unit * (1 + rng_below(&r->rng, unit == SIZE_512G ? 4 : 8));

	if (len == SIZE_2T)
		return len;
	if (rng_chance(&r->rng, 1, 6))
		len += PAGE_SIZE;
	else if (rng_chance(&r->rng, 1, 8))
		len += SIZE_1M;
	else if (len > PAGE_SIZE && rng_chance(&r->rng, 1, 8))
		len -= PAGE_SIZE;
	return len;
}

/* Directly behind or before an area, so that two VMAs may merge. */
static uint64_t adjacent_place(struct random_state *r, uint64_t len)
{
	const struct area *area = pick_area(r);

	if (rng_chance(&r->rng, 1, 3))
		return area->start - len;
	return area->end;
}

static uint64_t boundary_place(struct random_state *r, uint64_t len)
{
	static const uint64_t sizes[] = {SIZE_2M, SIZE_1G, SIZE_512G};
	static const int64_t shifts[] = {0,         0,        0,         0x1000,
					 -0x1000,   0x100000, -0x100000, 0x101000,
					 -0x200000, 0x200000};
	uint64_t size = sizes[rng_below(&r->rng, 3)], place;

	/* few different 512 GiB blocks, so that neighbours meet */
	place = RANDOM_START + rng_below(&r->rng, 6) * SIZE_512G;
	if (size != SIZE_512G)
		place += rng_below(&r->rng, 6) * SIZE_1G;
	if (size == SIZE_2M)
		place += rng_below(&r->rng, 6) * SIZE_2M;
	if (rng_chance(&r->rng, 1, 4))
		place -= len / 2 & ~(PAGE_SIZE - 1);
	return place + (uint64_t)shifts[rng_below(&r->rng, 10)];
}

uint64_t pick_place(struct random_state *r, uint64_t len, uint64_t align)
{
	uint64_t place;

	if (r->nr_areas && rng_chance(&r->rng, 2, 5))
		place = adjacent_place(r, len);
	else
		place = boundary_place(r, len);
	place = clamp(place, RANDOM_START, RANDOM_END - len);
	return place & ~(align - 1);
}

void add_size(struct random_state *r, uint64_t size)
{
	strbuf_addch(r->out, ' ');
	strbuf_addsize(r->out, size);
}

/* "+1G+4K": readable where "+1048580K" is not. */
static void add_offset(struct random_state *r, uint64_t offset)
{
	static const uint64_t units[] = {SIZE_1G, SIZE_1M, 1};
	uint64_t part;
	size_t i;

	for (i = 0; i < 3; i++) {
		part = offset / units[i] * units[i];
		offset -= part;
		if (!part)
			continue;
		strbuf_addch(r->out, '+');
		strbuf_addsize(r->out, part);
	}
}

void add_addr(struct random_state *r, uint64_t addr, const struct area *area)
{
	strbuf_addch(r->out, ' ');
	if (!area || !area->named || addr < area->base) {
		strbuf_addstr(r->out, "0x");
		strbuf_addhex(r->out, addr, 1);
		return;
	}
	strbuf_addf(r->out, "m%u", area->name);
	add_offset(r, addr - area->base);
}

uint64_t page_cost(const struct random_state *r, const struct area *area, bool write)
{
	if (area->kind == SCRIPT_KIND_HUGETLB)
		return area->page_size / PAGE_SIZE;
	if (has(r, SCRIPT_RANDOM_SHMEM_THP) && !area->page_size)
		return SIZE_2M / PAGE_SIZE;
	if (area->kind != SCRIPT_KIND_ANON || !write)
		return 1;
	return r->thp && (area->huge || r->thp_always) ? SIZE_2M / PAGE_SIZE : 1;
}
