/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A command line written out again, so that who reads a result can make it himself. */
#ifndef CLI_COMMAND_LINE_INTERNAL_H
#define CLI_COMMAND_LINE_INTERNAL_H

#include "design_internal.h"

/** shell_quote() - a word as a shell reads it. */
void shell_quote(struct strbuf *out, const char *word);

/** shell_quote_path() - an argument that is a file, also when it begins with a dash; "-" stays. */
void shell_quote_path(struct strbuf *out, const char *path);

/** command_line_set() - " OPTION NAME,...": the names whose bits are in @set; nothing for 0. */
void command_line_set(struct strbuf *out, const char *option, const char *const *names,
		      uint64_t set);

/**
 * struct command_line - options that several commands have
 * @params: each --param
 * @levels, @watchdog_thresh: 0: not given
 * @cost, @stall_limit: NULL: not given
 */
struct command_line {
	const struct option_strings *params;
	uint64_t levels;
	const struct design_tuning *tuning;
	const char *cost;
	uint64_t watchdog_thresh;
	const char *stall_limit;
};

/** command_line_common() - those that were given. */
void command_line_common(struct strbuf *out, const struct command_line *line);

/**
 * command_line_wrap() - append @command and a newline, in lines of at most @width columns that a
 * shell reads as the same words: a backslash ends those that go on, also in the middle of a word
 * that is too long, whose quotes are closed and opened again there.
 * @width: more than 6
 */
void command_line_wrap(struct strbuf *out, const char *command, size_t width);

#endif /* CLI_COMMAND_LINE_INTERNAL_H */
