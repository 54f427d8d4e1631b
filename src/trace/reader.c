// SPDX-License-Identifier: GPL-2.0-or-later
#include <trace/trace.h>

#include <base/mem.h>

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define BUF_SIZE (2u * TRACE_LINE_MAX)

int trace_reader_open(struct trace_reader *reader, const char *path)
{
	*reader = (struct trace_reader){ .fd = -1 };
	reader->buf = mem_alloc(BUF_SIZE);
	if (!reader->buf)
		return -ENOMEM;
	reader->fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
	if (reader->fd < 0) {
		int err = -errno;

		trace_reader_close(reader);
		return err;
	}
	return 0;
}

void trace_reader_close(struct trace_reader *reader)
{
	if (reader->fd > STDIN_FILENO)
		close(reader->fd);
	reader->fd = -1;
	mem_free(reader->buf);
	reader->buf = NULL;
}

/* Read more behind what is there. Return: 0 (eof may have become true) or a negative errno. */
static int fill(struct trace_reader *reader)
{
	ssize_t n;

	if (reader->start) {
		memmove(reader->buf, reader->buf + reader->start, reader->end - reader->start);
		reader->end -= reader->start;
		reader->start = 0;
	}
	assert(reader->end < BUF_SIZE);
	do
		n = read(reader->fd, reader->buf + reader->end, BUF_SIZE - reader->end);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	reader->end += n;
	reader->eof = n == 0;
	return 0;
}

/* Throw away the rest of a line that is too long. */
static int skip_long_line(struct trace_reader *reader)
{
	while (!reader->eof) {
		char *newline = memchr(reader->buf + reader->start, '\n',
				       reader->end - reader->start);
		int err;

		if (newline) {
			reader->start = newline + 1 - reader->buf;
			return -EMSGSIZE;
		}
		reader->start = reader->end;
		err = fill(reader);
		if (err)
			return err;
	}
	return -EMSGSIZE;
}

/* Return: 1 with a line, 0 at the end, or a negative errno. */
static int next_line(struct trace_reader *reader, const char **ret_line, size_t *ret_len)
{
	size_t scanned = 0;
	char *newline;
	int err;

	for (;;) {
		char *line = reader->buf + reader->start;
		size_t have = reader->end - reader->start;

		newline = memchr(line + scanned, '\n', have - scanned);
		if (newline || (reader->eof && have)) {
			*ret_line = line;
			*ret_len = newline ? newline - line : have;
			reader->start += *ret_len + (newline ? 1 : 0);
			reader->line++;
			return 1;
		}
		if (reader->eof)
			return 0;
		if (have > TRACE_LINE_MAX) {
			reader->line++;
			return skip_long_line(reader);
		}
		scanned = have;
		err = fill(reader);
		if (err)
			return err;
	}
}

static bool blank_or_comment(const char *line, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (line[i] != ' ' && line[i] != '\t' && line[i] != '\r')
			return line[i] == '#';
	return true;
}

int trace_reader_next(struct trace_reader *reader, struct event *ret_event)
{
	const char *line = NULL;
	size_t len = 0;
	int ret;

	for (;;) {
		ret = next_line(reader, &line, &len);
		if (ret <= 0)
			return ret;
		ret = trace_parse_line(line, len, ret_event);
		if (ret)
			return ret;
		if (!blank_or_comment(line, len))
			reader->other++;
	}
}
