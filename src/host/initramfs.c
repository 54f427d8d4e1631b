// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs_internal.h"
#include "cpio_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <base/fd.h>

#define DEFAULT_SCRIPT_MS 30000

extern const char host_guest_image[], host_guest_image_end[];

static int add_module(struct strbuf *out, const struct host_kernel *kernel,
		      const char *name, struct strbuf *diag)
{
	char from[sizeof(kernel->module_dir) + 64], to[64];
	struct stat st;
	void *data;
	int fd, err = 0;

	snprintf(from, sizeof(from), "%s/%s.ko", kernel->module_dir, name);
	snprintf(to, sizeof(to), "modules/%s.ko", name);
	fd = open(from, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st)) {
		err = -errno;
	} else {
		data = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (data == MAP_FAILED) {
			err = -errno;
		} else {
			cpio_file(out, to, 0600, data, st.st_size);
			munmap(data, st.st_size);
		}
	}
	if (err)
		strbuf_addf(diag, "%s: %s\n", from, strerror(-err));
	if (fd >= 0)
		close(fd);
	return err;
}

static void add_number(struct strbuf *out, const char *path, size_t value)
{
	char text[32];
	int len = snprintf(text, sizeof(text), "%zu\n", value);

	cpio_file(out, path, 0600, text, len);
}

static void add_scripts(struct strbuf *out, const struct script *const *scripts,
			size_t nr_scripts, size_t first)
{
	char path[48];
	size_t i;

	cpio_dir(out, "scripts");
	for (i = first; i < nr_scripts; i++) {
		snprintf(path, sizeof(path), "scripts/%zu.mms", i);
		cpio_file(out, path, 0600, scripts[i]->text, scripts[i]->text_len);
	}
}

static int write_memfd(const struct strbuf *data, int *ret_fd)
{
	int fd = memfd_create("initramfs", MFD_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	err = fd_write(fd, data->buf, data->len);
	if (err)
		close(fd);
	else
		*ret_fd = fd;
	return err;
}

int initramfs_make(const struct host_options *options, const struct host_kernel *kernel,
		   const struct script *const *scripts, size_t nr_scripts, size_t first,
		   int *ret_fd, struct strbuf *diag)
{
	struct strbuf out = STRBUF_INIT;
	unsigned int i;
	int err = 0;

	cpio_dir(&out, "dev");
	cpio_char_device(&out, "dev/console", 5, 1);
	cpio_file(&out, "init", 0755, host_guest_image,
		  host_guest_image_end - host_guest_image);
	add_number(&out, "limit_ms",
		   options->script_ms ? options->script_ms : DEFAULT_SCRIPT_MS);
	add_number(&out, "first", first);
	cpio_dir(&out, "modules");
	for (i = 0; i < kernel->nr_modules && !err; i++)
		err = add_module(&out, kernel, kernel->module[i], diag);
	add_scripts(&out, scripts, nr_scripts, first);
	cpio_end(&out);
	if (!err)
		err = strbuf_error(&out);
	if (!err)
		err = write_memfd(&out, ret_fd);
	strbuf_release(&out);
	return err;
}
