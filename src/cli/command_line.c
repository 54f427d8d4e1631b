// SPDX-License-Identifier: GPL-2.0-or-later
#include "command_line_internal.h"

#include <inttypes.h>
#include <string.h>

void shell_quote(struct strbuf *out, const char *word)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
		"_-./=,+:@%";

	if (*word && !word[strspn(word, plain)]) {
		strbuf_addstr(out, word);
		return;
	}
	strbuf_addch(out, '\'');
	for (; *word; word++)
		if (*word == '\'')
			strbuf_addstr(out, "'\\''");
		else
			strbuf_addch(out, *word);
	strbuf_addch(out, '\'');
}

void command_line_set(struct strbuf *out, const char *option, const char *const *names,
		      uint64_t set)
{
	const char *before = "";

	if (!set)
		return;
	strbuf_addf(out, " %s ", option);
	for (; *names; names++, set >>= 1) {
		if (!(set & 1))
			continue;
		strbuf_addf(out, "%s%s", before, *names);
		before = ",";
	}
}

static void add_word(struct strbuf *out, const char *option, const char *word)
{
	if (!word)
		return;
	strbuf_addf(out, " %s ", option);
	shell_quote(out, word);
}

void command_line_common(struct strbuf *out, const struct command_line *line)
{
	if (line->tuning->gap != UINT64_MAX) {
		strbuf_addstr(out, " --gap ");
		strbuf_addsize(out, line->tuning->gap);
	}
	if (line->tuning->granularity >= 0)
		strbuf_addf(out, " --granularity %s",
			    granularity_choices[line->tuning->granularity]);
	if (line->levels)
		strbuf_addf(out, " --levels %" PRIu64, line->levels);
	add_word(out, "--cost", line->cost);
	if (line->watchdog_thresh)
		strbuf_addf(out, " --watchdog-thresh %" PRIu64, line->watchdog_thresh);
	add_word(out, "--stall-limit", line->stall_limit);
}
