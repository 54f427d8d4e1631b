// SPDX-License-Identifier: GPL-2.0-or-later
#include <trace/trace.h>

#include <base/mem.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "format_internal.h"

#define BUF_SIZE (256u << 10)

static void flush(struct trace_writer *writer)
{
	size_t done = 0;

	while (done < writer->len && !writer->error) {
		ssize_t n = write(writer->fd, writer->buf + done, writer->len - done);

		if (n >= 0)
			done += n;
		else if (errno != EINTR)
			writer->error = -errno;
	}
	writer->len = 0;
}

static void emit(struct event_sink *sink, const struct event *event)
{
	struct trace_writer *writer = (struct trace_writer *)((char *)sink -
							      offsetof(struct trace_writer, sink));

	if (writer->error)
		return;
	if (writer->len + TRACE_PUT_MAX > BUF_SIZE)
		flush(writer);
	writer->len = trace_put_line(writer->buf + writer->len, event) - writer->buf;
	writer->events++;
}

/* A new file beside @writer->path, with the rights that creating the path would have given. */
static int open_temp(struct trace_writer *writer)
{
	size_t len = strlen(writer->path);
	mode_t mask;

	writer->temp = mem_alloc(len + sizeof(".XXXXXX"));
	if (!writer->temp)
		return -ENOMEM;
	memcpy(writer->temp, writer->path, len);
	memcpy(writer->temp + len, ".XXXXXX", sizeof(".XXXXXX"));
	writer->fd = mkostemp(writer->temp, O_CLOEXEC);
	if (writer->fd < 0)
		return -errno;
	mask = umask(0);
	umask(mask);
	(void)fchmod(writer->fd, 0666 & ~mask);
	return 0;
}

static int open_file(struct trace_writer *writer, const char *path)
{
	char real[PATH_MAX];
	struct stat st;

	if (!strcmp(path, "-")) {
		writer->fd = STDOUT_FILENO;
		return 0;
	}
	if (!stat(path, &st) && !S_ISREG(st.st_mode)) {
		writer->fd = open(path, O_WRONLY | O_CLOEXEC);
		return writer->fd < 0 ? -errno : 0;
	}
	/* the target of a symbolic link is what gets replaced, not the link */
	if (realpath(path, real))
		path = real;
	writer->path = mem_strndup(path, strlen(path));
	return writer->path ? open_temp(writer) : -ENOMEM;
}

static void release(struct trace_writer *writer)
{
	mem_free(writer->buf);
	mem_free(writer->path);
	mem_free(writer->temp);
	writer->buf = writer->path = writer->temp = NULL;
	writer->fd = -1;
}

int trace_writer_open(struct trace_writer *writer, const char *path)
{
	int err;

	*writer = (struct trace_writer){ .sink.emit = emit, .fd = -1 };
	writer->buf = mem_alloc(BUF_SIZE);
	err = writer->buf ? open_file(writer, path) : -ENOMEM;
	if (err)
		release(writer);
	return err;
}

static void close_fd(struct trace_writer *writer)
{
	if (writer->fd != STDOUT_FILENO && close(writer->fd) && !writer->error)
		writer->error = -errno;
}

int trace_writer_close(struct trace_writer *writer)
{
	flush(writer);
	close_fd(writer);
	if (writer->temp && !writer->error && rename(writer->temp, writer->path))
		writer->error = -errno;
	if (writer->temp && writer->error)
		unlink(writer->temp);
	release(writer);
	return writer->error;
}

void trace_writer_abort(struct trace_writer *writer)
{
	if (!writer->temp)
		flush(writer);
	close_fd(writer);
	if (writer->temp)
		unlink(writer->temp);
	release(writer);
}
