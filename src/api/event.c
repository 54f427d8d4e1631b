// SPDX-License-Identifier: GPL-2.0-or-later
/* Looking at a record. */
#include "api_internal.h"

#include <trace/trace.h>

#include <limits.h>
#include <string.h>

static_assert(MS_EVENT_NUMBERS == EVENT_ARGS, "numbers of a record");

static const struct event *event_of(const struct ms_event *event)
{
	return (const struct event *)event;
}

const char *ms_event_name(const struct ms_event *event)
{
	return trace_event_name(event_of(event)->id);
}

uint32_t ms_event_pid(const struct ms_event *event)
{
	return event_of(event)->pid;
}

uint64_t ms_event_sequence(const struct ms_event *event)
{
	return event_of(event)->seq;
}

int ms_event_number(const struct ms_event *event, unsigned int index, uint64_t *ret_number)
{
	if (index >= EVENT_ARGS)
		return -EINVAL;
	*ret_number = event_of(event)->id == EVENT_TRACING_MARK_WRITE ? 0 :
		      event_of(event)->arg[index];
	return 0;
}

int ms_event_format(const struct ms_event *event, char *buf, size_t size)
{
	struct strbuf text = STRBUF_INIT;
	size_t len;
	int err;

	trace_format(&text, event_of(event));
	err = strbuf_error(&text);
	len = text.len < INT_MAX ? text.len : INT_MAX;
	if (!err && size) {
		size_t kept = len < size ? len : size - 1;

		memcpy(buf, strbuf_str(&text), kept);
		buf[kept] = '\0';
	}
	strbuf_release(&text);
	return err ? err : (int)len;
}
