/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Options as a table, in the manner of git's parse-options: the same array parses, prints -h,
 * feeds completion and is held against the man page.
 *
 * Long options may be shortened to any unique prefix and negated with --no-; letters may be
 * bundled; options and arguments may be mixed; "--" ends the options; "-" is an argument.
 */
#ifndef CLI_OPTIONS_INTERNAL_H
#define CLI_OPTIONS_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* What an option takes and where it is stored; --no-NAME stores what is in brackets. */
enum option_type {
	OPTION_END,	/* the end of an array */
	OPTION_FLAG,	/* bool: true [false] */
	OPTION_STRING,	/* const char * [NULL] */
	OPTION_UINT,	/* uint64_t from 1 on [0] */
	OPTION_UINT0,	/* uint64_t, 0 as well [0] */
	OPTION_CHOICE,	/* int: index into choices [-1] */
	OPTION_CHOICES, /* uint64_t: bits of choices, given as A,B,... [0] */
	OPTION_SETS,	/* struct option_sets: as OPTION_CHOICES, once per use of the option [none] */
	OPTION_SIZE,	/* uint64_t: bytes, as 4K, 2M, 1G, 1T [UINT64_MAX] */
	OPTION_STRINGS, /* struct option_strings: once per use of the option [none] */
};

/** struct option_strings - what an OPTION_STRINGS was given, in order */
#define OPTION_MAX_STRINGS 64
struct option_strings {
	unsigned int nr;
	const char *string[OPTION_MAX_STRINGS];
};

/** struct option_sets - what an OPTION_SETS was given, in order */
#define OPTION_MAX_SETS 32
struct option_sets {
	unsigned int nr;
	uint64_t set[OPTION_MAX_SETS];
};

/**
 * struct option - one option
 * @letter: short form, 0 for none
 * @name: long form without dashes
 * @arg: what the argument is called in the help; NULL for flags
 * @choices: NULL-terminated, for OPTION_CHOICE, OPTION_CHOICES and OPTION_SETS
 */
struct option {
	char letter;
	const char *name;
	enum option_type type;
	void *value;
	const char *arg;
	const char *help;
	const char *const *choices;
};

#define OPT_FLAG(l, n, v, h) { l, n, OPTION_FLAG, v, NULL, h, NULL }
#define OPT_STRING(l, n, v, a, h) { l, n, OPTION_STRING, v, a, h, NULL }
#define OPT_UINT(l, n, v, a, h) { l, n, OPTION_UINT, v, a, h, NULL }
#define OPT_UINT0(l, n, v, a, h) { l, n, OPTION_UINT0, v, a, h, NULL }
#define OPT_CHOICE(l, n, v, a, h, c) { l, n, OPTION_CHOICE, v, a, h, c }
#define OPT_CHOICES(l, n, v, a, h, c) { l, n, OPTION_CHOICES, v, a, h, c }
#define OPT_SETS(l, n, v, a, h, c) { l, n, OPTION_SETS, v, a, h, c }
#define OPT_SIZE(l, n, v, a, h) { l, n, OPTION_SIZE, v, a, h, NULL }
#define OPT_STRINGS(l, n, v, a, h) { l, n, OPTION_STRINGS, v, a, h, NULL }
#define OPT_END { 0, NULL, OPTION_END, NULL, NULL, NULL, NULL }

struct command;

/* Results of options_parse() other than a number of arguments. */
#define OPTIONS_BAD -1	/* a message has been printed */
#define OPTIONS_HELP -2 /* -h or --help was given */

/**
 * options_parse() - take the options out of @argv, which keeps the arguments in order.
 * Return: the number of arguments left, OPTIONS_BAD or OPTIONS_HELP.
 */
int options_parse(const struct command *command, int argc, char **argv);

/** options_print() - the list of options as -h shows it. */
void options_print(FILE *out, const struct option *options);

#endif /* CLI_OPTIONS_INTERNAL_H */
