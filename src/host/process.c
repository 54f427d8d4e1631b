// SPDX-License-Identifier: GPL-2.0-or-later
#include "process_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <base/fd.h>

#define MAX_OUTPUT (32u << 20)

/* Put each wanted descriptor in its place without treading on one still needed. */
static int place_fds(const int *fds, unsigned int nr_fds)
{
	int high[16];
	unsigned int i;

	for (i = 0; i < nr_fds; i++) {
		int fd = fds[i] >= 0 ? fds[i] : open("/dev/null", O_RDWR | O_CLOEXEC);

		high[i] = fcntl(fd, F_DUPFD_CLOEXEC, 64);
		if (high[i] < 0)
			return -errno;
	}
	for (i = 0; i < nr_fds; i++)
		if (dup2(high[i], i) < 0)
			return -errno;
	return 0;
}

static void child(const char *const argv[], const char *dir, const int *fds,
		  unsigned int nr_fds, pid_t parent, int report)
{
	sigset_t none;
	int err;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	err = getppid() == parent ? 0 : -ESRCH;
	if (!err && dir && chdir(dir))
		err = -errno;
	if (!err) {
		report = fcntl(report, F_DUPFD_CLOEXEC, 100);
		err = place_fds(fds, nr_fds);
	}
	if (!err) {
		setenv("LC_ALL", "C", 1);
		execvp(argv[0], (char *const *)argv);
		err = -errno;
	}
	(void)!write(report, &err, sizeof(err));
	_exit(127);
}

int process_start(const char *const argv[], const char *dir, const int *fds,
		  unsigned int nr_fds, pid_t *ret_pid)
{
	int report[2], err = 0;
	pid_t self = getpid(), pid;

	if (nr_fds > 16)
		return -E2BIG;
	if (pipe2(report, O_CLOEXEC))
		return -errno;
	pid = fork();
	if (!pid)
		child(argv, dir, fds, nr_fds, self, report[1]);
	if (pid < 0)
		err = -errno;
	close(report[1]);
	if (pid > 0) {
		setpgid(pid, pid);
		while (read(report[0], &err, sizeof(err)) < 0 && errno == EINTR)
			;
	}
	close(report[0]);
	if (err && pid > 0)
		waitpid(pid, NULL, 0);
	if (!err)
		*ret_pid = pid;
	return err;
}

void process_kill(pid_t pid)
{
	if (pid <= 0)
		return;
	kill(-pid, SIGKILL);
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static int wait_status(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int run(const char *const argv[], const char *dir, int out_fd,
	       struct strbuf *collect)
{
	int pipe_fds[2], fds[3], err;
	pid_t pid;

	if (pipe2(pipe_fds, O_CLOEXEC))
		return -errno;
	fds[0] = -1;
	fds[1] = out_fd >= 0 ? out_fd : pipe_fds[1];
	fds[2] = pipe_fds[1];
	err = process_start(argv, dir, fds, 3, &pid);
	close(pipe_fds[1]);
	if (!err) {
		err = fd_read_text(pipe_fds[0], MAX_OUTPUT, collect);
		if (err)
			process_kill(pid);
		else
			err = wait_status(pid);
	}
	close(pipe_fds[0]);
	return err;
}

int process_output(const char *const argv[], const char *dir, struct strbuf *out)
{
	return run(argv, dir, -1, out);
}

int process_to_file(const char *const argv[], const char *path, struct strbuf *errors)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	int got;

	if (fd < 0)
		return -errno;
	got = run(argv, NULL, fd, errors);
	if (close(fd) && !got)
		got = -errno;
	return got;
}

int process_have(const char *name)
{
	const char *path = getenv("PATH"), *end;
	char file[PATH_MAX];

	if (strchr(name, '/'))
		return !access(name, X_OK);
	for (; path && *path; path = *end ? end + 1 : end) {
		end = strchrnul(path, ':');
		if (snprintf(file, sizeof(file), "%.*s/%s", (int)(end - path), path,
			     name) < (int)sizeof(file) &&
		    !access(file, X_OK))
			return 1;
	}
	return 0;
}
