// SPDX-License-Identifier: GPL-2.0-or-later
/* The cache of kernels: only what is whole is used. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <host/host.h>
#include <tap.h>

#include "kernels_internal.h"

static char dir[] = "/tmp/mmuscope-cache-XXXXXX";

static void put(const char *name, const char *text)
{
	char path[PATH_MAX];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "w");
	if (!file)
		return;
	fputs(text, file);
	fclose(file);
}

/* A cached kernel with an image and two modules. */
static void put_kernel(void)
{
	static const char *const files[] = { "vmlinuz", "modules/kvm.ko",
					     "modules/kvm-amd.ko" };
	char path[PATH_MAX], info[2048];
	uint64_t sum, size;
	size_t i;
	int len;

	snprintf(path, sizeof(path), "%s/kernels/6.12/modules", dir);
	(void)make_dirs(path);
	put("kernels/6.12/vmlinuz", "an image of a kernel");
	put("kernels/6.12/modules/kvm.ko", "a module");
	put("kernels/6.12/modules/kvm-amd.ko", "another");
	len = snprintf(info, sizeof(info),
		       "mmuscope-kernel 1\nname 6.12\nrelease 6.12.9-test\npackage linux "
		       "6.12.9\n");
	for (i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/kernels/6.12/%s", dir, files[i]);
		(void)kernel_sum(path, &sum, &size);
		len += snprintf(info + len, sizeof(info) - len, "file %s %lu %016lx\n",
				files[i], size, sum);
	}
	put("kernels/6.12/info", info);
}

static int find(struct host_kernel *kernel, bool *ret_message)
{
	const struct host_options options = { .cache_dir = dir, .offline = true };
	struct strbuf diag = STRBUF_INIT;
	int err = host_kernel_find(&options, "6.12", kernel, &diag);

	*ret_message = diag.len;
	strbuf_release(&diag);
	return err;
}

static void test_find(void)
{
	struct host_kernel kernel = { .name = "x" };
	bool message;

	tap_eq(find(&kernel, &message), -ENOENT, "not there");
	put_kernel();
	tap_eq(find(&kernel, &message), 0, "there");
	tap_ok(!strcmp(kernel.release, "6.12.9-test") && kernel.nr_modules == 2 &&
		       !strcmp(kernel.module[1], "kvm-amd"),
	       "what it is");
	put("kernels/6.12/vmlinuz", "an image of a kern");
	tap_ok(find(&kernel, &message) == -EUCLEAN && message, "a truncated image");
	put("kernels/6.12/vmlinuz", "an image of a kernem");
	tap_eq(find(&kernel, &message), -EUCLEAN, "a changed image");
	put_kernel();
	put("kernels/6.12/info", "mmuscope-kernel 1\nname 6.12\n");
	tap_eq(find(&kernel, &message), -EUCLEAN, "a truncated record");
	put("kernels/6.12/info", "mmuscope-kernel 1\nfile ../../x 1 1\n");
	tap_eq(find(&kernel, &message), -EUCLEAN, "a path that leads out");
	put("kernels/6.12/info", "\1\2\3");
	tap_eq(find(&kernel, &message), -EUCLEAN, "a binary record");
}

static void expect_get(const char *cache, const char *name, bool offline, int err,
		       const char *what)
{
	const struct host_options options = { .cache_dir = cache, .offline = offline };
	struct strbuf diag = STRBUF_INIT;
	struct host_kernel kernel;
	int got = host_kernel_get(&options, name, &kernel, &diag);

	if (!tap_ok(got == err && diag.len, "%s", what))
		printf("# %d: %s\n", got, strbuf_str(&diag));
	strbuf_release(&diag);
}

static void test_get(void)
{
	char path[PATH_MAX];

	expect_get(dir, "9.9", true, -EINVAL, "an unknown kernel");
	expect_get(dir, "7.2", true, -EOPNOTSUPP, "offline");
	snprintf(path, sizeof(path), "%s/kernels/6.12/vmlinuz/x", dir);
	expect_get(path, "7.2", false, -ENOTDIR, "a cache that cannot be");
	setenv("PATH", "/nonexistent", 1);
	expect_get(dir, "7.2", false, -EOPNOTSUPP, "no apt");
}

int main(void)
{
	if (!mkdtemp(dir)) {
		tap_ok(false, "set up");
		return tap_done();
	}
	test_find();
	test_get();
	tap_eq(remove_tree(dir), 0, "clean up");
	return tap_done();
}
