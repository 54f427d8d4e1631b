// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Runs of one store into another. A run is known by its id, which is a hash of its contents, so
 * that merging twice, or a store that was merged before, adds nothing.
 */
#include "store_internal.h"

#include <errno.h>

#define RUN_COLUMNS                                                                            \
	"id, input, time, command, version, file, script, profile, designs, mmu, levels,"     \
	" granularity, run_gap, audit, cost, executed, checked, failed, violations, failures," \
	" error, blocked_ns, mmu_lock_ns, longest_ns, blocked_frames, sptes_back, refaults,"   \
	" peak_bytes, head_bytes, index_bytes"

/* New runs get their numbers first; all that belongs to them follows by these. */
static const char *const copies[] = {
	"CREATE TABLE IF NOT EXISTS temp.moved (old INTEGER PRIMARY KEY, new INTEGER)",
	"DELETE FROM temp.moved",
	"INSERT INTO temp.moved SELECT s.nr, (SELECT ifnull(max(nr), 0) FROM main.run)"
	" + row_number() OVER (ORDER BY s.nr)"
	" FROM source.run s WHERE s.id NOT IN (SELECT id FROM main.run)",
	"INSERT OR IGNORE INTO main.script SELECT digest, text FROM source.script"
	" WHERE digest IN (SELECT script FROM source.run JOIN temp.moved ON old = nr)",
	"INSERT OR IGNORE INTO main.cost SELECT digest, name, text FROM source.cost"
	" WHERE digest IN (SELECT cost FROM source.run JOIN temp.moved ON old = nr)",
	"INSERT OR IGNORE INTO main.host (kernel, machine, cpu, cpus, memory)"
	" SELECT kernel, machine, cpu, cpus, memory FROM source.host"
	" WHERE nr IN (SELECT host FROM source.run r JOIN temp.moved ON old = r.nr)",
	"INSERT INTO main.run (nr, host, " RUN_COLUMNS ") SELECT new,"
	" (SELECT m.nr FROM main.host m JOIN source.host s USING (kernel, machine, cpu, cpus, memory)"
	"  WHERE s.nr = r.host), " RUN_COLUMNS
	" FROM source.run r JOIN temp.moved ON old = r.nr",
	"INSERT INTO main.counter SELECT new, name, value"
	" FROM temp.moved JOIN source.counter ON run = old",
	"INSERT INTO main.op SELECT new, nr, line, text, result, counters, blocked_ns, mmu_lock_ns,"
	" longest_ns, blocked_frames, sptes_back, refaults"
	" FROM temp.moved JOIN source.op ON run = old",
	"INSERT INTO main.notification SELECT new, op, nr, event, start, end"
	" FROM temp.moved JOIN source.notification ON run = old",
};

static const char copy_params[] = "INSERT INTO main.param SELECT new, name, value, nr"
				  " FROM temp.moved JOIN source.param ON run = old";

static int copy(struct report_store *into, int version)
{
	int rc = store_exec(into, "BEGIN IMMEDIATE");
	size_t i;

	for (i = 0; i < sizeof(copies) / sizeof(copies[0]) && rc == SQLITE_OK; i++)
		rc = store_exec(into, copies[i]);
	/* parameters came with version 2 */
	if (rc == SQLITE_OK && version >= 2)
		rc = store_exec(into, copy_params);
	return rc;
}

static int count(struct report_store *into, uint64_t *ret_new, uint64_t *ret_known)
{
	int64_t moved = 0, all = 0;
	int rc = store_number(into, "SELECT count(*) FROM temp.moved", &moved);

	if (rc == SQLITE_OK)
		rc = store_number(into, "SELECT count(*) FROM source.run", &all);
	if (rc == SQLITE_OK)
		rc = store_exec(into, "COMMIT");
	if (rc != SQLITE_OK)
		return rc;
	*ret_new = moved;
	*ret_known = all - moved;
	return SQLITE_OK;
}

/* A damaged source is refused before anything of it is copied. */
static int check_source(struct report_store *into, const char *path, struct strbuf *diag)
{
	int64_t bad = 0;
	int rc = store_number(into, "SELECT count(*) FROM pragma_quick_check"
				    " WHERE schema = 'source' AND quick_check <> 'ok'", &bad);

	if (rc == SQLITE_OK && !bad)
		return 0;
	if ((rc & 0xff) == SQLITE_NOMEM)
		return -ENOMEM;
	report_text_clean(diag, path);
	strbuf_addstr(diag, ": the file is damaged");
	return -EBADMSG;
}

static int merge_attached(struct report_store *into, const char *path, int version,
			  struct strbuf *diag, uint64_t *ret_new, uint64_t *ret_known)
{
	int err = check_source(into, path, diag), rc;

	if (err)
		return err;
	rc = copy(into, version);
	if (rc == SQLITE_OK)
		rc = count(into, ret_new, ret_known);
	if (rc == SQLITE_OK)
		return 0;
	strbuf_addstr(diag, "merging ");
	report_text_clean(diag, path);
	strbuf_addstr(diag, ": ");
	err = store_error(into, rc, "nothing of it is stored", diag);
	if (!sqlite3_get_autocommit(into->db))
		store_exec(into, "ROLLBACK");
	return err;
}

int report_store_merge(struct report_store *into, const char *path, struct strbuf *diag,
		       uint64_t *ret_new, uint64_t *ret_known)
{
	struct report_store *source;
	int version = 0, err;

	report_store_abandon(into);
	/* opened by itself first, for its messages */
	err = report_store_open(path, REPORT_STORE_READ, diag, &source);
	if (err)
		return err;
	err = store_attach(into, path, "source", diag, &version);
	if (!err)
		err = merge_attached(into, path, version, diag, ret_new, ret_known);
	store_exec(into, "DETACH source");
	report_store_close(source);
	return err;
}
