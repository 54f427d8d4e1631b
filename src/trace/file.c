// SPDX-License-Identifier: GPL-2.0-or-later
#include <trace/file.h>

#include <base/mem.h>

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUF_SIZE (256u << 10)

static void flush(struct trace_file *file)
{
	size_t done = 0;

	while (done < file->len && !file->error) {
		ssize_t n = write(file->fd, file->buf + done, file->len - done);

		if (n >= 0)
			done += n;
		else if (errno != EINTR)
			file->error = -errno;
	}
	file->len = 0;
}

/* A new file beside @file->path, with the rights that creating the path would have given.
 */
static int open_temp(struct trace_file *file)
{
	size_t len = strlen(file->path);
	mode_t mask;

	file->temp = mem_alloc(len + sizeof(".XXXXXX"));
	if (!file->temp)
		return -ENOMEM;
	memcpy(file->temp, file->path, len);
	memcpy(file->temp + len, ".XXXXXX", sizeof(".XXXXXX"));
	file->fd = mkostemp(file->temp, O_CLOEXEC);
	if (file->fd < 0)
		return -errno;
	mask = umask(0);
	umask(mask);
	(void)fchmod(file->fd, 0666 & ~mask);
	return 0;
}

static int open_path(struct trace_file *file, const char *path)
{
	char real[PATH_MAX];
	struct stat st;

	if (!strcmp(path, "-")) {
		file->fd = STDOUT_FILENO;
		return 0;
	}
	if (!stat(path, &st) && !S_ISREG(st.st_mode)) {
		file->fd = open(path, O_WRONLY | O_CLOEXEC);
		return file->fd < 0 ? -errno : 0;
	}
	/* the target of a symbolic link is what gets replaced, not the link */
	if (realpath(path, real))
		path = real;
	file->path = mem_strndup(path, strlen(path));
	return file->path ? open_temp(file) : -ENOMEM;
}

static void release(struct trace_file *file)
{
	mem_free(file->buf);
	mem_free(file->path);
	mem_free(file->temp);
	file->buf = file->path = file->temp = NULL;
	file->fd = -1;
}

int trace_file_open(struct trace_file *file, const char *path)
{
	int err;

	*file = (struct trace_file){.fd = -1};
	file->buf = mem_alloc(BUF_SIZE);
	err = file->buf ? open_path(file, path) : -ENOMEM;
	if (err)
		release(file);
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

static void close_fd(struct trace_file *file)
{
	if (file->fd != STDOUT_FILENO && close(file->fd) && !file->error)
		file->error = -errno;
}

int trace_file_close(struct trace_file *file)
{
	flush(file);
	close_fd(file);
	if (file->temp && !file->error && rename(file->temp, file->path))
		file->error = -errno;
	if (file->temp && file->error)
		unlink(file->temp);
	release(file);
	return file->error;
}

void trace_file_abort(struct trace_file *file)
{
	if (!file->temp)
		flush(file);
	close_fd(file);
	if (file->temp)
		unlink(file->temp);
	release(file);
}
