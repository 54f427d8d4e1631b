// SPDX-License-Identifier: GPL-2.0-or-later
/* mmuscope commands: the table of commands for other programs, and shell completion. */
#include "cli_internal.h"

#include <report/json.h>

static bool json, completion;

static const char *type_name(enum option_type type)
{
	switch (type) {
	case OPTION_FLAG:
		return "flag";
	case OPTION_STRING:
		return "string";
	case OPTION_STRINGS:
		return "strings";
	case OPTION_UINT:
	case OPTION_UINT0:
		return "number";
	case OPTION_CHOICE:
		return "choice";
	case OPTION_CHOICES:
	case OPTION_SETS:
		return "choices";
	case OPTION_SIZE:
		return "size";
	case OPTION_END:
		break;
	}
	return "";
}

static void json_strings(struct report_json *out, const char *name, const char *const *strings)
{
	report_json_array(out, name);
	for (; strings && *strings; strings++)
		report_json_str(out, NULL, *strings);
	report_json_close(out);
}

static void json_option(struct report_json *out, const struct option *option)
{
	char letter[2] = { option->letter };

	report_json_object(out, NULL);
	report_json_str(out, "name", option->name);
	report_json_str(out, "letter", letter);
	report_json_str(out, "type", type_name(option->type));
	report_json_str(out, "arg", option->arg ? option->arg : "");
	report_json_str(out, "help", option->help);
	json_strings(out, "choices", option->choices);
	report_json_close(out);
}

static void json_command(struct report_json *out, const struct command *command)
{
	const struct option *option;

	report_json_object(out, NULL);
	report_json_str(out, "name", command->name);
	report_json_str(out, "summary", command->summary);
	json_strings(out, "usage", command->usage);
	report_json_str(out, "about", command->about);
	report_json_array(out, "options");
	for (option = command->options; option->type; option++)
		json_option(out, option);
	report_json_close(out);
	json_strings(out, "words", command->words);
	json_strings(out, "examples", command->examples);
	report_json_close(out);
}

static int print_json(void)
{
	const struct command *const *command;
	struct report_json out;

	report_json_init(&out, stdout);
	report_json_object(&out, NULL);
	report_json_str(&out, "version", mmuscope_version);
	report_json_array(&out, "commands");
	for (command = commands; *command; command++)
		json_command(&out, *command);
	report_json_close(&out);
	report_json_close(&out);
	return report_json_end(&out) ? STATUS_BROKEN : STATUS_OK;
}

static void print_words(const char *const *words)
{
	for (; *words; words++)
		printf(" %s", *words);
}

static void print_command_names(void)
{
	const struct command *const *command;

	for (command = commands; *command; command++)
		printf(" %s", (*command)->name);
}

/* What may follow one command's option: "run:--profile) linux-6.1 ...". */
static void complete_choices(const struct command *command)
{
	const struct option *option;

	for (option = command->options; option->type; option++) {
		if (!option->choices)
			continue;
		printf("\t%s:--%s", command->name, option->name);
		if (option->letter)
			printf("|%s:-%c", command->name, option->letter);
		fputs(") words='", stdout);
		print_words(option->choices);
		puts("' ;;");
	}
}

static void complete_command(const struct command *command)
{
	const struct option *option;

	printf("\t%s:-*) words='--help", command->name);
	for (option = command->options; option->type; option++)
		printf(" --%s", option->name);
	puts("' ;;");
	if (!command->words && command != &command_help)
		return;
	printf("\t%s:*) words='", command->name);
	if (command->words)
		print_words(command->words);
	else
		print_command_names();
	puts("' ;;");
}

static int print_completion(void)
{
	const struct command *const *command;

	puts("# bash completion of mmuscope, made by: mmuscope commands --completion\n"
	     "_mmuscope()\n{\n"
	     "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words=\n"
	     "\tlocal command=${COMP_WORDS[1]}\n"
	     "\tCOMPREPLY=()\n"
	     "\tif [ \"$COMP_CWORD\" = 1 ]; then");
	fputs("\t\twords='--help --version", stdout);
	print_command_names();
	puts("'\n\telse\n\tcase $command:$prev in");
	for (command = commands; *command; command++)
		complete_choices(*command);
	puts("\t*) case $command:$cur in");
	for (command = commands; *command; command++)
		complete_command(*command);
	puts("\tesac ;;\n\tesac\n\tfi\n"
	     "\tif [ -n \"$words\" ]; then\n"
	     "\t\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
	     "\telse\n"
	     "\t\tCOMPREPLY=($(compgen -f -- \"$cur\"))\n"
	     "\tfi\n}\n"
	     "complete -o filenames -F _mmuscope mmuscope");
	return STATUS_OK;
}

static int run(int argc, char **argv)
{
	const struct command *const *command;

	if (argc)
		return usage_error(&command_commands, "unexpected argument '%s'", argv[0]);
	if (json && completion)
		return usage_error(&command_commands, "--json or --completion, not both");
	if (json)
		return print_json();
	if (completion)
		return print_completion();
	for (command = commands; *command; command++)
		printf("%-10s %s\n", (*command)->name, (*command)->summary);
	return STATUS_OK;
}

static const struct option options[] = {
	OPT_FLAG('j', "json", &json, "everything that -h shows of every command, as JSON"),
	OPT_FLAG(0, "completion", &completion, "the completion script for bash"),
	OPT_END,
};

const struct command command_commands = {
	.name = "commands",
	.run = run,
	.summary = "list the commands, for people and programs",
	.usage = (const char *const[]){ "[--json | --completion]", NULL },
	.about = "List the commands with their summaries.",
	.options = options,
	.words = (const char *const[]){ NULL },
	.examples = (const char *const[]){ "mmuscope commands --json",
					   "eval \"$(mmuscope commands --completion)\"", NULL },
};
