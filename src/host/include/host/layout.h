/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a living process has mapped, and which of its pages are there. */
#ifndef HOST_LAYOUT_H
#define HOST_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/** typedef host_layout_line - one line without a newline: 0, or a negative errno that ends all. */
typedef int host_layout_line(void *ctx, const char *text, size_t len);

/**
 * host_layout() - the lines "map of PID LINE" with the lines of /proc/PID/maps, in order, and
 * "kvm of PID " at the end where the process has a VM open.
 * @pages: behind each map the lines "touched of PID START-END r|w [huge]": runs of pages that are
 *	present or swapped out; w where they are not a file's, huge where a huge page maps them. Read
 *	with PAGEMAP_SCAN, or from /proc/PID/pagemap on kernels before 6.7, which does not know of
 *	huge pages. The kernel's walk for either splits 1 GiB leaves of device memory.
 *
 * Return: 0; -ESRCH: no such process; -EACCES; a negative errno of reading; what @line returned.
 */
int host_layout(pid_t pid, bool pages, host_layout_line *line, void *ctx);

#endif /* HOST_LAYOUT_H */
