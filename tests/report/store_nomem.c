// SPDX-License-Identifier: GPL-2.0-or-later
/* Memory that runs out under everything that is done with result stores, in SQLite, too. */
#include "store_test.h"

#include <errno.h>
#include <sys/wait.h>

#include <base/mem.h>
#include <report/diff.h>
#include <report/store_page.h>

/* SQLite's memory from ours, so that it can fail: the size stands in front. */
static void *sql_malloc(int size)
{
	uint64_t *p = mem_alloc(size + 16);

	if (!p)
		return NULL;
	*p = size;
	return p + 2;
}

static void sql_free(void *p)
{
	if (p)
		mem_free((uint64_t *)p - 2);
}

static int sql_size(void *p)
{
	return p ? ((uint64_t *)p)[-2] : 0;
}

static void *sql_realloc(void *p, int size)
{
	void *new = sql_malloc(size);

	if (!new)
		return NULL;
	memcpy(new, p, sql_size(p) < size ? sql_size(p) : size);
	sql_free(p);
	return new;
}

static int sql_roundup(int size)
{
	return (size + 7) & ~7;
}

static int sql_init(void *data)
{
	(void)data;
	return SQLITE_OK;
}

static void sql_shutdown(void *data)
{
	(void)data;
}

/* A store with @nr runs, made by another process: SQLite keeps some memory for good. */
static bool make_store(const char *path, unsigned int from, unsigned int nr)
{
	struct strbuf diag = STRBUF_INIT;
	struct report_store *store = NULL;
	unsigned int i;
	int status = 1;

	fflush(stdout);
	if (!fork()) {
		int err = report_store_open(path, REPORT_STORE_WRITE, &diag, &store);

		for (i = from; i < from + nr && !err; i++)
			err = store_record(store, "x.mms", "touch", i, 3, &diag, NULL, NULL);
		report_store_close(store);
		_exit(err ? 1 : 0);
	}
	wait(&status);
	return status == 0;
}

/* Opens, stores a run, merges, closes. Return: 0 or the first error. */
static int write_life(unsigned int number)
{
	struct strbuf diag = STRBUF_INIT;
	struct report_store *store = NULL;
	uint64_t new, known;
	int err = report_store_open("new.db", REPORT_STORE_WRITE, &diag, &store);

	if (!err)
		err = store_record(store, "x", "touch", number, 3, &diag, NULL, NULL);
	if (!err)
		err = report_store_merge(store, "a.db", &diag, &new, &known);
	report_store_close(store);
	strbuf_release(&diag);
	return err;
}

static int count_run(void *ctx, const struct report_run_names *run)
{
	(void)run;
	++*(unsigned int *)ctx;
	return 0;
}

/* Renders the sections; a page with something missing is not the first one again. */
static int show(const struct store_page *sections)
{
	static struct strbuf first;
	const struct page page = { .version = "", .cost = "", .scripts = sections->sections,
				   .nr = sections->nr };
	struct strbuf out = STRBUF_INIT;
	int err;

	report_page(&page, &out);
	err = strbuf_error(&out);
	if (!err && !first.len) {
		first = out;
		return 0;
	}
	if (!err && (out.len != first.len || memcmp(out.buf, first.buf, out.len)))
		err = -EPROTO;
	strbuf_release(&out);
	return err;
}

/* The list of the runs, and the sections of a page. */
static int read_life(unsigned int number)
{
	const struct report_stall_limits limits = { .lockup = 2e10 };
	struct strbuf diag = STRBUF_INIT;
	struct report_store *store = NULL;
	struct store_page page = { 0 };
	unsigned int runs = 0;
	int err = report_store_open("a.db", REPORT_STORE_READ, &diag, &store);

	(void)number;
	if (!err)
		err = report_store_runs(store, &diag, count_run, &runs);
	if (!err)
		err = report_store_page(store, "a.db", &limits, &diag, &page);
	if (!err)
		err = runs == 4 && page.nr == 1 ? show(&page) : -EPROTO;
	store_page_release(&page);
	report_store_close(store);
	strbuf_release(&diag);
	return err;
}

static int count_value(void *ctx, const struct report_diff_value *value)
{
	(void)value;
	++*(unsigned int *)ctx;
	return 0;
}

static int count_pair(void *ctx, const struct report_diff_pair *pair)
{
	(void)pair;
	++*(unsigned int *)ctx;
	return 0;
}

/* Two stores side by side: the pairs, and all that is told of the first. */
static int diff_life(unsigned int number)
{
	struct strbuf diag = STRBUF_INIT;
	struct report_diff *diff = NULL;
	unsigned int pairs = 0, values = 0;
	int err = report_diff_open("a.db", NULL, "b.db", NULL, 0, &diag, &diff);

	(void)number;
	if (!err)
		err = report_diff_pairs(diff, &diag, count_pair, &pairs);
	if (!err)
		err = report_diff_statistics(diff, 1, &diag, count_value, &values);
	if (!err)
		err = report_diff_operations(diff, 1, &diag, count_value, &values);
	if (!err)
		err = report_diff_totals(diff, &diag, count_value, &values);
	if (!err)
		err = pairs && values ? 0 : -EPROTO;
	report_diff_close(diff);
	strbuf_release(&diag);
	return err;
}

/* The first allocations one by one, the later ones further and further apart. */
static void run_out(const char *name, int (*life)(unsigned int number))
{
	/* once through for what SQLite keeps for good */
	bool right = !life(6000000), reached = true;
	uint64_t n, live = mem_live();
	unsigned int failures = 0;

	for (n = 1; reached && right; n += 1 + n / 40) {
		uint64_t before = mem_count();
		int err;

		mem_fail_at(n);
		err = life(n);
		mem_fail_at(0);
		reached = mem_count() >= before + n;
		failures += err != 0;
		right = (!err || err == -ENOMEM) && mem_live() == live;
		if (!right)
			printf("# allocation %llu: %d, %lld live\n", (unsigned long long)n, err,
			       (long long)(mem_live() - live));
	}
	tap_ok(right && failures > 20, "%s: memory ran out in %u places", name, failures);
}

int main(void)
{
	static const sqlite3_mem_methods methods = {
		sql_malloc, sql_free, sql_realloc, sql_size, sql_roundup, sql_init, sql_shutdown, NULL,
	};

	if (!store_setup()) {
		tap_skip("store", "no folder for temporary files");
		return tap_done();
	}
	if (sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) != SQLITE_OK ||
	    sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0) != SQLITE_OK)
		return 1;
	tap_ok(make_store("a.db", 1, 4) && make_store("b.db", 3, 4), "two stores");
	run_out("a run stored and a store merged", write_life);
	tap_ok(store_whole("new.db"), "the store is whole");
	run_out("runs listed and shown", read_life);
	run_out("stores compared", diff_life);
	store_cleanup();
	return tap_done();
}
