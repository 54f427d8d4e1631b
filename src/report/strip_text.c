// SPDX-License-Identifier: GPL-2.0-or-later
/* The strips in a terminal. */
#include <report/strip.h>
#include <report/table.h>

#include <inttypes.h>

static const char *const unicode_shades[STRIP_SHADE_NR] = {"\u00b7", "\u2591", "\u2592",
							   "\u2593", "\u2588"};
static const char *const ascii_shades[STRIP_SHADE_NR] = {".", "-", "+", "*", "#"};

/* SGR colours: what exists green, what is announced yellow, what is done magenta and red.
 */
static const char *const colors[STRIP_NR] = {
	[STRIP_OPERATION] = "36", [STRIP_VMA] = "34",     [STRIP_P4D] = "32",
	[STRIP_PUD] = "32",       [STRIP_PMD] = "32",     [STRIP_PTE] = "32",
	[STRIP_NOTIFIED] = "33",  [STRIP_MEMSLOT] = "34", [STRIP_SCANNED] = "35",
	[STRIP_SPTE] = "32",      [STRIP_ZAPPED] = "31",
};

static bool gap(const struct strip_layout *layout, unsigned int cell)
{
	size_t i;

	for (i = 0; i < layout->nr; i++)
		if (cell >= layout->segments[i].first &&
		    cell - layout->segments[i].first < layout->segments[i].nr)
			return false;
	return true;
}

static void add_row(const struct strip *strip, enum strip_row row,
		    const struct strip_style *style, struct strbuf *out)
{
	const char *const *shades = style->ascii ? ascii_shades : unicode_shades;
	bool color = style->color && strip_row_used(strip, row);
	unsigned int cell;

	strbuf_addf(out, "%-11s ", strip_row_names[row]);
	if (color)
		strbuf_addf(out, "\033[%sm", colors[row]);
	for (cell = 0; cell < strip->layout->cells; cell++)
		strbuf_addstr(out, gap(strip->layout, cell)
					   ? " "
					   : shades[strip_shade(strip, row, cell)]);
	if (color)
		strbuf_addstr(out, "\033[0m");
	strbuf_addch(out, '\n');
}

/* Numbers over the segments, which the list below explains. */
static void add_numbers(const struct strip_layout *layout, struct strbuf *out)
{
	unsigned int at = 0;
	size_t i, width;

	strbuf_addf(out, "%-11s ", "");
	for (i = 0; i < layout->nr; i++) {
		if (at > layout->segments[i].first)
			continue;
		for (; at < layout->segments[i].first; at++)
			strbuf_addch(out, ' ');
		width = out->len;
		strbuf_addf(out, "%zu", i + 1);
		at += out->len - width;
	}
	strbuf_addch(out, '\n');
}

static void add_segment(const struct strip_segment *segment, size_t number,
			struct strbuf *out)
{
	strbuf_addf(out, "%2zu  0x%" PRIx64 "-0x%" PRIx64 " %s", number, segment->start,
		    segment->end, segment->name);
	if (segment->areas > 1)
		strbuf_addf(out, " and %u more", segment->areas - 1);
	strbuf_addstr(out, ", ");
	report_add_size(out, segment->end - segment->start);
	strbuf_addstr(out, "; a column is ");
	report_add_size(out, strip_cell_bytes(segment));
	strbuf_addch(out, '\n');
}

void strip_text(const struct strip *strip, const struct strip_style *style,
		struct strbuf *out)
{
	const char *const *shades = style->ascii ? ascii_shades : unicode_shades;
	unsigned int row;
	size_t i;

	add_numbers(strip->layout, out);
	for (row = 0; row < STRIP_NR; row++)
		if (row != STRIP_P4D || strip_row_used(strip, row))
			add_row(strip, row, style, out);
	for (i = 0; i < strip->layout->nr; i++)
		add_segment(&strip->layout->segments[i], i + 1, out);
	strbuf_addf(out,
		    "of a column: %s none, %s below 1/4, %s below 3/4, %s more, %s all\n",
		    shades[0], shades[1], shades[2], shades[3], shades[4]);
}
