// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Two stores side by side: an empty database with both attached, and temporary tables that say
 * which run goes with which (pair), which operation with which (op_pair), and every statistic of
 * every run as a number (stat_a, stat_b).
 *
 * Operations are matched by their text: the n-th of a text in A with the n-th of it in B.
 */
#include "store_internal.h"

#include <errno.h>
#include <string.h>

#include <base/mem.h>
#include <report/diff.h>

struct report_diff {
	struct report_store store;
};

#define STATISTIC(store, name, column)                                                         \
	" UNION ALL SELECT nr, '" name "', " column " FROM " store ".run"
#define STATISTICS(store)                                                                      \
	"CREATE TEMP VIEW stat_" store " AS SELECT run, name, value FROM " store ".counter"    \
	STATISTIC(store, "operations", "executed")                                             \
	STATISTIC(store, "expectations_failed", "failed")                                      \
	STATISTIC(store, "blocked_ns", "blocked_ns")                                           \
	STATISTIC(store, "mmu_lock_ns", "mmu_lock_ns")                                         \
	STATISTIC(store, "longest_ns", "longest_ns")                                           \
	STATISTIC(store, "sptes_back", "sptes_back")                                           \
	STATISTIC(store, "refaults", "refaults")                                               \
	STATISTIC(store, "head_bytes", "head_bytes")                                           \
	STATISTIC(store, "index_bytes", "index_bytes") ";"

static const char attach_statistics[] =
	STATISTICS("a") STATISTICS("b")
	"CREATE TEMP TABLE pair (nr INTEGER PRIMARY KEY, a INTEGER, b INTEGER);"
	"CREATE TEMP TABLE op_pair (pair INTEGER, a INTEGER, b INTEGER);"
	"CREATE INDEX temp.op_pair_of ON op_pair (pair);";

/* A later run takes the place of earlier ones of the same store that went in alike. */
static const char match_all[] =
	"CREATE TEMP TABLE key_a AS SELECT %s AS key, max(nr) AS nr FROM a.run GROUP BY 1;"
	"CREATE TEMP TABLE key_b AS SELECT %s AS key, max(nr) AS nr FROM b.run GROUP BY 1;"
	"INSERT INTO pair (a, b) SELECT key_a.nr, key_b.nr FROM key_a JOIN key_b USING (key)"
	" ORDER BY key_a.nr;"
	"INSERT INTO pair (a, b) SELECT nr, NULL FROM key_a WHERE key NOT IN"
	" (SELECT key FROM key_b) ORDER BY nr;"
	"INSERT INTO pair (a, b) SELECT NULL, nr FROM key_b WHERE key NOT IN"
	" (SELECT key FROM key_a) ORDER BY nr;";

static const char match_ops[] =
	"INSERT INTO op_pair SELECT ?1, x.nr, y.nr FROM"
	" (SELECT nr, text, row_number() OVER (PARTITION BY text ORDER BY nr) AS n FROM a.op"
	"  WHERE run = (SELECT a FROM pair WHERE nr = ?1)) x"
	" FULL JOIN"
	" (SELECT nr, text, row_number() OVER (PARTITION BY text ORDER BY nr) AS n FROM b.op"
	"  WHERE run = (SELECT b FROM pair WHERE nr = ?1)) y"
	" ON x.text = y.text AND x.n = y.n";

/* The notifications of an operation as one text. */
#define NOTIFICATIONS(store, run, op)                                                          \
	"(SELECT group_concat(event || ' ' || printf('0x%x', start) || ' ' ||"                 \
	" printf('0x%x', end), '; ') FROM (SELECT event, start, end FROM " store               \
	".notification WHERE run = " run " AND op = " op " ORDER BY nr))"

/* Statistics of operations as rows: name, a, b. */
static const char op_values[] =
	"WITH pairs AS (SELECT p.a, p.b, r.a AS run_a, r.b AS run_b FROM op_pair p JOIN pair r"
	" ON r.nr = p.pair WHERE p.pair = ?1),"
	"side_a AS (SELECT p.a, p.b, o.* FROM pairs p JOIN a.op o ON o.run = p.run_a AND o.nr = p.a),"
	"side_b AS (SELECT p.a, p.b, o.* FROM pairs p JOIN b.op o ON o.run = p.run_b AND o.nr = p.b),"
	"entries AS ("
	" SELECT a, b, j.key AS name, j.value AS va, 0 AS vb FROM side_a, json_each(counters) j"
	" UNION ALL SELECT a, b, 'blocked_ns', blocked_ns, 0 FROM side_a"
	" UNION ALL SELECT a, b, 'mmu_lock_ns', mmu_lock_ns, 0 FROM side_a"
	" UNION ALL SELECT a, b, 'longest_ns', longest_ns, 0 FROM side_a"
	" UNION ALL SELECT a, b, 'refaults', refaults, 0 FROM side_a"
	" UNION ALL SELECT a, b, j.key, 0, j.value FROM side_b, json_each(counters) j"
	" UNION ALL SELECT a, b, 'blocked_ns', 0, blocked_ns FROM side_b"
	" UNION ALL SELECT a, b, 'mmu_lock_ns', 0, mmu_lock_ns FROM side_b"
	" UNION ALL SELECT a, b, 'longest_ns', 0, longest_ns FROM side_b"
	" UNION ALL SELECT a, b, 'refaults', 0, refaults FROM side_b),"
	"numbers AS (SELECT a, b, name, sum(va) AS va, sum(vb) AS vb, NULL AS ta, NULL AS tb"
	" FROM entries GROUP BY 1, 2, 3 HAVING sum(va) <> sum(vb)),"
	"texts AS ("
	" SELECT p.a, p.b, 'result' AS name, 0, 0,"
	"  (SELECT result FROM a.op WHERE run = p.run_a AND nr = p.a) AS ta,"
	"  (SELECT result FROM b.op WHERE run = p.run_b AND nr = p.b) AS tb FROM pairs p"
	" UNION ALL SELECT p.a, p.b, 'ranges', 0, 0, " NOTIFICATIONS("a", "p.run_a", "p.a") ", "
	NOTIFICATIONS("b", "p.run_b", "p.b") " FROM pairs p)"
	"SELECT name, ifnull(o.line, q.line), ifnull(o.text, q.text), v.a, v.b, 0, va, vb, ta, tb"
	" FROM (SELECT * FROM numbers UNION ALL SELECT * FROM texts WHERE ta IS NOT tb) v"
	" LEFT JOIN a.op o ON o.run = (SELECT a FROM pair WHERE nr = ?1) AND o.nr = v.a"
	" LEFT JOIN b.op q ON q.run = (SELECT b FROM pair WHERE nr = ?1) AND q.nr = v.b"
	" ORDER BY ifnull(v.a, v.b), v.a IS NULL, ta IS NULL AND tb IS NULL, name";

static const char run_values[] =
	"SELECT name, 0, NULL, -1, -1, sum(va) <> sum(vb), sum(va), sum(vb), NULL, NULL FROM ("
	" SELECT name, value AS va, 0 AS vb FROM stat_a"
	"  WHERE run = (SELECT a FROM pair WHERE nr = ?1)"
	" UNION ALL SELECT name, 0, value FROM stat_b"
	"  WHERE run = (SELECT b FROM pair WHERE nr = ?1)) GROUP BY name ORDER BY name";

static const char total_values[] =
	"SELECT name, 0, NULL, -1, -1, sum(va <> vb), sum(va), sum(vb), NULL, NULL FROM ("
	" SELECT pair, name, sum(va) AS va, sum(vb) AS vb FROM ("
	"  SELECT pair.nr AS pair, name, value AS va, 0 AS vb FROM pair JOIN stat_a ON run = a"
	"   WHERE b IS NOT NULL"
	"  UNION ALL SELECT pair.nr, name, 0, value FROM pair JOIN stat_b ON run = b"
	"   WHERE a IS NOT NULL)"
	" GROUP BY pair, name) GROUP BY name ORDER BY name";

#define RUN_NAMES(store, nr) STORE_RUN_NAMES(store, "param_" store, nr)

static const char pairs[] =
	"SELECT p.nr, p.a, p.b, " RUN_NAMES("a", "p.a") ", " RUN_NAMES("b", "p.b")
	" FROM pair p ORDER BY p.nr";

static int fail(struct report_diff *diff, int rc, struct strbuf *diag)
{
	return store_error(&diff->store, rc, "cannot compare", diag);
}

/* "script || '/' || profile ...", of what must be the same */
static void add_key(struct strbuf *out, unsigned int ignore)
{
	static const struct { unsigned int bit; const char *column; } columns[] = {
		{ REPORT_DIFF_SCRIPT, "script" },   { REPORT_DIFF_PROFILE, "profile" },
		{ REPORT_DIFF_DESIGN, "designs" },  { REPORT_DIFF_DESIGN, "granularity" },
		{ REPORT_DIFF_DESIGN, "run_gap" },  { REPORT_DIFF_MMU, "mmu" },
		{ REPORT_DIFF_LEVELS, "levels" },   { REPORT_DIFF_COST, "cost" },
	};
	size_t i;

	strbuf_addstr(out, "''");
	for (i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		if (!(ignore & columns[i].bit))
			strbuf_addf(out, " || '/' || %s", columns[i].column);
}

static int match_everything(struct report_diff *diff, unsigned int ignore)
{
	struct strbuf key = STRBUF_INIT, sql = STRBUF_INIT;
	int rc = SQLITE_NOMEM;

	add_key(&key, ignore);
	strbuf_addf(&sql, match_all, strbuf_str(&key), strbuf_str(&key));
	if (!strbuf_error(&key) && !strbuf_error(&sql))
		rc = store_exec(&diff->store, strbuf_str(&sql));
	strbuf_release(&key);
	strbuf_release(&sql);
	return rc;
}

static int find_run(struct report_diff *diff, const char *schema, const char *path,
		    const char *id, struct strbuf *diag, int64_t *ret_nr)
{
	struct strbuf sql = STRBUF_INIT;
	sqlite3_stmt *stmt = NULL;
	int rc = SQLITE_NOMEM, found = 0;

	strbuf_addf(&sql, "SELECT nr FROM %s.run WHERE substr(id, 1, ?2) = ?1", schema);
	if (!strbuf_error(&sql))
		rc = store_prepare(&diff->store, strbuf_str(&sql), &stmt);
	strbuf_release(&sql);
	rc = rc ? rc : store_bind_str(stmt, 1, id);
	rc = rc ? rc : store_bind_uint(stmt, 2, strlen(id));
	while (!rc && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		*ret_nr = sqlite3_column_int64(stmt, 0);
		found++;
		rc = SQLITE_OK;
	}
	sqlite3_finalize(stmt);
	if (rc != SQLITE_DONE)
		return fail(diff, rc, diag);
	if (found == 1)
		return 0;
	report_text_clean(diag, path);
	strbuf_addstr(diag, found ? ": several runs begin with " : ": no run begins with ");
	report_text_clean(diag, id);
	return -ESRCH;
}

static int match_two(struct report_diff *diff, const char *path_a, const char *run_a,
		     const char *path_b, const char *run_b, struct strbuf *diag)
{
	sqlite3_stmt *stmt = NULL;
	int64_t a = 0, b = 0;
	int rc, err = find_run(diff, "a", path_a, run_a, diag, &a);

	if (!err)
		err = find_run(diff, "b", path_b, run_b, diag, &b);
	if (err)
		return err;
	rc = store_prepare(&diff->store, "INSERT INTO pair (a, b) VALUES (?, ?)", &stmt);
	rc = rc ? rc : sqlite3_bind_int64(stmt, 1, a);
	rc = rc ? rc : sqlite3_bind_int64(stmt, 2, b);
	rc = store_step_once(stmt, rc);
	return rc ? fail(diff, rc, diag) : 0;
}

/* Stores of version 1 have no parameters. */
static int attach_params(struct report_diff *diff, int version_a, int version_b)
{
	static const char none[] = " AS SELECT 0 AS run, '' AS name, '' AS value, 0 AS nr WHERE 0;";
	struct strbuf sql = STRBUF_INIT;
	int rc = SQLITE_NOMEM;

	strbuf_addf(&sql, "CREATE TEMP VIEW param_a%s",
		    version_a >= 2 ? " AS SELECT * FROM a.param;" : none);
	strbuf_addf(&sql, "CREATE TEMP VIEW param_b%s",
		    version_b >= 2 ? " AS SELECT * FROM b.param;" : none);
	if (!strbuf_error(&sql))
		rc = store_exec(&diff->store, strbuf_str(&sql));
	strbuf_release(&sql);
	return rc;
}

static int attach_both(struct report_diff *diff, const char *path_a, const char *path_b,
		       struct strbuf *diag)
{
	struct report_store *store;
	const char *const paths[] = { path_a, path_b };
	int version[2] = { 0, 0 }, err = 0, rc;
	unsigned int i;

	for (i = 0; i < 2 && !err; i++) {
		/* opened by itself first, for its messages */
		err = report_store_open(paths[i], REPORT_STORE_READ, diag, &store);
		if (err)
			return err;
		report_store_close(store);
		err = store_attach(&diff->store, paths[i], i ? "b" : "a", diag, &version[i]);
	}
	if (err)
		return err;
	rc = store_exec(&diff->store, attach_statistics);
	rc = rc ? rc : attach_params(diff, version[0], version[1]);
	return rc ? fail(diff, rc, diag) : 0;
}

static int open_diff(struct report_diff *diff, const char *path_a, const char *run_a,
		     const char *path_b, const char *run_b, unsigned int ignore,
		     struct strbuf *diag)
{
	int rc, err;

	diff->store.path = mem_strndup(path_a, strlen(path_a));
	if (!diff->store.path)
		return -ENOMEM;
	rc = sqlite3_open_v2(":memory:", &diff->store.db,
			     SQLITE_OPEN_READWRITE | SQLITE_OPEN_URI | SQLITE_OPEN_EXRESCODE, NULL);
	if (rc != SQLITE_OK)
		return fail(diff, rc, diag);
	sqlite3_busy_timeout(diff->store.db, 30000);
	err = attach_both(diff, path_a, path_b, diag);
	if (err)
		return err;
	if (run_a && run_b)
		return match_two(diff, path_a, run_a, path_b, run_b, diag);
	rc = match_everything(diff, ignore);
	return rc ? fail(diff, rc, diag) : 0;
}

int report_diff_open(const char *path_a, const char *run_a, const char *path_b, const char *run_b,
		     unsigned int ignore, struct strbuf *diag, struct report_diff **ret_diff)
{
	struct report_diff *diff = mem_zalloc(sizeof(*diff));
	int err;

	if (!diff)
		return -ENOMEM;
	err = open_diff(diff, path_a, run_a, path_b, run_b, ignore, diag);
	if (err)
		report_diff_close(diff);
	else
		*ret_diff = diff;
	return err;
}

struct report_diff *report_diff_close(struct report_diff *diff)
{
	if (!diff)
		return NULL;
	sqlite3_close(diff->store.db);
	mem_free(diff->store.path);
	mem_free(diff);
	return NULL;
}

static int values(struct report_diff *diff, const char *sql, int64_t pair, struct strbuf *diag,
		  report_diff_value_fn fn, void *ctx)
{
	sqlite3_stmt *stmt = NULL;
	int rc = store_prepare(&diff->store, sql, &stmt), ret = 0;

	if (rc == SQLITE_OK && sqlite3_bind_parameter_count(stmt))
		rc = sqlite3_bind_int64(stmt, 1, pair);
	while (!rc && !ret && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		const bool text = sqlite3_column_type(stmt, 8) != SQLITE_NULL ||
				  sqlite3_column_type(stmt, 9) != SQLITE_NULL;
		struct report_diff_value value = {
			.name = store_column(stmt, 0), .line = sqlite3_column_int64(stmt, 1),
			.text = store_column(stmt, 2), .op_a = -1, .op_b = -1,
			.runs = sqlite3_column_int64(stmt, 5), .a = sqlite3_column_double(stmt, 6),
			.b = sqlite3_column_double(stmt, 7),
			.text_a = text ? store_column(stmt, 8) : NULL,
			.text_b = text ? store_column(stmt, 9) : NULL,
		};

		if (sqlite3_column_type(stmt, 3) != SQLITE_NULL)
			value.op_a = sqlite3_column_int64(stmt, 3);
		if (sqlite3_column_type(stmt, 4) != SQLITE_NULL)
			value.op_b = sqlite3_column_int64(stmt, 4);
		ret = fn(ctx, &value);
		rc = SQLITE_OK;
	}
	sqlite3_finalize(stmt);
	if (ret || rc == SQLITE_DONE || rc == SQLITE_OK)
		return ret;
	return fail(diff, rc, diag);
}

int report_diff_statistics(struct report_diff *diff, int64_t pair, struct strbuf *diag,
			   report_diff_value_fn fn, void *ctx)
{
	return values(diff, run_values, pair, diag, fn, ctx);
}

int report_diff_operations(struct report_diff *diff, int64_t pair, struct strbuf *diag,
			   report_diff_value_fn fn, void *ctx)
{
	sqlite3_stmt *stmt = NULL;
	int rc = store_exec(&diff->store, "DELETE FROM op_pair");

	rc = rc ? rc : store_prepare(&diff->store, match_ops, &stmt);
	rc = rc ? rc : sqlite3_bind_int64(stmt, 1, pair);
	rc = store_step_once(stmt, rc);
	return rc ? fail(diff, rc, diag) : values(diff, op_values, pair, diag, fn, ctx);
}

int report_diff_totals(struct report_diff *diff, struct strbuf *diag, report_diff_value_fn fn,
		       void *ctx)
{
	return values(diff, total_values, 0, diag, fn, ctx);
}

static int stop_at_difference(void *ctx, const struct report_diff_value *value)
{
	(void)ctx;
	return value->text_a || value->a != value->b;
}

static int pair_differs(struct report_diff *diff, struct report_diff_pair *pair,
			struct strbuf *diag)
{
	int ret = report_diff_statistics(diff, pair->number, diag, stop_at_difference, NULL);

	if (!ret)
		ret = report_diff_operations(diff, pair->number, diag, stop_at_difference, NULL);
	pair->differs = ret > 0;
	return ret < 0 ? ret : 0;
}

int report_diff_pairs(struct report_diff *diff, struct strbuf *diag, report_diff_pair_fn fn,
		      void *ctx)
{
	sqlite3_stmt *stmt = NULL;
	int rc = store_prepare(&diff->store, pairs, &stmt), ret = 0;

	while (!rc && !ret && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		struct report_diff_pair pair = {
			.number = sqlite3_column_int64(stmt, 0),
			.in_a = sqlite3_column_type(stmt, 1) != SQLITE_NULL,
			.in_b = sqlite3_column_type(stmt, 2) != SQLITE_NULL,
			.differs = true,
			.a = store_run_names(stmt, 3), .b = store_run_names(stmt, 11),
		};

		if (pair.in_a && pair.in_b)
			ret = pair_differs(diff, &pair, diag);
		if (!ret)
			ret = fn(ctx, &pair);
		rc = SQLITE_OK;
	}
	sqlite3_finalize(stmt);
	if (ret || rc == SQLITE_DONE || rc == SQLITE_OK)
		return ret;
	return fail(diff, rc, diag);
}
