// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The cache of kernels: one folder per series with vmlinuz, modules/ and "info", a text
 * file with where it came from and a sum of every file. A folder gets its name only when
 * it is whole.
 */
#include "kernels_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <base/fd.h>

#define ROOT_MAX 384 /* so that every path in it fits in struct host_kernel */
#define INFO_MAGIC "mmuscope-kernel 1"

const char *const host_kernel_names[] = { "6.1", "6.12", "7.2", NULL };

static const struct kernel_origin origins[] = {
	{ "6.1", "linux-image-cloud-amd64", "bookworm", true },
	{ "6.12", "linux-image-6.12-cloud-amd64", "bookworm", true },
	{ "7.2", "linux-image-cloud-amd64", "sid", false },
};

static const struct kernel_origin *find_origin(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(origins) / sizeof(origins[0]); i++)
		if (!strcmp(origins[i].name, name))
			return &origins[i];
	return NULL;
}

void path_format(char *path, const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(path, PATH_MAX, fmt, ap);
	va_end(ap);
	if (len < 0 || len >= PATH_MAX)
		path[0] = 0;
}

int remove_tree(const char *path)
{
	char *const roots[] = { (char *)path, NULL };
	FTS *fts = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	FTSENT *at;
	int err = 0;

	if (!fts)
		return -errno;
	while ((at = fts_read(fts)))
		if (at->fts_info != FTS_D && remove(at->fts_accpath) && errno != ENOENT &&
		    !err)
			err = -errno;
	fts_close(fts);
	return err;
}

int make_dirs(const char *path)
{
	char part[PATH_MAX];
	size_t i;

	if (strlen(path) >= sizeof(part))
		return -ENAMETOOLONG;
	strcpy(part, path);
	for (i = 1; part[i]; i++) {
		if (part[i] != '/')
			continue;
		part[i] = 0;
		if (mkdir(part, 0755) && errno != EEXIST && errno != EROFS &&
		    errno != EACCES)
			return -errno;
		part[i] = '/';
	}
	return mkdir(part, 0755) && errno != EEXIST ? -errno : 0;
}

/* Multiply-and-xor over 64-bit words; files are read in multiples of them, the tail
 * padded. */
int kernel_sum(const char *path, uint64_t *ret_sum, uint64_t *ret_size)
{
	uint64_t sum = 0xcbf29ce484222325ull, size = 0, word;
	static _Thread_local unsigned char buf[1 << 16];
	int fd = open(path, O_RDONLY | O_CLOEXEC), err = 0;
	size_t used = 0, i;
	ssize_t n;

	if (fd < 0)
		return -errno;
	do {
		n = read(fd, buf + used, sizeof(buf) - used);
		if (n < 0) {
			err = -errno;
			break;
		}
		used += n;
		size += n;
		if (n && used < sizeof(buf))
			continue;
		memset(buf + used, 0, sizeof(buf) - used);
		for (i = 0; i < used; i += sizeof(word)) {
			memcpy(&word, buf + i, sizeof(word));
			sum = (sum ^ word) * 0x100000001b3ull;
			sum ^= sum >> 29;
		}
		used = 0;
	} while (n);
	close(fd);
	if (err)
		return err;
	*ret_sum = sum;
	*ret_size = size;
	return 0;
}

static int cache_root(const struct host_options *options, char *path)
{
	const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	int len;

	if (options->cache_dir)
		len = snprintf(path, ROOT_MAX, "%s", options->cache_dir);
	else if (xdg && *xdg == '/')
		len = snprintf(path, ROOT_MAX, "%s/mmuscope", xdg);
	else if (home && *home)
		len = snprintf(path, ROOT_MAX, "%s/.cache/mmuscope", home);
	else
		return -ENOENT;
	return len >= ROOT_MAX ? -ENAMETOOLONG : 0;
}

static void add_file(struct strbuf *out, const char *dir, const char *name, int *err)
{
	char path[PATH_MAX];
	uint64_t sum, size;

	path_format(path, "%s/%s", dir, name);
	if (!*err)
		*err = kernel_sum(path, &sum, &size);
	if (!*err)
		strbuf_addf(out, "file %s %lu %016lx\n", name, size, sum);
}

/* Write the info file of the unpacked folder @dir and bring everything to the disk. */
static int write_info(const char *dir, const struct host_kernel *kernel)
{
	struct strbuf out = STRBUF_INIT;
	char name[64], path[PATH_MAX];
	unsigned int i;
	int fd = -1, err = 0;

	strbuf_addf(&out, INFO_MAGIC "\nname %s\nrelease %s\npackage %s\n", kernel->name,
		    kernel->release, kernel->package);
	add_file(&out, dir, "vmlinuz", &err);
	for (i = 0; i < kernel->nr_modules; i++) {
		snprintf(name, sizeof(name), "modules/%s.ko", kernel->module[i]);
		add_file(&out, dir, name, &err);
	}
	path_format(path, "%s/info", dir);
	if (!err)
		err = strbuf_error(&out);
	if (!err) {
		fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
		err = fd < 0 ? -errno : fd_write(fd, out.buf, out.len);
		if (!err && syncfs(fd))
			err = -errno;
	}
	if (fd >= 0 && close(fd) && !err)
		err = -errno;
	strbuf_release(&out);
	return err;
}

/* "file NAME SIZE SUM" */
static int check_file(const char *dir, const char *line, struct host_kernel *kernel)
{
	char name[64], path[PATH_MAX];
	uint64_t size, sum, got_size, got_sum;
	size_t len;

	if (sscanf(line, "file %63s %lu %lx", name, &size, &sum) != 3 ||
	    strstr(name, ".."))
		return -EUCLEAN;
	path_format(path, "%s/%s", dir, name);
	if (kernel_sum(path, &got_sum, &got_size) || got_size != size || got_sum != sum)
		return -EUCLEAN;
	len = strlen(name);
	if (strncmp(name, "modules/", 8) || len < 12)
		return 0;
	if (kernel->nr_modules == HOST_MAX_MODULES ||
	    len - 11 >= sizeof(kernel->module[0]))
		return -EUCLEAN;
	snprintf(kernel->module[kernel->nr_modules++], sizeof(kernel->module[0]), "%.*s",
		 (int)len - 11, name + 8);
	return 0;
}

static int read_info(const char *dir, FILE *file, struct host_kernel *kernel)
{
	char line[512];
	bool image = false;
	int err = 0;

	if (!fgets(line, sizeof(line), file) || strcmp(line, INFO_MAGIC "\n"))
		return -EUCLEAN;
	while (!err && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = 0;
		if (!strncmp(line, "name ", 5))
			snprintf(kernel->name, sizeof(kernel->name), "%.15s", line + 5);
		else if (!strncmp(line, "release ", 8))
			snprintf(kernel->release, sizeof(kernel->release), "%.79s",
				 line + 8);
		else if (!strncmp(line, "package ", 8))
			snprintf(kernel->package, sizeof(kernel->package), "%.159s",
				 line + 8);
		else if (!strncmp(line, "file ", 5))
			err = check_file(dir, line, kernel);
		else
			err = -EUCLEAN;
		image |= !strncmp(line, "file vmlinuz ", 13);
	}
	return err ? err : image && kernel->nr_modules ? 0 : -EUCLEAN;
}

static int find_in(const char *root, const char *name, struct host_kernel *ret_kernel,
		   struct strbuf *diag)
{
	struct host_kernel kernel = { 0 };
	char dir[PATH_MAX], path[PATH_MAX];
	FILE *file;
	int err;

	path_format(dir, "%s/kernels/%s", root, name);
	path_format(path, "%s/kernels/%s/info", root, name);
	file = fopen(path, "re");
	if (!file)
		return errno == ENOENT ? -ENOENT : -errno;
	err = read_info(dir, file, &kernel);
	fclose(file);
	if (err == -EUCLEAN)
		strbuf_addf(diag,
			    "%s: damaged: its files are not those that were unpacked\n",
			    dir);
	if (err)
		return err;
	snprintf(kernel.image, sizeof(kernel.image), "%.500s/vmlinuz", dir);
	snprintf(kernel.module_dir, sizeof(kernel.module_dir), "%.500s/modules", dir);
	*ret_kernel = kernel;
	return 0;
}

int host_kernel_find(const struct host_options *options, const char *name,
		     struct host_kernel *ret_kernel, struct strbuf *diag)
{
	char root[ROOT_MAX];
	int err = find_origin(name) ? cache_root(options, root) : -EINVAL;

	return err ? err : find_in(root, name, ret_kernel, diag);
}

/* Give the finished folder its name, in place of what may be there. */
static int put_in_place(const char *from, const char *to)
{
	int err = remove_tree(to);

	if (err)
		return err;
	return rename(from, to) ? -errno : 0;
}

static int fetch_locked(const struct host_options *options,
			const struct kernel_origin *origin, const char *root,
			struct host_kernel *ret_kernel, struct strbuf *diag)
{
	const struct host_progress progress = { origin->name, "fetch", 0, 0 };
	char work[PATH_MAX], dir[PATH_MAX], final[PATH_MAX];
	struct host_kernel kernel;
	int err;

	path_format(work, "%s/fetch/%s", root, origin->name);
	path_format(dir, "%s/kernels/.%s.part", root, origin->name);
	path_format(final, "%s/kernels/%s", root, origin->name);
	if (options->progress)
		options->progress(options->ctx, &progress);
	err = make_dirs(work);
	if (!err)
		err = remove_tree(dir);
	if (!err)
		err = make_dirs(dir);
	if (err) {
		strbuf_addf(diag, "%s: %s\n", root, strerror(-err));
		return err;
	}
	err = kernel_fetch(origin, work, dir, &kernel, diag);
	if (!err) {
		err = write_info(dir, &kernel);
		if (!err)
			err = put_in_place(dir, final);
		if (err)
			strbuf_addf(diag, "%s: %s\n", final, strerror(-err));
	}
	if (err)
		(void)remove_tree(dir);
	return err ? err : find_in(root, origin->name, ret_kernel, diag);
}

/* Wait for whoever fetches right now. Return: a descriptor, or a negative errno. */
static int lock_cache(const char *root, struct strbuf *diag)
{
	char path[PATH_MAX];
	int fd = -1, err = make_dirs(root);

	path_format(path, "%s/lock", root);
	if (!err) {
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
		if (fd < 0 || flock(fd, LOCK_EX))
			err = -errno;
	}
	if (err) {
		strbuf_addf(diag, "%s: cannot keep kernels here: %s\n", root,
			    strerror(-err));
		if (fd >= 0)
			close(fd);
	}
	return err ? err : fd;
}

int host_kernel_get(const struct host_options *options, const char *name,
		    struct host_kernel *ret_kernel, struct strbuf *diag)
{
	const struct kernel_origin *origin = find_origin(name);
	char root[ROOT_MAX];
	int err, lock;

	if (!origin) {
		strbuf_addf(diag, "no kernel '%s': there are 6.1, 6.12 and 7.2\n", name);
		return -EINVAL;
	}
	err = cache_root(options, root);
	if (err) {
		strbuf_addstr(diag, "no cache folder: set HOME or XDG_CACHE_HOME\n");
		return err;
	}
	err = find_in(root, name, ret_kernel, diag);
	if (err && err != -ENOENT && err != -EUCLEAN)
		strbuf_addf(diag, "%s: cannot read the kernels here: %s\n", root,
			    strerror(-err));
	if (err != -ENOENT && err != -EUCLEAN)
		return err;
	if (options->offline) {
		strbuf_addf(
			diag,
			"kernel %s is not in the cache %s; with a network, get it with: "
			"mmuscope verify --kernel %s SCRIPT\n",
			name, root, name);
		return -EOPNOTSUPP;
	}
	lock = lock_cache(root, diag);
	if (lock < 0)
		return lock;
	err = find_in(root, name, ret_kernel, diag);
	if (err == -ENOENT || err == -EUCLEAN)
		err = fetch_locked(options, origin, root, ret_kernel, diag);
	close(lock);
	return err;
}
