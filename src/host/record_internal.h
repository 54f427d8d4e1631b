/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef HOST_RECORD_INTERNAL_H
#define HOST_RECORD_INTERNAL_H

#include <host/record.h>

/* -- record_tracefs.c: an instance -- */

/**
 * struct tracefs - an instance of our own
 * @path: its folder, "" while there is none
 * @marker, @pipe: trace_marker and trace_pipe, -1 while closed
 */
struct tracefs {
	char path[128];
	int marker;
	int pipe;
};

/**
 * tracefs_open() - find tracefs, remove what dead recorders left, make the instance.
 * Return: 0; -EOPNOTSUPP with the reason in @diag; a negative errno with a line there.
 */
int tracefs_open(const char *mount, struct strbuf *diag, struct tracefs *ret_fs);

/** tracefs_close() - switch off and remove; fine when there is none. */
void tracefs_close(struct tracefs *fs);

/** tracefs_put() - write @text into @file of the instance. Return: 0 or a negative errno. */
int tracefs_put(const struct tracefs *fs, const char *file, const char *text);

/**
 * tracefs_enable() - switch on the events of a recording.
 * Return: 0; -EOPNOTSUPP when one that nothing can be done without is absent (@diag).
 */
int tracefs_enable(const struct tracefs *fs, struct host_record_info *info, struct strbuf *diag);

/** tracefs_add_pid() - follow this thread and what it starts. Return: 0 or a negative errno. */
int tracefs_add_pid(const struct tracefs *fs, pid_t pid);

/** tracefs_mark() - a line among the events: tracing_mark_write. */
void tracefs_mark(const struct tracefs *fs, const char *text);

/** tracefs_lost() - events dropped or overwritten so far, on all processors. */
uint64_t tracefs_lost(const struct tracefs *fs, unsigned int *ret_cpus);

/* -- record_inject.c: a VM in another process -- */

/**
 * inject_vm() - open @device and make a VM in the stopped process @pid, by its own system calls
 *
 * The process is as before, but for a descriptor far from the usual ones (close-on-exec).
 * Return: 0, or the negative errno of ptrace() or of the call in the process.
 */
int inject_vm(pid_t pid, const char *device);

#endif /* HOST_RECORD_INTERNAL_H */
