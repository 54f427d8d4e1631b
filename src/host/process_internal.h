/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Child processes that never outlive us. */
#ifndef HOST_PROCESS_INTERNAL_H
#define HOST_PROCESS_INTERNAL_H

#include <sys/types.h>

#include <base/strbuf.h>

/**
 * process_start() - run @argv[0], found through PATH, in a process group of its own.
 * @dir: working directory, NULL for ours
 * @fds: @nr_fds descriptors that become 0, 1, 2, ... of the child; -1 is /dev/null
 *
 * The child is killed when the calling thread ends, however it ends.
 * Return: 0 or a negative errno, -ENOENT when there is no such program.
 */
int process_start(const char *const argv[], const char *dir, const int *fds,
		  unsigned int nr_fds, pid_t *ret_pid);

/* process_kill() - kill the group of @pid and reap it; a @pid of 0 or less is passed
 * over. */
void process_kill(pid_t pid);

/**
 * process_output() - run a command to its end and collect what it prints.
 * @out: standard output and standard error; at most 32 MiB
 * Return: its exit status, 128 + N after signal N, or a negative errno.
 */
int process_output(const char *const argv[], const char *dir, struct strbuf *out);

/* process_to_file() - the same with standard output to a new file @path. */
int process_to_file(const char *const argv[], const char *path, struct strbuf *errors);

/* process_have() - true when PATH has the program @name. */
int process_have(const char *name);

#endif /* HOST_PROCESS_INTERNAL_H */
