// SPDX-License-Identifier: GPL-2.0-or-later
#include "jobs_internal.h"
#include "cli_internal.h"
#include "terminal_internal.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <base/mem.h>

#define MAX_AT_ONCE 256

/** struct job - a task in a process of its own; @out, @err: files without a name */
struct job {
	pid_t pid;
	int out, err;
};

static char *slot_of(const struct jobs *jobs, void *slots, size_t i)
{
	return (char *)slots + i * jobs->slot_size;
}

static int run_here(const struct jobs *jobs)
{
	int status = STATUS_OK;
	size_t i;

	for (i = 0; i < jobs->nr; i++)
		status = worse(status, jobs->task(jobs->ctx, i, slot_of(jobs, jobs->slots, i)));
	return status;
}

static void child(const struct jobs *jobs, size_t i, void *shared, const struct job *job)
{
	int status = STATUS_BROKEN;

	progress_end();
	clearerr(stdout); /* what the parent could not write is no error of this one's */
	if (dup2(job->out, STDOUT_FILENO) >= 0 && dup2(job->err, STDERR_FILENO) >= 0)
		status = jobs->task(jobs->ctx, i, slot_of(jobs, shared, i));
	status = finish_output(status);
	_exit(status);
}

static int job_start(const struct jobs *jobs, size_t i, void *shared, struct job *job)
{
	job->pid = -1;
	job->out = memfd_create("stdout", MFD_CLOEXEC);
	job->err = memfd_create("stderr", MFD_CLOEXEC);
	if (job->out < 0 || job->err < 0)
		return -errno;
	fflush(stdout);
	fflush(stderr);
	job->pid = fork();
	if (!job->pid)
		child(jobs, i, shared, job);
	return job->pid < 0 ? -errno : 0;
}

static void copy_out(int fd, FILE *out)
{
	char buf[65536];
	off_t at = 0;
	ssize_t n;

	while ((n = pread(fd, buf, sizeof(buf), at)) > 0) {
		fwrite(buf, 1, n, out);
		at += n;
	}
}

/* The task is through: its output, its result. */
static int job_finish(const struct jobs *jobs, size_t i, void *shared, struct job *job)
{
	int status = STATUS_BROKEN, wait_status = 0;

	if (job->pid > 0) {
		while (waitpid(job->pid, &wait_status, 0) < 0 && errno == EINTR)
			continue;
		copy_out(job->err, stderr);
		copy_out(job->out, stdout);
		if (WIFEXITED(wait_status))
			status = WEXITSTATUS(wait_status);
		else
			error("a job was killed by signal %d: out of memory?", WTERMSIG(wait_status));
		memcpy(slot_of(jobs, jobs->slots, i), slot_of(jobs, shared, i), jobs->slot_size);
	}
	if (job->out >= 0)
		close(job->out);
	if (job->err >= 0)
		close(job->err);
	return status;
}

static int run_children(const struct jobs *jobs, size_t at_once, void *shared, struct job *running)
{
	size_t started = 0, finished = 0;
	int status = STATUS_OK, err = 0;

	while (finished < jobs->nr) {
		while (!err && started < jobs->nr && started - finished < at_once) {
			err = job_start(jobs, started, shared, &running[started % at_once]);
			started++;
		}
		if (finished == started)
			break;
		status = worse(status, job_finish(jobs, finished, shared,
						  &running[finished % at_once]));
		finished++;
	}
	if (!err)
		return status;
	error("no process for a job: %s", strerror(-err));
	return STATUS_BROKEN;
}

int jobs_run(const struct jobs *jobs)
{
	size_t at_once = jobs->at_once < MAX_AT_ONCE ? jobs->at_once : MAX_AT_ONCE;
	size_t size = jobs->nr * jobs->slot_size;
	struct job *running;
	void *shared;
	int status;

	if (at_once > jobs->nr)
		at_once = jobs->nr;
	if (at_once < 2)
		return run_here(jobs);
	running = mem_zalloc(at_once * sizeof(*running));
	shared = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (!running || shared == MAP_FAILED) {
		error("no memory for %zu jobs", at_once);
		mem_free(running);
		return STATUS_BROKEN;
	}
	memcpy(shared, jobs->slots, size);
	status = run_children(jobs, at_once, shared, running);
	munmap(shared, size);
	mem_free(running);
	return status;
}
