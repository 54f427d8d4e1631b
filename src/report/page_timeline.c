// SPDX-License-Identifier: GPL-2.0-or-later
/* The operations along predicted time, and along the script. */
#include "html_internal.h"

#include <report/table.h>

#include <inttypes.h>
#include <math.h>

#define WIDTH 1000.0
#define LANE 22
#define BARS 80

static void join_pairs(struct page_timeline *timeline)
{
	size_t i;

	for (i = 0; i + 1 < timeline->nr; i += 2) {
		struct page_mark one = timeline->marks[i], two = timeline->marks[i + 1];

		if (two.most > one.most) {
			one.most = two.most;
			one.line = two.line;
		}
		one.nr += two.nr;
		one.stall += two.stall;
		one.lock += two.lock;
		one.notifications += two.notifications;
		timeline->marks[i / 2] = one;
	}
	timeline->nr /= 2;
	timeline->stride *= 2;
}

void page_timeline_add(struct page_timeline *timeline, uint32_t line, double stall,
		       double lock, uint64_t notifications)
{
	struct page_mark *mark = timeline->nr ? &timeline->marks[timeline->nr - 1] : NULL;
	uint64_t first = mark ? mark->first + mark->nr : 0;

	if (!timeline->stride)
		timeline->stride = 1;
	if (!mark || mark->nr == timeline->stride) {
		if (timeline->nr == PAGE_MARKS)
			join_pairs(timeline);
		mark = &timeline->marks[timeline->nr++];
		*mark = (struct page_mark){.first = first, .line = line};
	}
	mark->nr++;
	if (stall > mark->most) {
		mark->most = stall;
		mark->line = line;
	}
	mark->stall += stall;
	mark->lock += lock;
	mark->notifications += notifications;
}

static void add_title(struct strbuf *out, const struct page_mark *mark)
{
	strbuf_addf(out, "<title>operation %" PRIu64, mark->first + 1);
	if (mark->nr > 1)
		strbuf_addf(out, " to %" PRIu64, mark->first + mark->nr);
	strbuf_addf(out, ", line %u: ", mark->line);
	report_add_ns(out, mark->stall);
	strbuf_addstr(out, ", under mmu_lock ");
	report_add_ns(out, mark->lock);
	strbuf_addf(out, "; %" PRIu64 " notifications</title>", mark->notifications);
}

static void add_block(struct strbuf *out, const struct page_mark *mark, double x,
		      double width, int y, const char *class)
{
	strbuf_addf(
		out,
		"<rect class=\"%s\" x=\"%.3f\" y=\"%d\" width=\"%.3f\" height=\"%d\">",
		class, x, y, width, LANE - 4);
	add_title(out, mark);
	strbuf_addstr(out, "</rect>\n");
}

/* Lanes along predicted time: operations, of them under mmu_lock, and one tick per
 * operation. */
static void add_lanes(struct strbuf *out, const struct page_timeline *timeline,
		      double total)
{
	double at = 0;
	size_t i;

	for (i = 0; i < timeline->nr; i++) {
		const struct page_mark *mark = &timeline->marks[i];
		double x = at / total * WIDTH, width = mark->stall / total * WIDTH;

		if (mark->notifications) {
			add_block(out, mark, x, fmax(width, 0.5), 2,
				  i % 2 ? "op odd" : "op");
			if (mark->lock > 0)
				add_block(out, mark, x,
					  fmax(mark->lock / total * WIDTH, 0.5), LANE + 2,
					  "lock");
		}
		at += mark->stall;
	}
}

/* A bar for each operation in the order of the script, as high as the logarithm of its
 * stall. */
static void add_bars(struct strbuf *out, const struct page_timeline *timeline,
		     double most, int top)
{
	double decades = fmax(ceil(log10(fmax(most, 10))), 1);
	double width = WIDTH / timeline->nr;
	size_t i;
	int d;

	for (d = 0; d <= decades; d++)
		strbuf_addf(out, "<path class=\"grid\" d=\"M0 %.1fh1000\"/>",
			    top + BARS - BARS * d / decades);
	for (i = 0; i < timeline->nr; i++) {
		const struct page_mark *mark = &timeline->marks[i];
		double high = mark->most >= 1
				      ? BARS * log10(mark->most * 1.000001) / decades
				      : 0;

		if (!mark->notifications)
			continue;
		strbuf_addf(out,
			    "<rect class=\"op\" x=\"%.3f\" y=\"%.1f\" width=\"%.3f\" "
			    "height=\"%.1f\">",
			    i * width, top + BARS - fmax(high, 2),
			    fmin(fmax(width * 0.8, 0.5), 30), fmax(high, 2));
		add_title(out, mark);
		strbuf_addstr(out, "</rect>\n");
	}
}

static void open_svg(struct strbuf *out, const char *label, int height, const char *about)
{
	strbuf_addf(out,
		    "<span>%s</span><svg class=\"zoom\" viewBox=\"0 0 1000 %d\" "
		    "preserveAspectRatio=\"none\" height=\"%d\" role=\"img\" "
		    "aria-label=\"%s\">\n",
		    label, height, height, about);
}

void page_add_timeline(struct strbuf *out, const struct page_script *script)
{
	const struct page_timeline *timeline = script->timeline;
	double total = 0, most = 0;
	size_t i;

	for (i = 0; timeline && i < timeline->nr; i++) {
		total += timeline->marks[i].stall;
		most = fmax(most, timeline->marks[i].most);
	}
	strbuf_addstr(out, "<h3>Timeline</h3>\n");
	if (!(total > 0)) {
		strbuf_addstr(out, "<p>No operation takes any time that the cost table "
				   "knows.</p>\n");
		return;
	}
	strbuf_addstr(out, "<figure class=\"time\">\n<figcaption>Predicted time, 0 to ");
	report_add_ns(out, total);
	strbuf_addstr(out, ": operations from start to end of their notifications, and "
			   "below how much "
			   "of that is under mmu_lock. Then a bar for each operation");
	if (timeline->stride > 1)
		strbuf_addf(out, " (the longest of %" PRIu64 ")", timeline->stride);
	strbuf_addstr(out, " in the order of execution, by the logarithm of its time: a "
			   "line each from "
			   "1 ns in powers of ten, ");
	report_add_ns(out, most);
	strbuf_addstr(out, " the highest.</figcaption>\n<div class=\"strip\">\n");
	open_svg(out, "time", 2 * LANE, "operations along predicted time");
	add_lanes(out, timeline, total);
	strbuf_addstr(out, "</svg>\n");
	open_svg(out, "operations", BARS, "operations in the order of execution");
	add_bars(out, timeline, most, 0);
	strbuf_addstr(out, "</svg>\n</div>\n</figure>\n");
}
