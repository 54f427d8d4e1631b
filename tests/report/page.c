// SPDX-License-Identifier: GPL-2.0-or-later
/* The page with hostile text in every place that takes text. */
#include <report/page.h>

#include <base/mem.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "html_internal.h"
#include "tap.h"

static const char evil[] =
	"</script><script>alert(1)</script>\"'><img src=x onerror=alert(2)>`&amp;"
	"\x01\x7f\xff\xc3(\xe2\x80\xae<!--\n-->\xc2\x85<style>*{display:none}";

static unsigned int count(const char *text, const char *what)
{
	unsigned int nr = 0;

	for (; (text = strstr(text, what)); text += strlen(what))
		nr++;
	return nr;
}

static void test_text(void)
{
	struct strbuf out = STRBUF_INIT;

	html_str(&out, "a<b>&\"'`\t\n");
	tap_ok(!strcmp(strbuf_str(&out), "a&lt;b&gt;&amp;&quot;&#39;&#96;\t\n"),
	       "markup is escaped");
	strbuf_reset(&out);
	html_str(&out, "\x1b[31m\xff\xc3(\xed\xa0\x80\xc2\x9b");
	tap_ok(!strcmp(strbuf_str(&out),
		       "\xef\xbf\xbd[31m\xef\xbf\xbd\xef\xbf\xbd(\xef\xbf\xbd\xef\xbf\xbd"
		       "\xef\xbf\xbd\xef\xbf\xbd"),
	       "control characters and what is not UTF-8");
	strbuf_reset(&out);
	html_str(&out, "\xe2\x80\xae\xe2\x81\xa6\xe2\x80\x94");
	tap_ok(!strcmp(strbuf_str(&out), "\xef\xbf\xbd\xef\xbf\xbd\xe2\x80\x94"),
	       "what turns the direction of writing, and a dash");
	strbuf_reset(&out);
	html_text(&out, "a\0b", 3);
	tap_ok(!strcmp(strbuf_str(&out), "a\xef\xbf\xbd"
					 "b"),
	       "a NUL byte");
	strbuf_reset(&out);
	html_cut(&out, "abc\xc3\xa4xyz", 8, 4);
	tap_ok(!strcmp(strbuf_str(&out), "abc\xe2\x80\xa6"), "cut between characters");
	strbuf_release(&out);
}

/* Everything that is text is evil. */
static void fill(struct page_script *script, struct page_op *op,
		 struct page_variant *variant, struct page_timeline *timeline,
		 struct strip_layout *layout, struct strip *strip)
{
	struct page_growth *growth = &script->growth;

	if (strip_layout_add(layout, evil, 0, 1 << 20))
		abort();
	strip_layout_finish(layout, 40);
	if (strip_init(strip, layout))
		abort();
	strip_add(strip, STRIP_PTE, 0, 4096);
	page_timeline_add(timeline, 3, 1000, 500, 2);
	*op = (struct page_op){.line = 3,
			       .text = evil,
			       .text_len = sizeof(evil) - 1,
			       .result = evil,
			       .stall = 1000,
			       .strip = strip};
	*variant = (struct page_variant){.mmu = evil, .shown = true, .stall = 1};
	memcpy(variant->name, evil, sizeof(variant->name) - 1);
	*script = (struct page_script){.file = evil,
				       .text = evil,
				       .text_len = sizeof(evil) - 1,
				       .ops = op,
				       .nr_ops = 1,
				       .did = 1,
				       .layout = layout,
				       .timeline = timeline,
				       .variants = variant,
				       .nr_variants = 1};
	growth->sizes = 2;
	growth->size[0] = 1 << 20;
	growth->size[1] = 4 << 20;
	if (mem_grow(&growth->series, &growth->cap, 1, sizeof(growth->series[0])))
		abort();
	growth->nr = 1;
	memset(growth->series, 0, sizeof(growth->series[0]));
	growth->series[0].y[PAGE_STALL][1] = 5;
	memcpy(growth->series[0].name, evil, sizeof(growth->series[0].name) - 1);
	strbuf_addstr(&growth->what, evil);
	strbuf_addstr(&script->headline, evil);
	strbuf_addstr(&script->verdict, evil);
	strbuf_addstr(&script->commands, evil);
	strbuf_addstr(&script->failures, evil);
}

/* Each allocation fails once: it is told at the end, and nothing else happens. */
static void out_of_memory(const struct page *page)
{
	uint64_t live = mem_live(), before = mem_count(), nr, i;
	struct strbuf out = STRBUF_INIT;
	bool right = true;

	report_page(page, &out);
	right = !strbuf_error(&out);
	strbuf_release(&out);
	nr = mem_count() - before;
	for (i = 1; i <= nr && right; i++) {
		mem_fail_at(i);
		report_page(page, &out);
		mem_fail_at(0);
		right = strbuf_error(&out) == -ENOMEM;
		strbuf_release(&out);
		right = right && mem_live() == live;
	}
	tap_ok(right && nr > 5, "each of %llu allocations of a page can fail", (unsigned long long)nr);
}

static void test_page(void)
{
	static struct page_timeline timeline;
	struct page_script scripts[2] = {0};
	struct strip_layout layout = {0};
	struct page_variant variant;
	struct strip strip;
	struct page_op op;
	struct page page = {.version = evil, .cost = evil, .scripts = scripts, .nr = 1};
	struct strbuf out = STRBUF_INIT;

	fill(&scripts[0], &op, &variant, &timeline, &layout, &strip);
	report_page(&page, &out);
	tap_ok(!strbuf_error(&out), "a page");
	tap_eq(count(strbuf_str(&out), "<script"), 1, "one script, ours");
	tap_eq(count(strbuf_str(&out), "</script"), 1, "which ends once");
	tap_eq(count(strbuf_str(&out), "<img"), 0, "no element of theirs");
	tap_eq(count(strbuf_str(&out), "<style"), 2, "two styles of ours");
	tap_eq(count(strbuf_str(&out), "<!--"), 0, "no comment");
	tap_ok(!memchr(out.buf, 0x7f, out.len) && !memchr(out.buf, 1, out.len),
	       "no control character");
	tap_ok(count(strbuf_str(&out), "&lt;img src=x onerror=alert(2)&gt;") >= 10,
	       "it can be read");
	tap_ok(strstr(strbuf_str(&out), report_page_script_hash()),
	       "the policy names the script");
	scripts[1] = scripts[0];
	page.nr = 2;
	out_of_memory(&page);
	strbuf_release(&out);
	strbuf_release(&scripts[0].headline);
	strbuf_release(&scripts[0].verdict);
	strbuf_release(&scripts[0].commands);
	strbuf_release(&scripts[0].failures);
	strbuf_release(&scripts[0].growth.what);
	mem_free(scripts[0].growth.series);
	strip_release(&strip);
	strip_layout_release(&layout);
}

static void test_timeline(void)
{
	static struct page_timeline timeline;
	double total = 0;
	uint64_t i, ops = 0, notifications = 0;

	for (i = 0; i < 5000; i++)
		page_timeline_add(&timeline, i + 1, i == 777 ? 100 : 1, 0.5, 2);
	for (i = 0; i < timeline.nr; i++) {
		total += timeline.marks[i].stall;
		ops += timeline.marks[i].nr;
		notifications += timeline.marks[i].notifications;
		if (timeline.marks[i].most == 100)
			tap_eq(timeline.marks[i].line, 778,
			       "the longest is known by its line");
	}
	tap_ok(timeline.nr <= PAGE_MARKS && timeline.nr > PAGE_MARKS / 2,
	       "as many marks as there is room");
	tap_ok(ops == 5000 && notifications == 10000 && total == 5099, "nothing is lost");
}

int main(void)
{
	test_text();
	test_page();
	test_timeline();
	return tap_done();
}
