// SPDX-License-Identifier: GPL-2.0-or-later
#include <trace/compare.h>
#include <trace/trace.h>

#include <base/errname.h>
#include <base/mem.h>

#include <errno.h>
#include <string.h>

/* Digits at @text as a line number; their count, 0 when there is none. */
static size_t scan_line(const char *text, size_t len, uint32_t *ret_line)
{
	uint64_t line = 0;
	size_t n = 0;

	while (n < len && text[n] >= '0' && text[n] <= '9' && line <= UINT32_MAX)
		line = line * 10 + (text[n++] - '0');
	if (!n || line > UINT32_MAX)
		return 0;
	*ret_line = line;
	return n;
}

/* "FILE:LINE: text"; FILE may hold colons. */
static bool file_line(const char *text, size_t len, uint32_t *ret_line)
{
	const char *end = text + len, *p = text;

	while ((p = memchr(p, ':', end - p))) {
		size_t n;

		p++;
		n = scan_line(p, end - p, ret_line);
		if (n && p + n < end && p[n] == ':')
			return true;
	}
	return false;
}

enum trace_mark trace_mark_parse(const char *text, size_t len, uint32_t *ret_line)
{
	uint32_t line = 0;

	*ret_line = 0;
	if (len >= 7 && !memcmp(text, "SCRIPT ", 7))
		return TRACE_MARK_SCRIPT;
	if (len > 3 && !memcmp(text, "OP ", 3)) {
		if (!scan_line(text + 3, len - 3, &line))
			return TRACE_MARK_OTHER;
		*ret_line = line;
		return line ? TRACE_MARK_OP : TRACE_MARK_END;
	}
	if (!file_line(text, len, &line) || !line)
		return TRACE_MARK_OTHER;
	*ret_line = line;
	return TRACE_MARK_OP;
}

static int begin_op(struct trace_stream *stream, uint32_t line)
{
	if (mem_grow(&stream->ops, &stream->cap_ops, stream->nr_ops + 1, sizeof(*stream->ops)))
		return -ENOMEM;
	stream->ops[stream->nr_ops++] = (struct trace_op){ .mark = stream->nr, .line = line };
	stream->in_op = true;
	return 0;
}

static int mark(struct trace_stream *stream, struct event *event)
{
	uint32_t line;
	enum trace_mark what = trace_mark_parse(event->text, event->text_len, &line);
	char *text = mem_strndup(event->text, event->text_len);

	if (!text)
		return -ENOMEM;
	stream->in_op = false;
	if ((what == TRACE_MARK_OP || what == TRACE_MARK_OTHER) && begin_op(stream, line)) {
		mem_free(text);
		return -ENOMEM;
	}
	event->text = text;
	return 0;
}

static int append(struct trace_stream *stream, const struct event *event)
{
	struct event copy = *event;
	int err;

	err = mem_grow(&stream->events, &stream->cap, stream->nr + 1, sizeof(*stream->events));
	if (err)
		return err;
	if (event->id == EVENT_TRACING_MARK_WRITE) {
		err = mark(stream, &copy);
		if (err)
			return err;
	} else if (stream->in_op) {
		stream->ops[stream->nr_ops - 1].nr++;
	}
	stream->events[stream->nr++] = copy;
	return 0;
}

static void emit(struct event_sink *sink, const struct event *event)
{
	struct trace_stream *stream = (struct trace_stream *)((char *)sink -
							      offsetof(struct trace_stream, sink));

	if (!stream->error)
		stream->error = append(stream, event);
}

void trace_stream_init(struct trace_stream *stream)
{
	*stream = (struct trace_stream){ .sink.emit = emit };
}

void trace_stream_release(struct trace_stream *stream)
{
	size_t i;

	for (i = 0; i < stream->nr; i++)
		if (stream->events[i].id == EVENT_TRACING_MARK_WRITE)
			mem_free((void *)stream->events[i].text);
	mem_free(stream->events);
	mem_free(stream->ops);
	trace_stream_init(stream);
}

static void explain(struct strbuf *diag, const char *path, const struct trace_reader *reader,
		    int err)
{
	if (err == -EINVAL)
		strbuf_addf(diag, "%s:%llu: malformed event\n", path,
			    (unsigned long long)reader->line);
	else if (err == -EMSGSIZE)
		strbuf_addf(diag, "%s:%llu: line longer than %d bytes\n", path,
			    (unsigned long long)reader->line, TRACE_LINE_MAX);
	else
		strbuf_addf(diag, "%s: %s\n", path, strerror(-err));
}

int trace_stream_load(struct trace_stream *stream, const char *path, struct strbuf *diag)
{
	struct trace_reader reader;
	struct event event;
	int ret = trace_reader_open(&reader, path);

	if (ret) {
		explain(diag, path, &reader, ret);
		return ret;
	}
	while ((ret = trace_reader_next(&reader, &event)) == 1) {
		ret = append(stream, &event);
		if (ret)
			break;
	}
	if (ret)
		explain(diag, path, &reader, ret);
	trace_reader_close(&reader);
	return ret == -EMSGSIZE ? -EINVAL : ret;
}
