// SPDX-License-Identifier: GPL-2.0-or-later
/* Tables are zero when they are handed out, however they were given back. */
#include <string.h>

#include <arch/pt_arena.h>

#include "tap.h"

#define TABLES 300

static bool is_zero(const void *p, size_t len)
{
	const unsigned char *byte = p;
	size_t i;

	for (i = 0; i < len; i++)
		if (byte[i])
			return false;
	return true;
}

/* Written to and given back in both ways by turns, taken again in the other order. */
static void again_and_again(struct pt_arena *arena)
{
	static uint64_t pfn[TABLES];
	bool zero = true, records = true;
	unsigned int round, i;
	int err = 0;

	for (round = 0; round < 4 && !err; round++) {
		for (i = 0; i < TABLES && !err; i++) {
			err = pt_arena_alloc(arena, &pfn[i]);
			if (err)
				break;
			zero &= is_zero(pt_arena_table(arena, pfn[i]), PT_TABLE_BYTES);
			records &= is_zero(pt_arena_meta(arena, pfn[i]), 16);
			memset(pt_arena_table(arena, pfn[i]), 1 + round, PT_TABLE_BYTES);
			memset(pt_arena_meta(arena, pfn[i]), 0xff, 16);
		}
		for (i = 0; i < TABLES && !err; i++) {
			if ((i + round) % 3) {
				pt_arena_free(arena, pfn[i]);
				continue;
			}
			memset(pt_arena_table(arena, pfn[i]), 0, PT_TABLE_BYTES);
			pt_arena_free_zeroed(arena, pfn[i]);
		}
	}
	tap_eq(err, 0, "tables taken and given back");
	tap_ok(zero && records, "every table and every record is zero");
	tap_eq(arena->next, TABLES + 1, "those given back are taken again");
	tap_eq(arena->live, 0, "none is left");
}

int main(void)
{
	struct pt_arena arena;
	uint64_t pfn = 7;

	tap_eq(pt_arena_init(&arena, 1000, 400, 16), 0, "an arena");
	again_and_again(&arena);
	while (!pt_arena_alloc(&arena, &pfn))
		continue;
	tap_eq(arena.live, 399, "table 0 is never handed out");
	tap_ok(mem_refused() > 400 * PT_TABLE_BYTES, "a full arena says what it would have needed");
	pt_arena_release(&arena);
	return tap_done();
}
