// SPDX-License-Identifier: GPL-2.0-or-later
#include <base/mem.h>
#include <base/new_file.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
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

/* A new file beside file->path. */
static int open_temp(struct new_file *file)
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

int new_file_close(struct new_file *file, int err)
{
	if (file->fd != STDOUT_FILENO && close(file->fd) && !err)
		err = -errno;
	if (file->temp && !err && rename(file->temp, file->path))
		err = -errno;
	if (file->temp && err)
		unlink(file->temp);
	release(file);
	return err;
}
