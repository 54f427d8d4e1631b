/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef HOST_KERNELS_INTERNAL_H
#define HOST_KERNELS_INTERNAL_H

#include <host/host.h>

/**
 * struct kernel_origin - where a series comes from
 * @meta: the meta package whose dependency is the kernel
 * @suite, @security: the suite that has it, and whether to look in its security archive
 * too
 */
struct kernel_origin {
	const char *name;
	const char *meta;
	const char *suite;
	bool security;
};

/* kernel_sum() - a sum over a file against truncation and decay. Return: 0 or a negative
 * errno. */
int kernel_sum(const char *path, uint64_t *ret_sum, uint64_t *ret_size);

/**
 * kernel_fetch() - download and unpack into the new folder @to: vmlinuz, modules/NAME.ko,
 * and in *ret_kernel the release, the package and the modules in load order.
 * @work: folder for downloads and apt's private state; kept for the next time
 */
int kernel_fetch(const struct kernel_origin *origin, const char *work, const char *to,
		 struct host_kernel *ret_kernel, struct strbuf *diag);

/* path_format() - printf into PATH_MAX bytes; an empty path, which no call takes, when
 * too long. */
__attribute__((format(printf, 2, 3))) void path_format(char *path, const char *fmt, ...);
/* remove_tree() - rm -rf. */
int remove_tree(const char *path);
/* make_dirs() - mkdir -p. Return: 0 or a negative errno. */
int make_dirs(const char *path);

#endif /* HOST_KERNELS_INTERNAL_H */
