/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Helpers of the script room's tests. */
#ifndef TESTS_SCRIPT_TEST_H
#define TESTS_SCRIPT_TEST_H

#include <script/script.h>

#include <base/mem.h>
#include <base/strbuf.h>

#include <string.h>

#include "tap.h"

/* struct parsed - a parse and what it said */
struct parsed {
	struct script *script;
	struct strbuf diag;
	int err;
};

static inline struct parsed parse_len(const char *text, size_t len)
{
	struct parsed parsed = {.script = NULL, .diag = STRBUF_INIT};

	parsed.err = script_parse("t.mms", text, len, &parsed.diag, &parsed.script);
	return parsed;
}

static inline struct parsed parse(const char *text)
{
	return parse_len(text, strlen(text));
}

static inline void release(struct parsed *parsed)
{
	parsed->script = script_free(parsed->script);
	strbuf_release(&parsed->diag);
}

/* Text as TAP comments. */
static inline void comment(const char *text)
{
	fputs("# ", stdout);
	for (; *text; text++) {
		putchar(*text);
		if (*text == '\n')
			fputs("# ", stdout);
	}
	putchar('\n');
}

/* The parse must succeed without a word. */
static inline struct parsed parse_ok(const char *text)
{
	struct parsed parsed = parse(text);

	if (!tap_ok(!parsed.err && !parsed.diag.len, "parses: %.*s",
		    (int)strcspn(text, "\n"), text))
		comment(strbuf_str(&parsed.diag));
	return parsed;
}

#endif /* TESTS_SCRIPT_TEST_H */
