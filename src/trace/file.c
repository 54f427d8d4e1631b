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

/* A file without a name in the folder of @path; the name is given through /proc. */
static int open_nameless(const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t len = slash ? (size_t)(slash - path) : 0;
	char folder[PATH_MAX];

	if (len + 2 > sizeof(folder) || access("/proc/self/fd", X_OK))
		return -1;
	memcpy(folder, path, len);
	strcpy(folder + len, slash ? "/" : ".");
	return open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
}

static int link_as(const struct trace_file *file, const char *name)
{
	char from[64];

	snprintf(from, sizeof(from), "/proc/self/fd/%d", file->fd);
	return linkat(AT_FDCWD, from, AT_FDCWD, name, AT_SYMLINK_FOLLOW) ? -errno : 0;
}

/* Give the nameless file a name like @file->temp. */
static int link_temp(struct trace_file *file)
{
	char *suffix = file->temp + strlen(file->temp) - 6;
	unsigned int try = getpid();
	int err = -EEXIST;

	for (unsigned int i = 0; err == -EEXIST && i < 1000; i++) {
		snprintf(suffix, 7, "%06x", try++ & 0xffffff);
		err = link_as(file, file->temp);
	}
	return err;
}

/* Those that creating the file would have given. */
static void set_rights(int fd)
{
	mode_t mask = umask(0);

	umask(mask);
	(void)fchmod(fd, 0666 & ~mask);
}

/* A new file, beside @file->path if it has a name. */
static int open_temp(struct trace_file *file)
{
	size_t len = strlen(file->path);

	file->temp = mem_alloc(len + sizeof(".XXXXXX"));
	if (!file->temp)
		return -ENOMEM;
	memcpy(file->temp, file->path, len);
	memcpy(file->temp + len, ".XXXXXX", sizeof(".XXXXXX"));
	file->fd = open_nameless(file->path);
	file->nameless = file->fd >= 0;
	if (!file->nameless)
		file->fd = mkostemp(file->temp, O_CLOEXEC);
	if (file->fd < 0)
		return -errno;
	set_rights(file->fd);
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

/* Some hosts let a nameless file be made and not be named: a copy that has a name. */
static int copy_as_temp(struct trace_file *file)
{
	char *suffix = file->temp + strlen(file->temp) - 6;
	ssize_t n = 0;
	int fd, err = 0;

	memcpy(suffix, "XXXXXX", 6);
	fd = mkostemp(file->temp, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	set_rights(fd);
	file->len = 0;
	for (off_t at = 0; !err && (n = pread(file->fd, file->buf, BUF_SIZE, at)) > 0; at += n)
		err = write(fd, file->buf, n) == n ? 0 : -(errno ? errno : EIO);
	if (!err && n < 0)
		err = -errno;
	close(file->fd);
	file->fd = fd;
	return err;
}

/* The final name when it is free, else @file->temp, which rename() then puts in the other's place. */
static void give_name(struct trace_file *file)
{
	int err = link_as(file, file->path);

	if (!err) {
		mem_free(file->temp);
		file->temp = NULL;
		return;
	}
	if (err == -EEXIST)
		err = link_temp(file);
	if (err)
		err = copy_as_temp(file);
	file->nameless = false;
	file->error = err;
}

int trace_file_close(struct trace_file *file)
{
	flush(file);
	if (file->nameless && !file->error)
		give_name(file);
	close_fd(file);
	if (file->temp && !file->error && rename(file->temp, file->path))
		file->error = -errno;
	if (file->temp && file->error && !file->nameless)
		unlink(file->temp);
	release(file);
	return file->error;
}

void trace_file_abort(struct trace_file *file)
{
	if (!file->temp)
		flush(file);
	close_fd(file);
	if (file->temp && !file->nameless)
		unlink(file->temp);
	release(file);
}
