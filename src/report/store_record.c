// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Recording a run: rows go to the temporary database of the connection while it executes, and to
 * the store in one transaction when it is finished.
 */
#include "store_internal.h"

#include <errno.h>
#include <string.h>
#include <time.h>

static const char *const statements[STATEMENT_NR] = {
	[STATEMENT_NOTIFICATION] = "INSERT INTO temp.new_notification VALUES (?, ?, ?, ?, ?)",
	[STATEMENT_OP] = "INSERT INTO temp.new_op VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
};

static void digest(const void *bytes, size_t len, char *ret)
{
	SHA2_CTX hash;

	SHA256Init(&hash);
	if (len)
		SHA256Update(&hash, bytes, len);
	SHA256End(&hash, ret);
}

/* What must be the same for the same run to come out, but for the program's version. */
static void hash_input(struct report_store *store)
{
	const struct report_run_facts *facts = &store->facts;
	SHA2_CTX hash;

	SHA256Init(&hash);
	store_hash_str(&hash, "mmuscope input 1");
	store_hash_str(&hash, store->script);
	store_hash_str(&hash, facts->profile);
	store_hash_str(&hash, facts->designs);
	store_hash_str(&hash, facts->mmu);
	store_hash_uint(&hash, facts->levels);
	store_hash_uint(&hash, facts->granularity);
	store_hash_uint(&hash, facts->run_gap);
	store_hash_str(&hash, store->cost);
	SHA256End(&hash, store->input);
}

static int begin_recording(struct report_store *store)
{
	int rc = SQLITE_OK;
	unsigned int i;

	for (i = 0; i < STATEMENT_NR && rc == SQLITE_OK; i++) {
		if (!i)
			rc = store_exec(store, store_recording);
		if (rc == SQLITE_OK && !store->statement[i])
			rc = store_prepare(store, statements[i], &store->statement[i]);
	}
	/* a transaction of the temporary database alone: it locks nothing else */
	return rc == SQLITE_OK ? store_exec(store, "BEGIN") : rc;
}

int report_store_begin(struct report_store *store, const struct report_run_facts *facts,
		       struct strbuf *diag)
{
	int rc;

	report_store_abandon(store);
	strbuf_reset(&store->cost_text);
	report_cost_write(facts->cost, &store->cost_text);
	if (strbuf_error(&store->cost_text))
		return -ENOMEM;
	store->facts = *facts;
	digest(facts->text, facts->text_len, store->script);
	digest(strbuf_str(&store->cost_text), store->cost_text.len, store->cost);
	hash_input(store);
	SHA256Init(&store->hash);
	store_hash_str(&store->hash, "mmuscope run 1");
	store_hash_str(&store->hash, store->input);
	store_hash_str(&store->hash, facts->version);
	store->ops = store->seq = 0;
	store->rc = SQLITE_OK;
	rc = begin_recording(store);
	store->recording = rc == SQLITE_OK;
	return rc == SQLITE_OK ? 0 : store_error(store, rc, "cannot record the run", diag);
}

/* Remembers the first error; later rows are not tried. */
static void step(struct report_store *store, enum store_statement nr, int rc)
{
	sqlite3_stmt *stmt = store->statement[nr];

	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	sqlite3_reset(stmt);
	if (rc != SQLITE_DONE)
		store->rc = rc;
}

void report_store_notification(struct report_store *store, const char *event, uint64_t start,
			       uint64_t end)
{
	sqlite3_stmt *stmt = store->statement[STATEMENT_NOTIFICATION];
	int rc;

	if (!store->recording || store->rc != SQLITE_OK)
		return;
	store_hash_str(&store->hash, event);
	store_hash_uint(&store->hash, start);
	store_hash_uint(&store->hash, end);
	rc = store_bind_uint(stmt, 1, store->ops);
	rc |= store_bind_uint(stmt, 2, store->seq++);
	rc |= store_bind_str(stmt, 3, event);
	rc |= store_bind_uint(stmt, 4, start);
	rc |= store_bind_uint(stmt, 5, end);
	step(store, STATEMENT_NOTIFICATION, rc);
}

static int bind_stall(sqlite3_stmt *stmt, int nr, const struct report_stall *stall)
{
	int rc = sqlite3_bind_double(stmt, nr, stall->total);

	rc |= sqlite3_bind_double(stmt, nr + 1, stall->lock);
	rc |= sqlite3_bind_double(stmt, nr + 2, stall->longest);
	rc |= store_bind_uint(stmt, nr + 3, stall->frames);
	rc |= store_bind_uint(stmt, nr + 4, stall->back);
	return rc | store_bind_uint(stmt, nr + 5, stall->refaults);
}

/* {"notifications":1,...} */
static void add_counters(struct strbuf *out, const struct counter *counters, size_t nr)
{
	size_t i;

	strbuf_addch(out, '{');
	for (i = 0; i < nr; i++) {
		uint64_t value = counters[i].value > INT64_MAX ? INT64_MAX : counters[i].value;

		strbuf_addf(out, "%s\"%s\":%llu", i ? "," : "", counters[i].name,
			    (unsigned long long)value);
	}
	strbuf_addch(out, '}');
}

void report_store_op(struct report_store *store, const struct report_run_op *op)
{
	sqlite3_stmt *stmt = store->statement[STATEMENT_OP];
	struct strbuf counters = STRBUF_INIT;
	int rc;

	if (!store->recording || store->rc != SQLITE_OK)
		return;
	add_counters(&counters, op->counters, op->nr_counters);
	store_hash_uint(&store->hash, op->index);
	store_hash_uint(&store->hash, op->line);
	store_hash_str(&store->hash, op->result);
	store_hash_str(&store->hash, strbuf_str(&counters));
	rc = strbuf_error(&counters) ? SQLITE_NOMEM : store_bind_uint(stmt, 1, store->ops);
	rc |= store_bind_uint(stmt, 2, op->line);
	rc |= store_bind_bytes(stmt, 3, op->text, op->text_len);
	rc |= store_bind_str(stmt, 4, op->result);
	rc |= store_bind_str(stmt, 5, strbuf_str(&counters));
	rc |= bind_stall(stmt, 6, op->stall);
	step(store, STATEMENT_OP, rc);
	strbuf_release(&counters);
	store->ops++;
	store->seq = 0;
}

static int insert_parts(struct report_store *store)
{
	const struct report_run_facts *facts = &store->facts;
	const struct report_host *host = facts->host;
	sqlite3_stmt *stmt = NULL;
	int rc = store_prepare(store, "INSERT OR IGNORE INTO script VALUES (?, ?)", &stmt);

	rc = rc ? rc : store_bind_str(stmt, 1, store->script);
	rc = rc ? rc : store_bind_bytes(stmt, 2, facts->text, facts->text_len);
	rc = store_step_once(stmt, rc);
	if (rc != SQLITE_OK)
		return rc;
	rc = store_prepare(store, "INSERT OR IGNORE INTO cost VALUES (?, ?, ?)", &stmt);
	rc = rc ? rc : store_bind_str(stmt, 1, store->cost);
	rc = rc ? rc : store_bind_str(stmt, 2, facts->cost->name);
	rc = rc ? rc : store_bind_str(stmt, 3, strbuf_str(&store->cost_text));
	rc = store_step_once(stmt, rc);
	if (rc != SQLITE_OK)
		return rc;
	rc = store_prepare(store, "INSERT OR IGNORE INTO host (kernel, machine, cpu, cpus, memory)"
				  " VALUES (?, ?, ?, ?, ?)", &stmt);
	rc = rc ? rc : store_bind_str(stmt, 1, host->kernel);
	rc = rc ? rc : store_bind_str(stmt, 2, host->machine);
	rc = rc ? rc : store_bind_str(stmt, 3, host->cpu);
	rc = rc ? rc : store_bind_uint(stmt, 4, host->cpus);
	rc = rc ? rc : store_bind_uint(stmt, 5, host->memory);
	return store_step_once(stmt, rc);
}

static int bind_facts(struct report_store *store, sqlite3_stmt *stmt, const char *id)
{
	const struct report_run_facts *facts = &store->facts;
	int rc = store_bind_str(stmt, 1, id);

	rc |= store_bind_str(stmt, 2, store->input);
	rc |= sqlite3_bind_int64(stmt, 3, time(NULL));
	rc |= store_bind_str(stmt, 4, facts->command);
	rc |= store_bind_str(stmt, 5, facts->version);
	rc |= store_bind_str(stmt, 6, facts->host->kernel);
	rc |= store_bind_str(stmt, 7, facts->host->machine);
	rc |= store_bind_str(stmt, 8, facts->host->cpu);
	rc |= store_bind_uint(stmt, 9, facts->host->cpus);
	rc |= store_bind_uint(stmt, 10, facts->host->memory);
	rc |= store_bind_str(stmt, 11, facts->file);
	rc |= store_bind_str(stmt, 12, store->script);
	rc |= store_bind_str(stmt, 13, facts->profile);
	rc |= store_bind_str(stmt, 14, facts->designs);
	rc |= store_bind_str(stmt, 15, facts->mmu);
	rc |= store_bind_uint(stmt, 16, facts->levels);
	rc |= store_bind_uint(stmt, 17, facts->granularity);
	rc |= store_bind_uint(stmt, 18, facts->run_gap);
	rc |= sqlite3_bind_int(stmt, 19, facts->audit);
	return rc | store_bind_str(stmt, 20, store->cost);
}

static int bind_result(sqlite3_stmt *stmt, const struct report_run_result *result)
{
	int rc = store_bind_uint(stmt, 21, result->executed);

	rc |= store_bind_uint(stmt, 22, result->checked);
	rc |= store_bind_uint(stmt, 23, result->failed);
	rc |= store_bind_uint(stmt, 24, result->violations);
	rc |= store_bind_str(stmt, 25, result->failures);
	rc |= store_bind_str(stmt, 26, result->error);
	rc |= bind_stall(stmt, 27, result->stall);
	rc |= store_bind_uint(stmt, 33, result->peak_bytes);
	rc |= store_bind_uint(stmt, 34, result->head_bytes);
	return rc | store_bind_uint(stmt, 35, result->index_bytes);
}

static int insert_run(struct report_store *store, const struct report_run_result *result,
		      const char *id, int64_t *ret_nr)
{
	static const char sql[] =
		"INSERT INTO run (id, input, time, command, version, host, file, script, profile,"
		" designs, mmu, levels, granularity, run_gap, audit, cost, executed, checked,"
		" failed, violations, failures, error, blocked_ns, mmu_lock_ns, longest_ns,"
		" blocked_frames, sptes_back, refaults, peak_bytes, head_bytes, index_bytes)"
		" VALUES (?1, ?2, ?3, ?4, ?5, (SELECT nr FROM host WHERE kernel = ?6 AND"
		" machine = ?7 AND cpu = ?8 AND cpus = ?9 AND memory = ?10), ?11, ?12, ?13, ?14,"
		" ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30,"
		" ?31, ?32, ?33, ?34, ?35)";
	sqlite3_stmt *stmt = NULL;
	int rc = store_prepare(store, sql, &stmt);

	if (rc == SQLITE_OK)
		rc = bind_facts(store, stmt, id);
	if (rc == SQLITE_OK)
		rc = bind_result(stmt, result);
	rc = store_step_once(stmt, rc);
	*ret_nr = sqlite3_last_insert_rowid(store->db);
	return rc;
}

static int insert_params(struct report_store *store, int64_t nr)
{
	const struct report_run_facts *facts = &store->facts;
	int rc = SQLITE_OK;
	size_t i;

	for (i = 0; i < facts->nr_params && rc == SQLITE_OK; i++) {
		sqlite3_stmt *stmt = NULL;

		rc = store_prepare(store, "INSERT INTO param VALUES (?, ?, ?, ?)", &stmt);
		rc = rc ? rc : sqlite3_bind_int64(stmt, 1, nr);
		rc = rc ? rc : store_bind_str(stmt, 2, facts->params[i].name);
		rc = rc ? rc : store_bind_str(stmt, 3, facts->params[i].value);
		rc = rc ? rc : store_bind_uint(stmt, 4, i);
		rc = store_step_once(stmt, rc);
	}
	return rc;
}

static int insert_counters(struct report_store *store, int64_t nr,
			   const struct report_run_result *result)
{
	int rc = SQLITE_OK;
	size_t i;

	for (i = 0; i < result->nr_counters && rc == SQLITE_OK; i++) {
		sqlite3_stmt *stmt = NULL;

		rc = store_prepare(store, "INSERT INTO counter VALUES (?, ?, ?)", &stmt);
		rc = rc ? rc : sqlite3_bind_int64(stmt, 1, nr);
		rc = rc ? rc : store_bind_str(stmt, 2, result->counters[i].name);
		rc = rc ? rc : store_bind_uint(stmt, 3, result->counters[i].value);
		rc = store_step_once(stmt, rc);
	}
	return rc;
}

static int copy_recording(struct report_store *store, int64_t nr)
{
	static const char *const copies[] = {
		"INSERT INTO op SELECT ?, nr, line, text, result, counters, blocked_ns,"
		" mmu_lock_ns, longest_ns, blocked_frames, sptes_back, refaults FROM temp.new_op",
		"INSERT INTO notification SELECT ?, op, nr, event, start, end"
		" FROM temp.new_notification",
	};
	int rc = SQLITE_OK;
	unsigned int i;

	for (i = 0; i < 2 && rc == SQLITE_OK; i++) {
		sqlite3_stmt *stmt = NULL;

		rc = store_prepare(store, copies[i], &stmt);
		rc = rc ? rc : sqlite3_bind_int64(stmt, 1, nr);
		rc = store_step_once(stmt, rc);
	}
	return rc;
}

static int insert_all(struct report_store *store, const struct report_run_result *result,
		      const char *id)
{
	int64_t nr = 0;
	int rc = insert_parts(store);

	rc = rc ? rc : insert_run(store, result, id, &nr);
	rc = rc ? rc : insert_params(store, nr);
	rc = rc ? rc : insert_counters(store, nr, result);
	return rc ? rc : copy_recording(store, nr);
}

static int is_known(struct report_store *store, const char *id, bool *ret_known)
{
	sqlite3_stmt *stmt = NULL;
	int rc = store_prepare(store, "SELECT 1 FROM run WHERE id = ?", &stmt);

	rc = rc ? rc : store_bind_str(stmt, 1, id);
	rc = rc ? rc : sqlite3_step(stmt);
	sqlite3_finalize(stmt);
	*ret_known = rc == SQLITE_ROW;
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int transact(struct report_store *store, const struct report_run_result *result,
		    const char *id, bool *ret_known)
{
	int rc = store_exec(store, "COMMIT");

	rc = rc ? rc : store_exec(store, "BEGIN IMMEDIATE");
	rc = rc ? rc : is_known(store, id, ret_known);
	if (rc == SQLITE_OK && !*ret_known)
		rc = insert_all(store, result, id);
	return rc ? rc : store_exec(store, "COMMIT");
}

/* Whole numbers only: times depend on how a compiler rounds. */
static void hash_result(struct report_store *store, const struct report_run_result *result,
			char *ret_id)
{
	size_t i;

	store_hash_uint(&store->hash, store->ops);
	store_hash_uint(&store->hash, result->checked);
	store_hash_uint(&store->hash, result->failed);
	store_hash_uint(&store->hash, result->violations);
	store_hash_str(&store->hash, result->error);
	for (i = 0; i < result->nr_counters; i++) {
		store_hash_str(&store->hash, result->counters[i].name);
		store_hash_uint(&store->hash, result->counters[i].value);
	}
	store_hash_uint(&store->hash, result->head_bytes);
	store_hash_uint(&store->hash, result->index_bytes);
	SHA256End(&store->hash, ret_id);
}

int report_store_finish(struct report_store *store, const struct report_run_result *result,
			struct strbuf *diag, bool *ret_new, char ret_id[REPORT_RUN_ID + 1])
{
	char id[SHA256_DIGEST_STRING_LENGTH];
	bool known = false;
	int err = 0;

	if (!store->recording)
		return -EINVAL;
	hash_result(store, result, id);
	if (store->rc == SQLITE_OK)
		store->rc = transact(store, result, id, &known);
	if (store->rc != SQLITE_OK)
		err = store_error(store, store->rc, "the run is not stored", diag);
	report_store_abandon(store);
	if (err)
		return err;
	if (ret_new)
		*ret_new = !known;
	if (ret_id)
		memcpy(ret_id, id, sizeof(id));
	return 0;
}

void report_store_abandon(struct report_store *store)
{
	if (!store->recording)
		return;
	if (!sqlite3_get_autocommit(store->db))
		store_exec(store, "ROLLBACK");
	store->recording = false;
}
