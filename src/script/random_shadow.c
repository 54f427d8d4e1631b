// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A guest with page tables of its own in a random script: several address spaces over one
 * small memory, so that frames are mapped by many entries, guests that rewrite entries of
 * tables in use, and a host that changes the memory below. The tables lie in a part of it
 * whose contents are never thrown away: what they hold must be what was written there.
 */
#include "random_internal.h"

#define MEMORY_ADDR 0x0e0000000000ull
#define MEMORY_LEN (64 * SIZE_1M)
#define TABLES_AT (16 * SIZE_1M)
#define TABLES_LEN (8 * SIZE_1M) /* 1 MiB per address space */
#define DATA_AT (TABLES_AT + TABLES_LEN)
#define ALIAS_AT SIZE_1G /* the same memory once more */
#define MEMORY_SLOT 200
#define ALIAS_SLOT 201
#define POOL_PAGES 48 /* few frames: many entries for each */

static bool is_32(const struct shadow *s)
{
	return s->format == SCRIPT_PAGING_PAE || s->format == SCRIPT_PAGING_32;
}

static uint64_t via_base(const struct shadow *s)
{
	return is_32(s) ? 2 * SIZE_1G : 4 * SIZE_1G;
}

static uint64_t large_size(const struct shadow *s)
{
	return s->format == SCRIPT_PAGING_32 ? 2 * SIZE_2M : SIZE_2M;
}

static uint64_t root_of(unsigned int space)
{
	return TABLES_AT + space * SIZE_1M;
}

static void add_number(struct random_state *r, const char *before, uint64_t value)
{
	strbuf_addstr(r->out, before);
	strbuf_addsize(r->out, value);
}

/* In 4 KiB pages: the pool at the start of the memory or of its second half. */
static uint64_t pick_frame(struct random_state *r)
{
	uint64_t at = rng_below(&r->rng, POOL_PAGES) * PAGE_SIZE;

	at += chance(r, 1, 3) ? DATA_AT : 0;
	return r->shadow.alias && chance(r, 1, 4) ? at + ALIAS_AT : at;
}

static uint64_t pick_target(struct random_state *r, uint64_t size)
{
	uint64_t at;

	if (size == PAGE_SIZE)
		return pick_frame(r);
	if (size == SIZE_1G)
		return 0;
	at = rng_below(&r->rng, 3) * size;
	return chance(r, 1, 3) ? at + DATA_AT : at;
}

static const char *pick_rights(struct random_state *r)
{
	static const char *const rights[] = { " rw", " rw", " rwx", " r", " rx" };

	return rights[rng_below(&r->rng, NR_WORDS(rights))];
}

static void add_flags(struct random_state *r)
{
	static const char *const formats[SCRIPT_PAGING_NR] = {
		[SCRIPT_PAGING_LONG] = "",
		[SCRIPT_PAGING_LA57] = " la57",
		[SCRIPT_PAGING_PAE] = " pae",
		[SCRIPT_PAGING_32] = " 2level",
	};

	if (chance(r, 1, 5))
		strbuf_addstr(r->out, " user");
	if (chance(r, 1, 3))
		strbuf_addstr(r->out, chance(r, 1, 2) ? " accessed" : " dirty");
	strbuf_addstr(r->out, formats[r->shadow.format]);
}

static void start(struct random_state *r)
{
	static const uint8_t formats[] = { SCRIPT_PAGING_LONG, SCRIPT_PAGING_LONG,
					   SCRIPT_PAGING_LA57, SCRIPT_PAGING_PAE,
					   SCRIPT_PAGING_32 };

	r->shadow.format = formats[rng_below(&r->rng, NR_WORDS(formats))];
	r->vm = r->shadow.on = true;
	strbuf_addstr(r->out, "map gm 0x");
	strbuf_addhex(r->out, MEMORY_ADDR, 1);
	add_number(r, " ", MEMORY_LEN);
	strbuf_addf(r->out, " rw %s noreserve %s\n",
		    chance(r, 1, 5) ? "shmem shared" : "anon private",
		    r->thp && chance(r, 1, 3) ? "huge" : "nohuge");
	strbuf_addf(r->out, "vm vm0 shadow%s\n",
		    has(r, SCRIPT_RANDOM_MEMSLOT) ? random_vm_flags(r) : "");
	strbuf_addf(r->out, "memslot vm0 %u gpa=0 gm", MEMORY_SLOT);
	add_number(r, " ", MEMORY_LEN);
	strbuf_addch(r->out, '\n');
}

/* A new address space starts with the map of all tables. */
static void make_space(struct random_state *r)
{
	struct shadow *s = &r->shadow;
	unsigned int space = s->nr_spaces++;

	strbuf_addstr(r->out, "guest_map vm0");
	add_number(r, " ", via_base(s));
	add_number(r, " ", TABLES_AT);
	add_number(r, " ", TABLES_LEN);
	add_number(r, " rw tables=", root_of(space));
	if (chance(r, 1, 4))
		add_number(r, " page=", large_size(s));
	add_flags(r);
	strbuf_addch(r->out, '\n');
}

static uint64_t pick_va(struct random_state *r, uint64_t size)
{
	static const uint64_t bases[] = { 0, SIZE_1G, SIZE_1G + 256 * SIZE_2M, SIZE_1G * 3 / 2 };
	uint64_t base = bases[rng_below(&r->rng, NR_WORDS(bases))];

	if (size == SIZE_1G)
		return SIZE_512G;
	if (!is_32(&r->shadow) && chance(r, 1, 6))
		base += SIZE_512G * 2;
	if (size > PAGE_SIZE)
		return base + (1 + rng_below(&r->rng, 4)) * size;
	return base + rng_below(&r->rng, 16) * PAGE_SIZE;
}

static void make_map(struct random_state *r)
{
	struct shadow *s = &r->shadow;
	struct shadow_map *map = &s->maps[s->nr_maps];

	if (s->nr_maps == MAX_SHADOW_MAPS)
		return;
	map->space = rng_below(&r->rng, s->nr_spaces);
	map->size = chance(r, 1, 4) ? large_size(s) : PAGE_SIZE;
	if (!is_32(s) && chance(r, 1, 12))
		map->size = SIZE_1G;
	map->va = pick_va(r, map->size);
	map->nr = map->size == PAGE_SIZE ? 1 + rng_below(&r->rng, 16) : 1;
	strbuf_addstr(r->out, "guest_map vm0");
	add_number(r, " ", map->va);
	add_number(r, " ", pick_target(r, map->size));
	add_number(r, " ", map->nr * map->size);
	strbuf_addstr(r->out, pick_rights(r));
	add_number(r, " tables=", root_of(map->space));
	if (map->size != PAGE_SIZE)
		add_number(r, " page=", map->size);
	add_flags(r);
	strbuf_addch(r->out, '\n');
	s->nr_maps++;
}

static const struct shadow_map *pick_map(struct random_state *r, bool loaded)
{
	const struct shadow *s = &r->shadow;
	const struct shadow_map *map = NULL;
	unsigned int tries;

	for (tries = 0; tries < 8 && s->nr_maps; tries++) {
		map = &s->maps[rng_below(&r->rng, s->nr_maps)];
		if (!loaded || map->space == s->loaded)
			return map;
	}
	return chance(r, 1, 10) ? map : NULL;
}

static void load_cr3(struct random_state *r)
{
	struct shadow *s = &r->shadow;

	if (!s->cr3 || !chance(r, 1, 4))
		s->loaded = rng_below(&r->rng, s->nr_spaces);
	s->cr3 = true;
	add_number(r, "cr3 vm0 ", root_of(s->loaded));
	strbuf_addch(r->out, '\n');
}

static void access_virtual(struct random_state *r)
{
	static const char *const words[] = { "r", "r", "w", "w", "w", "x" };
	const struct shadow_map *map = pick_map(r, true);
	uint64_t at, left;

	if (!map)
		return;
	at = map->size == PAGE_SIZE ? rng_below(&r->rng, map->nr) * PAGE_SIZE
				    : rng_below(&r->rng, POOL_PAGES) * PAGE_SIZE;
	left = map->nr * map->size - at;
	if (left > 8 * PAGE_SIZE)
		left = 8 * PAGE_SIZE;
	strbuf_addf(r->out, "guest vm0 %s", words[rng_below(&r->rng, NR_WORDS(words))]);
	add_number(r, " gva=", map->va + at);
	add_number(r, " ", PAGE_SIZE * (1 + rng_below(&r->rng, left / PAGE_SIZE)));
	strbuf_addch(r->out, '\n');
}

static void access_physical(struct random_state *r)
{
	strbuf_addf(r->out, "guest vm0 %s", chance(r, 1, 2) ? "w" : "r");
	add_number(r, " ", pick_frame(r));
	add_number(r, " ", PAGE_SIZE * (1 + rng_below(&r->rng, 4)));
	strbuf_addch(r->out, '\n');
}

static void remap(struct random_state *r)
{
	const struct shadow_map *map = pick_map(r, false);
	struct shadow *s = &r->shadow;
	bool absent = chance(r, 1, 6);

	if (!map)
		return;
	strbuf_addstr(r->out, "guest_remap vm0");
	add_number(r, " ", map->va + rng_below(&r->rng, map->nr) * map->size);
	add_number(r, " ", absent ? 0 : pick_target(r, map->size));
	strbuf_addstr(r->out, absent ? " none" : pick_rights(r));
	add_number(r, " tables=", root_of(map->space));
	add_number(r, " via=", via_base(s) + root_of(map->space) - TABLES_AT);
	if (map->size != PAGE_SIZE)
		add_number(r, " page=", map->size);
	if (chance(r, 1, 3))
		strbuf_addstr(r->out, " dirty");
	strbuf_addch(r->out, '\n');
}

static void invalidate(struct random_state *r)
{
	const struct shadow_map *map = pick_map(r, true);

	if (!map)
		return;
	add_number(r, "invlpg vm0 ", map->va + rng_below(&r->rng, map->nr) * map->size);
	strbuf_addch(r->out, '\n');
}

/* The host changes what is below: data any way, tables without losing what they hold. */
static void change_memory(struct random_state *r)
{
	static const char *const rights[] = { " rw", " rw", " rw", " r", " none" };
	bool tables = chance(r, 1, 4);
	uint64_t at = tables ? TABLES_AT + rng_below(&r->rng, 4) * SIZE_1M
			     : pick_frame(r) & ~ALIAS_AT;
	uint64_t len = (1 + rng_below(&r->rng, 8)) * PAGE_SIZE;

	if (chance(r, 1, 6))
		at = 0, len = MEMORY_LEN;
	switch (rng_below(&r->rng, 6)) {
	case 0:
		if (at >= TABLES_AT && at < DATA_AT)
			return;
		add_number(r, "madvise gm+", at);
		add_number(r, " ", len == MEMORY_LEN ? TABLES_AT : len);
		strbuf_addstr(r->out, " dontneed\n");
		return;
	case 1:
		strbuf_addstr(r->out, "forkwait\n");
		return;
	case 2:
		add_number(r, "touch gm+", at);
		add_number(r, " ", len == MEMORY_LEN ? PAGE_SIZE : len);
		strbuf_addstr(r->out, tables || chance(r, 1, 2) ? " r\n" : " w\n");
		return;
	default:
		/* KVM reads the tables for the executor's own code, too */
		tables |= at + len > TABLES_AT && at < DATA_AT;
		add_number(r, "mprotect gm+", at);
		add_number(r, " ", len);
		strbuf_addstr(r->out, rights[rng_below(&r->rng, NR_WORDS(rights) - tables)]);
		strbuf_addch(r->out, '\n');
	}
}

/* What is written to the memory is logged, or not any more; the log is read. */
static void log_memory(struct random_state *r)
{
	struct shadow *s = &r->shadow;

	if (s->log && chance(r, 3, 4)) {
		random_read_log(r, 0, MEMORY_SLOT, MEMORY_LEN);
		return;
	}
	s->log = !s->log;
	strbuf_addf(r->out, "memslot vm0 %u gpa=0 gm", MEMORY_SLOT);
	add_number(r, " ", MEMORY_LEN);
	strbuf_addstr(r->out, s->log ? " dirty_log\n" : "\n");
}

static void change_slot(struct random_state *r)
{
	struct shadow *s = &r->shadow;

	s->alias = !s->alias;
	strbuf_addf(r->out, "memslot vm0 %u ", ALIAS_SLOT);
	if (s->alias) {
		add_number(r, "gpa=", ALIAS_AT);
		add_number(r, " gm ", TABLES_AT);
		strbuf_addch(r->out, '\n');
	} else {
		strbuf_addstr(r->out, "delete\n");
	}
}

void random_shadow(struct random_state *r)
{
	static const struct {
		void (*emit)(struct random_state *r);
		unsigned int weight;
	} emitters[] = {
		{ access_virtual, 40 }, { remap, 16 },	     { load_cr3, 12 },	 { invalidate, 6 },
		{ make_map, 10 },	{ change_memory, 14 }, { access_physical, 2 }, { change_slot, 1 },
	};
	struct shadow *s = &r->shadow;
	unsigned int i;
	uint64_t at;

	if (r->running || (r->vm && !s->on))
		return;
	if (!s->on) {
		start(r);
	} else if (!s->nr_spaces || (s->nr_spaces < SHADOW_SPACES && chance(r, 1, 12))) {
		make_space(r);
	} else if (!s->nr_maps) {
		make_map(r);
	} else if (!s->cr3) {
		load_cr3(r);
	} else if (has(r, SCRIPT_RANDOM_MEMSLOT) && chance(r, 1, 8)) {
		log_memory(r);
	} else {
		at = rng_below(&r->rng, 101);
		for (i = 0; at >= emitters[i].weight; i++)
			at -= emitters[i].weight;
		emitters[i].emit(r);
	}
}
