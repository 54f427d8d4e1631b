// SPDX-License-Identifier: GPL-2.0-or-later
/* The result store: what is kept, what is refused, and that nothing is damaged. */
#include "store_test.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/wait.h>

static struct report_store *open_or_fail(const char *path)
{
	struct strbuf diag = STRBUF_INIT;
	struct report_store *store = NULL;
	int err = report_store_open(path, REPORT_STORE_WRITE, &diag, &store);

	if (err)
		printf("# %s: %s\n", path, strbuf_str(&diag));
	strbuf_release(&diag);
	return store;
}

/* As a user's sqlite3 would. */
static int64_t ask_plainly(const char *path, const char *sql)
{
	struct report_store store = { NULL };
	int64_t value = -1;

	if (sqlite3_open_v2(path, &store.db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK ||
	    store_number(&store, sql, &value) != SQLITE_OK)
		printf("# %s: %s\n", sql, sqlite3_errmsg(store.db));
	sqlite3_close(store.db);
	return value;
}

static void test_runs(void)
{
	struct report_store *store = open_or_fail("a.db");
	struct strbuf diag = STRBUF_INIT;
	char id[3][REPORT_RUN_ID + 1] = { "", "", "" };
	bool new = false;

	tap_ok(!store_record(store, "x.mms", "touch a", 1, 3, &diag, &new, id[0]) && new,
	       "a run is stored");
	tap_ok(!store_record(store, "y.mms", "touch a", 1, 3, &diag, &new, id[1]) && !new &&
	       !strcmp(id[0], id[1]), "the same again is known, whatever its file is called");
	tap_ok(!store_record(store, "x.mms", "touch a", 2, 3, &diag, &new, id[2]) && new &&
	       strcmp(id[0], id[2]), "another result is another run");
	report_store_close(store);
	tap_eq(store_ask("a.db", "SELECT count(*) FROM run"), 2, "two runs");
	tap_eq(store_ask("a.db", "SELECT count(DISTINCT input) FROM run"), 1, "of the same input");
	tap_eq(store_ask("a.db", "SELECT count(*) FROM script JOIN cost JOIN host"), 1,
	       "their script, costs and host are there once");
	tap_eq(store_ask("a.db", "SELECT sum(notifications) FROM runs"), 3, "the view of runs");
	tap_eq(ask_plainly("a.db", "SELECT sum(notifications) FROM ops"), 9, "the view of operations");
	tap_ok(store_whole("a.db"), "the store is whole");
	strbuf_release(&diag);
}

static void test_abandoned(void)
{
	struct report_store *store = open_or_fail("abandoned.db");
	struct strbuf diag = STRBUF_INIT;
	struct report_host host = { "", "", "", 0, 0 };
	struct report_cost cost;
	struct report_run_facts facts = { .command = "run", .file = "f", .text = "", .profile = "p",
					  .designs = "-", .mmu = "-", .cost = &cost, .host = &host,
					  .version = "v" };

	report_cost_default(&cost);
	tap_ok(!report_store_begin(store, &facts, &diag), "a run is begun");
	report_store_notification(store, "CLEAR", 0, 4096);
	tap_ok(!store_record(store, "x", "y", 1, 1, &diag, NULL, NULL), "another takes its place");
	tap_ok(!report_store_begin(store, &facts, &diag), "a third is begun");
	report_store_close(store);
	tap_eq(store_ask("abandoned.db", "SELECT count(*) FROM run"), 1, "only the finished run is stored");
	tap_eq(store_ask("abandoned.db", "SELECT count(*) FROM notification"), 1, "and nothing of the others");
	strbuf_release(&diag);
}

/* Everything that people, file systems and attackers put into names. */
static void test_hostile(void)
{
	static char longest[4096];
	const char *const names[] = {
		"'; DROP TABLE run; --", "\"a\" 'b' `c` [d]", "two\nlines\r\n\tand a tab",
		"<script>alert(1)</script> & &amp;", "\xff\xfe not UTF-8 \xc3", "\xed\xa0\x80",
		"\x1b[31m\x07", "%s%n%x", "", longest,
	};
	struct report_store *store = open_or_fail("hostile '\"\n?#%41.db");
	struct strbuf diag = STRBUF_INIT;
	sqlite3_stmt *stmt = NULL;
	size_t i, same = 0;

	memset(longest, '\'', sizeof(longest) - 1);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		tap_ok(!store_record(store, names[i], names[i], i, 1, &diag, NULL, NULL),
		       "hostile name %zu is stored", i);
	if (store_prepare(store, "SELECT r.file, o.text, p.value, s.text, r.failures FROM run r JOIN op o"
			  " ON o.run = r.nr JOIN script s ON s.digest = r.script JOIN param p ON"
			  " p.run = r.nr AND p.name = 'pages' ORDER BY r.nr", &stmt) == SQLITE_OK)
		for (i = 0; sqlite3_step(stmt) == SQLITE_ROW; i++) {
			size_t len = strlen(names[i]), column, good = 0;

			for (column = 0; column < 5; column++)
				good += (size_t)sqlite3_column_bytes(stmt, column) == len &&
					(!len || !memcmp(sqlite3_column_blob(stmt, column), names[i], len));
			same += good == 5;
		}
	sqlite3_finalize(stmt);
	tap_eq(same, sizeof(names) / sizeof(names[0]), "and read as it was");
	report_store_close(store);
	tap_ok(!access("hostile '\"\n?#%41.db", F_OK), "under the file name that was given");
	tap_ok(store_whole("hostile '\"\n?#%41.db"), "the store is whole");
	strbuf_release(&diag);
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	if (file) {
		fputs(text, file);
		fclose(file);
	}
}

/* The file's bytes as a number; the same number, the same file. */
static uint64_t sum_file(const char *path)
{
	FILE *file = fopen(path, "r");
	uint64_t sum = 14695981039346656037ull;
	int c;

	while (file && (c = getc(file)) != EOF)
		sum = (sum ^ (unsigned char)c) * 1099511628211ull;
	if (file)
		fclose(file);
	return sum;
}

/* Both ways of opening refuse it with this error, say why in these words, and leave it alone. */
static void refused(const char *path, int want, const char *words)
{
	uint64_t before = sum_file(path);
	int mode;

	for (mode = REPORT_STORE_READ; mode <= REPORT_STORE_WRITE; mode++) {
		struct strbuf diag = STRBUF_INIT;
		struct report_store *store = NULL;
		int err = report_store_open(path, mode, &diag, &store);

		if (!tap_ok(err == want && !store && strstr(strbuf_str(&diag), words) &&
			    !strchr(strbuf_str(&diag), '\n'), "%s is refused: %s", path, words))
			printf("# %d: %s\n", err, strbuf_str(&diag));
		report_store_close(store);
		strbuf_release(&diag);
	}
	tap_ok(sum_file(path) == before, "%s is as it was", path);
}

static void run_sql(const char *path, const char *sql)
{
	sqlite3 *db = NULL;

	if (sqlite3_open(path, &db) != SQLITE_OK ||
	    sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		printf("# %s: %s\n", sql, sqlite3_errmsg(db));
	sqlite3_close(db);
}

static void test_refused(void)
{
	struct strbuf diag = STRBUF_INIT;
	struct report_store *store = NULL;

	run_sql("foreign.db", "CREATE TABLE t (x); INSERT INTO t VALUES (1)");
	refused("foreign.db", -EBADMSG, "not a result store");
	run_sql("other.db", "PRAGMA application_id = 77; PRAGMA user_version = 1");
	refused("other.db", -EBADMSG, "not a result store");
	write_file("text.db", "this is a letter to a friend, and it is long enough to have a header");
	refused("text.db", -EBADMSG, "not an SQLite database");
	mkdir("folder.db", 0700);
	refused("folder.db", -EISDIR, "Is a directory");
	store = open_or_fail("later.db");
	report_store_close(store);
	run_sql("later.db", "PRAGMA user_version = 99");
	refused("later.db", -EPROTO, "schema is version 99, this program knows 2");
	refused("/dev/null", -EINVAL, "not a regular file");
	tap_ok(report_store_open("absent.db", REPORT_STORE_READ, &diag, &store) == -ENOENT &&
	       access("absent.db", F_OK), "a store that is read must exist");
	strbuf_reset(&diag);
	tap_ok(report_store_open("no/folder.db", REPORT_STORE_WRITE, &diag, &store) < 0 && diag.len,
	       "a store in a folder that does not exist");
	write_file("empty.db", "");
	strbuf_reset(&diag);
	tap_ok(report_store_open("empty.db", REPORT_STORE_READ, &diag, &store) == -EBADMSG &&
	       strstr(strbuf_str(&diag), "empty file"), "an empty file is no store to read");
	store = open_or_fail("empty.db");
	tap_ok(store, "and can become one");
	report_store_close(store);
	strbuf_release(&diag);
}

/* A page in the middle overwritten: an error, not a crash, and the rest of the file as it was. */
static void test_damaged(void)
{
	struct strbuf diag = STRBUF_INIT;
	struct report_store *store = open_or_fail("damaged.db"), *into;
	uint64_t new = 7, known = 7;
	unsigned int i;
	FILE *file;

	for (i = 0; i < 50; i++)
		if (store_record(store, "x", "some text", i, 20, &diag, NULL, NULL))
			break;
	report_store_close(store);
	file = fopen("damaged.db", "r+");
	for (i = 12; file && i < 40; i++) {
		fseek(file, i * 4096l, SEEK_SET);
		fwrite("\xff\xff\xff\xff garbage garbage garbage", 1, 28, file);
	}
	if (file)
		fclose(file);
	into = open_or_fail("undamaged.db");
	tap_ok(report_store_merge(into, "damaged.db", &diag, &new, &known) == -EBADMSG &&
	       strstr(strbuf_str(&diag), "damaged.db") && new == 7 && known == 7,
	       "a damaged store is not merged");
	report_store_close(into);
	tap_ok(!store_ask("undamaged.db", "SELECT count(*) FROM run") && store_whole("undamaged.db"),
	       "nothing of it is copied");
	strbuf_release(&diag);
}

/* A store of version 1 is what it is today without parameters. */
static void test_old(void)
{
	struct strbuf diag = STRBUF_INIT;
	struct report_store *store = open_or_fail("old.db"), *into;
	uint64_t new = 0, known = 0;

	store_record(store, "x", "old", 1, 2, &diag, NULL, NULL);
	report_store_close(store);
	run_sql("old.db", "DROP TABLE param; PRAGMA user_version = 1");
	into = open_or_fail("from-old.db");
	tap_ok(!report_store_merge(into, "old.db", &diag, &new, &known) && new == 1 && known == 0,
	       "a store of version 1 is merged");
	report_store_close(into);
	tap_eq(store_ask("old.db", "PRAGMA user_version"), 1, "and stays of version 1");
	store = open_or_fail("old.db");
	tap_ok(store && !store_record(store, "x", "new", 1, 2, &diag, NULL, NULL),
	       "writing to it migrates it");
	report_store_close(store);
	tap_eq(store_ask("old.db", "PRAGMA user_version"), REPORT_STORE_VERSION, "to this version");
	tap_eq(store_ask("old.db", "SELECT count(*) FROM run"), 2, "with its runs");
	strbuf_release(&diag);
}

static void test_merge(void)
{
	struct strbuf diag = STRBUF_INIT;
	struct report_store *store;
	uint64_t new = 0, known = 0;
	unsigned int i, part;

	for (part = 0; part < 3; part++) {
		char path[16];

		snprintf(path, sizeof(path), "part%u.db", part);
		store = open_or_fail(path);
		for (i = 0; i < 4; i++) /* the last of each is the first of the next */
			store_record(store, "x", "merge", 3 * part + i, 2, &diag, NULL, NULL);
		report_store_close(store);
	}
	store = open_or_fail("merged.db");
	tap_ok(!report_store_merge(store, "part0.db", &diag, &new, &known) && new == 4 && !known &&
	       !report_store_merge(store, "part1.db", &diag, &new, &known) && new == 3 && known == 1 &&
	       !report_store_merge(store, "part2.db", &diag, &new, &known) && new == 3 && known == 1,
	       "stores that overlap are merged");
	tap_ok(!report_store_merge(store, "part1.db", &diag, &new, &known) && !new && known == 4,
	       "merging again adds nothing");
	tap_ok(!report_store_merge(store, "merged.db", &diag, &new, &known) && !new && known == 10,
	       "nor does a store into itself");
	tap_ok(report_store_merge(store, "text.db", &diag, &new, &known) == -EBADMSG, "no store, no merge");
	tap_ok(!store_record(store, "x", "merge", 100, 2, &diag, NULL, NULL), "it can be written to after");
	report_store_close(store);
	tap_eq(store_ask("merged.db", "SELECT count(*) FROM run"), 11, "every run is there once");
	tap_ok(store_whole("merged.db"), "the store is whole");
	strbuf_release(&diag);
}

/* As somebody who may not: root may everything. */
static void test_permissions(void)
{
	struct strbuf diag = STRBUF_INIT;
	struct report_store *store = open_or_fail("mine.db");
	int wait = 0;
	pid_t pid;

	store_record(store, "x", "y", 1, 1, &diag, NULL, NULL);
	report_store_close(store);
	chmod("mine.db", 0444);
	chmod(".", 0555);
	pid = fork();
	if (!pid) {
		bool good = geteuid() || !setuid(65534);

		good = good && report_store_open("mine.db", REPORT_STORE_WRITE, &diag, &store) == -EACCES &&
		       strstr(strbuf_str(&diag), "Permission denied");
		good = good && store_ask("mine.db", "SELECT count(*) FROM run") == 1;
		strbuf_reset(&diag);
		good = good && report_store_open("new.db", REPORT_STORE_WRITE, &diag, &store) == -EACCES &&
		       strstr(strbuf_str(&diag), "Permission denied");
		_exit(!good);
	}
	waitpid(pid, &wait, 0);
	chmod(".", 0755);
	tap_ok(pid > 0 && WIFEXITED(wait) && !WEXITSTATUS(wait),
	       "a store that may only be read is not written to, and read, in a folder likewise, where "
	       "no new one is made, for the right reason");
	strbuf_release(&diag);
}

static void test_file_systems(void)
{
	tap_ok(store_fs_local(0xef53) && store_fs_local(0x9123683e) && store_fs_local(0x01021994),
	       "ext4, Btrfs and tmpfs are local");
	tap_ok(!store_fs_local(0x6969) && !store_fs_local(0xff534d42) && !store_fs_local(0x0bd00bd0) &&
	       !store_fs_local(0x65735546) && !store_fs_local(0),
	       "NFS, CIFS, Lustre, FUSE and what is not known are not");
}

int main(void)
{
	if (!store_setup()) {
		tap_skip("store", "no folder for temporary files");
		return tap_done();
	}
	test_file_systems();
	test_runs();
	test_abandoned();
	test_hostile();
	test_refused();
	test_damaged();
	test_old();
	test_merge();
	test_permissions();
	store_cleanup();
	return tap_done();
}
