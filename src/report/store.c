// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Opening a store: whose file it is, which version it has, how it is journaled, and what SQLite's
 * errors are called.
 *
 * Nothing is written to a file before it is known to be empty or ours.
 */
#include "store_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <base/mem.h>

#define BUSY_MS 30000

int store_errno(int rc)
{
	static const struct { int rc, err; } table[] = {
		{ SQLITE_NOMEM, ENOMEM },    { SQLITE_BUSY, EBUSY },	{ SQLITE_LOCKED, EBUSY },
		{ SQLITE_READONLY, EROFS },  { SQLITE_FULL, ENOSPC },	{ SQLITE_PERM, EACCES },
		{ SQLITE_CORRUPT, EBADMSG }, { SQLITE_NOTADB, EBADMSG }, { SQLITE_CANTOPEN, EACCES },
		{ SQLITE_ERROR, EBADMSG },   { SQLITE_TOOBIG, EFBIG },
		{ SQLITE_CONSTRAINT, EBADMSG }, { SQLITE_MISMATCH, EBADMSG },
	};
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if ((rc & 0xff) == table[i].rc)
			return -table[i].err;
	return -EIO;
}

/* What SQLite says is made for programmers; these are what a user can do something about. */
static const char *reason(struct report_store *store, int rc)
{
	switch (rc & 0xff) {
	case SQLITE_FULL:
		return "no space left on the disk";
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return "another process has it locked";
	case SQLITE_READONLY:
		return "it can only be read";
	case SQLITE_NOTADB:
		return "it is not an SQLite database";
	case SQLITE_CORRUPT:
		return "the file is damaged";
	case SQLITE_IOERR:
		return "input or output error";
	default:
		return store->db ? sqlite3_errmsg(store->db) : sqlite3_errstr(rc);
	}
}

int store_error(struct report_store *store, int rc, const char *what, struct strbuf *diag)
{
	int err = store_errno(rc), os = store->db ? sqlite3_system_errno(store->db) : 0;

	if (err == -ENOMEM)
		return err;
	report_text_clean(diag, store->path);
	strbuf_addf(diag, ": %s: %s", what, reason(store, rc));
	if (os && ((rc & 0xff) == SQLITE_IOERR || (rc & 0xff) == SQLITE_CANTOPEN))
		strbuf_addf(diag, " (%s)", strerror(os));
	return err;
}

int store_exec(struct report_store *store, const char *sql)
{
	return sqlite3_exec(store->db, sql, NULL, NULL, NULL);
}

int store_number(struct report_store *store, const char *sql, int64_t *ret)
{
	sqlite3_stmt *stmt = NULL;
	int rc = store_prepare(store, sql, &stmt);

	if (rc == SQLITE_OK) {
		rc = sqlite3_step(stmt);
		if (rc == SQLITE_ROW)
			*ret = sqlite3_column_int64(stmt, 0);
		rc = rc == SQLITE_ROW ? SQLITE_OK : rc == SQLITE_DONE ? SQLITE_ERROR : rc;
	}
	sqlite3_finalize(stmt);
	return rc;
}

bool store_fs_local(long type)
{
	static const unsigned int local[] = {
		0xef53,	    /* ext2 to ext4 */
		0x58465342, /* XFS */
		0x9123683e, /* Btrfs */
		0x01021994, /* tmpfs */
		0x858458f6, /* ramfs */
		0x2fc12fc1, /* ZFS */
		0xf2f52010, /* F2FS */
		0xca451a4e, /* bcachefs */
		0x794c7630, /* overlayfs: its upper layer is never remote */
		0x52654973, /* ReiserFS */
		0x3153464a, /* JFS */
		0x3434,	    /* NILFS */
	};
	size_t i;

	for (i = 0; i < sizeof(local) / sizeof(local[0]); i++)
		if ((unsigned int)type == local[i])
			return true;
	return false;
}

void store_uri(const char *path, const char *query, struct strbuf *out)
{
	strbuf_addstr(out, *path == '/' ? "file:" : "file:./");
	for (; *path; path++) {
		if (strchr("/.-_", *path) || (*path >= '0' && *path <= '9') ||
		    (*path >= 'A' && *path <= 'Z') || (*path >= 'a' && *path <= 'z'))
			strbuf_addch(out, *path);
		else
			strbuf_addf(out, "%%%02x", (unsigned char)*path);
	}
	strbuf_addstr(out, query);
}

/* A database that was in WAL mode when the medium became read-only, all of it in its main file. */
static const char *read_query(const char *path)
{
	struct strbuf wal = STRBUF_INIT;
	bool immutable;

	strbuf_addf(&wal, "%s-wal", path);
	immutable = access(path, W_OK) && access(strbuf_str(&wal), F_OK) && !strbuf_error(&wal);
	strbuf_release(&wal);
	return immutable ? "?mode=ro&immutable=1" : "?mode=ro";
}

int store_identify(struct report_store *store, const char *schema, const char *path,
		   struct strbuf *diag, int *ret_version)
{
	int64_t id = 0, version = 0, things = 0;
	char sql[3][96];
	int rc;

	snprintf(sql[0], sizeof(sql[0]), "PRAGMA %s.application_id", schema);
	snprintf(sql[1], sizeof(sql[1]), "PRAGMA %s.user_version", schema);
	snprintf(sql[2], sizeof(sql[2]), "SELECT count(*) FROM %s.sqlite_schema", schema);
	rc = store_number(store, sql[2], &things);
	if (rc == SQLITE_OK)
		rc = store_number(store, sql[0], &id);
	if (rc == SQLITE_OK)
		rc = store_number(store, sql[1], &version);
	if (rc != SQLITE_OK)
		return store_error(store, rc, "cannot read the store", diag);
	if (id != STORE_APPLICATION_ID && (id || version || things)) {
		report_text_clean(diag, path);
		strbuf_addstr(diag, ": not a result store: an SQLite database of something else");
		return -EBADMSG;
	}
	if (version > REPORT_STORE_VERSION) {
		report_text_clean(diag, path);
		strbuf_addf(diag, ": made by a later mmuscope: its schema is version %" PRId64
			    ", this program knows %d", version, REPORT_STORE_VERSION);
		return -EPROTO;
	}
	*ret_version = version < 0 ? 0 : version;
	return 0;
}

int store_migrate(struct report_store *store, int version, struct strbuf *diag)
{
	int rc = store_exec(store, "BEGIN IMMEDIATE"), err, at = 0;
	char sql[96];

	if (rc != SQLITE_OK)
		return store_error(store, rc, "cannot write the store", diag);
	/* another process may have been faster */
	err = store_identify(store, "main", store->path, diag, &at);
	for (; !err && rc == SQLITE_OK && at < version; at++)
		rc = store_exec(store, store_steps[at]);
	snprintf(sql, sizeof(sql), "PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT",
		 STORE_APPLICATION_ID, at);
	if (!err && rc == SQLITE_OK)
		rc = store_exec(store, sql);
	if (rc != SQLITE_OK)
		err = store_error(store, rc, "cannot make the tables", diag);
	if (err)
		store_exec(store, "ROLLBACK");
	return err;
}

/* A store that is in use elsewhere keeps the mode that it has. */
static int set_journal(struct report_store *store, struct strbuf *diag)
{
	struct statfs fs;
	bool local = !statfs(store->path, &fs) && store_fs_local(fs.f_type);
	int rc = store_exec(store, local ? "PRAGMA journal_mode = WAL" :
					   "PRAGMA journal_mode = DELETE");

	if (rc == SQLITE_OK || (rc & 0xff) == SQLITE_BUSY)
		rc = store_exec(store, "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON");
	return rc == SQLITE_OK ? 0 : store_error(store, rc, "cannot write the store", diag);
}

static int refuse(const struct report_store *store, int err, struct strbuf *diag)
{
	report_text_clean(diag, store->path);
	strbuf_addf(diag, ": cannot open the store: %s",
		    err == -EINVAL ? "not a regular file" : strerror(-err));
	return err;
}

/* The folder of a file, to be freed; NULL without memory. */
static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return mem_strndup(slash ? path : ".", slash ? slash + 1 - path : 1);
}

/* SQLite refuses long paths, and gives no reason. It wants room for "-journal" behind them. */
static int check_length(const char *path, struct strbuf *diag)
{
	const int most = sqlite3_vfs_find(NULL)->mxPathname - 8;
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	char *folder = folder_of(path);
	char *real = folder ? realpath(folder, NULL) : NULL;
	const bool fits = real ? strlen(real) + 1 + strlen(name) <= (size_t)most :
				 !folder || errno != ENAMETOOLONG;

	free(real);
	mem_free(folder);
	if (fits)
		return 0;
	report_text_clean(diag, path);
	strbuf_addf(diag, ": cannot open the store: SQLite takes whole paths of at most %d bytes", most);
	return -ENAMETOOLONG;
}

/* May a file be made there? */
static int check_folder(const struct report_store *store, struct strbuf *diag)
{
	char *folder = folder_of(store->path);
	int err = !folder ? -ENOMEM : access(folder, W_OK | X_OK) ? -errno : 0;

	mem_free(folder);
	return err && err != -ENOMEM ? refuse(store, err, diag) : err;
}

/* What open() would say; SQLite only knows that it cannot. */
static int check_file(const struct report_store *store, enum report_store_mode mode,
		      struct strbuf *diag)
{
	struct stat st;

	if (stat(store->path, &st)) {
		if (errno == ENOENT && mode == REPORT_STORE_WRITE)
			return check_folder(store, diag);
		return refuse(store, -errno, diag);
	}
	if (!S_ISREG(st.st_mode))
		return refuse(store, S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL, diag);
	if (mode == REPORT_STORE_READ && access(store->path, R_OK))
		return refuse(store, -errno, diag);
	if (mode == REPORT_STORE_WRITE && access(store->path, W_OK))
		return refuse(store, -errno, diag);
	return 0;
}

static int open_file(struct report_store *store, enum report_store_mode mode, struct strbuf *diag)
{
	int flags = mode == REPORT_STORE_READ ? SQLITE_OPEN_READONLY :
						SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
	struct strbuf name = STRBUF_INIT;
	int rc = SQLITE_NOMEM;

	store_uri(store->path, mode == REPORT_STORE_READ ? read_query(store->path) : "", &name);
	if (!strbuf_error(&name))
		rc = sqlite3_open_v2(strbuf_str(&name), &store->db,
				     flags | SQLITE_OPEN_URI | SQLITE_OPEN_EXRESCODE, NULL);
	strbuf_release(&name);
	if (rc != SQLITE_OK)
		return store_error(store, rc, "cannot open the store", diag);
	sqlite3_busy_timeout(store->db, BUSY_MS);
	sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(store->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	return 0;
}

static int open_store(struct report_store *store, enum report_store_mode mode, struct strbuf *diag)
{
	int version = 0, err = check_length(store->path, diag);

	if (!err)
		err = check_file(store, mode, diag);
	if (!err)
		err = open_file(store, mode, diag);
	if (!err)
		err = store_identify(store, "main", store->path, diag, &version);
	if (!err && mode == REPORT_STORE_READ && !version) {
		report_text_clean(diag, store->path);
		strbuf_addstr(diag, ": an empty file, not a result store");
		err = -EBADMSG;
	}
	if (err || mode == REPORT_STORE_READ)
		return err;
	err = set_journal(store, diag);
	if (!err && version < REPORT_STORE_VERSION)
		err = store_migrate(store, REPORT_STORE_VERSION, diag);
	return err;
}

int report_store_open(const char *path, enum report_store_mode mode, struct strbuf *diag,
		      struct report_store **ret_store)
{
	struct report_store *store = mem_zalloc(sizeof(*store));
	int err;

	if (!store)
		return -ENOMEM;
	store->path = mem_strndup(path, strlen(path));
	err = store->path ? open_store(store, mode, diag) : -ENOMEM;
	if (err)
		report_store_close(store);
	else
		*ret_store = store;
	return err;
}

int store_attach(struct report_store *store, const char *path, const char *name,
		 struct strbuf *diag, int *ret_version)
{
	struct strbuf uri = STRBUF_INIT;
	sqlite3_stmt *stmt = NULL;
	int rc, err = check_length(path, diag);

	if (err)
		return err;
	store_uri(path, read_query(path), &uri);
	rc = strbuf_error(&uri) ? SQLITE_NOMEM : store_prepare(store, "ATTACH ? AS ?", &stmt);
	if (rc == SQLITE_OK)
		rc = store_bind_str(stmt, 1, strbuf_str(&uri));
	if (rc == SQLITE_OK)
		rc = store_bind_str(stmt, 2, name);
	rc = store_step_once(stmt, rc);
	strbuf_release(&uri);
	if (rc != SQLITE_OK)
		return store_error(store, rc, "cannot open the store", diag);
	return store_identify(store, name, path, diag, ret_version);
}

struct report_store *report_store_close(struct report_store *store)
{
	unsigned int i;

	if (!store)
		return NULL;
	for (i = 0; i < STATEMENT_NR; i++)
		sqlite3_finalize(store->statement[i]);
	strbuf_release(&store->cost_text);
	sqlite3_close(store->db);
	mem_free(store->path);
	mem_free(store);
	return NULL;
}
