// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The processes of a sweep. A worker reads row numbers from a pipe and writes each row back when
 * it is over, and in the store if there is one. A worker that is gone took its row along; all
 * others stay.
 */
#include "sweep_internal.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <base/fd.h>
#include <base/mem.h>

/* @row: the one it is at, -1 for none */
struct worker {
	pid_t pid;
	int to;
	int from;
	int64_t row;
};

struct pool {
	struct sweep *sweep;
	struct worker *workers;
	unsigned int nr;
	size_t next;
	size_t done;
	int status;
	bool shown;
	struct timespec began;
};

static volatile sig_atomic_t stopped;

static void stop(int sig)
{
	stopped = sig;
}

/* One that is ignored stays so: nohup. */
static void catch(bool on)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action = { .sa_handler = on ? stop : SIG_DFL }, before;
	size_t i;

	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (!sigaction(signals[i], NULL, &before) && before.sa_handler != SIG_IGN)
			sigaction(signals[i], &action, NULL);
	action.sa_handler = on ? SIG_IGN : SIG_DFL;
	sigaction(SIGPIPE, &action, NULL);
}

static bool read_whole(int fd, void *data, size_t len)
{
	return fd_read(fd, data, len) == (ssize_t)len;
}

static int work(const struct sweep *sweep, int from, int to)
{
	struct strbuf text = STRBUF_INIT;
	struct sweep_row row;
	struct keep keep;
	uint64_t nr;
	int status = keep_open(&keep, sweep->store, "sweep");

	while (status == STATUS_OK && read_whole(from, &nr, sizeof(nr))) {
		strbuf_reset(&text);
		sweep_execute(sweep, &keep, nr, &row, &text);
		row.text_len = text.len;
		if (fd_write(to, &row, sizeof(row)) || fd_write(to, strbuf_str(&text), text.len))
			break;
	}
	keep_close(&keep, true);
	strbuf_release(&text);
	return status;
}

/* The child's side: only its own two ends stay open, so that it sees when the parent is gone. */
static void be_worker(const struct pool *pool, int from, int to)
{
	unsigned int i;
	int status;

	catch(false);
	for (i = 0; i < pool->nr; i++) {
		if (!pool->workers[i].pid)
			continue;
		close(pool->workers[i].to);
		close(pool->workers[i].from);
	}
	status = work(pool->sweep, from, to);
	fflush(stderr);
	_exit(status);
}

static int start(struct pool *pool, struct worker *worker)
{
	int down[2], up[2];
	pid_t pid;

	*worker = (struct worker){ .row = -1 };
	if (pipe(down))
		return -errno;
	if (pipe(up)) {
		close(down[0]);
		close(down[1]);
		return -errno;
	}
	fflush(stdout);
	fflush(stderr);
	pid = fork();
	if (!pid) {
		close(down[1]);
		close(up[0]);
		be_worker(pool, down[0], up[1]);
	}
	close(down[0]);
	close(up[1]);
	if (pid < 0) {
		close(down[1]);
		close(up[0]);
		return -errno;
	}
	*worker = (struct worker){ pid, down[1], up[0], -1 };
	return 0;
}

/* No more work for it. */
static void end(struct worker *worker, int *ret_wait)
{
	int wait = 0;

	close(worker->to);
	close(worker->from);
	while (waitpid(worker->pid, &wait, 0) < 0 && errno == EINTR)
		;
	worker->pid = 0;
	if (ret_wait)
		*ret_wait = wait;
}

static void assign(struct pool *pool, struct worker *worker)
{
	uint64_t nr = pool->next;

	if (stopped || pool->next == pool->sweep->nr) {
		end(worker, NULL);
		return;
	}
	pool->next++;
	worker->row = nr;
	/* a worker that is gone is noticed by the end of its other pipe */
	(void)fd_write(worker->to, &nr, sizeof(nr));
}

static void clear_progress(struct pool *pool)
{
	if (pool->shown)
		fputs("\r\033[K", stderr);
	pool->shown = false;
}

static void lost(struct pool *pool, struct worker *worker)
{
	int64_t row = worker->row;
	int wait, err;

	end(worker, &wait);
	if (stopped)
		return;
	clear_progress(pool);
	pool->status = STATUS_BROKEN;
	if (WIFSIGNALED(wait))
		error("run %lld of %zu: its process was ended by signal %d (%s)",
		      (long long)row + 1, pool->sweep->nr, WTERMSIG(wait),
		      strsignal(WTERMSIG(wait)));
	if (row < 0 || !WIFSIGNALED(wait))
		return; /* it could not even begin, and said why */
	err = start(pool, worker);
	if (err)
		error("cannot start a process: %s", strerror(-err));
	else
		assign(pool, worker);
}

static bool receive(struct worker *worker, struct sweep_row *ret_row)
{
	struct sweep_row row;
	char *text;

	if (!read_whole(worker->from, &row, sizeof(row)))
		return false;
	text = mem_alloc(row.text_len + 1);
	if (!text || !read_whole(worker->from, text, row.text_len)) {
		mem_free(text);
		return false;
	}
	text[row.text_len] = '\0';
	row.text = text;
	*ret_row = row;
	return true;
}

static void progress(struct pool *pool)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (!isatty(STDERR_FILENO) || now.tv_sec - pool->began.tv_sec < 1)
		return;
	fprintf(stderr, "\r%zu of %zu runs", pool->done, pool->sweep->nr);
	pool->shown = true;
}

static void take(struct pool *pool, struct worker *worker)
{
	struct sweep_row *row = worker->row < 0 ? NULL : &pool->sweep->rows[worker->row];

	if (!row || !receive(worker, row)) {
		lost(pool, worker);
		return;
	}
	pool->done++;
	pool->status = worse(pool->status, row->status);
	worker->row = -1;
	progress(pool);
	assign(pool, worker);
}

static void loop(struct pool *pool)
{
	struct pollfd fds[SWEEP_MAX_JOBS];
	unsigned int at[SWEEP_MAX_JOBS], i, nr;

	while (!stopped) {
		for (i = nr = 0; i < pool->nr; i++) {
			if (!pool->workers[i].pid)
				continue;
			fds[nr] = (struct pollfd){ pool->workers[i].from, POLLIN, 0 };
			at[nr++] = i;
		}
		if (!nr)
			return;
		if (poll(fds, nr, -1) < 0)
			continue;
		for (i = 0; i < nr && !stopped; i++)
			if (fds[i].revents)
				take(pool, &pool->workers[at[i]]);
	}
	for (i = 0; i < pool->nr; i++) {
		if (!pool->workers[i].pid)
			continue;
		kill(pool->workers[i].pid, SIGTERM);
		end(&pool->workers[i], NULL);
	}
}

int sweep_run(struct sweep *sweep, unsigned int jobs, int *ret_signal)
{
	struct pool pool = { .sweep = sweep, .nr = jobs < sweep->nr ? jobs : sweep->nr };
	unsigned int i;
	int err = 0;

	if (pool.nr > SWEEP_MAX_JOBS)
		pool.nr = SWEEP_MAX_JOBS;
	clock_gettime(CLOCK_MONOTONIC, &pool.began);
	pool.workers = mem_zalloc((pool.nr + 1) * sizeof(pool.workers[0]));
	if (!pool.workers)
		return model_error(sweep->file, -ENOMEM);
	catch(true);
	for (i = 0; i < pool.nr && !err; i++) {
		err = start(&pool, &pool.workers[i]);
		if (!err)
			assign(&pool, &pool.workers[i]);
	}
	if (err && i == 1) {
		error("cannot start a process: %s", strerror(-err));
		pool.status = STATUS_BROKEN;
	}
	loop(&pool);
	clear_progress(&pool);
	catch(false);
	mem_free(pool.workers);
	*ret_signal = stopped;
	for (i = 0; i < sweep->nr; i++)
		if (!sweep->rows[i].done)
			pool.status = worse(pool.status, STATUS_BROKEN);
	return pool.status;
}
