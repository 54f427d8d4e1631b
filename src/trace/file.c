// SPDX-License-Identifier: GPL-2.0-or-later
#include <trace/file.h>

#include <base/fd.h>
#include <base/mem.h>

#include <assert.h>
#include <errno.h>
#include <string.h>

#define BUF_SIZE (256u << 10)

static void flush(struct trace_file *file)
{
	if (!file->error)
		file->error = fd_write(file->out.fd, file->buf, file->len);
	file->len = 0;
}

int trace_file_open(struct trace_file *file, const char *path)
{
	int err;

	*file = (struct trace_file){ .out = NEW_FILE_INIT };
	file->buf = mem_alloc(BUF_SIZE);
	err = file->buf ? new_file_open(&file->out, path) : -ENOMEM;
	if (err) {
		mem_free(file->buf);
		file->buf = NULL;
	}
	return err;
}

char *trace_file_room(struct trace_file *file, size_t want)
{
	assert(want <= TRACE_FILE_ROOM);
	if (file->len + want > BUF_SIZE)
		flush(file);
	return file->buf + file->len;
}

void trace_file_write(struct trace_file *file, const void *data, size_t len)
{
	const char *from = data;

	while (len && !file->error) {
		size_t part = len < TRACE_FILE_ROOM ? len : TRACE_FILE_ROOM;

		memcpy(trace_file_room(file, part), from, part);
		file->len += part;
		from += part;
		len -= part;
	}
}

int trace_file_close(struct trace_file *file)
{
	flush(file);
	file->error = new_file_close(&file->out, file->error);
	mem_free(file->buf);
	file->buf = NULL;
	return file->error;
}

void trace_file_abort(struct trace_file *file)
{
	if (!file->out.temp)
		flush(file);
	(void)new_file_close(&file->out, -ECANCELED);
	mem_free(file->buf);
	file->buf = NULL;
}
