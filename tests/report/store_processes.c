// SPDX-License-Identifier: GPL-2.0-or-later
/* Several processes, some of which are killed, and memory that runs out. */
#include "store_test.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include <base/mem.h>
#include <base/rng.h>

#define WRITERS 4
#define RUNS 15
#define KILLS 40

/* Stores runs with numbers from @from on; each number goes to @fd when its run is stored. */
static void write_runs(const char *path, unsigned int from, unsigned int nr, int fd)
{
	struct strbuf diag = STRBUF_INIT;
	struct report_store *store = NULL;
	unsigned int i;

	if (report_store_open(path, REPORT_STORE_WRITE, &diag, &store)) {
		printf("# %s\n", strbuf_str(&diag));
		_exit(1);
	}
	for (i = from; i < from + nr; i++) {
		if (store_record(store, "x.mms", "touch", i, 30, &diag, NULL, NULL)) {
			printf("# %s\n", strbuf_str(&diag));
			fflush(stdout);
			_exit(1);
		}
		if (fd >= 0 && write(fd, &i, sizeof(i)) != sizeof(i))
			_exit(1);
	}
	report_store_close(store);
	_exit(0);
}

/* All begin at once, with a store that none of them has made yet. */
static void test_writers(void)
{
	pid_t pids[WRITERS];
	unsigned int i, good = 0;

	fflush(stdout);
	for (i = 0; i < WRITERS; i++) {
		pids[i] = fork();
		if (!pids[i])
			write_runs("writers.db", i * RUNS, RUNS, -1);
	}
	for (i = 0; i < WRITERS; i++) {
		int wait = 0;

		waitpid(pids[i], &wait, 0);
		good += WIFEXITED(wait) && !WEXITSTATUS(wait);
	}
	tap_eq(good, WRITERS, "several processes write to a new store at once");
	tap_eq(store_ask("writers.db", "SELECT count(*) FROM run"), WRITERS * RUNS, "all runs are there");
	tap_ok(store_whole("writers.db"), "the store is whole");
}

/*
 * Kills a writer a moment after it has said @wanted times that a run was stored. Return: how often
 * it had said so in the end.
 */
static unsigned int kill_writer(const char *path, unsigned int from, unsigned int wanted,
				long moment_ns)
{
	const struct timespec moment = { 0, moment_ns };
	unsigned int acknowledged = 0, number;
	int fds[2];
	pid_t pid;

	if (pipe(fds))
		return 0;
	fflush(stdout);
	pid = fork();
	if (!pid)
		write_runs(path, from, 100000, fds[1]);
	close(fds[1]);
	while (acknowledged < wanted && read(fds[0], &number, sizeof(number)) == sizeof(number))
		acknowledged++;
	nanosleep(&moment, NULL);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	while (read(fds[0], &number, sizeof(number)) == sizeof(number))
		acknowledged++;
	close(fds[0]);
	return acknowledged;
}

static void test_kills(void)
{
	unsigned int i, acknowledged = 0;
	bool whole = true, kept = true;
	struct rng rng;

	rng_seed(&rng, 1);
	for (i = 0; i < KILLS && whole && kept; i++) {
		int64_t stored;

		/* some before they have a store, the others in the middle of the next run */
		acknowledged += kill_writer("killed.db", i * 100000, i % 6,
					    rng_below(&rng, i % 6 ? 4000000 : 60000000));
		stored = access("killed.db", F_OK) || !store_ask("killed.db", "SELECT 1") ? 0 :
			 store_ask("killed.db", "SELECT count(*) FROM run");
		if (acknowledged)
			whole = store_whole("killed.db");
		/* one more may have been stored and not said so by each that was killed */
		kept = !acknowledged || (stored >= acknowledged && stored <= acknowledged + i + 1);
	}
	tap_ok(whole, "a writer was killed %u times: the store is whole", KILLS);
	tap_ok(kept && acknowledged, "each of the %u runs that were finished is there", acknowledged);
}

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

/* Opens, stores a run, merges, closes. Return: 0 or the first error. */
static int whole_life(unsigned int number)
{
	struct strbuf diag = STRBUF_INIT;
	struct report_store *store = NULL;
	uint64_t new, known;
	int err = report_store_open("nomem.db", REPORT_STORE_WRITE, &diag, &store);

	if (!err)
		err = store_record(store, "x", "touch", number, 3, &diag, NULL, NULL);
	if (!err)
		err = report_store_merge(store, "source.db", &diag, &new, &known);
	report_store_close(store);
	strbuf_release(&diag);
	return err;
}

static void test_nomem(void)
{
	uint64_t n, live;
	unsigned int failures = 0;
	bool right = true, reached = true;

	/* a run to merge, and once through for what SQLite keeps for good */
	fflush(stdout);
	if (!fork())
		write_runs("source.db", 7000000, 1, -1);
	wait(NULL);
	right = !whole_life(6000000);
	live = mem_live();
	for (n = 1; reached && right; n += 1 + n / 40) {
		uint64_t before = mem_count();
		int err;

		mem_fail_at(n);
		err = whole_life(n);
		mem_fail_at(0);
		reached = mem_count() >= before + n;
		failures += err != 0;
		right = (!err || err == -ENOMEM) && mem_live() == live;
		if (!right)
			printf("# allocation %llu: %d, %lld live\n", (unsigned long long)n, err,
			       (long long)(mem_live() - live));
	}
	tap_ok(right && failures > 20, "memory ran out in %u places", failures);
	tap_ok(store_whole("nomem.db"), "the store is whole");
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
	test_writers();
	test_kills();
	test_nomem();
	store_cleanup();
	return tap_done();
}
