/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Helpers of the tests of the result store. */
#ifndef TESTS_STORE_TEST_H
#define TESTS_STORE_TEST_H

#include "store_internal.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tap.h"

static char store_folder[64];

/* A new folder, gone at the end of the test. */
static inline bool store_setup(void)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(store_folder, sizeof(store_folder), "%.40s/store-XXXXXX", tmp ? tmp : "/tmp");
	return mkdtemp(store_folder) && !chdir(store_folder);
}

static inline void store_cleanup(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", store_folder);
	if (chdir("/") || system(command))
		printf("# %s is left\n", store_folder);
}

/* Records one run of @nr_ops operations; @number makes its counters, @file and @text are as given. */
static inline int store_record(struct report_store *store, const char *file, const char *text,
			       unsigned int number, unsigned int nr_ops, struct strbuf *diag,
			       bool *ret_new, char *ret_id)
{
	const struct report_param params[] = { { "pages", text }, { "len", "1G" } };
	const struct counter counters[] = { { "notifications", number }, { "rmap_scanned", 7 } };
	const struct report_stall stall = { .total = 1.5, .lock = 1, .longest = 0.5 };
	struct report_host host = { "6.1", "x86_64", "a 'cpu'", 2, 1 << 30 };
	struct report_cost cost;
	struct report_run_facts facts = {
		.command = "run", .file = file, .text = text, .text_len = strlen(text),
		.profile = "linux-6.1", .designs = "-", .mmu = "tdp", .levels = 4, .cost = &cost,
		.host = &host, .version = "1.2.3", .params = params, .nr_params = 2,
	};
	const struct report_run_result result = {
		.executed = nr_ops, .failures = text, .error = "", .counters = counters,
		.nr_counters = 2, .stall = &stall,
	};
	unsigned int i;
	int err;

	report_cost_default(&cost);
	err = report_store_begin(store, &facts, diag);
	for (i = 0; i < nr_ops && !err; i++) {
		const struct report_run_op op = { i, i + 1, text, strlen(text), "ok", counters, 2, &stall };

		report_store_notification(store, "CLEAR", i * 4096ull, (i + 1) * 4096ull);
		report_store_op(store, &op);
	}
	return err ? err : report_store_finish(store, &result, diag, ret_new, ret_id);
}

/* One number out of a store that is not open; -1 when it cannot be had. */
static inline int64_t store_ask(const char *path, const char *sql)
{
	struct report_store *store = NULL;
	struct strbuf diag = STRBUF_INIT;
	int64_t value = -1;

	if (!report_store_open(path, REPORT_STORE_READ, &diag, &store) &&
	    store_number(store, sql, &value) != SQLITE_OK)
		value = -1;
	report_store_close(store);
	strbuf_release(&diag);
	return value;
}

/* Whole runs only, and a file that SQLite finds nothing wrong with. */
static inline bool store_whole(const char *path)
{
	return !store_ask(path, "SELECT count(*) FROM pragma_integrity_check WHERE"
				" integrity_check <> 'ok'") &&
	       !store_ask(path, "SELECT count(*) FROM pragma_foreign_key_check") &&
	       !store_ask(path, "SELECT count(*) FROM run r WHERE"
				" (SELECT count(*) FROM op WHERE run = r.nr) <> executed OR"
				" (SELECT count(*) FROM notification WHERE run = r.nr) <> executed OR"
				" (SELECT count(*) FROM counter WHERE run = r.nr) <> 2 OR"
				" (SELECT count(*) FROM param WHERE run = r.nr) <> 2");
}

#endif /* TESTS_STORE_TEST_H */
