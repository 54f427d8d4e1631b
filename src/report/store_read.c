// SPDX-License-Identifier: GPL-2.0-or-later
/* The runs of a store by name. */
#include "store_internal.h"

static const char with_params[] =
	"SELECT " STORE_RUN_NAMES("main", "main.param", "o.nr") " FROM main.run o ORDER BY o.nr";
/* stores of version 1 have no parameters */
static const char without_params[] =
	"SELECT " STORE_RUN_NAMES("main", "(SELECT 0 AS run, '' AS name, '' AS value, 0 AS nr"
				  " WHERE 0)", "o.nr") " FROM main.run o ORDER BY o.nr";

const char *store_column(sqlite3_stmt *stmt, int nr)
{
	const char *text = (const char *)sqlite3_column_text(stmt, nr);

	return text ? text : "";
}

struct report_run_names store_run_names(sqlite3_stmt *stmt, int at)
{
	return (struct report_run_names){
		store_column(stmt, at),	    store_column(stmt, at + 1), store_column(stmt, at + 2),
		store_column(stmt, at + 3), store_column(stmt, at + 4), store_column(stmt, at + 5),
		store_column(stmt, at + 6), store_column(stmt, at + 7),
	};
}

int report_store_runs(struct report_store *store, struct strbuf *diag,
		      int (*fn)(void *ctx, const struct report_run_names *run), void *ctx)
{
	sqlite3_stmt *stmt = NULL;
	int64_t version = 0;
	int rc = store_number(store, "PRAGMA user_version", &version), ret = 0;

	rc = rc ? rc : store_prepare(store, version >= 2 ? with_params : without_params, &stmt);
	while (!rc && !ret && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		const struct report_run_names run = store_run_names(stmt, 0);

		ret = fn(ctx, &run);
		rc = SQLITE_OK;
	}
	sqlite3_finalize(stmt);
	if (ret || rc == SQLITE_DONE || rc == SQLITE_OK)
		return ret;
	return store_error(store, rc, "cannot read the store", diag);
}
