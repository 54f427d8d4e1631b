// SPDX-License-Identifier: GPL-2.0-or-later
#include <trace/trace.h>

#include "format_internal.h"

static void emit(struct event_sink *sink, const struct event *event)
{
	struct trace_writer *writer = (struct trace_writer *)((char *)sink -
							      offsetof(struct trace_writer, sink));
	struct trace_file *file = &writer->file;
	char *room;

	if (file->error)
		return;
	room = trace_file_room(file, TRACE_PUT_MAX);
	file->len += trace_put_line(room, event) - room;
	writer->events++;
}

int trace_writer_open(struct trace_writer *writer, const char *path)
{
	*writer = (struct trace_writer){ .sink.emit = emit };
	return trace_file_open(&writer->file, path);
}

int trace_writer_close(struct trace_writer *writer)
{
	return trace_file_close(&writer->file);
}

void trace_writer_abort(struct trace_writer *writer)
{
	trace_file_abort(&writer->file);
}
