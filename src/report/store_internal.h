/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the result store share. */
#ifndef REPORT_STORE_INTERNAL_H
#define REPORT_STORE_INTERNAL_H

#include <report/store.h>

#include <sha2.h>
#include <sqlite3.h>

/* "mmus": tells our files from those of others */
#define STORE_APPLICATION_ID 0x6d6d7573

/* The statements that a recording repeats. */
enum store_statement {
	STATEMENT_NOTIFICATION,
	STATEMENT_OP,
	STATEMENT_NR
};

/*
 * struct report_store - an open store
 * @hash: of the run that is being recorded, @input: of what went into it
 * @script, @cost: digests of these
 * @ops: operations recorded so far
 * @seq: notifications of the current operation so far
 * @rc: the first error of the recording, of SQLite's; @nomem: our own memory ran out
 * @text, @text_len: the facts' own, with the rest of them
 */
struct report_store {
	sqlite3 *db;
	char *path;
	sqlite3_stmt *statement[STATEMENT_NR];
	bool recording;
	struct report_run_facts facts;
	SHA2_CTX hash;
	char input[SHA256_DIGEST_STRING_LENGTH];
	char script[SHA256_DIGEST_STRING_LENGTH];
	char cost[SHA256_DIGEST_STRING_LENGTH];
	struct strbuf cost_text;
	uint64_t ops;
	uint64_t seq;
	int rc;
};

/* store_schema.c: one step per version, each the statements that lead to it from the one before */
extern const char *const store_steps[REPORT_STORE_VERSION];
/* What a recording needs in the temporary database. */
extern const char store_recording[];

/* store.c */
/* The errno for a result code of SQLite, never 0. */
int store_errno(int rc);
/* "PATH: WHAT: why" of the latest error. Return: store_errno(). */
int store_error(struct report_store *store, int rc, const char *what, struct strbuf *diag);
/* Statements without results. Return: SQLite's result code. */
int store_exec(struct report_store *store, const char *sql);
/* One number. Return: SQLite's result code. */
int store_number(struct report_store *store, const char *sql, int64_t *ret);
/* Is this type of file system (statfs.f_type) one on which processes can share memory? */
bool store_fs_local(long type);
/* Any path as a URI, with "" or "?mode=ro" behind it. */
void store_uri(const char *path, const char *query, struct strbuf *out);
/* Migrates @store to @version, which is at most REPORT_STORE_VERSION. */
int store_migrate(struct report_store *store, int version, struct strbuf *diag);
/* Checks application id and version of the schema ("main"). @ret_version: 0 for an empty file */
int store_identify(struct report_store *store, const char *schema, const char *path,
		   struct strbuf *diag, int *ret_version);
/* Attaches the store at @path as @name, for reading. @ret_version: of its schema */
int store_attach(struct report_store *store, const char *path, const char *name,
		 struct strbuf *diag, int *ret_version);

/* store_bind.c */
int store_prepare(struct report_store *store, const char *sql, sqlite3_stmt **ret);
/* Text that may not be UTF-8: TEXT if it is, else BLOB. */
int store_bind_bytes(sqlite3_stmt *stmt, int nr, const void *bytes, size_t len);
int store_bind_str(sqlite3_stmt *stmt, int nr, const char *text);
/* More than SQLite's integers hold becomes the largest of them. */
int store_bind_uint(sqlite3_stmt *stmt, int nr, uint64_t value);
/* Executes and finalizes; @rc is what preparing and binding returned. */
int store_step_once(sqlite3_stmt *stmt, int rc);
/* Hashing with lengths, so that no two lists of strings are the same bytes. */
void store_hash_bytes(SHA2_CTX *hash, const void *bytes, size_t len);
void store_hash_str(SHA2_CTX *hash, const char *text);
void store_hash_uint(SHA2_CTX *hash, uint64_t value);

/* store_read.c */
/* The columns of struct report_run_names; @params is the table or view of parameters. */
#define STORE_RUN_NAMES(store, params, nr)                                                     \
	"(SELECT id FROM " store ".run WHERE nr = " nr "),"                                    \
	"(SELECT file FROM " store ".run WHERE nr = " nr "),"                                  \
	"(SELECT profile FROM " store ".run WHERE nr = " nr "),"                               \
	"(SELECT designs FROM " store ".run WHERE nr = " nr "),"                               \
	"(SELECT mmu FROM " store ".run WHERE nr = " nr "),"                                   \
	"(SELECT group_concat(name || '=' || value, ' ') FROM"                                 \
	" (SELECT name, value FROM " params " WHERE run = " nr " ORDER BY nr)),"               \
	"(SELECT version FROM " store ".run WHERE nr = " nr "),"                               \
	"(SELECT c.name FROM " store ".cost c JOIN " store ".run r ON c.digest = r.cost"       \
	" WHERE r.nr = " nr ")"
/* These columns from number @at on. */
struct report_run_names store_run_names(sqlite3_stmt *stmt, int at);
/* Text, "" for NULL. */
const char *store_column(sqlite3_stmt *stmt, int nr);

#endif /* REPORT_STORE_INTERNAL_H */
