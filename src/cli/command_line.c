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

void shell_quote_path(struct strbuf *out, const char *path)
{
	struct strbuf local = STRBUF_INIT;

	if (path[0] == '-' && path[1]) {
		strbuf_addf(&local, "./%s", path);
		path = strbuf_str(&local);
	}
	shell_quote(out, path);
	strbuf_pass_error(out, &local);
	strbuf_release(&local);
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
	unsigned int i;

	for (i = 0; i < line->params->nr; i++)
		add_word(out, "--param", line->params->string[i]);
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

/* One character, or a backslash with the one behind it. */
static size_t unit(const char *text, bool quoted)
{
	return !quoted && *text == '\\' && text[1] ? 2 : 1;
}

/* Up to the blank that ends it; blanks in quotes are part of it. */
static size_t word_length(const char *text)
{
	bool quoted = false;
	size_t len = 0;

	while (text[len] && (quoted || text[len] != ' ') && (quoted || text[len] != '\n')) {
		quoted ^= text[len] == '\'';
		len += unit(text + len, quoted);
	}
	return len;
}

/* A word from @column on; a longer one than the line goes on at the start of the next. */
static size_t add_long_word(struct strbuf *out, const char *word, size_t len, size_t column,
			    size_t width)
{
	bool quoted = false;
	size_t at = 0;

	while (at < len) {
		size_t n = unit(word + at, quoted);

		if (len > width - 6 && column + n + 2 > width) {
			strbuf_addstr(out, quoted ? "'\\\n'" : "\\\n");
			column = quoted;
		}
		quoted ^= word[at] == '\'';
		strbuf_add(out, word + at, n);
		column = word[at] == '\n' ? 0 : column + n;
		at += n;
	}
	return column;
}

void command_line_wrap(struct strbuf *out, const char *command, size_t width)
{
	size_t column = 0;

	while (*command) {
		size_t len = word_length(command);

		if (column && column + 1 + len + 2 > width) {
			strbuf_addstr(out, " \\\n    ");
			column = 4;
		} else if (column) {
			strbuf_addch(out, ' ');
			column++;
		}
		column = add_long_word(out, command, len, column, width);
		command += len;
		command += strspn(command, " \n");
	}
	strbuf_addch(out, '\n');
}
