// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Gets a kernel package with apt and a private configuration, which leaves the machine's
 * own lists and state alone and needs no privilege, and takes out of it what a boot
 * needs. apt checks the archive's signature and every package's checksum.
 */
#include "kernels_internal.h"
#include "apt_sources_internal.h"
#include "process_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <base/fd.h>

#define MAX_PACKAGES 4
#define APT_OPTIONS 8
#define MODULE_DEPTH 8

/**
 * struct fetch - one kernel on its way
 * @apt: the options that make up the private configuration
 * @package: names of the packages to download
 */
struct fetch {
	const struct kernel_origin *origin;
	const char *work;
	const char *to;
	struct host_kernel *kernel;
	struct strbuf *diag;
	char apt[APT_OPTIONS][PATH_MAX + 64];
	char package[MAX_PACKAGES][128];
	unsigned int nr_packages;
	char tree[PATH_MAX];
};

static int write_text(const char *path, const struct strbuf *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644), err;

	if (fd < 0)
		return -errno;
	err = fd_write(fd, strbuf_str(text), text->len);
	if (close(fd) && !err)
		err = -errno;
	return err;
}

static int check_tools(struct strbuf *diag)
{
	static const char *const tools[][2] = {
		{ "apt-get", "apt" },
		{ "apt-cache", "apt" },
		{ "dpkg-deb", "dpkg" },
		{ "xz", "xz-utils" },
	};
	size_t i;

	for (i = 0; i < sizeof(tools) / sizeof(tools[0]); i++)
		if (!process_have(tools[i][0])) {
			strbuf_addf(diag,
				    "'%s' is missing; get it with: apt-get install %s\n",
				    tools[i][0], tools[i][1]);
			return -EOPNOTSUPP;
		}
	return 0;
}

/* What a tool's failure means: a full disk is the user's, the rest most likely the
 * network's. */
static int tool_failed(struct fetch *f, const char *what, int got,
		       const struct strbuf *output)
{
	const char *text = strbuf_str(output), *last = text + strlen(text);

	if (strstr(text, "No space left") || got == -ENOSPC) {
		strbuf_addf(f->diag, "%s: no space left in %s\n", what, f->work);
		return -ENOSPC;
	}
	while (last > text && last[-1] == '\n')
		last--;
	strbuf_addf(f->diag, "kernel %s is not in the cache and %s failed:\n",
		    f->origin->name, what);
	strbuf_add(f->diag, text, last - text);
	strbuf_addf(f->diag,
		    "\nwith a network, get it with: mmuscope verify --kernel %s SCRIPT\n",
		    f->origin->name);
	return got == -ENOMEM ? got : -EOPNOTSUPP;
}

static int apt_configure(struct fetch *f)
{
	static const char *const names[] = { "lists", "cache", "state", "parts" };
	struct apt_mirrors mirrors = { 0 };
	struct strbuf text = STRBUF_INIT;
	char dir[PATH_MAX], path[PATH_MAX];
	unsigned int i;
	int err = 0;

	path_format(dir, "%s/apt", f->work);
	for (i = 0; i < 4 && !err; i++) {
		path_format(path, "%s/%s", dir, names[i]);
		err = make_dirs(path);
	}
	if (!err)
		err = apt_sources_scan_machine(&mirrors);
	if (err == -ENOENT) {
		strbuf_addstr(
			f->diag,
			"no Debian archive among this machine's package sources; add "
			"one to /etc/apt/sources.list\n");
		err = -EOPNOTSUPP;
	}
	if (!err) {
		apt_sources_write(&mirrors, f->origin->suite, f->origin->security, &text);
		path_format(path, "%s/parts/mmuscope.sources", dir);
		err = strbuf_error(&text) ? strbuf_error(&text) : write_text(path, &text);
	}
	snprintf(f->apt[0], sizeof(f->apt[0]), "-oDir::Etc::sourcelist=/dev/null");
	snprintf(f->apt[1], sizeof(f->apt[1]), "-oDir::Etc::sourceparts=%s/parts", dir);
	snprintf(f->apt[2], sizeof(f->apt[2]), "-oDir::State::lists=%s/lists", dir);
	snprintf(f->apt[3], sizeof(f->apt[3]), "-oDir::Cache=%s/cache", dir);
	snprintf(f->apt[4], sizeof(f->apt[4]), "-oAcquire::Languages=none");
	snprintf(f->apt[5], sizeof(f->apt[5]), "-oAPT::Sandbox::User=root");
	snprintf(f->apt[6], sizeof(f->apt[6]), "-oAcquire::Retries=2");
	snprintf(f->apt[7], sizeof(f->apt[7]), "-oAPT::Update::Error-Mode=any");
	strbuf_release(&text);
	apt_mirrors_release(&mirrors);
	return err;
}

/* Run an apt tool in the folder @dir with the private configuration. */
static int apt_run(struct fetch *f, const char *tool, const char *verb, const char *dir,
		   struct strbuf *out)
{
	const char *argv[16 + MAX_PACKAGES];
	unsigned int n = 0, i;

	argv[n++] = tool;
	for (i = 0; i < APT_OPTIONS; i++)
		argv[n++] = f->apt[i];
	if (!strcmp(tool, "apt-get"))
		argv[n++] = "-q";
	argv[n++] = verb;
	for (i = 0; i < f->nr_packages; i++)
		argv[n++] = f->package[i];
	argv[n] = NULL;
	return process_output(argv, dir, out);
}

/* Collect from "apt-cache depends" what starts with @prefix. */
static void take_depends(const char *text, const char *prefix, struct fetch *f)
{
	const char *at = text;
	size_t len;

	while ((at = strstr(at, "Depends: ")) && f->nr_packages < MAX_PACKAGES) {
		at += 9;
		len = strcspn(at, "\n ");
		if (strncmp(at, prefix, strlen(prefix)) || len >= sizeof(f->package[0]))
			continue;
		memcpy(f->package[f->nr_packages], at, len);
		f->package[f->nr_packages++][len] = 0;
	}
}

/* The packages behind the meta package: one with everything, or an image and modules
 * apart. */
static int resolve(struct fetch *f)
{
	struct strbuf out = STRBUF_INIT;
	int got;

	f->nr_packages = 1;
	snprintf(f->package[0], sizeof(f->package[0]), "%s", f->origin->meta);
	got = apt_run(f, "apt-cache", "depends", NULL, &out);
	f->nr_packages = 0;
	if (!got)
		take_depends(strbuf_str(&out), "linux-image-", f);
	if (got || f->nr_packages != 1) {
		got = tool_failed(f, "apt-cache depends", got, &out);
		goto out;
	}
	strbuf_reset(&out);
	got = apt_run(f, "apt-cache", "depends", NULL, &out);
	if (got) {
		got = tool_failed(f, "apt-cache depends", got, &out);
		goto out;
	}
	if (strstr(strbuf_str(&out), "Depends: linux-binary-")) {
		f->nr_packages = 0;
		take_depends(strbuf_str(&out), "linux-binary-", f);
		take_depends(strbuf_str(&out), "linux-modules-", f);
	}
out:
	strbuf_release(&out);
	return got;
}

static int apt_step(struct fetch *f, const char *verb, const char *dir)
{
	struct strbuf out = STRBUF_INIT;
	int got = apt_run(f, "apt-get", verb, dir, &out);
	char what[32];

	snprintf(what, sizeof(what), "apt-get %s", verb);
	if (got)
		got = tool_failed(f, what, got, &out);
	strbuf_release(&out);
	return got;
}

static int download(struct fetch *f, char *dir)
{
	int err;

	path_format(dir, "%s/debs", f->work);
	err = make_dirs(dir);
	if (err)
		return err;
	f->nr_packages = 0;
	err = apt_step(f, "update", NULL);
	if (!err)
		err = resolve(f);
	return err ? err : apt_step(f, "download", dir);
}

static int deb_version(struct fetch *f, const char *deb)
{
	const char *const argv[] = { "dpkg-deb", "-W", deb, NULL };
	struct strbuf out = STRBUF_INIT;
	int got = process_output(argv, NULL, &out);

	if (got) {
		got = tool_failed(f, "dpkg-deb -W", got, &out);
	} else if (!f->kernel->package[0]) {
		snprintf(f->kernel->package, sizeof(f->kernel->package), "%.*s",
			 (int)strcspn(strbuf_str(&out), "\n"), strbuf_str(&out));
		for (char *tab = f->kernel->package; (tab = strchr(tab, '\t'));)
			*tab = ' ';
	}
	strbuf_release(&out);
	return got;
}

static int unpack_deb(struct fetch *f, const char *deb)
{
	const char *const argv[] = { "dpkg-deb", "-x", deb, f->tree, NULL };
	struct strbuf out = STRBUF_INIT;
	int got = process_output(argv, NULL, &out);

	if (got)
		got = tool_failed(f, "dpkg-deb -x", got, &out);
	strbuf_release(&out);
	return got ? got : deb_version(f, deb);
}

/* Unpack every downloaded package that was asked for; others are old ones and go. */
static int unpack(struct fetch *f, const char *dir)
{
	char *const roots[] = { (char *)dir, NULL };
	FTS *fts = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	unsigned int i, nr = 0;
	size_t len;
	FTSENT *at;
	int err = fts ? make_dirs(f->tree) : -errno;

	while (!err && (at = fts_read(fts))) {
		if (at->fts_info != FTS_F)
			continue;
		for (i = 0; i < f->nr_packages; i++) {
			len = strlen(f->package[i]);
			if (!strncmp(at->fts_name, f->package[i], len) &&
			    at->fts_name[len] == '_')
				break;
		}
		if (i == f->nr_packages)
			continue;
		err = unpack_deb(f, at->fts_path);
		nr++;
	}
	if (fts)
		fts_close(fts);
	if (!err && nr != f->nr_packages) {
		strbuf_addf(f->diag, "%s: the downloaded packages are not there\n", dir);
		err = -EIO;
	}
	return err;
}

/* "-" and "_" are the same in a module's name. */
static bool same_module(const char *a, const char *b, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if ((a[i] == '-' ? '_' : a[i]) != (b[i] == '-' ? '_' : b[i]))
			return false;
	return true;
}

/* Find a file of the tree: NAME.ko, NAME.ko.xz or NAME.ko.zst, or with @name NULL the
 * image. */
static int find_file(struct fetch *f, const char *name, char *ret_path)
{
	char *const roots[] = { f->tree, NULL };
	FTS *fts = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	size_t len = name ? strlen(name) : 0;
	int err = fts ? -ENOENT : -errno;
	FTSENT *at;

	while (err == -ENOENT && (at = fts_read(fts))) {
		if (at->fts_info != FTS_F)
			continue;
		if (name ? strlen(at->fts_name) > len &&
				    same_module(at->fts_name, name, len) &&
				    !strncmp(at->fts_name + len, ".ko", 3) &&
				    (!at->fts_name[len + 3] ||
				     at->fts_name[len + 3] == '.')
			 : !strncmp(at->fts_name, "vmlinuz", 7)) {
			snprintf(ret_path, PATH_MAX, "%s", at->fts_path);
			err = 0;
		}
	}
	if (fts)
		fts_close(fts);
	return err;
}

static int copy_out(struct fetch *f, const char *from, const char *to)
{
	const char *tool = !strcmp(from + strlen(from) - 3, ".xz")    ? "xz"
			   : !strcmp(from + strlen(from) - 4, ".zst") ? "zstd"
								      : "cat";
	const char *const unpack_argv[] = { tool, "-dc", from, NULL };
	const char *const copy_argv[] = { tool, from, NULL };
	struct strbuf errors = STRBUF_INIT;
	int got = process_to_file(*tool == 'c' ? copy_argv : unpack_argv, to, &errors);

	if (got)
		got = tool_failed(f, tool, got, &errors);
	strbuf_release(&errors);
	return got;
}

/* The comma-separated names behind "depends=" in a module's .modinfo. */
static int module_depends(const char *path, char *ret_list, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err = 0;
	const char *data, *at;
	struct stat st;

	if (fd < 0)
		return -errno;
	ret_list[0] = 0;
	data = fstat(fd, &st) ? MAP_FAILED
			      : mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED) {
		err = -errno;
	} else {
		at = memmem(data, st.st_size, "\0depends=", 9);
		if (at)
			snprintf(ret_list, size, "%.*s",
				 (int)strnlen(at + 9, data + st.st_size - at - 9),
				 at + 9);
		munmap((void *)data, st.st_size);
	}
	close(fd);
	return err;
}

/* Take a module and, before it, those that it depends on; -ENOENT when the kernel has no
 * such. */
static int take_module(struct fetch *f, const char *name, unsigned int depth)
{
	struct host_kernel *kernel = f->kernel;
	char from[PATH_MAX], to[PATH_MAX], depends[256], *part, *save = NULL;
	unsigned int i;
	int err;

	for (i = 0; i < kernel->nr_modules; i++)
		if (strlen(kernel->module[i]) == strlen(name) &&
		    same_module(kernel->module[i], name, strlen(name)))
			return 0;
	if (depth == MODULE_DEPTH || strlen(name) >= sizeof(kernel->module[0]))
		return -ELOOP;
	err = find_file(f, name, from);
	if (err)
		return err;
	path_format(to, "%s/modules/%s.ko", f->to, name);
	err = copy_out(f, from, to);
	if (!err)
		err = module_depends(to, depends, sizeof(depends));
	for (part = err ? NULL : strtok_r(depends, ",", &save); part && !err;
	     part = strtok_r(NULL, ",", &save))
		err = take_module(f, part, depth + 1);
	if (err)
		return err;
	if (kernel->nr_modules == HOST_MAX_MODULES)
		return -E2BIG;
	snprintf(kernel->module[kernel->nr_modules++], sizeof(kernel->module[0]), "%s",
		 name);
	return 0;
}

static int take_modules(struct fetch *f)
{
	static const char *const names[] = { "kvm-amd", "device_dax", "nfit", "nd_pmem",
					     "dax_pmem" };
	char dir[PATH_MAX];
	size_t i;
	int err;

	path_format(dir, "%s/modules", f->to);
	err = make_dirs(dir);
	for (i = 0; i < sizeof(names) / sizeof(names[0]) && !err; i++) {
		err = take_module(f, names[i], 0);
		if (err == -ENOENT && i)
			err = 0;
		if (err == -ENOENT)
			strbuf_addf(f->diag, "kernel %s has no module %s\n",
				    f->origin->name, names[i]);
	}
	return err;
}

/* The folder of modules carries the release's name. */
static int take_release(struct fetch *f)
{
	char path[PATH_MAX], *at, *end;
	int err = find_file(f, "kvm", path);

	if (err)
		return err;
	at = strstr(path, "/modules/");
	end = at ? strchr(at + 9, '/') : NULL;
	if (!end || (size_t)(end - at - 9) >= sizeof(f->kernel->release))
		return -EUCLEAN;
	snprintf(f->kernel->release, sizeof(f->kernel->release), "%.*s",
		 (int)(end - at - 9), at + 9);
	return 0;
}

static int take_image(struct fetch *f)
{
	char from[PATH_MAX], to[PATH_MAX];
	int err = find_file(f, NULL, from);

	if (err) {
		strbuf_addf(f->diag, "the package of kernel %s has no image\n",
			    f->origin->name);
		return err;
	}
	path_format(to, "%s/vmlinuz", f->to);
	return copy_out(f, from, to);
}

int kernel_fetch(const struct kernel_origin *origin, const char *work, const char *to,
		 struct host_kernel *ret_kernel, struct strbuf *diag)
{
	struct host_kernel kernel = { 0 };
	struct fetch f = {
		.origin = origin, .work = work, .to = to, .kernel = &kernel, .diag = diag
	};
	char dir[PATH_MAX];
	int err;

	snprintf(kernel.name, sizeof(kernel.name), "%s", origin->name);
	path_format(f.tree, "%s/tree", work);
	err = check_tools(diag);
	if (!err)
		err = apt_configure(&f);
	if (!err)
		err = download(&f, dir);
	if (!err)
		err = remove_tree(f.tree);
	if (!err)
		err = unpack(&f, dir);
	if (!err)
		err = take_image(&f);
	if (!err)
		err = take_release(&f);
	if (!err)
		err = take_modules(&f);
	(void)remove_tree(f.tree);
	if (!err) {
		(void)remove_tree(dir);
		*ret_kernel = kernel;
	}
	return err;
}
