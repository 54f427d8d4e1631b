// SPDX-License-Identifier: GPL-2.0-or-later
/* mmuscope help */
#include "cli_internal.h"

static int run(int argc, char **argv)
{
	const struct command *command;

	if (argc > 1)
		return usage_error(&command_help, "one command at a time");
	if (!argc) {
		main_help_print(stdout);
		return STATUS_OK;
	}
	command = command_find(argv[0]);
	if (!command)
		return unknown_command(argv[0]);
	command_help_print(stdout, command);
	return STATUS_OK;
}

static const struct option options[] = { OPT_END };

const struct command command_help = {
	.name = "help",
	.run = run,
	.summary = "explain a command",
	.usage = (const char *const[]){ "[COMMAND]", NULL },
	.about = "Show what a command does, its options and examples of its use.",
	.options = options,
	.examples = (const char *const[]){ "mmuscope help run", NULL },
};
