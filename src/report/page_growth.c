// SPDX-License-Identifier: GPL-2.0-or-later
/* Log-log plots of what grows with the size: a line for each variant, a point for each
 * run. */
#include "html_internal.h"

#include <report/table.h>

#include <math.h>
#include <string.h>

#define LEFT 46.0
#define RIGHT 352.0
#define TOP 26.0
#define BOTTOM 196.0 /* of what is not zero */
#define ZERO 208.0
#define COLORS 8

static const char *const titles[PAGE_MEASURES] = {
	[PAGE_NOTIFIED] = "bytes notified",
	[PAGE_SCANNED] = "reverse-map heads scanned",
	[PAGE_STALL] = "predicted stall",
};

/* One plot: the range of its axes, in logarithms; the lower end of y is a tick. */
struct plot {
	const struct page_growth *growth;
	enum page_measure measure;
	double x_low, x_high;
	double y_low, y_high;
	double y_step;
};

static double x_of(const struct plot *plot, unsigned int i)
{
	return LEFT + (RIGHT - LEFT) * (log2(plot->growth->size[i]) - plot->x_low) /
			      (plot->x_high - plot->x_low);
}

static double y_of(const struct plot *plot, double value)
{
	if (!(value > 0))
		return ZERO;
	return BOTTOM - (BOTTOM - TOP) * (log10(value) - plot->y_low) /
				(plot->y_high - plot->y_low);
}

static void add_x(struct strbuf *out, const struct page_growth *growth, unsigned int i)
{
	if (growth->count)
		report_add_count(out, growth->size[i]);
	else
		report_add_size(out, growth->size[i]);
}

/* Ticks are factors of 1000, of bytes 1024. Return: false when nothing is above 0. */
static bool plot_init(struct plot *plot, const struct page_growth *growth,
		      enum page_measure measure)
{
	double low = INFINITY, high = 0;
	unsigned int i;
	size_t s;

	for (s = 0; s < growth->nr; s++)
		for (i = 0; i < growth->sizes; i++) {
			double value = growth->series[s].y[measure][i];

			if (value > 0)
				low = fmin(low, value);
			high = fmax(high, value);
		}
	*plot = (struct plot){.growth = growth,
			      .measure = measure,
			      .x_low = log2(growth->size[0]) - 0.4,
			      .x_high = log2(growth->size[growth->sizes - 1]) + 0.4,
			      .y_step = measure == PAGE_NOTIFIED ? log10(1024) : 3};
	if (!(high > 0))
		return false;
	plot->y_low = floor(log10(low) / plot->y_step + 1e-9) * plot->y_step;
	plot->y_high = fmax(log10(high) + 0.2, plot->y_low + plot->y_step);
	return true;
}

static void add_value(struct strbuf *out, enum page_measure measure, double value)
{
	if (measure == PAGE_NOTIFIED)
		report_add_size(out, llround(value));
	else if (measure == PAGE_STALL)
		report_add_ns(out, value);
	else
		report_add_count(out, llround(value));
}

/* Counts are written short on the axis: 1M is a million. */
static void add_tick(struct strbuf *out, enum page_measure measure, double value)
{
	static const char units[] = "\0kMGTP";
	unsigned int unit = lround(log10(value) / 3);

	if (measure != PAGE_SCANNED || unit >= sizeof(units) - 1) {
		add_value(out, measure, value);
		return;
	}
	strbuf_addch(out, '1');
	if (unit)
		strbuf_addch(out, units[unit]);
}

static void add_axes(struct strbuf *out, const struct plot *plot)
{
	double y;
	unsigned int i, every = plot->growth->sizes > 6 ? 2 : 1;

	for (y = plot->y_low; y <= plot->y_high + 1e-9; y += plot->y_step) {
		double at = y_of(plot, pow(10, y));

		strbuf_addf(out,
			    "<path class=\"grid\" d=\"M%.1f %.1fH%.1f\"/><text "
			    "x=\"%.1f\" y=\"%.1f\" "
			    "class=\"end\">",
			    LEFT, at, RIGHT, LEFT - 4, at + 3);
		add_tick(out, plot->measure, pow(10, y));
		strbuf_addstr(out, "</text>\n");
	}
	strbuf_addf(
		out,
		"<path class=\"axis\" d=\"M%.1f %.1fH%.1f\"/><text x=\"%.1f\" y=\"%.1f\" "
		"class=\"end\">0</text>\n",
		LEFT, ZERO, RIGHT, LEFT - 4, ZERO + 3);
	for (i = 0; i < plot->growth->sizes; i++) {
		strbuf_addf(out, "<path class=\"axis\" d=\"M%.1f %.1fv4\"/>",
			    x_of(plot, i), ZERO);
		if (i % every)
			continue;
		strbuf_addf(out, "<text x=\"%.1f\" y=\"%.1f\" class=\"mid\">",
			    x_of(plot, i), ZERO + 15);
		add_x(out, plot->growth, i);
		strbuf_addstr(out, "</text>\n");
	}
}

/* A mark of its own for each line, so that colour is not the only difference. */
static void add_point(struct strbuf *out, size_t nr, double x, double y)
{
	switch (nr % 4) {
	case 0:
		strbuf_addf(out, "<path d=\"M%.1f %.1fh6v6h-6z\">", x - 3, y - 3);
		break;
	case 1:
		strbuf_addf(out, "<path d=\"M%.1f %.1fl4 7h-8z\">", x, y - 4);
		break;
	case 2:
		strbuf_addf(out, "<path d=\"M%.1f %.1fl4 4l-4 4l-4-4z\">", x, y - 4);
		break;
	default:
		strbuf_addf(out, "<path d=\"M%.1f %.1fl4-7h-8z\">", x, y + 4);
		break;
	}
}

static void add_line(struct strbuf *out, const struct plot *plot, size_t nr)
{
	const struct page_series *series = &plot->growth->series[nr];
	unsigned int i;
	bool begun = false;

	strbuf_addf(out, "<g class=\"c%zu\"><path class=\"line\" d=\"", nr % COLORS);
	for (i = 0; i < plot->growth->sizes; i++) {
		if (isnan(series->y[plot->measure][i]))
			continue;
		strbuf_addf(out, "%c%.1f %.1f", begun ? 'L' : 'M', x_of(plot, i),
			    y_of(plot, series->y[plot->measure][i]));
		begun = true;
	}
	strbuf_addstr(out, "\"/>\n");
	for (i = 0; i < plot->growth->sizes; i++) {
		if (isnan(series->y[plot->measure][i]))
			continue;
		add_point(out, nr, x_of(plot, i),
			  y_of(plot, series->y[plot->measure][i]));
		strbuf_addstr(out, "<title>");
		html_str(out, series->name);
		strbuf_addstr(out, ", ");
		add_x(out, plot->growth, i);
		strbuf_addstr(out, ": ");
		add_value(out, plot->measure, series->y[plot->measure][i]);
		strbuf_addstr(out, "</title></path>");
	}
	strbuf_addstr(out, "</g>\n");
}

static void add_plot(struct strbuf *out, const struct page_growth *growth,
		     enum page_measure measure)
{
	struct plot plot;
	size_t nr;

	if (!plot_init(&plot, growth, measure)) {
		strbuf_addf(out, "<p class=\"none\">%s: 0 at every size.</p>\n",
			    titles[measure]);
		return;
	}
	strbuf_addf(
		out,
		"<svg viewBox=\"0 0 360 228\" role=\"img\" aria-label=\"%s by size\">\n"
		"<text x=\"4\" y=\"12\" class=\"title\">%s</text>\n",
		titles[measure], titles[measure]);
	add_axes(out, &plot);
	for (nr = growth->nr; nr-- > 0;)
		add_line(out, &plot, nr);
	strbuf_addstr(out, "</svg>\n");
}

static void add_legend(struct strbuf *out, const struct page_growth *growth)
{
	size_t i;

	strbuf_addstr(out, "<ul class=\"legend\">\n");
	for (i = 0; i < growth->nr; i++) {
		strbuf_addf(out,
			    "<li><svg viewBox=\"0 0 24 12\" width=\"24\" height=\"12\" "
			    "aria-hidden=\"true\"><g class=\"c%zu\"><path class=\"line\" "
			    "d=\"M0 6H24\"/>",
			    i % COLORS);
		add_point(out, i, 12, 6);
		strbuf_addstr(out, "</path></g></svg> ");
		html_str(out, growth->series[i].name);
		strbuf_addstr(out, "</li>\n");
	}
	strbuf_addstr(out, "</ul>\n");
}

static void add_numbers(struct strbuf *out, const struct page_growth *growth)
{
	unsigned int i, measure;
	size_t nr;

	strbuf_addstr(out, "<details><summary>The numbers</summary><div class=\"scroll\" "
			   "tabindex=\"0\">"
			   "<table>\n<thead><tr><th "
			   "class=\"t\">variant<th>size<th>notified<th>scanned"
			   "<th>stall</thead><tbody>\n");
	for (nr = 0; nr < growth->nr; nr++)
		for (i = 0; i < growth->sizes; i++) {
			if (isnan(growth->series[nr].y[0][i]))
				continue;
			strbuf_addstr(out, "<tr><th scope=\"row\">");
			html_str(out, growth->series[nr].name);
			strbuf_addstr(out, "<td>");
			add_x(out, growth, i);
			for (measure = 0; measure < PAGE_MEASURES; measure++) {
				strbuf_addstr(out, "<td>");
				add_value(out, measure, growth->series[nr].y[measure][i]);
			}
			strbuf_addch(out, '\n');
		}
	strbuf_addstr(out, "</tbody></table></div></details>\n");
}

void page_add_growth(struct strbuf *out, const struct page_script *script)
{
	const struct page_growth *growth = &script->growth;
	unsigned int measure;

	strbuf_addstr(out, "<h3>Growth</h3>\n<p>");
	if (growth->sizes < 2 || !growth->nr) {
		html_str(out, strbuf_str(&growth->why));
		strbuf_addstr(out, "</p>\n");
		return;
	}
	html_str(out, strbuf_str(&growth->what));
	strbuf_addstr(out, "</p>\n<div class=\"plots\">\n");
	for (measure = 0; measure < PAGE_MEASURES; measure++)
		add_plot(out, growth, measure);
	strbuf_addstr(out, "</div>\n");
	add_legend(out, growth);
	add_numbers(out, growth);
}
