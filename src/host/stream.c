// SPDX-License-Identifier: GPL-2.0-or-later
#include "kvm_events_internal.h"
#include "stream_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <base/errname.h>
#include <base/mem.h>

#define STREAM_MAGIC "mmuscope-stream 1"
#define STREAM_MAX_LOG 65536
#define STREAM_MAX_LINE 4096
#define MAX_PID 65536

static const char *const status_names[HOST_STATUS_NR] = {
	[HOST_OK] = "ok",           [HOST_HANG] = "hang",     [HOST_DIED] = "died",
	[HOST_LOST] = "lost",       [HOST_FAILED] = "failed", [HOST_PANIC] = "panic",
	[HOST_NOT_RUN] = "not-run",
};

const char *host_status_name(enum host_status status)
{
	return (unsigned int)status < HOST_STATUS_NR ? status_names[status] : "?";
}

void host_stream_release(struct host_stream *stream)
{
	size_t i;

	for (i = 0; i < stream->nr_marks; i++)
		mem_free(stream->marks[i]);
	mem_free(stream->marks);
	mem_free(stream->ops);
	mem_free(stream->events);
	strbuf_release(&stream->log);
	memset(stream, 0, sizeof(*stream));
	stream->status = HOST_NOT_RUN;
}

int stream_begin(struct stream_builder *builder, const struct script *script,
		 struct host_stream *stream)
{
	host_stream_release(stream);
	stream->marks = mem_zalloc((script->nr_ops + 1) * sizeof(*stream->marks));
	if (!stream->marks)
		return -ENOMEM;
	stream->nr_marks = script->nr_ops;
	builder->script = script;
	builder->stream = stream;
	builder->ended = false;
	script_cursor_init(&builder->cursor, script);
	return 0;
}

/* A number followed by a blank or the end; *@at moves behind it. */
static int take_number(const char **at, int base, uint64_t max, uint64_t *ret_value)
{
	char *end;
	uint64_t value;

	if (**at == '-' || **at == '+' || **at == ' ' || !**at)
		return -EPROTO;
	errno = 0;
	value = strtoull(*at, &end, base);
	if (errno || end == *at || (*end && *end != ' ') || value > max)
		return -EPROTO;
	*at = *end ? end + 1 : end;
	*ret_value = value;
	return 0;
}

static int add_event(struct host_stream *stream, const struct event *event)
{
	int err = mem_grow(&stream->events, &stream->cap_events, stream->nr_events + 1,
			   sizeof(*stream->events));

	if (err)
		return err;
	stream->events[stream->nr_events] = *event;
	stream->events[stream->nr_events].seq = stream->nr_events;
	stream->nr_events++;
	if (stream->nr_ops)
		stream->ops[stream->nr_ops - 1].nr_events++;
	return 0;
}

/* "FILE:LINE: text", as the model marks an operation. */
static char *mark_text(const struct script *script, const struct script_op *op)
{
	struct strbuf text = STRBUF_INIT;
	char *copy = NULL;

	strbuf_addf(&text, "%s:%u: ", script->file, op->line);
	strbuf_add(&text, script->text + op->text, op->text_len);
	if (!strbuf_error(&text))
		copy = mem_strndup(text.buf, text.len);
	strbuf_release(&text);
	return copy;
}

static int take_op(struct stream_builder *builder, const char *at)
{
	struct host_stream *stream = builder->stream;
	const struct script_op *op;
	struct event mark = { .id = EVENT_TRACING_MARK_WRITE };
	uint64_t index, pid;
	int err;

	if (take_number(&at, 10, SIZE_MAX, &index) || take_number(&at, 10, MAX_PID, &pid))
		return -EPROTO;
	op = script_cursor_next(&builder->cursor);
	if (!op || index != (size_t)(op - builder->script->ops))
		return -EPROTO;
	err = mem_grow(&stream->ops, &stream->cap_ops, stream->nr_ops + 1,
		       sizeof(*stream->ops));
	if (err)
		return err;
	if (!stream->marks[index])
		stream->marks[index] = mark_text(builder->script, op);
	if (!stream->marks[index])
		return -ENOMEM;
	stream->ops[stream->nr_ops++] = (struct host_op){
		.op = index, .pid = pid, .first_event = stream->nr_events
	};
	mark.pid = pid;
	mark.text = stream->marks[index];
	mark.text_len = strlen(mark.text);
	return add_event(stream, &mark);
}

static int take_event(struct stream_builder *builder, enum event_id id, const char *at)
{
	struct event event = { .id = id };
	uint64_t pid;

	if (take_number(&at, 10, MAX_PID, &pid) ||
	    take_number(&at, 10, UINT8_MAX, &event.arg[0]) ||
	    take_number(&at, 16, UINT64_MAX, &event.arg[1]) ||
	    take_number(&at, 16, UINT64_MAX, &event.arg[2]))
		return -EPROTO;
	event.pid = pid;
	return add_event(builder->stream, &event);
}

#define KVM_ARGS 5

/* "PID NAME ARG ARG ARG ARG ARG" */
static int take_kvm(struct stream_builder *builder, const char *at)
{
	struct event event = { 0 };
	uint64_t pid;
	size_t len;
	unsigned int i;

	if (take_number(&at, 10, MAX_PID, &pid))
		return -EPROTO;
	len = strcspn(at, " ");
	for (i = 0; i < KVM_EVENTS_NR; i++)
		if (strlen(kvm_events[i].name) == len &&
		    !memcmp(at, kvm_events[i].name, len))
			break;
	if (i == KVM_EVENTS_NR || at[len] != ' ')
		return -EPROTO;
	event.id = kvm_events[i].id;
	event.pid = pid;
	at += len + 1;
	for (i = 0; i < KVM_ARGS; i++)
		if (take_number(&at, 16, UINT64_MAX, &event.arg[i]))
			return -EPROTO;
	return add_event(builder->stream, &event);
}

/* "PID VM STAT VALUE" */
static int take_stat(struct stream_builder *builder, const char *at)
{
	struct event event = { .id = EVENT_KVM_STAT };
	uint64_t pid;

	if (take_number(&at, 10, MAX_PID, &pid) ||
	    take_number(&at, 10, builder->script->nr_names, &event.arg[0]) ||
	    take_number(&at, 10, EVENT_STAT_NR - 1, &event.arg[1]) ||
	    take_number(&at, 16, UINT64_MAX, &event.arg[2]))
		return -EPROTO;
	event.pid = pid;
	return add_event(builder->stream, &event);
}

/* "PID VM SLOT PAGES HASH" */
static int take_dirty_log(struct stream_builder *builder, const char *at)
{
	struct event event = { .id = EVENT_KVM_DIRTY_LOG };
	uint64_t pid;

	if (take_number(&at, 10, MAX_PID, &pid) ||
	    take_number(&at, 10, builder->script->nr_names, &event.arg[0]) ||
	    take_number(&at, 10, UINT32_MAX, &event.arg[1]) ||
	    take_number(&at, 16, UINT64_MAX, &event.arg[2]) ||
	    take_number(&at, 16, UINT64_MAX, &event.arg[3]))
		return -EPROTO;
	event.pid = pid;
	return add_event(builder->stream, &event);
}

static int take_release(struct stream_builder *builder, const char *at)
{
	struct event event = { .id = EVENT_MMU_NOTIFIER_RELEASE };
	uint64_t pid;

	if (take_number(&at, 10, MAX_PID, &pid))
		return -EPROTO;
	event.pid = pid;
	return add_event(builder->stream, &event);
}

static int take_ret(struct stream_builder *builder, const char *at)
{
	struct host_stream *stream = builder->stream;
	struct host_op *op;
	uint64_t err;

	if (take_number(&at, 10, 4095, &err) || !stream->nr_ops)
		return -EPROTO;
	op = &stream->ops[stream->nr_ops - 1];
	if (op->returned)
		return -EPROTO;
	op->returned = true;
	op->err = -(int)err;
	return 0;
}

static int take_state(struct stream_builder *builder, const char *at)
{
	uint64_t detail = 0;
	size_t len = strcspn(at, " ");
	int i;

	for (i = 0; i < HOST_STATUS_NR; i++)
		if (strlen(status_names[i]) == len && !memcmp(at, status_names[i], len))
			break;
	at += len;
	if (i == HOST_STATUS_NR || *at != ' ')
		return -EPROTO;
	at++;
	if (take_number(&at, 10, UINT32_MAX, &detail))
		return -EPROTO;
	builder->stream->status = i;
	builder->stream->detail = detail;
	builder->ended = true;
	return 0;
}

static int take_log(struct host_stream *stream, const char *text)
{
	if (stream->log.len > STREAM_MAX_LOG)
		return 0;
	strbuf_addf(&stream->log, "%s\n", text);
	return strbuf_error(&stream->log);
}

int stream_line(struct stream_builder *builder, const char *line)
{
	if (!strncmp(line, "log ", 4))
		return take_log(builder->stream, line + 4);
	if (builder->ended)
		return -EPROTO;
	if (!strncmp(line, "op ", 3))
		return take_op(builder, line + 3);
	if (!strncmp(line, "+ ", 2))
		return take_event(builder, EVENT_MMU_NOTIFIER_INVALIDATE_RANGE_START,
				  line + 2);
	if (!strncmp(line, "- ", 2))
		return take_event(builder, EVENT_MMU_NOTIFIER_INVALIDATE_RANGE_END,
				  line + 2);
	if (!strncmp(line, "k ", 2))
		return take_kvm(builder, line + 2);
	if (!strncmp(line, "s ", 2))
		return take_stat(builder, line + 2);
	if (!strncmp(line, "d ", 2))
		return take_dirty_log(builder, line + 2);
	if (!strncmp(line, "! ", 2))
		return take_release(builder, line + 2);
	if (!strncmp(line, "ret ", 4))
		return take_ret(builder, line + 4);
	if (!strncmp(line, "state ", 6))
		return take_state(builder, line + 6);
	return -EPROTO;
}

static bool write_kvm(const struct event *event, struct strbuf *out)
{
	unsigned int i, arg;

	for (i = 0; i < KVM_EVENTS_NR; i++)
		if (kvm_events[i].id == event->id)
			break;
	if (i == KVM_EVENTS_NR)
		return false;
	strbuf_addf(out, "k %u %s", event->pid, kvm_events[i].name);
	for (arg = 0; arg < KVM_ARGS; arg++)
		strbuf_addf(out, " %lx", event->arg[arg]);
	strbuf_addch(out, '\n');
	return true;
}

static void write_event(const struct event *event, struct strbuf *out)
{
	bool start = event->id == EVENT_MMU_NOTIFIER_INVALIDATE_RANGE_START;

	if (event->id == EVENT_TRACING_MARK_WRITE || write_kvm(event, out))
		return;
	if (event->id == EVENT_KVM_STAT) {
		strbuf_addf(out, "s %u %lu %lu %lx %s\n", event->pid, event->arg[0],
			    event->arg[1], event->arg[2], event_kvm_stat_name(event->arg[1]));
		return;
	}
	if (event->id == EVENT_KVM_DIRTY_LOG) {
		strbuf_addf(out, "d %u %lu %lu %lx %lx\n", event->pid, event->arg[0],
			    event->arg[1], event->arg[2], event->arg[3]);
		return;
	}
	if (event->id == EVENT_MMU_NOTIFIER_RELEASE) {
		strbuf_addf(out, "! %u\n", event->pid);
		return;
	}
	strbuf_addf(out, "%c %u %u %lx %lx %s\n", start ? '+' : '-', event->pid,
		    (unsigned int)event->arg[0], event->arg[1], event->arg[2],
		    mmu_notify_name(event->arg[0]));
}

static void write_log(const struct host_stream *stream, struct strbuf *out)
{
	const char *at = strbuf_str(&stream->log), *end;

	for (; *at; at = *end ? end + 1 : end) {
		end = strchrnul(at, '\n');
		strbuf_addstr(out, "log ");
		strbuf_add(out, at, end - at);
		strbuf_addch(out, '\n');
	}
}

/* Names of files may have line ends and other control characters. */
static void add_text(struct strbuf *out, const char *text)
{
	for (; *text; text++)
		strbuf_addch(out, (unsigned char)*text < ' ' || *text == 0x7f ? '?' : *text);
	strbuf_addch(out, '\n');
}

void host_stream_write(const struct host_stream *stream, const struct script *script,
		       const char *release, struct strbuf *out)
{
	const struct host_op *op;
	size_t i, j;

	strbuf_addf(out, STREAM_MAGIC "\nkernel %s\nscript ", release);
	add_text(out, script->file);
	for (i = 0; i < stream->nr_ops; i++) {
		op = &stream->ops[i];
		strbuf_addf(out, "op %u %u ", op->op, op->pid);
		add_text(out, stream->marks[op->op]);
		for (j = 0; j < op->nr_events; j++)
			write_event(&stream->events[op->first_event + j], out);
		if (op->returned)
			strbuf_addf(out, "ret %d %s\n", -op->err,
				    op->err ? errname(op->err) : "");
	}
	write_log(stream, out);
	strbuf_addf(out, "state %s %u\n", host_status_name(stream->status),
		    stream->detail);
}

/* One line of a kept stream; @number counts from 1. */
static int read_line(struct stream_builder *builder, unsigned int number,
		     const char *line, struct strbuf *release)
{
	if (number == 1)
		return strcmp(line, STREAM_MAGIC) ? -EPROTO : 0;
	if (number == 2) {
		if (strncmp(line, "kernel ", 7))
			return -EPROTO;
		strbuf_addstr(release, line + 7);
		return strbuf_error(release);
	}
	if (number == 3)
		return strncmp(line, "script ", 7) ? -EPROTO : 0;
	return stream_line(builder, line);
}

static int read_lines(struct stream_builder *builder, const char *text, size_t len,
		      struct strbuf *release, unsigned int *ret_number)
{
	char line[STREAM_MAX_LINE + 1];
	const char *end = text + len, *next;
	size_t line_len;
	int err = 0;

	for (*ret_number = 0; text < end && !err; text = next + 1) {
		next = memchr(text, '\n', end - text);
		++*ret_number;
		if (!next)
			return -EPROTO;
		line_len = next - text < STREAM_MAX_LINE ? next - text : STREAM_MAX_LINE;
		memcpy(line, text, line_len);
		line[line_len] = 0;
		if (memchr(line, 0, line_len))
			return -EPROTO;
		err = read_line(builder, *ret_number, line, release);
	}
	return err;
}

int host_stream_read(const char *name, const char *text, size_t len,
		     const struct script *script, struct host_stream *ret_stream,
		     struct strbuf *ret_release, struct strbuf *diag)
{
	struct stream_builder builder;
	struct host_stream stream = { 0 };
	struct strbuf release = STRBUF_INIT;
	unsigned int number = 0;
	int err;

	err = stream_begin(&builder, script, &stream);
	if (!err)
		err = read_lines(&builder, text, len, &release, &number);
	if (!err && !builder.ended)
		err = -EPROTO;
	if (err == -EPROTO) {
		strbuf_addf(diag, "%s:%u: error: not a kept stream of %s\n", name, number,
			    script->file);
		err = -EINVAL;
	}
	if (err) {
		host_stream_release(&stream);
		strbuf_release(&release);
		return err;
	}
	*ret_stream = stream;
	*ret_release = release;
	return 0;
}
