/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command line: one table of commands (main.c), one file per command.
 *
 * To add a command: write its file with a struct command, declare that here, list it in main.c
 * and in meson.build, and write man/mmuscope-NAME.1.scd. tests/cli fails while one is missing.
 */
#ifndef CLI_CLI_INTERNAL_H
#define CLI_CLI_INTERNAL_H

#include <stdbool.h>
#include <stdio.h>

#include "options_internal.h"

/* Exit statuses, the same for all commands. */
enum {
	STATUS_OK = 0,
	STATUS_DIFFERENT = 1, /* a difference or a failed expectation */
	STATUS_USAGE = 2,
	STATUS_BROKEN = 3, /* broken input, or the output could not be written */
	STATUS_SKIPPED = 77,
};

/**
 * struct command - one command
 * @run: called with the arguments that are not options; returns the exit status
 * @summary: one line
 * @usage: what follows the name, one string per form, NULL-terminated
 * @about: what it does, under the usage; lines of at most 78 columns
 * @options: ended by OPT_END
 * @wraps: arguments are another program's command line: the first of them ends the options
 * @words: what an argument may be, for completion: NULL-terminated; NULL for files
 * @examples: shell lines that work as they are from the source folder; NULL-terminated
 */
struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
	const char *const *usage;
	const char *about;
	const struct option *options;
	bool wraps;
	const char *const *words;
	const char *const *examples;
};

extern const struct command *const commands[];
extern const struct command command_bench, command_commands, command_compare, command_diff,
	command_help, command_import, command_list, command_merge, command_probe, command_record,
	command_report, command_run, command_sweep, command_verify;

extern const char mmuscope_version[];
extern const char mmuscope_verified[];

/** command_find() - by exact name; NULL when there is none. */
const struct command *command_find(const char *name);

/** command_help_print() - what -h prints. */
void command_help_print(FILE *out, const struct command *command);

/** main_help_print() - what mmuscope -h prints. */
void main_help_print(FILE *out);

/** unknown_command() - says so, with the nearest name. Return: STATUS_USAGE. */
int unknown_command(const char *name);

/** error() - one line on standard error: "mmuscope: ...". */
__attribute__((format(printf, 1, 2))) void error(const char *fmt, ...);

/** usage_error() - "mmuscope NAME: ..." and where the help is. Return: STATUS_USAGE. */
__attribute__((format(printf, 2, 3))) int usage_error(const struct command *command,
						      const char *fmt, ...);

/**
 * finish_output() - flush standard output.
 * Return: @status, or STATUS_BROKEN with a message when it could not be written.
 */
int finish_output(int status);

/** worse() - the graver of two exit statuses. */
int worse(int a, int b);

#endif /* CLI_CLI_INTERNAL_H */
