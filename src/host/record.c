// SPDX-License-Identifier: GPL-2.0-or-later
/* A program under recording: started or joined, followed, its events passed on as they come. */
#include "record_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <base/mem.h>
#include <host/layout.h>

#define POLL_MS 20
#define GRACE_SECONDS 5
#define EVENT_OF(status) ((status) >> 16)

struct host_record {
	struct host_record_options options;
	struct host_record_info info;
	struct tracefs fs;
	sigset_t old_mask;
	int signals; /* signalfd, or -1 */
	int pidfd;   /* of options.pid, or -1 */
	pid_t child;
	bool child_ended;
	bool in_exec; /* the child is between the event of its execve() and that call's end */
	unsigned int stops;
	host_record_write *write;
	void *ctx;
	char buf[64 << 10];
};

static int check_pid(struct host_record *record, struct strbuf *diag)
{
	int err;

	record->pidfd = syscall(SYS_pidfd_open, record->options.pid, 0);
	if (record->pidfd >= 0)
		return 0;
	err = -errno;
	strbuf_addf(diag, "process %d: %s", (int)record->options.pid, strerror(-err));
	return err;
}

static int prepare(struct host_record *record, struct strbuf *diag)
{
	uint64_t buffer = record->options.buffer ? record->options.buffer : HOST_RECORD_BUFFER;
	struct host_record_info *info = &record->info;
	char kib[24];
	int err;

	err = tracefs_open(record->options.tracefs, diag, &record->fs);
	if (err)
		return err;
	snprintf(kib, sizeof(kib), "%llu", (unsigned long long)(buffer + 1023) / 1024);
	err = tracefs_put(&record->fs, "tracing_on", "0");
	if (!err)
		err = tracefs_put(&record->fs, "buffer_size_kb", kib);
	if (err) {
		strbuf_addf(diag, "a buffer of %s KiB per CPU: %s", kib, strerror(-err));
		return err;
	}
	snprintf(info->clock, sizeof(info->clock), "%s",
		 tracefs_put(&record->fs, "trace_clock", "mono") ? "local" : "mono");
	(void)tracefs_put(&record->fs, "options/record-tgid", "1");
	(void)tracefs_put(&record->fs, "options/irq-info", "0");
	err = tracefs_put(&record->fs, "options/event-fork", "1");
	if (err) {
		strbuf_addstr(diag, "this kernel cannot follow a program's children "
				    "(options/event-fork)");
		return -EOPNOTSUPP;
	}
	return tracefs_enable(&record->fs, info, diag);
}

int host_record_open(const struct host_record_options *options, struct strbuf *diag,
		     struct host_record **ret_record)
{
	struct host_record *record = mem_zalloc(sizeof(*record));
	struct utsname names;
	int err = 0;

	if (!record)
		return -ENOMEM;
	record->options = *options;
	record->fs = (struct tracefs){ .marker = -1, .pipe = -1 };
	record->pidfd = record->signals = -1;
	if (!uname(&names))
		snprintf(record->info.release, sizeof(record->info.release), "%.64s",
			 names.release);
	if (!options->argv)
		err = check_pid(record, diag);
	if (!err)
		err = prepare(record, diag);
	if (err)
		record = host_record_close(record);
	else
		*ret_record = record;
	return err;
}

struct host_record *host_record_close(struct host_record *record)
{
	if (!record)
		return NULL;
	tracefs_close(&record->fs);
	if (record->pidfd >= 0)
		close(record->pidfd);
	mem_free(record);
	return NULL;
}

const struct host_record_info *host_record_get_info(const struct host_record *record)
{
	return &record->info;
}

static int say(struct host_record *record, const char *text, size_t len)
{
	const char *at = text, *end = text + len;
	int err = record->write(record->ctx, text, len);

	record->info.bytes += len;
	for (; (at = memchr(at, '\n', end - at)); at++)
		record->info.lines++;
	return err;
}

/* What the kernel has for us now. Return: 1 when it was a full buffer, 0, or a negative errno. */
static int drain_once(struct host_record *record)
{
	ssize_t n = read(record->fs.pipe, record->buf, sizeof(record->buf));
	int err;

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	err = n ? say(record, record->buf, n) : 0;
	return err ? err : n > 0;
}

/* Up to @rounds buffers, so that signals are seen in between. */
static int drain(struct host_record *record, unsigned int rounds)
{
	int ret = 1;

	while (rounds-- && ret > 0)
		ret = drain_once(record);
	return ret;
}

/* The child: wait until it is followed, then become the program. */
static void become(const struct host_record *record, int go, int report)
{
	int err;
	char c;

	sigprocmask(SIG_SETMASK, &record->old_mask, NULL);
	if (read(go, &c, 1) != 1)
		_exit(127);
	execvp(record->options.argv[0], (char *const *)record->options.argv);
	err = -errno;
	(void)!write(report, &err, sizeof(err));
	_exit(127);
}

static int start_child(struct host_record *record, int *ret_go, int *ret_report)
{
	int go[2], report[2], err;

	if (pipe2(go, O_CLOEXEC))
		return -errno;
	if (pipe2(report, O_CLOEXEC | O_NONBLOCK)) {
		err = -errno;
		close(go[0]);
		close(go[1]);
		return err;
	}
	record->child = fork();
	if (!record->child)
		become(record, go[0], report[1]);
	err = record->child < 0 ? -errno : 0;
	close(go[0]);
	close(report[1]);
	*ret_go = go[1];
	*ret_report = report[0];
	if (!err)
		return 0;
	close(go[1]);
	close(report[0]);
	return err;
}

/* The file and the rights that the probe needs are there. */
static bool probe_possible(struct host_record *record)
{
	const char *device = record->options.device ? record->options.device : "/dev/kvm";
	int fd;

	if (record->options.no_probe)
		return false;
	fd = open(device, O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		record->info.probe_err = -errno;
		return false;
	}
	close(fd);
	if (!ptrace(PTRACE_SEIZE, record->child, NULL, PTRACE_O_TRACEEXEC))
		return true;
	record->info.probe_err = -errno;
	return false;
}

/* What execve() has mapped, and written: nothing else shows it. */
static int mark_layout(void *ctx, const char *text, size_t len)
{
	struct host_record *record = ctx;
	char mark[512];

	snprintf(mark, sizeof(mark), "mmuscope: %.*s", (int)len, text);
	tracefs_mark(&record->fs, mark);
	return 0;
}

static void make_probe(struct host_record *record)
{
	const char *device = record->options.device ? record->options.device : "/dev/kvm";
	char mark[64];
	int err;

	snprintf(mark, sizeof(mark), "mmuscope: probe of %d begins", (int)record->child);
	tracefs_mark(&record->fs, mark);
	err = inject_vm(record->child, device);
	snprintf(mark, sizeof(mark), "mmuscope: probe of %d ends, %d", (int)record->child, err);
	tracefs_mark(&record->fs, mark);
	(void)host_layout(record->child, true, mark_layout, record);
	if (!err)
		record->info.probes++;
	else if (!record->info.probe_err)
		record->info.probe_err = err;
}

/* The child stopped for its tracer, us. */
static void child_stopped(struct host_record *record, int status)
{
	int sig = WSTOPSIG(status), event = EVENT_OF(status);

	if (event == PTRACE_EVENT_EXEC) {
		record->in_exec = true;
		ptrace(PTRACE_SYSCALL, record->child, NULL, NULL);
		return;
	}
	if (record->in_exec && !event && sig == SIGTRAP) {
		record->in_exec = false;
		make_probe(record);
		sig = 0;
	} else if (event == PTRACE_EVENT_STOP) {
		if (sig != SIGTRAP) {
			ptrace(PTRACE_LISTEN, record->child, NULL, NULL);
			return;
		}
		sig = 0;
	}
	ptrace(record->in_exec ? PTRACE_SYSCALL : PTRACE_CONT, record->child, NULL,
	       (void *)(long)sig);
}

static void look_after_child(struct host_record *record)
{
	int status;

	while (!record->child_ended &&
	       waitpid(record->child, &status, WNOHANG | __WALL) == record->child) {
		if (WIFSTOPPED(status)) {
			child_stopped(record, status);
			continue;
		}
		record->info.status = status;
		record->child_ended = true;
	}
}

static void take_signal(struct host_record *record, int sig)
{
	if (sig == SIGCHLD)
		return;
	record->stops++;
	if (record->options.argv && record->stops == 1 && sig != SIGINT)
		kill(record->child, sig);
	else if (record->options.argv && record->stops == 2)
		kill(record->child, SIGTERM);
}

static void wait_a_little(struct host_record *record)
{
	struct pollfd fds[] = { { .fd = record->signals, .events = POLLIN },
				{ .fd = record->pidfd, .events = POLLIN } };
	struct signalfd_siginfo info;

	if (poll(fds, 2, POLL_MS) <= 0)
		return;
	if (fds[0].revents & POLLIN)
		while (read(record->signals, &info, sizeof(info)) == sizeof(info))
			take_signal(record, info.ssi_signo);
}

static double seconds_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/* Whether there is nothing more to follow. */
static bool ended(struct host_record *record, double end)
{
	struct pollfd fd = { .fd = record->pidfd, .events = POLLIN };

	if (record->options.argv ? record->child_ended : poll(&fd, 1, 0) == 1)
		return true;
	record->info.stopped = record->stops > (record->options.argv ? 1 : 0) ||
			       (end > 0 && seconds_now() >= end);
	return record->info.stopped;
}

static int follow(struct host_record *record)
{
	double end = record->options.seconds > 0 ? seconds_now() + record->options.seconds : 0;
	int ret = 0;

	while (ret >= 0 && !ended(record, end)) {
		wait_a_little(record);
		if (record->options.argv)
			look_after_child(record);
		ret = drain(record, 64);
	}
	(void)tracefs_put(&record->fs, "tracing_on", "0");
	do
		ret = ret < 0 ? ret : drain_once(record);
	while (ret > 0);
	return ret < 0 ? ret : 0;
}

/* A program that outlives the recording: told to end, and killed if it does not. */
static void let_go(struct host_record *record)
{
	double end = seconds_now() + GRACE_SECONDS;

	if (record->child_ended || !record->child)
		return;
	kill(record->child, SIGTERM);
	while (!record->child_ended) {
		wait_a_little(record);
		look_after_child(record);
		if (!record->child_ended && seconds_now() >= end)
			kill(record->child, SIGKILL);
	}
}

static int add_threads(struct host_record *record, pid_t pid)
{
	char path[64];
	struct dirent *entry;
	int err = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	dir = opendir(path);
	if (!dir)
		return -errno;
	while (!err && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			err = tracefs_add_pid(&record->fs, atoi(entry->d_name));
	closedir(dir);
	return err;
}

static int say_layout(void *ctx, const char *text, size_t len)
{
	struct host_record *record = ctx;
	int err = say(record, "# ", 2);

	if (!err)
		err = say(record, text, len);
	return err ? err : say(record, "\n", 1);
}

static int say_head(struct host_record *record)
{
	char text[256];
	int n = snprintf(text, sizeof(text),
			 "# mmuscope recording 1\n# kernel %s\n# clock %s\n# %u events\n",
			 record->info.release, record->info.clock, record->info.events);

	return say(record, text, n);
}

static int say_end(struct host_record *record)
{
	char text[256];
	int n;

	record->info.lost = tracefs_lost(&record->fs, &record->info.cpus);
	n = snprintf(text, sizeof(text),
		     "# probes %u\n# lost %llu events on %u CPUs\n# end of recording\n",
		     record->info.probes, (unsigned long long)record->info.lost,
		     record->info.cpus);
	return say(record, text, n);
}

static int block_signals(struct host_record *record)
{
	sigset_t mask;

	sigemptyset(&mask);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGHUP);
	sigaddset(&mask, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &mask, &record->old_mask))
		return -errno;
	record->signals = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	return record->signals < 0 ? -errno : 0;
}

static void unblock_signals(struct host_record *record)
{
	if (record->signals >= 0)
		close(record->signals);
	record->signals = -1;
	sigprocmask(SIG_SETMASK, &record->old_mask, NULL);
}

/* Why execve() failed; 0 if it did not. */
static int exec_error(int report)
{
	int err;

	return read(report, &err, sizeof(err)) == sizeof(err) ? err : 0;
}

static int run_program(struct host_record *record, struct strbuf *diag)
{
	int go = -1, report = -1, exec_err, err;

	err = start_child(record, &go, &report);
	if (err)
		return err;
	record->info.pid = record->child;
	err = tracefs_add_pid(&record->fs, record->child);
	if (!err)
		(void)probe_possible(record);
	if (!err)
		err = tracefs_put(&record->fs, "tracing_on", "1");
	if (!err)
		(void)!write(go, "", 1);
	close(go);
	if (!err)
		err = follow(record);
	let_go(record);
	exec_err = exec_error(report);
	close(report);
	if (!exec_err || err)
		return err;
	strbuf_addf(diag, "%s: %s", record->options.argv[0], strerror(-exec_err));
	return exec_err;
}

static int run_process(struct host_record *record)
{
	/* what it has already: the recording does not show that being made */
	int err = host_layout(record->options.pid, false, say_layout, record);

	record->info.pid = record->options.pid;
	if (!err)
		err = add_threads(record, record->options.pid);
	if (!err)
		err = tracefs_put(&record->fs, "tracing_on", "1");
	return err ? err : follow(record);
}

int host_record_run(struct host_record *record, host_record_write *write, void *ctx,
		    struct strbuf *diag)
{
	int err;

	record->write = write;
	record->ctx = ctx;
	err = block_signals(record);
	if (!err)
		err = say_head(record);
	if (!err)
		err = record->options.argv ? run_program(record, diag) : run_process(record);
	unblock_signals(record);
	if (!err)
		err = say_end(record);
	tracefs_close(&record->fs);
	return err;
}
