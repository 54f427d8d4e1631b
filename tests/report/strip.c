// SPDX-License-Identifier: GPL-2.0-or-later
#include <report/strip.h>

#include <base/mem.h>

#include <string.h>

#include "tap.h"

#define M (1ull << 20)
#define G (1ull << 30)

static void need(bool done)
{
	if (!done)
		tap_ok(false, "preparation");
}

static void test_layout(void)
{
	struct strip_layout layout = {0};
	char name[STRIP_NAME_MAX * 2];
	uint64_t i;

	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	tap_ok(!strip_layout_add(&layout, "empty", G, G), "an empty area is no error");
	tap_ok(!strip_layout_add(&layout, "b", 4 * G, 5 * G) &&
		       !strip_layout_add(&layout, name, G, 2 * G) &&
		       !strip_layout_add(&layout, "c", 2 * G - M, 3 * G + 1),
	       "areas in any order");
	strip_layout_finish(&layout, 64);
	tap_ok(layout.nr == 2 && layout.segments[0].start == G &&
		       layout.segments[0].end == 3 * G + 4096 &&
		       layout.segments[1].start == 4 * G,
	       "what overlaps is one segment, in pages");
	tap_ok(layout.segments[0].areas == 2 &&
		       strlen(layout.segments[0].name) == STRIP_NAME_MAX - 1,
	       "it knows how many areas it joins; a long name is cut");
	tap_ok(layout.segments[1].first == layout.segments[0].nr + 1 &&
		       layout.cells <= 64,
	       "one cell is free between two");
	strip_layout_release(&layout);
	for (i = 0; i < 1000; i++)
		need(!strip_layout_add(&layout, "x", i * G * (i + 1),
				       i * G * (i + 1) + 4096));
	strip_layout_finish(&layout, 3 * STRIP_MAX_SEGMENTS);
	tap_ok(layout.nr <= STRIP_MAX_SEGMENTS && layout.nr > 1,
	       "a thousand areas: %zu segments", layout.nr);
	tap_ok(layout.segments[0].start == 0 &&
		       layout.segments[layout.nr - 1].end == 999 * G * 1000 + 4096,
	       "nothing is lost");
	strip_layout_release(&layout);
}

static void test_shades(void)
{
	struct strip_layout layout = {0};
	const unsigned int cells = 40;
	struct strip strip;
	uint64_t cell;

	need(!strip_layout_add(&layout, "ram", G, G + cells * M));
	strip_layout_finish(&layout, cells);
	tap_ok(layout.cells == cells && strip_cell_bytes(&layout.segments[0]) == M,
	       "a cell is 1M");
	tap_ok(!strip_init(&strip, &layout), "rows");
	cell = G + 10 * M;
	tap_ok(strip_shade(&strip, STRIP_PTE, 10) == STRIP_NONE &&
		       !strip_row_used(&strip, STRIP_PTE),
	       "nothing at first");
	strip_add(&strip, STRIP_PTE, cell, cell + 4096);
	tap_ok(strip_shade(&strip, STRIP_PTE, 10) == STRIP_SOME, "a page shows");
	strip_add(&strip, STRIP_PTE, cell + 4096, cell + M / 2);
	tap_ok(strip_shade(&strip, STRIP_PTE, 10) == STRIP_HALF, "half");
	strip_add(&strip, STRIP_PTE, cell + M / 2, cell + M - 4096);
	tap_ok(strip_shade(&strip, STRIP_PTE, 10) == STRIP_MOST,
	       "all but a page is not all");
	strip_add(&strip, STRIP_PTE, cell + M - 4096, cell + 2 * M);
	tap_ok(strip_shade(&strip, STRIP_PTE, 10) == STRIP_ALL &&
		       strip_shade(&strip, STRIP_PTE, 11) == STRIP_ALL &&
		       strip_shade(&strip, STRIP_PTE, 12) == STRIP_NONE,
	       "all of two, nothing of the next");
	strip_take(&strip, STRIP_PTE, cell, cell + M);
	strip_take(&strip, STRIP_PTE, cell, cell + M);
	tap_ok(strip_shade(&strip, STRIP_PTE, 10) == STRIP_NONE,
	       "taken away, and never below nothing");
	strip_add(&strip, STRIP_NOTIFIED, 0, UINT64_MAX);
	tap_ok(strip_shade(&strip, STRIP_NOTIFIED, 0) == STRIP_ALL &&
		       strip_shade(&strip, STRIP_NOTIFIED, cells - 1) == STRIP_ALL,
	       "everything an address can be");
	strip_add(&strip, STRIP_ZAPPED, 0, G);
	tap_ok(!strip_row_used(&strip, STRIP_ZAPPED), "what is not shown is left out");
	strip_release(&strip);
	strip_layout_release(&layout);
}

static void test_text(void)
{
	struct strip_style style = {.ascii = true};
	struct strip_layout layout = {0};
	struct strbuf text = STRBUF_INIT;
	struct strip strip;

	need(!strip_layout_add(&layout, "ram", G, G + 40 * M));
	strip_layout_finish(&layout, 40);
	need(!strip_init(&strip, &layout));
	strip_add(&strip, STRIP_NOTIFIED, G, G + 2 * M + 4096);
	strip_text(&strip, &style, &text);
	tap_ok(strstr(strbuf_str(&text),
		      "notified    ##-.....................................\n"),
	       "a row in ASCII");
	tap_ok(!strchr(strbuf_str(&text), '\033'), "no colours unless asked for");
	tap_ok(strstr(strbuf_str(&text),
		      " 1  0x40000000-0x42800000 ram, 40M; a column is 1M\n"),
	       "the segment is explained");
	strbuf_reset(&text);
	style = (struct strip_style){.color = true};
	strip_text(&strip, &style, &text);
	tap_ok(strstr(strbuf_str(&text), "notified    \033[33m\u2588\u2588\u2591\u00b7"),
	       "in colours");
	strbuf_release(&text);
	strip_release(&strip);
	strip_layout_release(&layout);
}

static void test_nomem(void)
{
	struct strip_layout layout = {0};
	struct strip strip;
	uint64_t live = mem_live();

	mem_fail_at(1);
	tap_ok(strip_layout_add(&layout, "a", 0, G) == -12 && !layout.nr,
	       "no memory for an area");
	need(!strip_layout_add(&layout, "a", 0, G));
	strip_layout_finish(&layout, 40);
	mem_fail_at(1);
	tap_ok(strip_init(&strip, &layout) == -12, "no memory for the rows");
	mem_fail_at(0);
	strip_layout_release(&layout);
	tap_ok(mem_live() == live, "nothing is left behind");
}

int main(void)
{
	test_layout();
	test_shades();
	test_text();
	test_nomem();
	return tap_done();
}
