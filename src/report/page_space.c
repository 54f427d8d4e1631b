// SPDX-License-Identifier: GPL-2.0-or-later
/* The operations as a table, and the address space around the one that is chosen in it.
 */
#include "html_internal.h"

#include <report/table.h>

#include <inttypes.h>

#define ROW_HEIGHT 14
#define TEXT_MAX 160

/* Cells of one shade that follow each other are one rectangle. */
static void add_svg_row(struct strbuf *out, const struct strip *strip, enum strip_row row)
{
	const struct strip_layout *layout = strip->layout;
	size_t i;

	strbuf_addf(
		out,
		"<svg viewBox=\"0 0 %u %d\" preserveAspectRatio=\"none\" class=\"r%u\" "
		"role=\"img\" aria-label=\"%s: %s\">",
		layout->cells, ROW_HEIGHT, row, strip_row_names[row],
		strip_row_used(strip, row) ? strip_row_help[row] : "nothing");
	for (i = 0; i < layout->nr; i++) {
		const struct strip_segment *segment = &layout->segments[i];
		unsigned int cell = segment->first, last = cell + segment->nr;

		strbuf_addf(out, "<path class=\"bg\" d=\"M%u 0h%uv%dh-%uz\"/>", cell,
			    segment->nr, ROW_HEIGHT, segment->nr);
		while (cell < last) {
			enum strip_shade shade = strip_shade(strip, row, cell);
			unsigned int from = cell;

			while (cell < last && strip_shade(strip, row, cell) == shade)
				cell++;
			if (shade)
				strbuf_addf(
					out,
					"<path class=\"h%u\" d=\"M%u 0h%uv%dh-%uz\"/>",
					shade, from, cell - from, ROW_HEIGHT,
					cell - from);
		}
	}
	strbuf_addstr(out, "</svg>\n");
}

static void add_segments(struct strbuf *out, const struct strip_layout *layout)
{
	size_t i;

	strbuf_addstr(out, "<ol class=\"segments\">\n");
	for (i = 0; i < layout->nr; i++) {
		const struct strip_segment *segment = &layout->segments[i];

		strbuf_addstr(out, "<li><b>");
		html_str(out, segment->name);
		if (segment->areas > 1)
			strbuf_addf(out, " and %u more", segment->areas - 1);
		strbuf_addf(out, "</b> <code>0x%" PRIx64 "-0x%" PRIx64 "</code> ",
			    segment->start, segment->end);
		report_add_size(out, segment->end - segment->start);
		strbuf_addstr(out, "; a cell is ");
		report_add_size(out, strip_cell_bytes(segment));
		strbuf_addstr(out, "</li>\n");
	}
	strbuf_addstr(out, "</ol>\n");
}

/* Where the segments are, over the rows. */
static void add_ruler(struct strbuf *out, const struct strip_layout *layout)
{
	size_t i;

	strbuf_addstr(out, "<span></span><div class=\"ruler\" aria-hidden=\"true\">");
	for (i = 0; i < layout->nr && layout->cells; i++)
		strbuf_addf(out, "<span style=\"left:%.3f%%\">%zu</span>",
			    100.0 * layout->segments[i].first / layout->cells, i + 1);
	strbuf_addstr(out, "</div>\n");
}

static void add_figure(struct strbuf *out, const struct page_op *op, unsigned int nr,
		       size_t i)
{
	unsigned int row;

	strbuf_addf(out, "<figure id=\"s%uf%zu\">\n<figcaption>line %u: <code>", nr, i,
		    op->line);
	html_cut(out, op->text, op->text_len, TEXT_MAX);
	strbuf_addstr(out, "</code></figcaption>\n<div class=\"strip\">\n");
	add_ruler(out, op->strip->layout);
	for (row = 0; row < STRIP_NR; row++) {
		if (row == STRIP_P4D && !strip_row_used(op->strip, row))
			continue;
		strbuf_addf(out, "<span title=\"%s\">%s</span>", strip_row_help[row],
			    strip_row_names[row]);
		add_svg_row(out, op->strip, row);
	}
	strbuf_addstr(out, "</div>\n</figure>\n");
}

static size_t dearest(const struct page_script *script)
{
	size_t i, found = 0;

	for (i = 1; i < script->nr_ops; i++) {
		const struct page_op *op = &script->ops[i], *best = &script->ops[found];

		if (!op->strip)
			continue;
		if (!best->strip || op->stall > best->stall ||
		    (op->stall == best->stall && op->notified > best->notified))
			found = i;
	}
	return found;
}

static void add_row(struct strbuf *out, const struct page_script *script, unsigned int nr,
		    size_t i, bool chosen)
{
	const struct page_op *op = &script->ops[i];

	strbuf_addf(out, "<tr><td>%u<th scope=\"row\">", op->line);
	if (op->strip)
		strbuf_addf(
			out,
			"<label><input type=\"radio\" name=\"s%uop\" id=\"s%uo%zu\"%s> ",
			nr, nr, i, chosen ? " checked" : "");
	strbuf_addstr(out, "<code>");
	html_cut(out, op->text, op->text_len, TEXT_MAX);
	strbuf_addf(out, "</code>%s<td class=\"t\">", op->strip ? "</label>" : "");
	html_str(out, op->result);
	html_count(out, op->notifications);
	html_size(out, op->notified);
	html_size(out, op->populated);
	html_count(out, op->scanned);
	html_count(out, op->zapped);
	html_ns(out, op->longest);
	html_ns(out, op->stall);
	strbuf_addstr(out, "\n");
}

/* The chosen figure is shown by style alone: these rules connect it with its button. */
static void add_choice(struct strbuf *out, const struct page_script *script,
		       unsigned int nr)
{
	const char *between = "";
	size_t i;

	strbuf_addstr(out, "<style>@supports selector(:has(*)){");
	strbuf_addf(out, "#s%u .figures figure{display:none}", nr);
	for (i = 0; i < script->nr_ops; i++) {
		if (!script->ops[i].strip)
			continue;
		strbuf_addf(out, "%s#s%u:has(#s%uo%zu:checked) #s%uf%zu", between, nr, nr,
			    i, nr, i);
		between = ",";
	}
	if (*between)
		strbuf_addstr(out, "{display:block}");
	strbuf_addstr(out, "}</style>\n");
}

static void add_table(struct strbuf *out, const struct page_script *script,
		      unsigned int nr)
{
	size_t i, chosen = dearest(script);

	strbuf_addstr(
		out,
		"<div class=\"scroll\" tabindex=\"0\"><table>\n<thead><tr><th>line"
		"<th class=\"t\">operation<th class=\"t\">result<th>pairs<th>notified"
		"<th>populated<th>scanned<th>zapped<th>longest "
		"time<th>stall</thead>\n<tbody>\n");
	for (i = 0; i < script->nr_ops; i++)
		add_row(out, script, nr, i, i == chosen);
	strbuf_addstr(out, "</tbody></table></div>\n");
}

void page_add_space(struct strbuf *out, const struct page_script *script, unsigned int nr)
{
	bool drawn = false;
	size_t i;

	strbuf_addstr(out, "<h3>Operations and the address space</h3>\n");
	if (!script->nr_ops) {
		strbuf_addstr(out, "<p>No operation notified anybody.</p>\n");
		return;
	}
	if (script->did > script->nr_ops) {
		strbuf_addf(out, "<p>The %zu that cost most, of ", script->nr_ops);
		report_add_count(out, script->did);
		strbuf_addstr(out, " that did something.</p>\n");
	}
	for (i = 0; i < script->nr_ops; i++)
		drawn |= script->ops[i].strip != NULL;
	add_choice(out, script, nr);
	add_table(out, script, nr);
	if (!drawn)
		return;
	strbuf_addstr(out, "<div class=\"figures\">\n");
	for (i = 0; i < script->nr_ops; i++)
		if (script->ops[i].strip)
			add_figure(out, &script->ops[i], nr, i);
	add_segments(out, script->layout);
	strbuf_addstr(out, "<p class=\"key\">of a cell: <i class=\"h1\"></i> below 1/4 "
			   "<i class=\"h2\"></i> below 3/4 <i class=\"h3\"></i> more "
			   "<i class=\"h4\"></i> all</p>\n</div>\n");
}
