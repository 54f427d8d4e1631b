/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The result of one run as text. */
#ifndef CLI_RUN_INTERNAL_H
#define CLI_RUN_INTERNAL_H

#include <report/stall.h>
#include <trace/perfetto.h>
#include <trace/trace.h>

#include "model_internal.h"

/* Rows of a table of operations unless all are asked for. */
#define RUN_MAX_ROWS 40

/* One executed operation, as much of it as the table shows. */
struct run_row {
	const struct script_op *op;
	uint64_t index;
	uint64_t notifications;
	uint64_t notified;
	uint64_t populated;
	uint64_t scanned;
	uint64_t zapped;
	double stall;
	double longest;
	int err;
};

/**
 * struct run_rows - the operations to print
 * @max: keep the @max that cost most; 0 keeps all
 * @quiet: also keep operations that did nothing
 * @total: operations that did something
 */
struct run_rows {
	struct run_row *rows;
	size_t nr;
	size_t cap;
	size_t max;
	bool quiet;
	uint64_t total;
	int error;
};

/** run_row_of() - an executed operation whose estimate is @stall. */
struct run_row run_row_of(const struct sim_op_result *result, const struct report_stall *stall);

void run_rows_add(struct run_rows *rows, const struct run_row *row);
/** run_rows_sort() - in the order of execution; nothing can be added then. */
void run_rows_sort(struct run_rows *rows);
void run_rows_release(struct run_rows *rows);

/**
 * run_print_ops() - the table of operations with its totals; @stall is theirs in ns.
 * Return: 0 or a negative errno.
 */
int run_print_ops(FILE *out, const struct script *script, struct run_rows *rows,
		  const struct sim_result *result, double stall, bool headings);

struct stall_watch;

/** run_print_stall() - the stall of each operation and of all. Return: 0 or a negative errno. */
int run_print_stall(FILE *out, const struct script *script, struct stall_watch *watch,
		    bool headings);

/**
 * run_print_map() - the address space around one operation: of those in line @line (0: of all) the
 * one that cost most. @options: of the run that filled @rows; a second run draws.
 * Return: 0 or a negative errno.
 */
int run_print_map(FILE *out, const struct script *script, const struct sim_options *options,
		  const struct run_rows *rows, uint64_t line, bool ascii);

/** run_print_stats() - every counter with its meaning. Return: 0 or a negative errno. */
int run_print_stats(FILE *out, const struct sim_result *result, bool headings);

/** run_print_verdict() - expectations and audit: what failed, side by side, and how many held. */
void run_print_verdict(FILE *out, const struct sim_result *result, bool audit);

/**
 * struct run_trace - a file of events: ftrace text, or for a name that ends in .pftrace a trace for
 * Perfetto, whose time is what the counted work costs by the cost table
 */
struct run_trace {
	bool perfetto;
	struct trace_writer text;
	struct trace_perfetto native;
	const struct report_cost *cost;
	const struct sim *view;
	struct trace_clock clock;
};

/** run_trace_open() - @about: what is traced, for Perfetto. Return: 0 or a negative errno. */
int run_trace_open(struct run_trace *trace, const char *path, const char *about,
		   const struct report_cost *cost);
struct event_sink *run_trace_sink(struct run_trace *trace);
/** run_trace_begin(), run_trace_done() - around each operation; NULL is fine. */
void run_trace_begin(struct run_trace *trace, const struct sim *view);
void run_trace_done(struct run_trace *trace);
/** run_trace_close() - Return: 0 or a negative errno. */
int run_trace_close(struct run_trace *trace);
void run_trace_abort(struct run_trace *trace);

#endif /* CLI_RUN_INTERNAL_H */
