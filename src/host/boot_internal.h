/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One virtual machine: QEMU, its lines from the debug console, its kernel's console. */
#ifndef HOST_BOOT_INTERNAL_H
#define HOST_BOOT_INTERNAL_H

#include <sys/types.h>

#include <host/host.h>

/**
 * struct machine - a running QEMU; all zero with pid 0 is none
 * @stream_fd: lines of our init; @console_fd: what the kernel and QEMU print; -1 when at
 * their end
 * @line: the line that is coming in
 */
struct machine {
	pid_t pid;
	int stream_fd;
	int console_fd;
	char line[4096];
	size_t line_len;
};

/** struct machine_needs - devices that only some scripts want */
struct machine_needs {
	bool nvdimm;
	bool nodes;
	bool huge_1g;
};

/* machine_needs() - what the scripts from @first on want */
void machine_needs(const struct script *const *scripts, size_t nr_scripts, size_t first,
		   struct machine_needs *ret_needs);

/**
 * machine_start() - boot @kernel with the archive in @initrd_fd.
 * Return: 0; -EOPNOTSUPP when there is no QEMU, with a line in @diag; another negative
 * errno.
 */
int machine_start(struct machine *machine, const struct host_options *options,
		  const struct host_kernel *kernel, const struct machine_needs *needs,
		  int initrd_fd, struct strbuf *diag);

/**
 * machine_read() - take what has come in.
 * @take_line: called per line of our init; its negative errno ends the reading and is
 * returned
 * @console: the end of what the kernel printed is kept here
 */
int machine_read(struct machine *machine, int (*take_line)(void *ctx, char *line),
		 void *ctx, struct strbuf *console);

/* machine_stop() - kill it; nothing when it is not running. */
void machine_stop(struct machine *machine);

#endif /* HOST_BOOT_INTERNAL_H */
