/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two event streams held against each other, operation by operation.
 *
 * A stream is cut at its tracing_mark_write records. Events before the first operation, behind a
 * "SCRIPT" mark or behind the "OP 0" mark that ends a script belong to no operation and are not
 * compared. Who made an event (pid) and when (seq) is never compared.
 */
#ifndef TRACE_COMPARE_H
#define TRACE_COMPARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <base/event.h>
#include <base/strbuf.h>

/** enum trace_mark - what a tracing_mark_write says */
enum trace_mark {
	TRACE_MARK_OP,	   /* "OP 5 mprotect ..." or "FILE:5: mprotect ...": operation of line 5 */
	TRACE_MARK_SCRIPT, /* "SCRIPT FILE" */
	TRACE_MARK_END,	   /* "OP 0 end" */
	TRACE_MARK_OTHER,  /* anything else also begins an operation, of line 0 */
};

/** trace_mark_parse() - @ret_line is the script's line of a TRACE_MARK_OP, else 0. */
enum trace_mark trace_mark_parse(const char *text, size_t len, uint32_t *ret_line);

/**
 * struct trace_op - one operation of a stream
 * @mark: index of its mark in the stream's events
 * @nr: number of events that follow the mark
 * @line: the script's line
 */
struct trace_op {
	size_t mark;
	size_t nr;
	uint32_t line;
};

/**
 * struct trace_stream - a stream in memory
 * @sink: records what is emitted to it; out of memory is kept in @error
 * @events: records; the texts of marks are owned
 * @ops: the operations in order
 */
struct trace_stream {
	struct event_sink sink;
	struct event *events;
	size_t nr;
	size_t cap;
	struct trace_op *ops;
	size_t nr_ops;
	size_t cap_ops;
	bool in_op;
	int error;
};

/** trace_stream_init() - an empty stream; its sink may be given to an event_source. */
void trace_stream_init(struct trace_stream *stream);

/** trace_stream_release() - its records and their texts. */
void trace_stream_release(struct trace_stream *stream);

/**
 * trace_stream_load() - append the records of a file.
 * @diag: what was wrong, as "FILE:LINE: ..."
 * Return: 0; -EINVAL for a malformed line; the negative errno of open or read; -ENOMEM.
 */
int trace_stream_load(struct trace_stream *stream, const char *path, struct strbuf *diag);

/* struct trace_compare_options.what */
enum {
	TRACE_WHAT_STARTS = 1 << 0, /* mmu_notifier_invalidate_range_start */
	TRACE_WHAT_ENDS = 1 << 1,   /* mmu_notifier_invalidate_range_end */
	TRACE_WHAT_KVM = 1 << 2,    /* kvm_* */
	TRACE_WHAT_OTHER = 1 << 3,  /* the rest */
	TRACE_WHAT_ALL = 15,
};

/**
 * struct trace_compare_options - what counts
 * @what: TRACE_WHAT_*
 * @unordered: bits 1 << enum event_id of events whose order within an operation does not count:
 *	they are compared as a multiset per operation
 * @portable: leave out what differs from run to run of a real kernel: host frame numbers,
 *	addresses of tables, host page-frame bits of SPTEs, the guest's instruction pointer
 */
struct trace_compare_options {
	unsigned int what;
	uint64_t unordered;
	bool portable;
};

/**
 * struct trace_diff - the outcome
 * @ops: operations compared (up to the first difference)
 * @events: events compared in them
 * @op: index of the first operation that differs
 * @line: its script line on the left and on the right; 0 where that side has no such operation
 */
struct trace_diff {
	bool equal;
	uint64_t ops;
	uint64_t events;
	size_t op;
	uint32_t line[2];
};

/**
 * trace_compare() - the first difference of two streams, if there is one.
 * Return: 0 (see ret_diff->equal) or -ENOMEM; @ret_diff is untouched on failure.
 */
int trace_compare(const struct trace_stream *left, const struct trace_stream *right,
		  const struct trace_compare_options *options, struct trace_diff *ret_diff);

/**
 * trace_diff_format() - the operation that differs: its mark, and the events of both sides in two
 * columns, differing rows marked with '|', '<' (left only) or '>' (right only). Of many rows those
 * around the first that differs.
 * @titles: what stands over the columns
 */
void trace_diff_format(struct strbuf *out, const struct trace_stream *left,
		       const struct trace_stream *right,
		       const struct trace_compare_options *options, const struct trace_diff *diff,
		       const char *const titles[2]);

/** trace_same_event() - true when two records are equal under @options. */
bool trace_same_event(const struct event *a, const struct event *b,
		      const struct trace_compare_options *options);

#endif /* TRACE_COMPARE_H */
