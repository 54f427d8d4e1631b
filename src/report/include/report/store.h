/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The result store: an SQLite file with one row per run, its counters, its operations and their
 * notifications. docs/store.md has the schema.
 *
 * A run is recorded while it executes and becomes visible in one transaction when it is finished:
 * a process that is killed leaves all of a run or nothing. Its id is a hash of what went in and
 * of what was counted, so that storing or merging the same run again changes nothing.
 *
 * Functions that take @diag append one line without newline that says what is wrong, when they
 * fail for another reason than -ENOMEM.
 */
#ifndef REPORT_STORE_H
#define REPORT_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <base/counter.h>
#include <base/strbuf.h>
#include <report/cost.h>
#include <report/stall.h>

/* The schema that is written; older ones are read, and migrated by writing. */
#define REPORT_STORE_VERSION 2
/* Hex digits of a run's id, and the least that name one. */
#define REPORT_RUN_ID 64
#define REPORT_RUN_ID_MIN 4

enum report_store_mode {
	REPORT_STORE_READ,  /* must exist; nothing in it is changed */
	REPORT_STORE_WRITE, /* created where there is none, migrated where it is old */
};

struct report_store;

/**
 * report_store_open() - open a store.
 *
 * A file that is no store of ours, is damaged, or was made by a later version is refused and not
 * changed. WAL is used where the file lies on a local disk. Other processes may write to the same
 * store: a writer waits up to 30 seconds for another.
 * Return: 0; -ENOENT, -EACCES, -EROFS, -EISDIR, -EBUSY, -ENOSPC, -EIO; -EBADMSG for a damaged or
 * foreign file; -EPROTO for one of a later version; -ENOMEM. @ret_store is untouched on failure.
 */
int report_store_open(const char *path, enum report_store_mode mode, struct strbuf *diag,
		      struct report_store **ret_store);

/** report_store_close() - a run that is not finished is forgotten. NULL is fine; returns NULL. */
struct report_store *report_store_close(struct report_store *store);

/** struct report_param - what a parameter of the script was set to */
struct report_param {
	const char *name;
	const char *value;
};

/**
 * struct report_host - the machine that ran it
 * @kernel: release, @machine: as "x86_64", @cpu: the model's name; "" where not known
 * @memory: bytes
 */
struct report_host {
	char kernel[64];
	char machine[64];
	char cpu[128];
	unsigned int cpus;
	uint64_t memory;
};

/** report_host_get() - this machine; no name of it, no owner. */
void report_host_get(struct report_host *ret_host);

/**
 * struct report_run_facts - what goes into a run
 * @command: the command that executes it, "run"
 * @file: name of the script, as given; any bytes
 * @text: the script with its parameters put in, @text_len bytes
 * @designs: as "tight,rmap=index", "-" for none; @mmu: what the VMs are, as "shadow+tdp"
 * @granularity: levels of the runs that designs notify, 0 where no design asks
 * @run_gap: bytes, 0 where no design asks
 * @version: of the program
 */
struct report_run_facts {
	const char *command;
	const char *file;
	const char *text;
	size_t text_len;
	const char *profile;
	const char *designs;
	const char *mmu;
	unsigned int levels;
	unsigned int granularity;
	uint64_t run_gap;
	bool audit;
	const struct report_cost *cost;
	const struct report_host *host;
	const char *version;
	const struct report_param *params;
	size_t nr_params;
};

/**
 * struct report_run_op - one executed operation
 * @index: operations executed before it; @line: of the script
 * @result: "ok" or the name of an errno
 * @counters: @nr_counters that are not 0
 * @stall: predicted times
 */
struct report_run_op {
	uint64_t index;
	unsigned int line;
	const char *text;
	size_t text_len;
	const char *result;
	const struct counter *counters;
	size_t nr_counters;
	const struct report_stall *stall;
};

/**
 * struct report_run_result - what came out of a run
 * @failures: text for the user about expectations that failed
 * @error: "" or the name of the errno with which the model gave up
 * @counters: all of them
 */
struct report_run_result {
	uint64_t executed;
	uint64_t checked;
	uint64_t failed;
	uint64_t violations;
	const char *failures;
	const char *error;
	const struct counter *counters;
	size_t nr_counters;
	const struct report_stall *stall;
	uint64_t peak_bytes;
	uint64_t head_bytes;
	uint64_t index_bytes;
};

/**
 * report_store_begin() - a run starts; one at a time in a store.
 * @facts: all that it points to must stay as it is until report_store_finish()
 *
 * What is recorded until report_store_finish() goes to a private temporary file: nobody waits for
 * a run that is executing. Errors in between are remembered.
 * Return: 0 or the negative errno of report_store_open().
 */
int report_store_begin(struct report_store *store, const struct report_run_facts *facts,
		       struct strbuf *diag);

/**
 * report_store_notification() - a notification of the operation that is executing.
 * @event: "PROTECTION_VMA"; [@start, @end) in bytes
 */
void report_store_notification(struct report_store *store, const char *event, uint64_t start,
			       uint64_t end);

/** report_store_op() - the operation is over. */
void report_store_op(struct report_store *store, const struct report_run_op *op);

/**
 * report_store_finish() - the run is over: put it into the store.
 * @ret_new: false when the same run was there already; may be NULL
 * @ret_id: the run's id; may be NULL
 * Return: 0 when it is in the store and will be after a crash; a negative errno, and then nothing
 * of it is.
 */
int report_store_finish(struct report_store *store, const struct report_run_result *result,
			struct strbuf *diag, bool *ret_new, char ret_id[REPORT_RUN_ID + 1]);

/** report_store_abandon() - forget the run that was begun, if any. */
void report_store_abandon(struct report_store *store);

/**
 * report_store_merge() - copy the runs of the store at @path that @into does not have yet, in one
 * transaction.
 * @ret_new, @ret_known: runs copied, and runs that were there already
 * Return: 0 or a negative errno as report_store_open(); then @into is as it was.
 */
int report_store_merge(struct report_store *into, const char *path, struct strbuf *diag,
		       uint64_t *ret_new, uint64_t *ret_known);

/** struct report_run_names - how a stored run is told from others; strings may hold any bytes */
struct report_run_names {
	const char *id;
	const char *file;
	const char *profile;
	const char *designs;
	const char *mmu;
	const char *params; /* as "pages=64 len=1G" */
	const char *version;
	const char *cost;
};

/**
 * report_store_runs() - every run, in the order in which they were stored.
 * @fn: called for each until it returns something else than 0, which is then returned; what it is
 *	given is gone when it returns
 * Return: 0, what @fn returned, or a negative errno.
 */
int report_store_runs(struct report_store *store, struct strbuf *diag,
		      int (*fn)(void *ctx, const struct report_run_names *run), void *ctx);

/** report_text_clean() - append @text with control bytes and what is not UTF-8 made visible. */
void report_text_clean(struct strbuf *out, const char *text);

#endif /* REPORT_STORE_H */
