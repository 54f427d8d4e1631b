/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef HOST_INITRAMFS_INTERNAL_H
#define HOST_INITRAMFS_INTERNAL_H

#include <host/host.h>

/**
 * initramfs_make() - our init, the kernel's modules, the scripts from @first on.
 * @ret_fd: a memory file with the archive
 */
int initramfs_make(const struct host_options *options, const struct host_kernel *kernel,
		   const struct script *const *scripts, size_t nr_scripts, size_t first,
		   int *ret_fd, struct strbuf *diag);

#endif /* HOST_INITRAMFS_INTERNAL_H */
