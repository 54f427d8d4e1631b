// SPDX-License-Identifier: GPL-2.0-or-later
/* Any bytes as lines of a trace: what is taken for a record prints, and reads back as it was. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include <base/event.h>
#include <base/strbuf.h>
#include <trace/compare.h>
#include <trace/trace.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_line(const char *line, size_t len)
{
	const struct trace_compare_options exact = { .what = TRACE_WHAT_ALL };
	struct strbuf text = STRBUF_INIT, again = STRBUF_INIT;
	struct event event, back;

	if (trace_parse_line(line, len, &event) == 1) {
		trace_format(&text, &event);
		assert(trace_parse_line(text.buf, text.len, &back) == 1);
		trace_format(&again, &back);
		assert(text.len == again.len && !memcmp(text.buf, again.buf, text.len));
		assert(trace_same_event(&event, &back, &exact));
	}
	strbuf_release(&text);
	strbuf_release(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data, *end = text + size;

	while (text < end) {
		const char *newline = memchr(text, '\n', end - text);
		size_t len = newline ? (size_t)(newline - text) : (size_t)(end - text);

		check_line(text, len);
		text += len + 1;
	}
	return 0;
}
