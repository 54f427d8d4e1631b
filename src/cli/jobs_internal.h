/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Independent work on more than one processor, with the output of one after the other. */
#ifndef CLI_JOBS_INTERNAL_H
#define CLI_JOBS_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

/**
 * struct jobs - what to do
 * @at_once: how many tasks may run at once; up to 1: one after the other, in this process
 * @nr: tasks
 * @task: does number @i, prints to stdout and stderr what it has to say, leaves its result in
 *	@slot, which holds what the caller put there and must point to nothing that the task
 *	allocated; Return: an exit status
 * @slots: @nr results of @slot_size bytes
 */
struct jobs {
	uint64_t at_once;
	size_t nr;
	int (*task)(void *ctx, size_t i, void *slot);
	void *ctx;
	void *slots;
	size_t slot_size;
};

/**
 * jobs_run() - do all of it.
 *
 * With @at_once over 1 each task runs in a process of its own. Standard output and standard error
 * of the tasks appear in the order of the tasks: the bytes on each are the same for any @at_once.
 * A task whose process is killed is reported and counts as STATUS_BROKEN.
 * Return: the gravest status of the tasks; STATUS_BROKEN with a message when no process could be
 * made.
 */
int jobs_run(const struct jobs *jobs);

#define JOBS_OPTION(value, what) \
	OPT_UINT('j', "jobs", value, "N", "run N " what " at once (1); the output is the same")

#endif /* CLI_JOBS_INTERNAL_H */
