// SPDX-License-Identifier: GPL-2.0-or-later
/* The frame of the page: what comes first and last, and the order of what is between. */
#include "html_internal.h"

#include <string.h>

/* Script lines that are shown; the rest is where it came from. */
#define LISTING_MAX (64u << 10)

/* SHA-256 of page.js: nothing else may run. tests/report computes it again. */
static const char script_hash[] = "sha256-O18hDZna/ZN1IPo0F8TlNvgcxIK3Kp8kE6fs8QpRorc=";

const char *report_page_script_hash(void)
{
	return script_hash;
}

/* Every line of @text as an element. */
static void add_lines(struct strbuf *out, const char *tag, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n");

		strbuf_addf(out, "<%s>", tag);
		html_text(out, text, len);
		strbuf_addf(out, "</%s>\n", tag);
		text += len + (text[len] == '\n');
	}
}

static void add_head(const struct page *page, struct strbuf *out)
{
	strbuf_addstr(
		out,
		"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
		"'none'; "
		"img-src data:; style-src 'unsafe-inline'; script-src '");
	strbuf_addstr(out, script_hash);
	strbuf_addstr(out, "'; base-uri 'none'; form-action 'none'\">\n"
			   "<meta name=\"viewport\" content=\"width=device-width, "
			   "initial-scale=1\">\n"
			   "<meta name=\"color-scheme\" content=\"light dark\">\n"
			   "<meta name=\"generator\" content=\"mmuscope ");
	html_str(out, page->version);
	strbuf_addstr(out, "\">\n<link rel=\"icon\" href=\"data:,\">\n<title>mmuscope: ");
	if (page->nr)
		html_cut(out, page->scripts[0].file, strlen(page->scripts[0].file), 80);
	if (page->nr > 1)
		strbuf_addf(out, " and %zu more", page->nr - 1);
	strbuf_addstr(out, "</title>\n<style>\n");
	strbuf_addstr(out, report_page_css);
	strbuf_addstr(out, "</style>\n</head>\n<body>\n");
}

static void add_contents(const struct page *page, struct strbuf *out)
{
	size_t i;

	if (page->nr < 2)
		return;
	strbuf_addstr(out, "<nav><ol>\n");
	for (i = 0; i < page->nr; i++) {
		strbuf_addf(out, "<li><a href=\"#s%zu\">", i);
		html_str(out, page->scripts[i].file);
		strbuf_addstr(out, "</a>: ");
		html_str(out, strbuf_str(&page->scripts[i].headline));
		strbuf_addstr(out, "</li>\n");
	}
	strbuf_addstr(out, "</ol></nav>\n");
}

static void add_verdict(const struct page_script *script, struct strbuf *out)
{
	strbuf_addf(out, "<div class=\"verdict%s\">\n<p class=\"headline\">",
		    script->bad ? " bad" : "");
	html_str(out, strbuf_str(&script->headline));
	strbuf_addstr(out, "</p>\n");
	add_lines(out, "p", strbuf_str(&script->verdict));
	if (script->failures.len) {
		strbuf_addstr(out, "<pre>");
		html_cut(out, script->failures.buf, script->failures.len, LISTING_MAX);
		strbuf_addstr(out, "</pre>\n");
	}
	strbuf_addstr(out, "</div>\n");
}

static void add_source(const struct page_script *script, struct strbuf *out)
{
	strbuf_addstr(out, "<h3>Commands</h3>\n<pre class=\"commands\">");
	html_str(out, strbuf_str(&script->commands));
	strbuf_addstr(out, "</pre>\n<details><summary>The script</summary>\n<pre>");
	html_cut(out, script->text, script->text_len, LISTING_MAX);
	strbuf_addstr(out, "</pre></details>\n");
}

static void add_script(const struct page_script *script, unsigned int nr,
		       struct strbuf *out)
{
	strbuf_addf(out, "<section id=\"s%u\">\n<h2>", nr);
	html_str(out, script->file);
	strbuf_addstr(out, "</h2>\n");
	add_verdict(script, out);
	page_add_space(out, script, nr);
	page_add_timeline(out, script);
	page_add_variants(out, script);
	page_add_growth(out, script);
	add_source(script, out);
	strbuf_addstr(out, "</section>\n");
}

static void add_foot(const struct page *page, struct strbuf *out)
{
	strbuf_addstr(
		out,
		"<footer>\n<h3>How to read it</h3>\n<p>Counts are exact: the script was "
		"executed on a model of Linux's primary and secondary MMUs. Times are "
		"estimates, counts times the costs of a table:</p>\n<pre>");
	html_str(out, page->cost);
	strbuf_addstr(
		out,
		"</pre>\n<dl>\n"
		"<dt>notified, populated</dt><dd>bytes between invalidate_range_start "
		"and _end, and "
		"how many of them a present entry mapped</dd>\n"
		"<dt>frames</dt><dd>guest frames in them, clipped to memslots</dd>\n"
		"<dt>scanned, longest</dt><dd>reverse-map heads that KVM looked at, and "
		"most of them "
		"in one stretch without a chance to yield; the TDP MMU has none</dd>\n"
		"<dt>zapped</dt><dd>leaf SPTEs removed; the guest faults each in "
		"again</dd>\n"
		"<dt>stall</dt><dd>predicted time from the start of the notifications to "
		"their end; "
		"guest faults in the range wait for it or are sent "
		"back</dd>\n</dl>\n<p>mmuscope ");
	html_str(out, page->version);
	strbuf_addstr(out, "</p>\n</footer>\n<script>");
	strbuf_addstr(out, report_page_js);
	strbuf_addstr(out, "</script>\n</body>\n</html>\n");
}

void report_page(const struct page *page, struct strbuf *out)
{
	size_t i;

	add_head(page, out);
	strbuf_addstr(out, "<header><h1>mmuscope report</h1></header>\n<main>\n");
	add_contents(page, out);
	for (i = 0; i < page->nr; i++)
		add_script(&page->scripts[i], i, out);
	strbuf_addstr(out, "</main>\n");
	add_foot(page, out);
}
