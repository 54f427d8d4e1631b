// SPDX-License-Identifier: GPL-2.0-or-later
/* The writer: what reaches the disk, when, and which errors come back. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <base/mem.h>
#include <trace/trace.h>

#include "tap.h"

static char dir[] = "/tmp/mmuscope-writer-XXXXXX";
static char path[64];

static void emit(struct trace_writer *writer, unsigned int nr)
{
	struct event event = { EVENT_KVM_UNMAP_HVA_RANGE, .pid = 1,
			       .arg = { 0x100000000000, 0x100040000000 } };

	while (nr--) {
		writer->sink.emit(&writer->sink, &event);
		event.seq++;
	}
}

static unsigned int files_in_dir(void)
{
	unsigned int nr = 0;
	DIR *d = opendir(dir);

	while (readdir(d))
		nr++;
	closedir(d);
	return nr - 2;
}

static void clean_close(void)
{
	struct trace_reader reader;
	struct trace_writer writer;
	struct event event;
	struct stat st;
	unsigned int nr = 0;

	tap_eq(trace_writer_open(&writer, path), 0, "a file opens");
	emit(&writer, 10000);
	tap_ok(stat(path, &st) && errno == ENOENT, "not there before the close");
	tap_eq(trace_writer_close(&writer), 0, "closes");
	tap_ok(!stat(path, &st) && (st.st_mode & 0777) == 0644, "there after it, readable");
	tap_eq(files_in_dir(), 1, "and nothing beside it");
	trace_reader_open(&reader, path);
	while (trace_reader_next(&reader, &event) == 1 && event.seq == nr && event.pid == 1)
		nr++;
	tap_eq(nr, 10000, "every record reads back in order");
	trace_reader_close(&reader);
}

static void abandoned(void)
{
	struct trace_writer writer;
	struct stat st, after;

	stat(path, &st);
	trace_writer_open(&writer, path);
	emit(&writer, 10000);
	trace_writer_abort(&writer);
	tap_ok(!stat(path, &after) && st.st_ino == after.st_ino, "an abort leaves the old file");
	tap_eq(files_in_dir(), 1, "and nothing beside it");
}

static void no_space(void)
{
	struct trace_writer writer;
	struct stat st;

	tap_eq(trace_writer_open(&writer, "/dev/full"), 0, "/dev/full opens");
	emit(&writer, 10000);
	tap_eq(trace_writer_close(&writer), -ENOSPC, "a full disk is reported at the close");
	tap_ok(!stat("/dev/full", &st) && S_ISCHR(st.st_mode), "and the device is still one");
	trace_writer_open(&writer, "/dev/full");
	emit(&writer, 1);
	tap_eq(trace_writer_close(&writer), -ENOSPC, "for a single record too");
}

static void broken_pipe(void)
{
	struct trace_writer writer;
	int fds[2], saved = dup(STDOUT_FILENO);

	signal(SIGPIPE, SIG_IGN);
	if (pipe(fds))
		abort();
	fflush(stdout);
	dup2(fds[1], STDOUT_FILENO);
	close(fds[0]);
	close(fds[1]);
	trace_writer_open(&writer, "-");
	emit(&writer, 10);
	fds[0] = trace_writer_close(&writer);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	tap_eq(fds[0], -EPIPE, "a pipe that nobody reads is reported");
}

static void refused(void)
{
	struct trace_writer writer;
	uint64_t live = mem_live();

	tap_eq(trace_writer_open(&writer, "/nonexistent/x"), -ENOENT, "a missing folder");
	tap_eq(trace_writer_open(&writer, "/tmp"), -EISDIR, "a folder");
	mem_fail_at(2);
	tap_eq(trace_writer_open(&writer, path), -ENOMEM, "no memory");
	mem_fail_at(0);
	tap_eq(mem_live(), live, "nothing leaks");
}

int main(void)
{
	if (!mkdtemp(dir))
		return 1;
	snprintf(path, sizeof(path), "%s/out", dir);
	umask(022);
	clean_close();
	abandoned();
	no_space();
	broken_pipe();
	refused();
	unlink(path);
	rmdir(dir);
	return tap_done();
}
