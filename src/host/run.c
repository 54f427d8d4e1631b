// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Runs all scripts on all kernels. Each kernel is a small state machine (struct job); one
 * poll() loop serves as many as may run side by side.
 */
#include <host/host.h>

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <base/mem.h>

#include "boot_internal.h"
#include "initramfs_internal.h"
#include "stream_internal.h"

#define DEFAULT_TIMEOUT_MS 600000
#define DEFAULT_SILENCE_MS 90000
#define NO_SCRIPT SIZE_MAX
#define MAX_BOOTS 3 /* in a row, of a machine that dies before its first script */

/**
 * struct job - one kernel's scripts
 * @current: the script that the guest is in, NO_SCRIPT between two
 * @next: the first script that has not been begun
 * @finished: the guest said that all is done
 * @again: the guest wants a fresh machine for what is left
 * @boots: boots in a row that died before they began a script
 */
struct job {
	const struct host_options *options;
	const struct script *const *scripts;
	size_t nr_scripts;
	struct host_run *run;
	struct machine machine;
	struct stream_builder builder;
	size_t current;
	size_t next;
	bool finished;
	bool again;
	bool done;
	unsigned int boots;
	int64_t started_ms;
	int64_t begun_ms;
	int64_t heard_ms;
	char failure[64];
};

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ll + ts.tv_nsec / 1000000;
}

static void tell(const struct job *job, const char *what)
{
	const struct host_progress progress = { job->run->kernel.name, what, job->next,
						job->nr_scripts };

	if (job->options->progress)
		job->options->progress(job->options->ctx, &progress);
}

static int begin_script(struct job *job, const char *text)
{
	size_t number = strtoul(text, NULL, 10);
	int err;

	if (number != job->next || number >= job->nr_scripts || job->current != NO_SCRIPT)
		return -EPROTO;
	err = stream_begin(&job->builder, job->scripts[number],
			   &job->run->streams[number]);
	if (err)
		return err;
	job->current = number;
	job->next = number + 1;
	job->boots = 0;
	tell(job, "run");
	return 0;
}

static int close_script(struct job *job, const char *text)
{
	if (job->current == NO_SCRIPT || strtoul(text, NULL, 10) != job->current ||
	    !job->builder.ended)
		return -EPROTO;
	job->current = NO_SCRIPT;
	return 0;
}

static int take_line(void *ctx, char *line)
{
	struct job *job = ctx;

	if (!strncmp(line, "kernel ", 7)) {
		strncpy(job->run->release, line + 7, sizeof(job->run->release) - 1);
		if (!job->run->boot_ms)
			job->run->boot_ms = now_ms() - job->begun_ms;
		return 0;
	}
	if (!strcmp(line, "ready"))
		return 0;
	if (!strncmp(line, "fail ", 5)) {
		strncpy(job->failure, line + 5, sizeof(job->failure) - 1);
		return 0;
	}
	if (!strcmp(line, "end")) {
		job->finished = true;
		return 0;
	}
	if (!strcmp(line, "again")) {
		job->again = true;
		return 0;
	}
	if (!strncmp(line, "script ", 7))
		return begin_script(job, line + 7);
	if (!strncmp(line, "close ", 6))
		return close_script(job, line + 6);
	return job->current == NO_SCRIPT ? -EPROTO : stream_line(&job->builder, line);
}

static int start_job(struct job *job, struct strbuf *diag)
{
	struct machine_needs needs;
	int fd, err;

	tell(job, "boot");
	err = initramfs_make(job->options, &job->run->kernel, job->scripts,
			     job->nr_scripts, job->next, &fd, diag);
	if (err)
		return err;
	machine_needs(job->scripts, job->nr_scripts, job->next, &needs);
	err = machine_start(&job->machine, job->options, &job->run->kernel, &needs, fd,
			    diag);
	close(fd);
	job->started_ms = job->heard_ms = now_ms();
	if (!job->begun_ms)
		job->begun_ms = job->started_ms;
	job->current = NO_SCRIPT;
	job->again = false;
	return err;
}

static void end_job(struct job *job, int err)
{
	machine_stop(&job->machine);
	job->run->err = err;
	job->run->total_ms = now_ms() - job->begun_ms;
	job->done = true;
	tell(job, "done");
}

/*
 * The machine is gone or must go before it was through. The script it was in is to blame;
 * those behind it get another boot. A machine that did not begin a single script is booted again,
 * too, which is said; it is a failure when that does not help.
 */
static int job_broke(struct job *job, int err, enum host_status status,
		     struct strbuf *diag)
{
	bool began = job->current != NO_SCRIPT;

	machine_stop(&job->machine);
	if (began && !job->builder.ended) {
		job->run->streams[job->current].status = status;
		job->run->streams[job->current].detail = 0;
	}
	if (began && job->next < job->nr_scripts)
		return start_job(job, diag);
	if (!began) {
		bool again = err != -EPROTO && ++job->boots < MAX_BOOTS;

		strbuf_addf(diag, "%s: %s%s%s%s\n", job->run->kernel.release,
			    err == -ETIMEDOUT ? "the machine fell silent or took too long"
			    : err == -EPROTO  ? "the guest sent nonsense"
					      : "the machine ended before its time",
			    *job->failure ? ": " : "", job->failure,
			    again ? "; it died at boot and is booted again" : "");
		if (again)
			return start_job(job, diag);
		end_job(job, err);
		return 0;
	}
	end_job(job, 0);
	return 0;
}

static int serve_job(struct job *job, struct strbuf *diag)
{
	const struct host_options *options = job->options;
	int64_t now = now_ms();
	int err;

	err = machine_read(&job->machine, take_line, job, &job->run->console);
	if (err == -ENOMEM)
		return err;
	if (err)
		return job_broke(job, err, HOST_FAILED, diag);
	if (job->finished && job->next < job->nr_scripts) {
		job->current = NO_SCRIPT;
		return job_broke(job, -EPROTO, HOST_FAILED, diag);
	}
	if (job->finished) {
		end_job(job, 0);
		return 0;
	}
	if (job->again) {
		machine_stop(&job->machine);
		if (job->next < job->nr_scripts)
			return start_job(job, diag);
		end_job(job, 0);
		return 0;
	}
	if (job->machine.stream_fd < 0)
		return job_broke(job, -EIO, HOST_PANIC, diag);
	if (now - job->heard_ms >
	    (options->silence_ms ? options->silence_ms : DEFAULT_SILENCE_MS))
		return job_broke(job, -ETIMEDOUT, HOST_HANG, diag);
	if (now - job->begun_ms >
	    (options->timeout_ms ? options->timeout_ms : DEFAULT_TIMEOUT_MS)) {
		strbuf_addf(diag, "%s: not finished in time\n", job->run->kernel.release);
		end_job(job, -ETIMEDOUT);
	}
	return 0;
}

static unsigned int limit_jobs(const struct host_options *options)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	return options->jobs ? options->jobs : cpus > 0 ? cpus : 1;
}

/* Wait for any running machine. Return: false when none runs. */
static bool wait_jobs(struct job *jobs, size_t nr)
{
	struct pollfd fds[32];
	struct job *of[32];
	nfds_t used = 0, i;

	for (i = 0; i < nr && used < 31; i++) {
		if (jobs[i].done || jobs[i].machine.pid <= 0)
			continue;
		of[used] = &jobs[i];
		fds[used++] = (struct pollfd){ jobs[i].machine.stream_fd, POLLIN, 0 };
		of[used] = &jobs[i];
		fds[used++] = (struct pollfd){ jobs[i].machine.console_fd, POLLIN, 0 };
	}
	if (!used)
		return false;
	if (poll(fds, used, 200) > 0)
		for (i = 0; i < used; i++)
			if (fds[i].revents)
				of[i]->heard_ms = now_ms();
	return true;
}

/* Start what may be started. Return: 0 or the error that ends everything. */
static int start_jobs(struct job *jobs, size_t nr, unsigned int limit,
		      struct strbuf *diag)
{
	unsigned int running = 0;
	size_t i;
	int err;

	for (i = 0; i < nr; i++)
		running += !jobs[i].done && jobs[i].machine.pid > 0;
	for (i = 0; i < nr && running < limit; i++) {
		if (jobs[i].done || jobs[i].machine.pid > 0)
			continue;
		err = start_job(&jobs[i], diag);
		if (err)
			return err;
		running++;
	}
	return 0;
}

static int serve_jobs(struct job *jobs, size_t nr, const struct host_options *options,
		      struct strbuf *diag)
{
	unsigned int limit = limit_jobs(options);
	size_t i;
	int err;

	for (;;) {
		err = start_jobs(jobs, nr, limit, diag);
		if (err)
			return err;
		if (!wait_jobs(jobs, nr))
			return 0;
		if (options->stop && *options->stop)
			return -EINTR;
		for (i = 0; i < nr; i++) {
			if (jobs[i].done || jobs[i].machine.pid <= 0)
				continue;
			err = serve_job(&jobs[i], diag);
			if (err)
				return err;
		}
	}
}

static int prepare_job(struct job *job, const struct host_options *options,
		       const struct script *const *scripts, size_t nr_scripts,
		       struct host_run *run)
{
	size_t i;

	run->err = -EIO;
	run->streams = mem_zalloc((nr_scripts + 1) * sizeof(*run->streams));
	if (!run->streams)
		return -ENOMEM;
	run->nr_streams = nr_scripts;
	for (i = 0; i < nr_scripts; i++)
		run->streams[i].status = HOST_NOT_RUN;
	*job = (struct job){ .options = options,
			     .scripts = scripts,
			     .nr_scripts = nr_scripts,
			     .run = run,
			     .current = NO_SCRIPT,
			     .machine = { .stream_fd = -1, .console_fd = -1 } };
	return 0;
}

int host_run(const struct host_options *options, const struct script *const *scripts,
	     size_t nr_scripts, struct host_run *runs, size_t nr_runs,
	     struct strbuf *diag)
{
	struct job *jobs = mem_zalloc((nr_runs + 1) * sizeof(*jobs));
	size_t i;
	int err = jobs ? 0 : -ENOMEM;

	for (i = 0; i < nr_runs && !err; i++)
		err = prepare_job(&jobs[i], options, scripts, nr_scripts, &runs[i]);
	if (!err)
		err = serve_jobs(jobs, nr_runs, options, diag);
	for (i = 0; jobs && i < nr_runs; i++)
		if (jobs[i].machine.pid > 0)
			machine_stop(&jobs[i].machine);
	mem_free(jobs);
	return err;
}

void host_run_release(struct host_run *run)
{
	size_t i;

	for (i = 0; i < run->nr_streams; i++)
		host_stream_release(&run->streams[i]);
	mem_free(run->streams);
	run->streams = NULL;
	run->nr_streams = 0;
	strbuf_release(&run->console);
}
