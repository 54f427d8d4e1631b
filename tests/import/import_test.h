/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the import tests share: import a text, look at the operations, parse the result. */
#ifndef TESTS_IMPORT_IMPORT_TEST_H
#define TESTS_IMPORT_IMPORT_TEST_H

#include <import/import.h>
#include <script/script.h>

#include <string.h>

#include "tap.h"

static struct import_report report;

static inline int import_bytes(enum import_format format,
			       const struct import_options *options, const char *text,
			       size_t len, struct strbuf *out)
{
	struct import_memory memory = { text, len, 0 };
	struct import_source source = import_source_memory(&memory);
	struct import_sink sink = import_sink_strbuf(out);

	switch (format) {
	case IMPORT_STRACE:
		return import_strace(options, &source, &sink, &report);
	case IMPORT_FTRACE:
		return import_ftrace(options, &source, &sink, &report);
	default:
		return import_proc(options, &source, &sink, &report);
	}
}

/* The script's operations only: no comment lines, no blank ones. */
static inline void only_operations(const struct strbuf *script, struct strbuf *out)
{
	const char *s = strbuf_str(script);

	while (*s) {
		const char *nl = strchr(s, '\n');
		size_t len = nl ? (size_t)(nl + 1 - s) : strlen(s);

		if (*s != '#' && *s != '\n')
			strbuf_add(out, s, len);
		s += len;
	}
}

static inline bool parses(const struct strbuf *text)
{
	struct strbuf diag = STRBUF_INIT;
	struct script *script = NULL;
	int err = script_parse("imported", strbuf_str(text), text->len, &diag, &script);

	if (err)
		printf("# parse: %d: %.300s\n", err, strbuf_str(&diag));
	strbuf_release(&diag);
	script_free(script);
	return !err;
}

/* What scripts begin with that come of ftrace, or of strace with process numbers. */
#define BLANK "fork blank  # stays empty: programs started later are forked from it\n"

static inline const char *behind_blank(const struct strbuf *operations)
{
	const char *s = strbuf_str(operations);

	return strncmp(s, BLANK, strlen(BLANK)) ? s : s + strlen(BLANK);
}

/*
 * Importing @text must return @want_err and give exactly @want as operations, in a valid script. Of
 * ftrace without BLANK at its head.
 */
static inline void check_as(enum import_format format,
			    const struct import_options *options, const char *name,
			    const char *text, int want_err, const char *want)
{
	struct strbuf script = STRBUF_INIT, got = STRBUF_INIT;
	int err = import_bytes(format, options, text, strlen(text), &script);
	const char *text_got;
	bool same;

	only_operations(&script, &got);
	text_got = format == IMPORT_FTRACE ? behind_blank(&got) : strbuf_str(&got);
	same = !strcmp(text_got, want);
	tap_ok(err == want_err && same && (!got.len || parses(&script)), "%s", name);
	if (err != want_err)
		printf("# returned %d (%s)\n", err, report.error);
	if (!same)
		printf("# --- want\n%s# --- got\n%s# ---\n", want, text_got);
	strbuf_release(&script);
	strbuf_release(&got);
}

/* The common case: a strace log, nothing touched, no line numbers. */
static inline void check(const char *name, const char *text, const char *want)
{
	const struct import_options options = { .touch = IMPORT_TOUCH_NONE,
						.no_origin = true };

	check_as(IMPORT_STRACE, &options, name, text, 0, want);
}

static inline const struct import_call *find_call(const char *name)
{
	for (unsigned int i = 0; i < report.nr_calls; i++)
		if (!strcmp(report.calls[i].name, name))
			return &report.calls[i];
	return NULL;
}

#endif /* TESTS_IMPORT_IMPORT_TEST_H */
