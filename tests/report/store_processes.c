// SPDX-License-Identifier: GPL-2.0-or-later
/* Several processes, some of which are killed. */
#include "store_test.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

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

int main(void)
{
	if (!store_setup()) {
		tap_skip("store", "no folder for temporary files");
		return tap_done();
	}
	test_writers();
	test_kills();
	store_cleanup();
	return tap_done();
}
