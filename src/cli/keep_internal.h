/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --store: what the commands that run scripts put into a result store. */
#ifndef CLI_KEEP_INTERNAL_H
#define CLI_KEEP_INTERNAL_H

#include <report/store.h>
#include <script/param.h>

#include "design_internal.h"
#include "stall_internal.h"

/**
 * struct keep - a store that runs go to; all zero when there is none
 * @path: as given; NULL without --store
 * @sink: sees the events of a run and hands them on to @inner, which may be NULL
 * @params, @designs, @mmus: of the run, as the store has them
 * @begun: a run is being recorded
 * @added, @known: runs stored, and runs that were there before
 */
struct keep {
	const char *path;
	const char *command;
	struct report_store *store;
	struct report_host host;
	struct event_sink sink;
	struct event_sink *inner;
	const struct script *script;
	struct report_param params[SCRIPT_MAX_PARAMS];
	size_t nr_params;
	struct strbuf designs;
	struct strbuf mmus;
	bool begun;
	uint64_t added;
	uint64_t known;
};

/** keep_open() - open or make the store; nothing for a @path of NULL. Return: an exit status. */
int keep_open(struct keep *keep, const char *path, const char *command);

/**
 * keep_begin() - a run starts with these options.
 * @options: sink, if any, is wrapped so that notifications are seen
 * Return: an exit status.
 */
int keep_begin(struct keep *keep, const struct script *script, struct sim_options *options,
	       const struct report_cost *cost);

/** keep_op() - an executed operation, for op_done. */
void keep_op(struct keep *keep, const struct sim_op_result *result,
	     const struct report_stall *stall);

/**
 * keep_finish() - the run is over; @err is what sim_run() returned.
 * Return: STATUS_OK once it is stored; STATUS_BROKEN after a message.
 */
int keep_finish(struct keep *keep, const struct sim_result *result,
		const struct report_stall *sum, int err);

/** keep_close() - close the store and say what was added, on standard error. */
void keep_close(struct keep *keep, bool quiet);

/** keep_error() - a message about a store, or "out of memory". Return: STATUS_BROKEN. */
int keep_error(int err, struct strbuf *diag);

#define STORE_OPTION(path)                                                                     \
	OPT_STRING(0, "store", path, "FILE", "add the results to this SQLite file, too")

#endif /* CLI_KEEP_INTERNAL_H */
