/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A report as one HTML page: no other file, no network, readable without script, in light and
 * dark, on paper and on a narrow screen. All text may be hostile; it is escaped here. Pure data
 * in: who fills it has executed the scripts or read a store.
 */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <base/strbuf.h>
#include <report/strip.h>

/**
 * struct page_op - one operation of the table; times in predicted nanoseconds
 * @text, @text_len: the script's line; @result: "ok" or the name of an errno
 * @strip: the address space around it, NULL where it was not drawn
 */
struct page_op {
	uint64_t index;
	uint32_t line;
	const char *text;
	size_t text_len;
	const char *result;
	uint64_t notifications;
	uint64_t notified;
	uint64_t populated;
	uint64_t scanned;
	uint64_t zapped;
	double stall;
	double longest;
	const struct strip *strip;
};

/**
 * struct page_mark - consecutive operations on the timeline
 * @first, @nr: number of the first, and how many
 * @line: of the one that takes longest; @most: how long that takes
 * @stall, @lock: of all of them, between start and end of notifications, and under mmu_lock
 */
struct page_mark {
	uint64_t first;
	uint64_t nr;
	uint32_t line;
	double most;
	double stall;
	double lock;
	uint64_t notifications;
};

/** struct page_timeline - at most PAGE_MARKS marks; when full, two become one */
#define PAGE_MARKS 1024
struct page_timeline {
	struct page_mark marks[PAGE_MARKS];
	size_t nr;
	uint64_t stride;
};

/** page_timeline_add() - the next operation. */
void page_timeline_add(struct page_timeline *timeline, uint32_t line, double stall, double lock,
		       uint64_t notifications);

/** struct page_variant - a row of the side-by-side table; @shown is the one shown in detail */
struct page_variant {
	char name[96];
	const char *mmu;
	bool shown;
	bool lockup;
	uint64_t notifications;
	uint64_t notified;
	uint64_t populated;
	uint64_t frames;
	uint64_t scanned;
	uint64_t longest;
	uint64_t zapped;
	double stall;
	double longest_ns;
};

/** enum page_measure - what a growth plot shows */
enum page_measure { PAGE_NOTIFIED, PAGE_SCANNED, PAGE_STALL, PAGE_MEASURES };

#define PAGE_SIZES 12
/** struct page_series - one variant at each size; NAN where it was not executed */
struct page_series {
	char name[96];
	double y[PAGE_MEASURES][PAGE_SIZES];
};

/**
 * struct page_growth - the script executed at several sizes
 * @from: the size as written; @size: what it was replaced by, ascending, @sizes of them; fewer than
 *	two: not grown, and @why says why
 * @count: the sizes are numbers, not bytes
 * @what: what was changed, in words
 */
struct page_growth {
	uint64_t from;
	uint64_t size[PAGE_SIZES];
	unsigned int sizes;
	bool count;
	struct page_series *series;
	size_t nr;
	size_t cap;
	struct strbuf what;
	struct strbuf why;
};

/**
 * struct page_script - all about one script
 * @headline: the verdict in one sentence; @verdict: more of them, one per line
 * @ops: ascending; @total_ops: executed; @did: of them, those that did something
 * @layout: of the strips
 * @commands: one per line
 */
struct page_script {
	const char *file;
	const char *text;
	size_t text_len;
	bool bad;
	struct strbuf headline;
	struct strbuf verdict;
	struct strbuf commands;
	struct strbuf failures;
	struct page_op *ops;
	size_t nr_ops;
	uint64_t total_ops;
	uint64_t did;
	const struct strip_layout *layout;
	struct page_timeline *timeline;
	struct page_variant *variants;
	size_t nr_variants;
	size_t cap_variants;
	struct page_growth growth;
};

/**
 * struct page - the report
 * @version: of the program; @cost: what the cost table is, lines of text
 */
struct page {
	const char *version;
	const char *cost;
	struct page_script *scripts;
	size_t nr;
};

/** report_page() - the page as HTML, UTF-8. strbuf_error() of @out says if memory was enough. */
void report_page(const struct page *page, struct strbuf *out);

/** report_page_script_hash() - of the page's script, as its content security policy names it. */
const char *report_page_script_hash(void);

#endif /* REPORT_PAGE_H */
