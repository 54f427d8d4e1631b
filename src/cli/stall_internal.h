/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The stall that a script's operations cause, and the verdict about it. */
#ifndef CLI_STALL_INTERNAL_H
#define CLI_STALL_INTERNAL_H

#include <report/stall.h>
#include <report/table.h>

#include "cli_internal.h"
#include "model_internal.h"

/**
 * struct stall_op - the operation that is worst in one respect
 * @op: NULL while there is none
 * @ns: how long
 * @bytes: what the time grows with: guest memory under its notifications, or the operation's length
 *	where that is many of them
 * @notifications: how many
 */
struct stall_op {
	const struct script_op *op;
	double ns;
	uint64_t bytes;
	uint64_t notifications;
};

/* As many operations as a table of them has. */
#define STALL_LINES 40

struct stall_line {
	const struct script_op *op;
	uint64_t index;
	struct report_stall stall;
};

/**
 * struct stall_lines - the operations that cost most, of those that blocked or brought back
 *	anything
 * @total: how many there were; @cheapest: of @line, when it is full
 */
struct stall_lines {
	struct stall_line line[STALL_LINES];
	unsigned int nr;
	unsigned int cheapest;
	uint64_t total;
};

/**
 * struct stall_watch - over one run of a script
 * @cost, @limits, @options, @mmu: set by the caller; @options: what the run has; @mmu is what the
 *	VMs are (of enum script_mmu), -1 without a VM
 * @sum: of all operations; .longest is the maximum
 * @stretch: the operation with the longest stretch without a yield; @dearest: the one with the
 *	largest total
 * @lines: the operations one by one
 * @pending: SPTEs that were zapped and did not come back yet; @sptes: SPTEs that exist
 */
struct stall_watch {
	const struct report_cost *cost;
	struct report_stall_limits limits;
	struct sim_options options;
	int mmu;
	struct report_stall sum;
	struct stall_op stretch;
	struct stall_op dearest;
	struct stall_lines lines;
	uint64_t pending;
	uint64_t sptes;
};

/**
 * stall_limits() - from --watchdog-thresh (0: as the kernel's default) and --stall-limit (NULL:
 * none). Return: false after a message for a wrong value.
 */
bool stall_limits(const struct command *command, uint64_t watchdog_thresh, const char *limit,
		  struct report_stall_limits *ret_limits);

/** stall_add() - an executed operation. @ret_stall: its own; all 0 when it notified nobody */
void stall_add(struct stall_watch *watch, const struct sim_op_result *result,
	       struct report_stall *ret_stall);

/** stall_json_op() - a member "stall" with an operation's figures. */
void stall_json_op(struct report_json *json, const struct report_cost *cost,
		   const struct report_stall *stall);

/** stall_json() - the same for a whole run, with the verdicts. */
void stall_json(struct report_json *json, const struct stall_watch *watch);

/** stall_verdict() - one line, or two with a limit of the user's. @who: NULL, or what ran. */
void stall_verdict(const struct stall_watch *watch, const char *who, struct strbuf *out);

/** stall_lines_add() - an operation, kept if it is one of the dearest. */
void stall_lines_add(struct stall_lines *lines, const struct report_cost *cost,
		     const struct sim_op_result *result, const struct report_stall *stall);

/** stall_lines_sort() - in the order of execution; nothing can be added then. */
void stall_lines_sort(struct stall_lines *lines);

/* The columns that stall_table_cells() fills. */
#define STALL_COLUMNS                                                                             \
	{ "UNDER LOCK", REPORT_RIGHT }, { "LONGEST", REPORT_RIGHT }, { "FRAMES", REPORT_RIGHT },  \
	{ "BLOCKED", REPORT_RIGHT }, { "BACK", REPORT_RIGHT }, { "FAULTS", REPORT_RIGHT },        \
	{ "FAULTING", REPORT_RIGHT }
void stall_table_cells(struct report_table *table, const struct report_cost *cost,
		       const struct report_stall *stall);
/** stall_table_explain() - what the columns are. */
void stall_table_explain(FILE *out);

/** stall_json_lines() - members "ops" and "ops_that_stall", sorted before. */
void stall_json_lines(struct report_json *json, const struct script *script,
		      const struct stall_watch *watch);

#define STALL_TABLE_OPTION(flag)                                                                  \
	OPT_FLAG(0, "stall", flag, "also the time under mmu_lock, blocked frames and refaults")

#define STALL_OPTIONS(thresh, limit)                                                              \
	OPT_UINT(0, "watchdog-thresh", thresh, "SECONDS",                                         \
		 "twice that without a yield is a soft lockup (10)"),                             \
	OPT_STRING(0, "stall-limit", limit, "TIME", "judge each operation by this, too: 10ms, 1.5s")

#endif /* CLI_STALL_INTERNAL_H */
