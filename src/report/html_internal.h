/* SPDX-License-Identifier: GPL-2.0-or-later */
/* HTML out of numbers of ours and text of others. */
#ifndef REPORT_HTML_INTERNAL_H
#define REPORT_HTML_INTERNAL_H

#include <report/page.h>

/**
 * html_text() - text of others as element content or inside a quoted attribute: markup escaped;
 * bytes that are not UTF-8, control characters and those that turn the direction of writing are
 * shown as U+FFFD; newlines and tabs stay.
 */
void html_text(struct strbuf *out, const char *text, size_t len);
void html_str(struct strbuf *out, const char *text);

/** html_cut() - the same, of at most @max bytes, with an ellipsis where it was longer. */
void html_cut(struct strbuf *out, const char *text, size_t len, size_t max);

/* A table cell: a number as report_add_count(), _size() and _ns() write it. */
void html_count(struct strbuf *out, uint64_t count);
void html_size(struct strbuf *out, uint64_t bytes);
void html_ns(struct strbuf *out, double ns);

/* The sections of one script; @nr is its number on the page, for identifiers. */
void page_add_space(struct strbuf *out, const struct page_script *script, unsigned int nr);
void page_add_timeline(struct strbuf *out, const struct page_script *script);
void page_add_variants(struct strbuf *out, const struct page_script *script);
void page_add_growth(struct strbuf *out, const struct page_script *script);

/* page.css and page.js, embedded when built. */
extern const char report_page_css[];
extern const char report_page_js[];

#endif /* REPORT_HTML_INTERNAL_H */
