// SPDX-License-Identifier: GPL-2.0-or-later
/* trace.dat: the child that reads it, and its text as the importer's input. */
#include "import_internal.h"
#include "trace_dat_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <base/fd.h>

/* The first bytes of every trace.dat: trace-cmd.dat(5) */
static const char magic[] = { 0x17, 0x08, 0x44, 't', 'r', 'a', 'c', 'i', 'n', 'g' };

/* Seconds of processor time that may pass without an event. */
#define PATIENCE 60
/* Of the child's own memory. The recording is mapped, and does not count. */
#define MEMORY_LIMIT (1ULL << 30)
/* A compressed trace.dat that grows beyond this is refused: trace-cmd compresses by itself. */
#define UNPACKED_LIMIT (4ULL << 30)

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif

/* All of the input, into a file in which libtracecmd can seek. */
static int copy_input(struct import *im, struct trace_dat *dat, int fd)
{
	const char *bytes;
	ssize_t n;
	int err;

	while ((n = imp_input_bytes(&im->input, &bytes)) > 0) {
		dat->bytes += n;
		if (im->input.zstd && dat->bytes > UNPACKED_LIMIT)
			return imp_fail(im, "a trace.dat of more than 4 GiB, compressed: unpack it first");
		err = fd_write(fd, bytes, n);
		if (err)
			return err;
	}
	if (n == -EINVAL)
		return imp_fail(im, "the compressed data is damaged or breaks off");
	return n;
}

static void be_patient(void)
{
	const struct itimerval patience = { .it_value.tv_sec = PATIENCE };

	setitimer(ITIMER_PROF, &patience, NULL);
}

static void limit_child(void)
{
	const struct rlimit none = { 0, 0 };
	int null = open("/dev/null", O_RDWR);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setrlimit(RLIMIT_CORE, &none);
#ifndef SANITIZED
	setrlimit(RLIMIT_DATA, &(const struct rlimit){ MEMORY_LIMIT, MEMORY_LIMIT });
#endif
	for (int fd = 0; null >= 0 && fd <= 2; fd++)
		dup2(null, fd);
	for (int number = 1; number < SIGRTMIN; number++)
		signal(number, SIG_DFL);
	be_patient();
}

static _Noreturn void read_in_child(int fd, int out, struct trace_dat_about *about)
{
	enum trace_dat_status status = TRACE_DAT_OUTPUT;
	FILE *file;

	limit_child();
	file = fdopen(out, "w");
	if (file)
		status = imp_trace_dat_print(fd, file, about, be_patient);
	if (file && fflush(file) && status == TRACE_DAT_WHOLE)
		status = TRACE_DAT_OUTPUT;
	_exit(status);
}

/* Above 2, so that the child's standard descriptors can be replaced. */
static int raise_fd(int fd)
{
	int high;

	if (fd < 0 || fd > 2)
		return fd;
	high = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (high < 0)
		high = -errno;
	close(fd);
	return high;
}

static int start_child(struct trace_dat *dat, int fd)
{
	int ends[2], err = 0;
	pid_t child;

	dat->about = mmap(NULL, sizeof(*dat->about), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (dat->about == MAP_FAILED) {
		dat->about = NULL;
		return -errno;
	}
	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	ends[1] = raise_fd(ends[1]);
	if (ends[1] < 0) {
		close(ends[0]);
		return ends[1];
	}
	child = fork();
	if (!child)
		read_in_child(fd, ends[1], dat->about);
	if (child < 0)
		err = -errno;
	close(ends[1]);
	if (err) {
		close(ends[0]);
		return err;
	}
	dat->child = child;
	dat->pipe = ends[0];
	return 0;
}

static int wait_child(struct trace_dat *dat)
{
	int status = 0;

	while (waitpid(dat->child, &status, 0) < 0 && errno == EINTR)
		;
	dat->child = 0;
	return status;
}

/* "Linux host 6.12.1 x86_64": the third word */
static void take_release(struct trace_dat *dat)
{
	char *word, *end, text[sizeof(dat->about->uname)];

	memcpy(text, dat->about->uname, sizeof(text));
	text[sizeof(text) - 1] = '\0';
	word = strchr(text, ' ');
	word = word ? strchr(word + 1, ' ') : NULL;
	if (!word)
		return;
	end = strchrnul(++word, ' ');
	imp_set_release(dat->im, word, end - word);
}

/* The text has ended: did the recording? */
static int judge(struct trace_dat *dat)
{
	static const char *const reasons[TRACE_DAT_NR] = {
		[TRACE_DAT_UNREADABLE] = "libtracecmd cannot read this trace.dat: damaged, or it breaks off",
		[TRACE_DAT_FOREIGN] = "a trace.dat of a kernel that is not 64-bit",
		[TRACE_DAT_BROKEN] = "libtracecmd stopped here: the trace.dat is damaged or breaks off",
		[TRACE_DAT_OUTPUT] = "the events could not be passed on",
	};
	int status = wait_child(dat);
	char text[128];

	if (WIFEXITED(status) && WEXITSTATUS(status) == TRACE_DAT_WHOLE)
		return 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) < TRACE_DAT_NR)
		return imp_fail(dat->im, reasons[WEXITSTATUS(status)]);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGPROF)
		return imp_fail(dat->im, "libtracecmd found no event for a minute: the trace.dat is damaged");
	snprintf(text, sizeof(text), "libtracecmd broke down here (%s): the trace.dat is damaged",
		 WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "it gave up");
	return imp_fail(dat->im, text);
}

static ssize_t read_text(void *ctx, void *buf, size_t len)
{
	struct trace_dat *dat = ctx;
	ssize_t n;

	if (!dat->child)
		return 0;
	do {
		n = read(dat->pipe, buf, len);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if (n)
		return n;
	take_release(dat);
	return judge(dat);
}

int imp_trace_dat_begin(struct import *im, struct trace_dat *dat)
{
	const struct import_source source = { read_text, dat };
	int err = imp_input_starts(&im->input, magic, sizeof(magic)), fd;

	*dat = (struct trace_dat){ .im = im, .pipe = -1 };
	if (err <= 0)
		return err == -EINVAL ? 0 : err;
	fd = raise_fd(fd_temporary());
	if (fd < 0)
		return fd;
	err = copy_input(im, dat, fd);
	if (!err && lseek(fd, 0, SEEK_SET))
		err = -errno;
	if (!err)
		err = start_child(dat, fd);
	close(fd);
	if (err)
		return err;
	imp_input_release(&im->input);
	return imp_input_init(&im->input, &source);
}

void imp_trace_dat_end(struct trace_dat *dat)
{
	if (dat->child) {
		kill(dat->child, SIGKILL);
		wait_child(dat);
	}
	if (dat->pipe >= 0)
		close(dat->pipe);
	dat->pipe = -1;
	if (dat->about)
		munmap(dat->about, sizeof(*dat->about));
	dat->about = NULL;
}
