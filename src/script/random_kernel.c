// SPDX-License-Identifier: GPL-2.0-or-later
/* Operations of random scripts that ask the kernel to move, merge, watch or drop pages. */
#include "random_internal.h"

/* Write protection of an object needs all its page tables: not more than these bytes. */
#define MAX_MARKED SIZE_1G

static void add_range(struct random_state *r, const struct range *range)
{
	add_addr(r, range->start, range->area);
	add_size(r, range->end - range->start);
}

/* Bytes of [start, end) that are not private anonymous memory, or could be. */
static uint64_t object_bytes(const struct random_state *r, const struct range *range)
{
	uint64_t bytes = 0;
	size_t i;

	for (i = 0; i < r->nr_areas; i++) {
		const struct area *area = &r->areas[i];
		uint64_t from = area->start > range->start ? area->start : range->start;
		uint64_t to = area->end < range->end ? area->end : range->end;

		if (from < to && (area->kind != SCRIPT_KIND_ANON || !area->grows))
			bytes += to - from;
	}
	return bytes;
}

void random_uffd(struct random_state *r)
{
	static const char *const words[] = {"register", "register", "wp", "wp", "wp",
					    "unwp", "unregister"};
	size_t which = rng_below(&r->rng, NR_WORDS(words));
	struct range range = pick_range(r);

	if (object_bytes(r, &range) > MAX_MARKED)
		return;
	strbuf_addf(r->out, "uffd %s", words[which]);
	add_range(r, &range);
	strbuf_addch(r->out, '\n');
}

void random_soft_dirty(struct random_state *r)
{
	struct range range;

	if (chance(r, 1, 2)) {
		strbuf_addf(r->out, "clear_refs %u\n",
			    chance(r, 2, 3) ? 4 : 1 + (unsigned int)rng_below(&r->rng, 5));
		return;
	}
	range = pick_range(r);
	strbuf_addstr(r->out, "pagemap_scan");
	add_range(r, &range);
	strbuf_addstr(r->out, chance(r, 3, 4) ? " wp\n" : "\n");
}

void random_place_pages(struct random_state *r)
{
	static const char *const policies[] = {"default", "bind 0", "bind 1", "bind 0,1",
					       "preferred 1", "preferred 0", "local"};
	struct range range = pick_range(r);

	if (chance(r, 1, 3)) {
		/* the executor names each page */
		if (range.end - range.start > 16 * SIZE_1M)
			range.end = range.start + SIZE_2M;
		strbuf_addstr(r->out, "move_pages");
		add_range(r, &range);
		strbuf_addf(r->out, " %u\n", (unsigned int)rng_below(&r->rng, 2));
		return;
	}
	strbuf_addstr(r->out, "mbind");
	add_range(r, &range);
	strbuf_addf(r->out, " %s%s\n",
		    policies[rng_below(&r->rng, NR_WORDS(policies))],
		    chance(r, 1, 2) ? " move" : "");
}

void random_ksm(struct random_state *r)
{
	struct range range;

	if (chance(r, 1, 3)) {
		strbuf_addf(r->out, "ksm %u\n", 1 + (unsigned int)rng_below(&r->rng, 3));
		return;
	}
	range = pick_range(r);
	/* ksmd looks at every address */
	if (range.end - range.start > 16 * SIZE_1M)
		range.end = range.start + 16 * SIZE_1M;
	strbuf_addstr(r->out, "madvise");
	add_range(r, &range);
	strbuf_addstr(r->out, chance(r, 3, 4) ? " mergeable\n" : " unmergeable\n");
}

void random_pageout(struct random_state *r)
{
	struct range range = pick_range(r);

	strbuf_addstr(r->out, "madvise");
	add_range(r, &range);
	strbuf_addstr(r->out, " pageout\n");
}

/* A few pages: each costs the machine as much as a touch. */
void random_populate(struct random_state *r)
{
	struct range range = pick_range(r);
	uint64_t most = 8 * PAGE_SIZE, cost;

	if (!range.area || range.area->page_size)
		return;
	if (range.end - range.start > most)
		range.end = range.start + most;
	cost = (SIZE_2M + SIZE_2M) / PAGE_SIZE;
	if (r->budget < cost)
		return;
	r->budget -= cost;
	strbuf_addstr(r->out, "madvise");
	add_range(r, &range);
	strbuf_addf(r->out, " populate_%s\n", chance(r, 1, 2) ? "read" : "write");
}

/* The heap is declared once, in the first process; who has no heap leaves brk alone. */
void random_brk(struct random_state *r)
{
	struct area area = {.kind = SCRIPT_KIND_ANON, .grows = true,
			    .prot = SCRIPT_PROT_R | SCRIPT_PROT_W, .base = RANDOM_HEAP};
	uint64_t end;

	if (!r->brk) {
		if (r->running || r->nr_forks)
			return;
		r->brk = RANDOM_HEAP;
		strbuf_addf(r->out, "heap heap0 0x%llx\n", (unsigned long long)RANDOM_HEAP);
		return;
	}
	end = pick_page(r, RANDOM_HEAP, RANDOM_HEAP + RANDOM_HEAP_MAX);
	if (end == r->brk)
		return;
	strbuf_addf(r->out, "brk heap0+%lluK\n",
		    (unsigned long long)(end - RANDOM_HEAP) / 1024);
	if (end < r->brk) {
		areas_cut(r, end, r->brk);
	} else {
		area.start = r->brk;
		area.end = end;
		areas_add(r, &area);
	}
	r->brk = end;
}
