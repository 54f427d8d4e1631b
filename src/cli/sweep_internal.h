/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A sweep: all combinations of a script's parameters, or one shard of them. */
#ifndef CLI_SWEEP_INTERNAL_H
#define CLI_SWEEP_INTERNAL_H

#include <signal.h>

#include <script/param.h>

#include "keep_internal.h"

#define SWEEP_MAX_RUNS (1u << 20)
#define SWEEP_MAX_JOBS 1024u

/**
 * struct shard - every @nr-th combination, from the @index-th on
 * @index: from 0; @source: "" or where it was taken from
 */
struct shard {
	unsigned int index;
	unsigned int nr;
	const char *source;
};

/**
 * struct sweep_row - a run that is over, or not yet
 * @done: it is over; @status: as an exit status; @err: what the model returned
 * @new: the store did not have it; @stored: it has it now
 * @text_len: bytes of @text: the failed expectations
 */
struct sweep_row {
	bool done;
	bool stored;
	bool new;
	int status;
	int err;
	unsigned int designs;
	unsigned int levels;
	char profile[32];
	char mmus[48];
	uint64_t executed;
	uint64_t checked;
	uint64_t failed;
	uint64_t violations;
	uint64_t counters[SIM_COUNTER_NR];
	struct report_stall stall;
	size_t text_len;
	char *text;
};

/**
 * struct sweep - what is swept
 * @options: as the command line has them; NULL profile, no design, mmu -1, 0 levels are open
 * @total: combinations in all; @nr: of this shard, each with a row
 * @store: path of this shard's store, or NULL
 */
struct sweep {
	const char *file;
	char *text;
	size_t len;
	struct script_params params;
	struct sim_options options;
	struct design_tuning tuning;
	uint64_t designs;
	struct report_cost cost;
	struct report_stall_limits limits;
	uint64_t total;
	struct shard shard;
	size_t nr;
	struct sweep_row *rows;
	const char *store;
};

/** sweep_values() - the parameters of row @nr of this shard; @ret_values has room for all. */
void sweep_values(const struct sweep *sweep, size_t nr, struct script_value *ret_values);

/** sweep_parse() - the script of a row, with its options. Return: as model_parse(). */
int sweep_parse(const struct sweep *sweep, size_t nr, struct strbuf *diag,
		struct sim_options *ret_options, struct script **ret_script);

/**
 * sweep_run() - all rows, by @jobs processes at a time.
 * @ret_signal: the signal that ended it early, 0 for none
 * Return: an exit status.
 */
int sweep_run(struct sweep *sweep, unsigned int jobs, int *ret_signal);

/** sweep_execute() - one row, in this process; what failed goes to @text. */
void sweep_execute(const struct sweep *sweep, struct keep *keep, size_t nr, struct sweep_row *row,
		   struct strbuf *text);

/**
 * shard_get() - from --shard K/N, or from the variables of a Slurm array's task.
 * Return: false after a message.
 */
bool shard_get(const struct command *command, const char *given, struct shard *ret_shard);

/** shard_store() - "results.db" as "results.2-of-8.db" where there are several shards. */
void shard_store(const struct shard *shard, const char *path, struct strbuf *out);

/** sweep_print_table(), sweep_print_json() - the rows that are done. Return: an exit status. */
int sweep_print_table(const struct sweep *sweep, bool headings);
int sweep_print_json(const struct sweep *sweep, int status);

#endif /* CLI_SWEEP_INTERNAL_H */
