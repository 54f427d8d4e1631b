/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An address space drawn as strips: the parts in use side by side as segments, one cell for so
 * many bytes, one row for each thing to see. Pure data, and its text form for terminals.
 */
#ifndef REPORT_STRIP_H
#define REPORT_STRIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <base/strbuf.h>

#define STRIP_MAX_SEGMENTS 12
#define STRIP_NAME_MAX 48

/**
 * struct strip_segment - [@start, @end) in cells @first to @first + @nr
 * @name: of the first area in it; @areas: how many areas it joins
 */
struct strip_segment {
	uint64_t start;
	uint64_t end;
	unsigned int first;
	unsigned int nr;
	unsigned int areas;
	char name[STRIP_NAME_MAX];
};

/** struct strip_layout - which addresses are shown, and where */
struct strip_layout {
	struct strip_segment *segments;
	size_t nr;
	size_t cap;
	unsigned int cells;
};

/** strip_layout_add() - an area to be shown. Return: 0 (also for an empty one) or -ENOMEM. */
int strip_layout_add(struct strip_layout *layout, const char *name, uint64_t start, uint64_t end);

/**
 * strip_layout_finish() - join areas that overlap or touch, then the nearest until at most
 * STRIP_MAX_SEGMENTS are left, and give each cells by the logarithm of its size, with one cell
 * free between two.
 * @cells: in all, at least 3 * STRIP_MAX_SEGMENTS
 */
void strip_layout_finish(struct strip_layout *layout, unsigned int cells);

/** strip_layout_release() - the areas; empty and usable again. */
void strip_layout_release(struct strip_layout *layout);

/** strip_cell_bytes() - what one cell of a segment covers, rounded up. */
uint64_t strip_cell_bytes(const struct strip_segment *segment);

/** enum strip_row - the rows, from the operation down to what it took away */
enum strip_row {
	STRIP_OPERATION, /* what the operation was asked to change */
	STRIP_VMA,
	STRIP_P4D,	/* entries in use at each level, and what they cover */
	STRIP_PUD,
	STRIP_PMD,
	STRIP_PTE,
	STRIP_NOTIFIED, /* invalidate_range_start to _end */
	STRIP_MEMSLOT,
	STRIP_SCANNED,	/* guest frames whose reverse-map heads were looked at */
	STRIP_SPTE,	/* leaf SPTEs before, of any level */
	STRIP_ZAPPED,	/* leaf SPTEs before that were gone behind */
	STRIP_NR
};
extern const char *const strip_row_names[STRIP_NR];
extern const char *const strip_row_help[STRIP_NR];

/** enum strip_shade - how much of a cell */
enum strip_shade { STRIP_NONE, STRIP_SOME, STRIP_HALF, STRIP_MOST, STRIP_ALL, STRIP_SHADE_NR };

/** struct strip - the rows over a layout, which must outlive it */
struct strip {
	const struct strip_layout *layout;
	uint64_t *bytes;
};

/** strip_init() - empty rows. Return: 0 or -ENOMEM. */
int strip_init(struct strip *strip, const struct strip_layout *layout);

/** strip_release() - the rows; empty is fine. */
void strip_release(struct strip *strip);

/** strip_add() - [@start, @end) in a row; what the layout does not show is left out. */
void strip_add(struct strip *strip, enum strip_row row, uint64_t start, uint64_t end);

/** strip_take() - the same, taken away again; never below nothing. */
void strip_take(struct strip *strip, enum strip_row row, uint64_t start, uint64_t end);

/** strip_shade() - SOME: less than a quarter; HALF: to three quarters; MOST; ALL. */
enum strip_shade strip_shade(const struct strip *strip, enum strip_row row, unsigned int cell);

/** strip_row_used() - anything in a row at all. */
bool strip_row_used(const struct strip *strip, enum strip_row row);

/** struct strip_style - how a terminal shows it */
struct strip_style {
	bool ascii;
	bool color;
};

/** strip_text() - rows with their names, then what the segments and the shades are. */
void strip_text(const struct strip *strip, const struct strip_style *style, struct strbuf *out);

#endif /* REPORT_STRIP_H */
