// SPDX-License-Identifier: GPL-2.0-or-later
/* New memory of a random script: kinds, places, protections, second views of an object. */
#include "random_internal.h"

const char *const random_prot_texts[8] = {"none", "r", "w", "rw", "x", "rx", "wx", "rwx"};

uint8_t random_prot(struct random_state *r)
{
	static const uint8_t common[] = {0, 1, 1, 1, 3, 3, 3, 5, 7};

	return chance(r, 1, 12) ? rng_below(&r->rng, 8) : common[rng_below(&r->rng, 9)];
}

static enum script_kind pick_kind(struct random_state *r)
{
	static const struct {
		unsigned int feature;
		enum script_kind kind;
		unsigned int weight;
	} kinds[] = {
		{SCRIPT_RANDOM_ANON, SCRIPT_KIND_ANON, 6},
		{SCRIPT_RANDOM_SHMEM, SCRIPT_KIND_SHMEM, 3},
		{SCRIPT_RANDOM_FILE, SCRIPT_KIND_FILE, 3},
		{SCRIPT_RANDOM_HUGETLB, SCRIPT_KIND_HUGETLB, 2},
		{SCRIPT_RANDOM_DAX, SCRIPT_KIND_DAX, 2},
	};
	uint64_t total = 0, at;
	size_t i;

	for (i = 0; i < NR_WORDS(kinds); i++)
		total += has(r, kinds[i].feature) ? kinds[i].weight : 0;
	if (!total)
		return SCRIPT_KIND_ANON;
	at = rng_below(&r->rng, total);
	for (i = 0;; i++) {
		uint64_t weight = has(r, kinds[i].feature) ? kinds[i].weight : 0;

		if (at < weight)
			return kinds[i].kind;
		at -= weight;
	}
}

static void add_kind(struct random_state *r, const struct area *area)
{
	static const char *const texts[SCRIPT_KIND_NR] = {
		[SCRIPT_KIND_ANON] = " anon", [SCRIPT_KIND_SHMEM] = " shmem",
		[SCRIPT_KIND_FILE] = " file", [SCRIPT_KIND_HUGETLB] = " hugetlb=",
		[SCRIPT_KIND_DAX] = " dax=",
	};

	strbuf_addstr(r->out, texts[area->kind]);
	if (area->page_size)
		strbuf_addsize(r->out, area->page_size);
}

/* Length and place of a new map of area->kind. */
static void place_area(struct random_state *r, struct area *area)
{
	uint64_t align = PAGE_SIZE, len;

	if (area->kind == SCRIPT_KIND_HUGETLB)
		align = area->page_size = SIZE_2M;
	if (area->kind == SCRIPT_KIND_DAX)
		align = area->page_size = r->dax_page;
	if (area->page_size)
		len = align * (1 + rng_below(&r->rng, 4));
	else
		len = pick_len(r);
	if (align == SIZE_1G && len > r->dax_left * SIZE_1G) {
		align = area->page_size = SIZE_2M;
		len = SIZE_2M;
	}
	if (align == SIZE_1G)
		r->dax_left -= len / SIZE_1G;
	area->start = area->base = pick_place(r, len, align);
	area->end = area->start + len;
}

/*
 * The second part of a map line for a view of an object that exists; false when there is
 * none.
 */
static bool add_view(struct random_state *r, struct area *area)
{
	const struct object *object;
	uint64_t len = area->end - area->start, unit, offset;

	if (!r->nr_objects || !chance(r, 1, 4))
		return false;
	object = &r->objects[rng_below(&r->rng, r->nr_objects)];
	if (object->kind != area->kind || object->len < len ||
	    object->page_size != area->page_size)
		return false;
	unit = area->page_size ? area->page_size : PAGE_SIZE;
	offset = rng_below(&r->rng, (object->len - len) / unit + 1) * unit;
	strbuf_addf(r->out, " of=m%u", object->name);
	if (offset) {
		strbuf_addstr(r->out, " offset=");
		strbuf_addsize(r->out, offset);
	}
	return true;
}

static void keep_object(struct random_state *r, const struct area *area)
{
	size_t i = r->nr_objects < MAX_OBJECTS ? r->nr_objects++
					       : rng_below(&r->rng, MAX_OBJECTS);

	r->objects[i] = (struct object){
		.len = area->end - area->start,
		.page_size = area->page_size,
		.name = area->name,
		.kind = area->kind,
	};
}

static void add_map_flags(struct random_state *r, struct area *area, bool shared)
{
	uint64_t len = area->end - area->start;

	strbuf_addstr(r->out, shared ? " shared" : " private");
	if (area->page_size || len > 64 * SIZE_1M || chance(r, 3, 4))
		strbuf_addstr(r->out, " noreserve");
	if (area->page_size)
		return;
	if (r->thp && chance(r, 1, 2)) {
		area->huge = true;
		strbuf_addstr(r->out, " huge");
	} else if (chance(r, 1, 6)) {
		strbuf_addstr(r->out, " nohuge");
	}
	if (len <= 16 * PAGE_SIZE && r->budget >= 16 && chance(r, 1, 6)) {
		r->budget -= 16;
		strbuf_addstr(r->out, " populate");
	}
}

void random_map(struct random_state *r)
{
	struct area area = {.named = true, .name = r->nr_maps++};
	bool shared;

	area.kind = pick_kind(r);
	area.prot = random_prot(r);
	if (chance(r, 1, 2))
		area.prot = SCRIPT_PROT_R | SCRIPT_PROT_W;
	shared = area.kind == SCRIPT_KIND_DAX || chance(r, 1, area.kind ? 2 : 6);
	place_area(r, &area);
	strbuf_addf(r->out, "map m%u", area.name);
	add_addr(r, area.start, NULL);
	add_size(r, area.end - area.start);
	strbuf_addf(r->out, " %s", random_prot_texts[area.prot]);
	add_kind(r, &area);
	add_map_flags(r, &area, shared);
	area.grows = !shared && area.kind == SCRIPT_KIND_ANON;
	if (area.kind != SCRIPT_KIND_ANON && !add_view(r, &area))
		keep_object(r, &area);
	strbuf_addch(r->out, '\n');
	areas_add(r, &area);
}
