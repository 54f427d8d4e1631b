// SPDX-License-Identifier: GPL-2.0-or-later
/* Random scripts: operations that meet Linux's edges more often than chance would. */
#include "random_internal.h"

#include <string.h>

#define FIRST_MAPS 4
#define HUGE_TOUCHES 8
#define DAX_PAGES_1G 4

/* An area that may be read, and written when @write; NULL when chance found none. */
static struct area *pick_accessible(struct random_state *r, bool write)
{
	unsigned int tries;

	for (tries = 0; tries < 8; tries++) {
		struct area *area = pick_area(r);

		if (area->page_size && !r->huge_budget)
			continue;
		if (write ? area->prot & SCRIPT_PROT_W : area->prot & SCRIPT_PROT_R)
			return area;
	}
	return NULL;
}

static void random_touch(struct random_state *r)
{
	static const uint64_t strides[] = {PAGE_SIZE, PAGE_SIZE, SIZE_2M, SIZE_1G,
					   SIZE_512G};
	bool write = chance(r, 3, 5), wild = chance(r, 1, 50);
	struct area *area = wild ? pick_area(r) : pick_accessible(r, write);
	uint64_t start, stride, nr, most, cost;

	if (!area || (area->page_size && !r->huge_budget))
		return;
	cost = page_cost(r, area, write);
	start = pick_page(r, area->start, area->end);
	stride = strides[rng_below(&r->rng, NR_WORDS(strides))];
	nr = 1 + rng_below(&r->rng, chance(r, 1, 2) ? 2 : 8);
	most = (area->end - start - 1) / stride + 1;
	if (most > r->budget / cost)
		most = r->budget / cost;
	if (area->page_size && most > r->huge_budget)
		most = r->huge_budget;
	if (nr > most)
		nr = most;
	if (!nr)
		return;
	r->budget -= nr * cost;
	if (area->page_size)
		r->huge_budget -= nr;
	strbuf_addstr(r->out, "touch");
	add_addr(r, start, area);
	add_size(r, (nr - 1) * stride + PAGE_SIZE);
	if (!write && (area->prot & SCRIPT_PROT_X) && chance(r, 1, 3))
		strbuf_addstr(r->out, " x");
	else if (write || chance(r, 1, 2))
		strbuf_addstr(r->out, write ? " w" : " r");
	if (nr > 1 && stride != PAGE_SIZE) {
		strbuf_addstr(r->out, " stride=");
		strbuf_addsize(r->out, stride);
	}
	strbuf_addch(r->out, '\n');
}

/*
 * The range behind an operation's word; rarely one that Linux refuses. False for those.
 */
static bool add_range(struct random_state *r, const struct range *range)
{
	if (chance(r, 1, 100)) {
		add_addr(r, range->start + 0x10, range->area);
		add_size(r, range->end - range->start);
		return false;
	}
	add_addr(r, range->start, range->area);
	if (chance(r, 1, 60)) {
		strbuf_addstr(r->out, " 0");
		return false;
	}
	/* Linux rounds a length up */
	add_size(r, range->end - range->start - (chance(r, 1, 40) ? 0x10 : 0));
	return true;
}

static void random_mprotect(struct random_state *r)
{
	struct range range = pick_range(r);
	uint8_t prot = random_prot(r);

	if (range.area && chance(r, 1, 6))
		prot = range.area->prot;
	strbuf_addstr(r->out, "mprotect");
	if (add_range(r, &range))
		areas_protect(r, range.start, range.end, prot);
	strbuf_addf(r->out, " %s\n", random_prot_texts[prot]);
}

static void random_munmap(struct random_state *r)
{
	struct range range = pick_range(r);

	strbuf_addstr(r->out, "munmap");
	if (add_range(r, &range))
		areas_cut(r, range.start, range.end);
	strbuf_addch(r->out, '\n');
}

/* The machine pays for 2 MiB each; one or two of them are enough to see it. */
static bool collapse_range(struct random_state *r, struct range *range)
{
	uint64_t most = (1 + rng_below(&r->rng, 2)) * SIZE_2M;

	if (range->end - range->start > most)
		range->end = range->start + most;
	if (r->budget < most / PAGE_SIZE)
		return false;
	r->budget -= most / PAGE_SIZE;
	return true;
}

static void random_madvise(struct random_state *r)
{
	static const enum script_advice advices[] = {
		SCRIPT_MADV_DONTNEED,   SCRIPT_MADV_DONTNEED, SCRIPT_MADV_DONTNEED,
		SCRIPT_MADV_FREE,       SCRIPT_MADV_COLD,     SCRIPT_MADV_HUGEPAGE,
		SCRIPT_MADV_NOHUGEPAGE,
	};
	static const enum script_advice fork_advices[] = {
		SCRIPT_MADV_DONTFORK,   SCRIPT_MADV_DOFORK, SCRIPT_MADV_WIPEONFORK,
		SCRIPT_MADV_KEEPONFORK,
	};
	static const enum script_advice flag_advices[] = {
		SCRIPT_MADV_NORMAL,   SCRIPT_MADV_RANDOM, SCRIPT_MADV_SEQUENTIAL,
		SCRIPT_MADV_DONTDUMP, SCRIPT_MADV_DODUMP, SCRIPT_MADV_DONTNEED_LOCKED,
	};
	enum script_advice advice = advices[rng_below(&r->rng, NR_WORDS(advices))];
	struct range range = pick_range(r);

	if (chance(r, 1, 8))
		advice = flag_advices[rng_below(&r->rng, NR_WORDS(flag_advices))];

	if (has(r, SCRIPT_RANDOM_FORK) && chance(r, 1, 8))
		advice = fork_advices[rng_below(&r->rng, NR_WORDS(fork_advices))];
	if (has(r, SCRIPT_RANDOM_TRUNCATE) && chance(r, 1, 6))
		advice = SCRIPT_MADV_REMOVE;
	if (has(r, SCRIPT_RANDOM_COLLAPSE) && chance(r, 1, 4))
		advice = SCRIPT_MADV_COLLAPSE;
	if (advice == SCRIPT_MADV_COLLAPSE && !collapse_range(r, &range))
		return;
	strbuf_addstr(r->out, "madvise");
	if (add_range(r, &range) &&
	    (advice == SCRIPT_MADV_HUGEPAGE || advice == SCRIPT_MADV_NOHUGEPAGE))
		areas_advise(r, range.start, range.end, advice == SCRIPT_MADV_HUGEPAGE);
	strbuf_addf(r->out, " %s\n", script_advice_name(advice));
}

/* Mostly shorter, sometimes longer again. */
static void random_truncate(struct random_state *r)
{
	const struct object *object;
	uint64_t unit, len;

	if (!r->nr_objects)
		return;
	object = &r->objects[rng_below(&r->rng, r->nr_objects)];
	if (object->kind == SCRIPT_KIND_DAX)
		return;
	unit = object->page_size ? object->page_size : PAGE_SIZE;
	len = pick_page(r, 0, object->len) & ~(unit - 1);
	if (chance(r, 1, 3))
		len = object->len;
	if (chance(r, 1, 20))
		len += 0x10;
	strbuf_addf(r->out, "truncate m%u", object->name);
	add_size(r, len);
	strbuf_addch(r->out, '\n');
}

static void random_numa_hint(struct random_state *r)
{
	struct range range = pick_range(r);

	if (chance(r, 1, 4)) {
		strbuf_addf(r->out, "numa_scan %u\n", 1 + (unsigned int)rng_below(&r->rng, 3));
		return;
	}
	strbuf_addstr(r->out, "numa_hint");
	add_addr(r, range.start, range.area);
	add_size(r, range.end - range.start);
	strbuf_addch(r->out, '\n');
}

/* A guest with tables of its own has its memory beside the areas. */
static void random_age(struct random_state *r)
{
	static const char *const ways[] = {"flush", "clear", "clear", "test"};
	const char *way = ways[rng_below(&r->rng, NR_WORDS(ways))];
	bool test = !strcmp(way, "test");
	struct range range = pick_range(r);

	if (!r->vm)
		return;
	strbuf_addstr(r->out, "age");
	if (r->shadow.on && chance(r, 2, 3)) {
		strbuf_addstr(r->out, " gm");
		add_size(r, test ? PAGE_SIZE : rng_below(&r->rng, 2) ? SIZE_2M : SIZE_2M / 8);
	} else {
		add_addr(r, range.start, range.area);
		add_size(r, test ? PAGE_SIZE : range.end - range.start);
	}
	strbuf_addf(r->out, " %s\n", way);
}

/* What mremap leaves behind when it succeeds: the part of one area moves. */
static void track_mremap(struct random_state *r, struct area area, uint64_t old,
			 uint64_t len, uint64_t new_addr, uint64_t new_len, bool keep_old)
{
	if (!keep_old)
		areas_cut(r, old, old + len);
	area.start = new_addr;
	area.end = new_addr + new_len;
	area.named = false;
	areas_add(r, &area);
}

static uint64_t pick_new_len(struct random_state *r, const struct area *area,
			     uint64_t len)
{
	if (chance(r, 1, 2))
		return len;
	if (len > PAGE_SIZE && (!area->grows || chance(r, 1, 2)))
		return pick_page(r, PAGE_SIZE, len);
	return area->grows ? len + (PAGE_SIZE << rng_below(&r->rng, 19)) : len;
}

/* Grows or shrinks where it is. */
static void random_resize(struct random_state *r, const struct range *range)
{
	struct area area = *range->area;
	uint64_t len = range->end - range->start, new_len = pick_new_len(r, &area, len);
	uint64_t new_end = range->start + new_len;

	if (new_end > RANDOM_END)
		return;
	strbuf_addstr(r->out, "mremap");
	add_addr(r, range->start, range->area);
	add_size(r, len);
	add_size(r, new_len);
	strbuf_addch(r->out, '\n');
	if (range->start < area.start || range->end > area.end)
		return;
	if (new_len < len)
		areas_cut(r, new_end, range->end);
	if (new_len <= len || range->end != area.end || !areas_free(r, area.end, new_end))
		return;
	area.start = area.end;
	area.end = new_end;
	areas_add(r, &area);
}

/* Moving a 1 GiB leaf of a device loses it on every kernel, which then reports a bug of its own. */
static bool has_huge_dax(const struct random_state *r, const struct range *range)
{
	size_t i;

	for (i = 0; i < r->nr_areas; i++) {
		const struct area *area = &r->areas[i];

		if (area->kind == SCRIPT_KIND_DAX && area->page_size > SIZE_2M &&
		    area->start < range->end && range->start < area->end)
			return true;
	}
	return false;
}

static void random_mremap(struct random_state *r)
{
	struct range range = pick_range(r);
	struct area area;
	uint64_t len = range.end - range.start, new_len, to, align;
	bool inside, keep_old, apart;

	if (!range.area || has_huge_dax(r, &range))
		return;
	if (chance(r, 1, 4)) {
		random_resize(r, &range);
		return;
	}
	area = *range.area;
	align = area.page_size ? area.page_size : PAGE_SIZE;
	new_len = pick_new_len(r, &area, len);
	if (new_len > SIZE_2T)
		return;
	to = pick_place(r, new_len, align);
	/* at the same offset in a 2 MiB block whole tables can move */
	if (chance(r, 1, 3) && to + 2 * SIZE_2M + new_len < RANDOM_END)
		to = (to & ~(SIZE_2M - 1)) + (range.start & (SIZE_2M - 1) & ~(align - 1));
	if (to == range.start)
		return;
	inside = range.start >= area.start && range.end <= area.end;
	apart = to + new_len <= range.start || range.end <= to;
	keep_old = area.grows && chance(r, 1, 8);
	strbuf_addstr(r->out, "mremap");
	add_addr(r, range.start, range.area);
	add_size(r, len);
	add_size(r, new_len);
	add_addr(r, to, NULL);
	strbuf_addstr(r->out, keep_old ? " dontunmap\n" : "\n");
	if (keep_old && len != new_len)
		return;
	if (inside && apart && !((range.start | len | new_len) & (align - 1)))
		track_mremap(r, area, range.start, len, to, new_len, keep_old);
	else if (apart)
		areas_cut(r, to, to + new_len);
}

static void random_forkwait(struct random_state *r)
{
	strbuf_addstr(r->out, "forkwait\n");
}

/* Settings of the machine, and the first maps. */
static void random_start(struct random_state *r)
{
	r->thp = has(r, SCRIPT_RANDOM_THP);
	r->dax_page = chance(r, 1, 2) ? SIZE_1G : SIZE_2M;
	if (has(r, SCRIPT_RANDOM_DAX) && chance(r, 1, 5))
		r->dax_page = PAGE_SIZE;
	r->dax_left = DAX_PAGES_1G;
	r->thp_always = r->thp && chance(r, 1, 6);
	strbuf_addf(r->out, "sysctl thp %s\n",
		    !r->thp         ? "never"
		    : r->thp_always ? "always"
				    : "madvise");
	if (has(r, SCRIPT_RANDOM_SHMEM_THP))
		strbuf_addf(r->out, "sysctl shmem_thp %s\n",
			    chance(r, 1, 2) ? "always" : "madvise");
}

static const struct {
	void (*emit)(struct random_state *r);
	unsigned int weight;
	unsigned int feature;
} emitters[] = {
	{random_map, 12, 0},
	{random_touch, 30, 0},
	{random_mprotect, 30, 0},
	{random_munmap, 6, 0},
	{random_madvise, 12, 0},
	{random_mremap, 7, SCRIPT_RANDOM_MREMAP},
	{random_truncate, 4, SCRIPT_RANDOM_TRUNCATE},
	{random_forkwait, 4, SCRIPT_RANDOM_FORK},
	{random_numa_hint, 5, SCRIPT_RANDOM_NUMA},
	{random_guest, 20, SCRIPT_RANDOM_GUEST},
	{random_guest, 40, SCRIPT_RANDOM_NESTED},
	{random_shadow, 160, SCRIPT_RANDOM_SHADOW},
	{random_fork, 3, SCRIPT_RANDOM_FORK},
	{random_switch, 6, SCRIPT_RANDOM_FORK},
	{random_exit, 1, SCRIPT_RANDOM_FORK},
	{random_uffd, 10, SCRIPT_RANDOM_TRACK},
	{random_soft_dirty, 3, SCRIPT_RANDOM_TRACK},
	{random_place_pages, 10, SCRIPT_RANDOM_PLACE},
	{random_ksm, 8, SCRIPT_RANDOM_KSM},
	{random_pageout, 5, SCRIPT_RANDOM_PAGEOUT},
	{random_brk, 5, SCRIPT_RANDOM_HEAP},
	{random_populate, 3, 0},
	{random_slots, 80, SCRIPT_RANDOM_MEMSLOT},
	{random_age, 25, SCRIPT_RANDOM_AGE},
	{random_exec, 4, SCRIPT_RANDOM_EXEC},
};

/* Zero for what the script does not have; what it is about comes more often than the rest. */
static unsigned int weight_of(const struct random_state *r, size_t i)
{
	if (emitters[i].feature && !has(r, emitters[i].feature))
		return 0;
	return emitters[i].weight * (r->kind_given && emitters[i].emit == random_guest ? 4 : 1);
}

/* The guest of a script that is about one is there from the start. */
static void random_first_vm(struct random_state *r)
{
	if (has(r, SCRIPT_RANDOM_SHADOW))
		random_shadow(r);
	else if (has(r, SCRIPT_RANDOM_NESTED | SCRIPT_RANDOM_GUEST))
		random_guest(r);
	else
		random_slots(r);
}

static void random_operation(struct random_state *r)
{
	uint64_t total = 0, at;
	size_t i;

	if (!r->nr_areas || r->nr_maps < FIRST_MAPS) {
		random_map(r);
		return;
	}
	if (r->kind_given && !r->vm) {
		random_first_vm(r);
		return;
	}
	if (r->nr_areas > MAX_AREAS - 16) {
		random_munmap(r);
		return;
	}
	for (i = 0; i < NR_WORDS(emitters); i++)
		total += weight_of(r, i);
	at = rng_below(&r->rng, total);
	for (i = 0; at >= weight_of(r, i); i++)
		at -= weight_of(r, i);
	emitters[i].emit(r);
}

/* Each emitter writes one line or, when it finds nothing to do, none. */
void script_random(uint64_t seed, const struct script_random_options *options,
		   struct strbuf *out)
{
	struct random_state state = {.options = options, .out = out}, *r = &state;
	unsigned int nr;
	size_t before;

	if (!options->ops)
		return;
	rng_seed(&r->rng, seed);
	random_pick_kind(r);
	r->budget = options->max_touched;
	r->huge_budget = HUGE_TOUCHES;
	random_start(r);
	for (nr = 1; nr < options->ops && !strbuf_error(out); nr++) {
		before = out->len;
		while (out->len == before && !strbuf_error(out))
			random_operation(r);
	}
}
