// SPDX-License-Identifier: GPL-2.0-or-later
#include <report/store_page.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <base/mem.h>
#include <report/table.h>

#include "store_internal.h"

/* Operations of the table. */
#define MAX_OPS 16

/* clang-format off */
#define COUNTER(name)                                                                    \
	"(SELECT value FROM main.counter c WHERE c.run = r.nr AND c.name = '" name "')"
/* These four say how a run was executed, which it knows in columns of its own. */
#define TOLD "('profile', 'design', 'mmu', 'levels')"
#define PARAMS                                                                           \
	"(SELECT group_concat(name || '=' || value, ' ') FROM (SELECT name, value FROM " \
	"main.param p"                                                                   \
	" WHERE p.run = r.nr AND p.name NOT IN " TOLD " ORDER BY p.nr))"
#define RUNS(params)                                                                     \
	"SELECT r.nr, r.file, r.profile, r.designs, r.mmu, " params " AS told,"          \
	" r.blocked_ns, r.longest_ns, r.checked, r.failed, "                             \
	COUNTER("notifications") ", " COUNTER("bytes_notified") ", "                     \
	COUNTER("bytes_populated") ", " COUNTER("frames_covered") ", "                   \
	COUNTER("rmap_scanned") ", " COUNTER("rmap_longest") ", "                        \
	COUNTER("sptes_zapped") ", r.executed"                                           \
	" FROM main.run r WHERE r.error = ''"                                            \
	" ORDER BY r.file, r.profile, r.designs, r.mmu, length(told), told, r.nr"
/* clang-format on */
/* Columns of RUNS. */
enum {
	R_NR,
	R_FILE,
	R_PROFILE,
	R_DESIGNS,
	R_MMU,
	R_PARAMS,
	R_STALL,
	R_LONGEST,
	R_CHECKED,
	R_FAILED,
	R_PAIRS,
	R_NOTIFIED,
	R_POPULATED,
	R_FRAMES,
	R_SCANNED,
	R_MOST,
	R_ZAPPED,
	R_EXECUTED
};

static const char ops_sql[] =
	"SELECT nr, line, text, result, counters, blocked_ns, longest_ns,"
	" json_extract(counters, '$.notifications'), json_extract(counters, "
	"'$.bytes_notified'),"
	" json_extract(counters, '$.bytes_populated'), json_extract(counters, "
	"'$.rmap_scanned'),"
	" json_extract(counters, '$.sptes_zapped') FROM (SELECT * FROM main.op WHERE run "
	"= ?1 AND"
	" (json_extract(counters, '$.notifications') > 0 OR result <> 'ok')"
	" ORDER BY blocked_ns DESC, nr LIMIT ?2) ORDER BY nr";
static const char timeline_sql[] =
	"SELECT line, blocked_ns, mmu_lock_ns, json_extract(counters, '$.notifications')"
	" FROM main.op WHERE run = ?1 ORDER BY nr";
static const char script_sql[] = "SELECT s.text FROM main.script s JOIN main.run r ON "
				 "s.digest = r.script WHERE r.nr = ?1";
/* The first parameter that was set to several values, all of them numbers, perhaps with a
 * unit. */
static const char param_sql[] =
	"SELECT p.name FROM main.param p JOIN main.run r ON r.nr = p.run WHERE r.file = "
	"?1"
	" AND p.name NOT IN " TOLD " GROUP BY p.name HAVING count(DISTINCT p.value) > 1 "
				   "AND sum(p.value NOT GLOB '[1-9]*'"
	" OR p.value GLOB '?*[^0-9KMGT]*' OR p.value GLOB '*[KMGT]?*') = 0 ORDER BY "
	"min(p.nr) LIMIT 1";
/* Its value in each run, and all else that the run was told. */
static const char growth_sql[] =
	"SELECT p.value, r.profile, r.designs, r.mmu, (SELECT group_concat(q.name || '=' "
	"|| q.value, ' ')"
	" FROM main.param q WHERE q.run = r.nr AND q.name <> ?2 AND q.name NOT IN " TOLD
	"), r.blocked_ns, " COUNTER("bytes_notified") ", " COUNTER(
		"rmap_scanned") " FROM main.run r JOIN main.param p"
				" ON p.run = r.nr WHERE r.file = ?1 AND p.name = ?2 AND "
				"r.error = ''"
				" ORDER BY r.profile, r.designs, r.mmu, r.nr";

static const char *keep(struct store_page *page, const void *text, size_t len)
{
	char *copy;

	if (mem_grow(&page->strings, &page->cap_strings, page->nr_strings + 1,
		     sizeof(char *)) ||
	    !(copy = mem_strndup(text ? text : "", text ? len : 0))) {
		page->error = -ENOMEM;
		return "";
	}
	page->strings[page->nr_strings++] = copy;
	return copy;
}

static const char *keep_column(struct store_page *page, sqlite3_stmt *stmt, int nr)
{
	const void *bytes = sqlite3_column_blob(stmt, nr);

	return keep(page, bytes, sqlite3_column_bytes(stmt, nr));
}

static void add_run_name(struct strbuf *out, const char *profile, const char *designs,
			 const char *params)
{
	strbuf_addstr(out, profile);
	if (strcmp(designs, "-"))
		strbuf_addf(out, " + %s", designs);
	if (*params)
		strbuf_addf(out, ", %s", params);
}

static struct page_script *new_section(struct store_page *page, sqlite3_stmt *stmt)
{
	struct page_script *section;

	if (mem_grow(&page->sections, &page->cap, page->nr + 1, sizeof(*section)))
		return NULL;
	section = &page->sections[page->nr++];
	*section = (struct page_script){.text = ""};
	section->file = keep_column(page, stmt, R_FILE);
	return section;
}

static int add_variant(struct page_script *section, sqlite3_stmt *stmt,
		       struct store_page *page, const struct report_stall_limits *limits)
{
	struct strbuf name = STRBUF_INIT;
	struct page_variant *variant;
	int err = mem_grow(&section->variants, &section->cap_variants,
			   section->nr_variants + 1, sizeof(*variant));

	if (err)
		return err;
	variant = &section->variants[section->nr_variants++];
	*variant = (struct page_variant){
		.mmu = keep_column(page, stmt, R_MMU),
		.lockup = sqlite3_column_double(stmt, R_LONGEST) >= limits->lockup,
		.notifications = sqlite3_column_int64(stmt, R_PAIRS),
		.notified = sqlite3_column_int64(stmt, R_NOTIFIED),
		.populated = sqlite3_column_int64(stmt, R_POPULATED),
		.frames = sqlite3_column_int64(stmt, R_FRAMES),
		.scanned = sqlite3_column_int64(stmt, R_SCANNED),
		.longest = sqlite3_column_int64(stmt, R_MOST),
		.zapped = sqlite3_column_int64(stmt, R_ZAPPED),
		.stall = sqlite3_column_double(stmt, R_STALL),
		.longest_ns = sqlite3_column_double(stmt, R_LONGEST),
	};
	add_run_name(&name, store_column(stmt, R_PROFILE), store_column(stmt, R_DESIGNS),
		     store_column(stmt, R_PARAMS));
	snprintf(variant->name, sizeof(variant->name), "%s", strbuf_str(&name));
	err = strbuf_error(&name);
	strbuf_release(&name);
	return err;
}

/* Binds a run, steps through the rows. Return: SQLite's result code. */
static int each_row(struct report_store *store, const char *sql, int64_t run,
		    void (*fn)(void *ctx, sqlite3_stmt *stmt), void *ctx)
{
	sqlite3_stmt *stmt = NULL;
	int rc = store_prepare(store, sql, &stmt);

	rc = rc ? rc : sqlite3_bind_int64(stmt, 1, run);
	if (!rc && sqlite3_bind_parameter_count(stmt) > 1)
		rc = sqlite3_bind_int(stmt, 2, MAX_OPS);
	while (!rc && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		fn(ctx, stmt);
		rc = SQLITE_OK;
	}
	sqlite3_finalize(stmt);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

struct filling {
	struct store_page *page;
	struct page_script *section;
};

static void add_op(void *ctx, sqlite3_stmt *stmt)
{
	struct filling *filling = ctx;
	struct page_op *op = &filling->section->ops[filling->section->nr_ops++];

	*op = (struct page_op){
		.index = sqlite3_column_int64(stmt, 0),
		.line = sqlite3_column_int(stmt, 1),
		.text = keep_column(filling->page, stmt, 2),
		.text_len = sqlite3_column_bytes(stmt, 2),
		.result = keep_column(filling->page, stmt, 3),
		.stall = sqlite3_column_double(stmt, 5),
		.longest = sqlite3_column_double(stmt, 6),
		.notifications = sqlite3_column_int64(stmt, 7),
		.notified = sqlite3_column_int64(stmt, 8),
		.populated = sqlite3_column_int64(stmt, 9),
		.scanned = sqlite3_column_int64(stmt, 10),
		.zapped = sqlite3_column_int64(stmt, 11),
	};
}

static void add_mark(void *ctx, sqlite3_stmt *stmt)
{
	struct filling *filling = ctx;

	page_timeline_add(filling->section->timeline, sqlite3_column_int(stmt, 0),
			  sqlite3_column_double(stmt, 1), sqlite3_column_double(stmt, 2),
			  sqlite3_column_int64(stmt, 3));
}

static void add_text(void *ctx, sqlite3_stmt *stmt)
{
	struct filling *filling = ctx;

	filling->section->text_len = sqlite3_column_bytes(stmt, 0);
	filling->section->text = keep_column(filling->page, stmt, 0);
}

/* The run that stalls longest, in detail. Return: SQLite's result code. */
static int show_run(struct report_store *store, struct store_page *page,
		    struct page_script *section, int64_t run)
{
	struct filling filling = {page, section};
	int rc;

	section->ops = mem_zalloc(MAX_OPS * sizeof(section->ops[0]));
	section->timeline = mem_zalloc(sizeof(*section->timeline));
	if (!section->ops || !section->timeline)
		return SQLITE_NOMEM;
	rc = each_row(store, ops_sql, run, add_op, &filling);
	section->did = section->nr_ops;
	rc = rc ? rc : each_row(store, timeline_sql, run, add_mark, &filling);
	return rc ? rc : each_row(store, script_sql, run, add_text, &filling);
}

/* "64", "4K"; @ret_unit is set where one has a unit */
static uint64_t number_of(const char *text, bool *ret_unit)
{
	static const char units[] = "KMGT";
	const char *unit;
	uint64_t value = 0;

	for (; *text >= '0' && *text <= '9'; text++)
		value = value * 10 + *text - '0';
	unit = *text ? strchr(units, *text) : NULL;
	*ret_unit |= unit != NULL;
	return unit ? value << (10 * (unit - units + 1)) : value;
}

/* The place of a size among the others, ascending; -1 when there are too many. */
static int size_slot(struct page_growth *growth, uint64_t size)
{
	unsigned int i, at, s, m;

	for (at = 0; at < growth->sizes && growth->size[at] < size; at++)
		;
	if (at < growth->sizes && growth->size[at] == size)
		return at;
	if (growth->sizes == PAGE_SIZES)
		return -1;
	for (i = growth->sizes; i > at; i--)
		growth->size[i] = growth->size[i - 1];
	growth->size[at] = size;
	growth->sizes++;
	for (s = 0; s < growth->nr; s++)
		for (m = 0; m < PAGE_MEASURES; m++) {
			double *y = growth->series[s].y[m];

			memmove(y + at + 1, y + at, (PAGE_SIZES - 1 - at) * sizeof(*y));
			y[at] = NAN;
		}
	return at;
}

static struct page_series *find_series(struct page_growth *growth, const char *name)
{
	struct page_series *series;
	unsigned int i, m;
	size_t s;

	for (s = 0; s < growth->nr; s++)
		if (!strncmp(growth->series[s].name, name, sizeof(series->name) - 1))
			return &growth->series[s];
	if (mem_grow(&growth->series, &growth->cap, growth->nr + 1, sizeof(*series)))
		return NULL;
	series = &growth->series[growth->nr++];
	snprintf(series->name, sizeof(series->name), "%s", name);
	for (m = 0; m < PAGE_MEASURES; m++)
		for (i = 0; i < PAGE_SIZES; i++)
			series->y[m][i] = NAN;
	return series;
}

/* Return: 0, -ENOMEM, or -E2BIG when there are more sizes than a plot has room for. */
static int add_point(struct page_growth *growth, sqlite3_stmt *stmt, bool *units)
{
	struct strbuf name = STRBUF_INIT;
	struct page_series *series;
	int slot;

	add_run_name(&name, store_column(stmt, 1), store_column(stmt, 2),
		     store_column(stmt, 4));
	if (strcmp(store_column(stmt, 3), "-"))
		strbuf_addf(&name, ", %s", store_column(stmt, 3));
	series = strbuf_error(&name) ? NULL : find_series(growth, strbuf_str(&name));
	strbuf_release(&name);
	if (!series)
		return -ENOMEM;
	slot = size_slot(growth, number_of(store_column(stmt, 0), units));
	if (slot < 0)
		return -E2BIG;
	series->y[PAGE_STALL][slot] = sqlite3_column_double(stmt, 5);
	series->y[PAGE_NOTIFIED][slot] = sqlite3_column_double(stmt, 6);
	series->y[PAGE_SCANNED][slot] = sqlite3_column_double(stmt, 7);
	return 0;
}

static int fill_growth(struct report_store *store, struct page_script *section,
		       const char *param)
{
	struct page_growth *growth = &section->growth;
	sqlite3_stmt *stmt = NULL;
	bool units = false;
	int rc = store_prepare(store, growth_sql, &stmt), err = 0;

	rc = rc ? rc : store_bind_str(stmt, 1, section->file);
	rc = rc ? rc : store_bind_str(stmt, 2, param);
	while (!rc && !err && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		err = add_point(growth, stmt, &units);
		rc = SQLITE_OK;
	}
	sqlite3_finalize(stmt);
	growth->count = !units;
	if (err == -E2BIG) {
		growth->sizes = 0;
		strbuf_addf(&growth->why, "The parameter %s has more than %d values.",
			    param, PAGE_SIZES);
		return SQLITE_OK;
	}
	strbuf_addf(
		&growth->what,
		"The stored runs by the parameter %s: every point is a run, the lines "
		"only connect them.",
		param);
	return err ? SQLITE_NOMEM : rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int add_growth(struct report_store *store, struct page_script *section,
		      bool params)
{
	struct strbuf param = STRBUF_INIT;
	sqlite3_stmt *stmt = NULL;
	int rc = SQLITE_OK;

	if (params) {
		rc = store_prepare(store, param_sql, &stmt);
		rc = rc ? rc : store_bind_str(stmt, 1, section->file);
		if (!rc && (rc = sqlite3_step(stmt)) == SQLITE_ROW)
			strbuf_addstr(&param, store_column(stmt, 0));
		rc = rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
		sqlite3_finalize(stmt);
	}
	if (!rc && strbuf_error(&param))
		rc = SQLITE_NOMEM;
	else if (!rc && param.len)
		rc = fill_growth(store, section, strbuf_str(&param));
	else if (!rc)
		strbuf_addstr(&section->growth.why,
			      "Not shown: no parameter of the stored runs was set to "
			      "several numbers.");
	strbuf_release(&param);
	return rc;
}

static void add_verdict(struct page_script *section, const struct page_variant *worst,
			size_t lockups, uint64_t checked, uint64_t failed)
{
	struct strbuf *headline = &section->headline, *out = &section->verdict;
	const struct page_variant *least = worst;
	size_t i;

	strbuf_addf(headline,
		    "%zu of %zu runs predict a soft lockup; the longest stall is ",
		    lockups, section->nr_variants);
	if (!lockups) {
		strbuf_reset(headline);
		strbuf_addstr(headline,
			      "No soft lockup predicted; the longest stall is ");
	}
	report_add_ns(headline, worst->stall);
	strbuf_addf(headline, ", of %s, %s.", worst->name, worst->mmu);
	for (i = 0; i < section->nr_variants; i++)
		if (section->variants[i].stall < least->stall)
			least = &section->variants[i];
	strbuf_addf(out, "%zu stored runs. The least stall is ", section->nr_variants);
	report_add_ns(out, least->stall);
	strbuf_addf(out,
		    ", of %s, %s.\nOperations and timeline are those of the run that is "
		    "marked.\n",
		    least->name, least->mmu);
	if (checked)
		strbuf_addf(out, "Expectations: %llu checked, %llu failed.\n",
			    (unsigned long long)checked, (unsigned long long)failed);
	section->bad = lockups || failed;
}

/* What is known once all runs of a script have been seen. */
struct summary {
	int64_t run;
	size_t worst;
	size_t lockups;
	uint64_t checked;
	uint64_t failed;
	uint64_t executed;
};

static int finish(struct report_store *store, struct store_page *page,
		  const struct summary *sum, const char *path, bool params)
{
	struct page_script *section = &page->sections[page->nr - 1];
	struct page_variant *worst = &section->variants[sum->worst];
	int rc = show_run(store, page, section, sum->run);

	worst->shown = true;
	section->total_ops = sum->executed;
	add_verdict(section, worst, sum->lockups, sum->checked, sum->failed);
	strbuf_addf(&section->commands,
		    "mmuscope report --store %s\nmmuscope list runs %s\n", path, path);
	return rc ? rc : add_growth(store, section, params);
}

static int add_run(struct store_page *page, sqlite3_stmt *stmt,
		   const struct report_stall_limits *limits, struct summary *sum)
{
	struct page_script *section = &page->sections[page->nr - 1];
	const struct page_variant *variant;
	int err = add_variant(section, stmt, page, limits);

	if (err)
		return err;
	variant = &section->variants[section->nr_variants - 1];
	sum->checked += sqlite3_column_int64(stmt, R_CHECKED);
	sum->failed += sqlite3_column_int64(stmt, R_FAILED);
	sum->lockups += variant->lockup;
	if (section->nr_variants == 1 ||
	    variant->stall > section->variants[sum->worst].stall) {
		sum->worst = section->nr_variants - 1;
		sum->run = sqlite3_column_int64(stmt, R_NR);
		sum->executed = sqlite3_column_int64(stmt, R_EXECUTED);
	}
	return 0;
}

static bool same_file(const struct store_page *page, sqlite3_stmt *stmt)
{
	const char *file = sqlite3_column_blob(stmt, R_FILE);
	size_t len = sqlite3_column_bytes(stmt, R_FILE);

	return page->nr && strlen(page->sections[page->nr - 1].file) == len &&
	       !memcmp(page->sections[page->nr - 1].file, file ? file : "", len);
}

static int read_runs(struct report_store *store, const char *path,
		     const struct report_stall_limits *limits, struct store_page *page)
{
	struct summary sum = {0};
	sqlite3_stmt *stmt = NULL;
	int64_t version = 0;
	int rc = store_number(store, "PRAGMA user_version", &version);

	rc = rc ? rc
		: store_prepare(store, version >= 2 ? RUNS(PARAMS) : RUNS("NULL"), &stmt);
	while (!rc && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		rc = SQLITE_OK;
		if (!same_file(page, stmt)) {
			if (page->nr)
				rc = finish(store, page, &sum, path, version >= 2);
			sum = (struct summary){0};
			if (!rc && !new_section(page, stmt))
				rc = SQLITE_NOMEM;
		}
		if (!rc && add_run(page, stmt, limits, &sum))
			rc = SQLITE_NOMEM;
	}
	sqlite3_finalize(stmt);
	rc = rc == SQLITE_DONE ? SQLITE_OK : rc;
	return !rc && page->nr ? finish(store, page, &sum, path, version >= 2) : rc;
}

int report_store_page(struct report_store *store, const char *path,
		      const struct report_stall_limits *limits, struct strbuf *diag,
		      struct store_page *ret_page)
{
	struct store_page page = {0};
	int rc = read_runs(store, path, limits, &page);

	if (!rc && !page.error) {
		*ret_page = page;
		return 0;
	}
	store_page_release(&page);
	if (page.error || rc == SQLITE_NOMEM)
		return -ENOMEM;
	return store_error(store, rc, "cannot read the store", diag);
}

void store_page_release(struct store_page *page)
{
	size_t i;

	for (i = 0; i < page->nr; i++) {
		struct page_script *section = &page->sections[i];

		strbuf_release(&section->headline);
		strbuf_release(&section->verdict);
		strbuf_release(&section->commands);
		strbuf_release(&section->growth.what);
		strbuf_release(&section->growth.why);
		mem_free(section->growth.series);
		mem_free(section->variants);
		mem_free(section->ops);
		mem_free(section->timeline);
	}
	for (i = 0; i < page->nr_strings; i++)
		mem_free(page->strings[i]);
	mem_free(page->strings);
	mem_free(page->sections);
	page->strings = NULL;
	page->sections = NULL;
	page->nr = page->nr_strings = 0;
}
