// SPDX-License-Identifier: GPL-2.0-or-later
#include <base/fd.h>
#include <base/mem.h>
#include <base/new_file.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void release(struct new_file *file)
{
	mem_free(file->path);
	mem_free(file->temp);
	*file = (struct new_file)NEW_FILE_INIT;
}

/* Those that creating the file would have given. */
static void set_rights(int fd)
{
	mode_t mask = umask(0);

	umask(mask);
	(void)fchmod(fd, 0666 & ~mask);
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

/* Under a name like @file->temp. */
static int open_named(struct new_file *file)
{
	memcpy(file->temp + strlen(file->temp) - 6, "XXXXXX", 6);
	file->fd = mkostemp(file->temp, O_CLOEXEC);
	return file->fd < 0 ? -errno : 0;
}

/* A new file, beside file->path if it has a name. */
static int open_temp(struct new_file *file)
{
	size_t len = strlen(file->path);
	int err = 0;

	file->temp = mem_alloc(len + sizeof(".XXXXXX"));
	if (!file->temp)
		return -ENOMEM;
	memcpy(file->temp, file->path, len);
	memcpy(file->temp + len, ".XXXXXX", sizeof(".XXXXXX"));
	file->fd = open_nameless(file->path);
	file->nameless = file->fd >= 0;
	if (!file->nameless)
		err = open_named(file);
	if (!err)
		set_rights(file->fd);
	return err;
}

int new_file_open(struct new_file *ret_file, const char *path)
{
	struct new_file file = NEW_FILE_INIT;
	char real[PATH_MAX];
	struct stat st;
	int err;

	if (!strcmp(path, "-")) {
		file.fd = STDOUT_FILENO;
	} else if (!stat(path, &st) && !S_ISREG(st.st_mode)) {
		file.fd = open(path, O_WRONLY | O_CLOEXEC);
		if (file.fd < 0)
			return -errno;
	} else {
		if (realpath(path, real))
			path = real;
		file.path = mem_strndup(path, strlen(path));
		err = file.path ? open_temp(&file) : -ENOMEM;
		if (err) {
			release(&file);
			return err;
		}
	}
	*ret_file = file;
	return 0;
}

static int link_as(const struct new_file *file, const char *name)
{
	char from[64];

	snprintf(from, sizeof(from), "/proc/self/fd/%d", file->fd);
	return linkat(AT_FDCWD, from, AT_FDCWD, name, AT_SYMLINK_FOLLOW) ? -errno : 0;
}

/* Give the nameless file a name like file->temp. */
static int link_temp(struct new_file *file)
{
	char *suffix = file->temp + strlen(file->temp) - 6;
	unsigned int try = getpid(), i;
	int err = -EEXIST;

	for (i = 0; err == -EEXIST && i < 1000; i++) {
		snprintf(suffix, 7, "%06x", try++ & 0xffffff);
		err = link_as(file, file->temp);
	}
	return err;
}

/* Some hosts let a nameless file be made and not be named: a copy that has a name. */
static int copy_as_temp(struct new_file *file)
{
	int from = file->fd, err = open_named(file);
	char buf[16384];
	ssize_t n = 0;
	off_t at;

	if (err) {
		file->fd = from;
		return err;
	}
	file->nameless = false;
	set_rights(file->fd);
	for (at = 0; !err && (n = pread(from, buf, sizeof(buf), at)) > 0; at += n)
		err = fd_write(file->fd, buf, n);
	if (!err && n < 0)
		err = -errno;
	close(from);
	return err;
}

/* The final name where it is free; else one like file->temp, which rename() puts in its place. */
static int give_name(struct new_file *file)
{
	int err = link_as(file, file->path);

	if (!err) {
		mem_free(file->temp);
		file->temp = NULL;
		return 0;
	}
	if (err == -EEXIST)
		err = link_temp(file);
	if (err)
		return copy_as_temp(file);
	file->nameless = false;
	return 0;
}

int new_file_close(struct new_file *file, int err)
{
	if (file->nameless && !err)
		err = give_name(file);
	if (file->fd != STDOUT_FILENO && close(file->fd) && !err)
		err = -errno;
	if (file->temp && !err && rename(file->temp, file->path))
		err = -errno;
	if (file->temp && err && !file->nameless)
		unlink(file->temp);
	release(file);
	return err;
}
