// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of commands, and what is common to all of them. */
#include "cli_internal.h"
#include "terminal_internal.h"

#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>

#include <base/nearest.h>
#include <base/strbuf.h>

const struct command *const commands[] = {
	&command_run,
	&command_compare,
	&command_sweep,
	&command_diff,
	&command_merge,
	&command_report,
	&command_verify,
	&command_import,
	&command_probe,
	&command_record,
	&command_bench,
	&command_list,
	&command_commands,
	&command_help,
	NULL,
};

#define NR_COMMANDS (sizeof(commands) / sizeof(commands[0]) - 1)

const struct command *command_find(const char *name)
{
	const struct command *const *command;

	for (command = commands; *command; command++)
		if (!strcmp((*command)->name, name))
			return *command;
	return NULL;
}

/* In one write(), because jobs write side by side. */
static void vmessage(const char *who, const char *fmt, va_list ap)
{
	struct strbuf text = STRBUF_INIT, line = STRBUF_INIT;

	fflush(stdout);
	strbuf_vaddf(&text, fmt, ap);
	strbuf_addf(&line, "mmuscope%s%s: ", who ? " " : "", who ? who : "");
	add_visible(&line, strbuf_str(&text), text.len);
	strbuf_addch(&line, '\n');
	fwrite(strbuf_str(&line), 1, line.len, stderr);
	strbuf_release(&text);
	strbuf_release(&line);
}

void error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vmessage(NULL, fmt, ap);
	va_end(ap);
}

int usage_error(const struct command *command, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vmessage(command->name, fmt, ap);
	va_end(ap);
	fprintf(stderr, "'mmuscope %s -h' shows how it is used\n", command->name);
	return STATUS_USAGE;
}

int finish_output(int status)
{
	/* read before the flush: a failed flush forgets the bytes that caused the error */
	bool failed = ferror(stdout);

	if (fflush(stdout) || failed) {
		error("standard output: %s", errno ? strerror(errno) : "write error");
		return STATUS_BROKEN;
	}
	return status;
}

int worse(int a, int b)
{
	return a > b ? a : b;
}

int unknown_command(const char *name)
{
	const char *names[NR_COMMANDS];
	const char *near;
	size_t i;

	for (i = 0; i < NR_COMMANDS; i++)
		names[i] = commands[i]->name;
	near = nearest_word(name, strlen(name), names, NR_COMMANDS);
	error("unknown command '%s'%s%s%s", name, near ? "; did you mean '" : "", near ? near : "",
	      near ? "'?" : "");
	fputs("'mmuscope -h' lists the commands\n", stderr);
	return STATUS_USAGE;
}

void main_help_print(FILE *out)
{
	const struct command *const *command;

	fputs("usage: mmuscope COMMAND [options] [arguments]\n\n"
	      "What a change of a process's memory costs the MMUs behind it: KVM's page tables,\n"
	      "shadow page tables and their reverse maps.\n\ncommands:\n", out);
	for (command = commands; *command; command++)
		fprintf(out, "  %-10s %s\n", (*command)->name, (*command)->summary);
	fputs("\n'mmuscope help COMMAND' or 'mmuscope COMMAND -h' explains one.\n\n"
	      "exit status: 0 fine, 1 a difference or a failed expectation, 2 wrong usage,\n"
	      "3 broken input or an output that could not be written, 77 something is missing\n", out);
}

void command_help_print(FILE *out, const struct command *command)
{
	const char *const *line;

	for (line = command->usage; *line; line++)
		fprintf(out, "%s mmuscope %s%s%s\n", line == command->usage ? "usage:" : "      ",
			command->name, **line ? " " : "", *line);
	fprintf(out, "\n%s\n\noptions:\n", command->about);
	options_print(out, command->options);
	if (command->examples && *command->examples)
		fputs("\nexamples:\n", out);
	for (line = command->examples; line && *line; line++)
		fprintf(out, "  %s\n", *line);
}

static int run_command(const struct command *command, int argc, char **argv)
{
	argc = options_parse(command, argc, argv);
	if (argc == OPTIONS_BAD)
		return STATUS_USAGE;
	if (argc == OPTIONS_HELP) {
		command_help_print(stdout, command);
		return STATUS_OK;
	}
	return command->run(argc, argv);
}

int main(int argc, char **argv)
{
	const struct command *command;
	const char *name = argc > 1 ? argv[1] : NULL;

	setlocale(LC_CTYPE, "");
	signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error of write() */
	if (!name) {
		main_help_print(stderr);
		return STATUS_USAGE;
	}
	if (!strcmp(name, "-h") || !strcmp(name, "--help")) {
		main_help_print(stdout);
		return finish_output(STATUS_OK);
	}
	if (!strcmp(name, "--version")) {
		printf("mmuscope %s\nverified on: %s\n", mmuscope_version,
		       *mmuscope_verified ? mmuscope_verified : "no kernel");
		return finish_output(STATUS_OK);
	}
	if (name[0] == '-') {
		error("unknown option '%s'", name);
		fputs("'mmuscope -h' shows how it is used\n", stderr);
		return STATUS_USAGE;
	}
	command = command_find(name);
	if (!command)
		return unknown_command(name);
	return finish_output(run_command(command, argc - 2, argv + 2));
}
