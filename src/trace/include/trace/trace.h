/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Event streams as text: writing them, reading them back, comparing two. */
#ifndef TRACE_TRACE_H
#define TRACE_TRACE_H

#include <stdio.h>

#include <base/event.h>
#include <base/strbuf.h>

/**
 * trace_format() - append the payload of a record as ftrace prints it, without a newline:
 * "kvm_unmap_hva_range: mmu notifier unmap range: 0x00100000000000 -- 0x00100040000000".
 */
void trace_format(struct strbuf *out, const struct event *event);

/** trace_format_line() - the whole ftrace line: task, CPU, flags, time, payload, newline. */
void trace_format_line(struct strbuf *out, const struct event *event);

/** trace_event_name() - the tracepoint's name. */
const char *trace_event_name(enum event_id id);

/**
 * struct trace_writer - a sink that writes ftrace text to a file
 *
 * Use &writer->sink as the event sink. An I/O error is kept and the rest swallowed;
 * trace_writer_close() reports it.
 */
struct trace_writer {
	struct event_sink sink;
	FILE *file;
	struct strbuf line;
	int error;
	bool owned;
};

/**
 * trace_writer_open() - write to @path, "-" for standard output.
 * The file is written beside its final name and renamed on a clean close, so that no partial
 * result looks whole.
 * Return: 0 or a negative errno.
 */
int trace_writer_open(struct trace_writer *writer, const char *path);

/** trace_writer_close() - flush and close. Return: 0, or the first error of any write. */
int trace_writer_close(struct trace_writer *writer);

#endif /* TRACE_TRACE_H */
