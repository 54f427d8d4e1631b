// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <base/nearest.h>
#include <base/strbuf.h>

#define MAX_WORDS 128

struct parser {
	const struct command *command;
	int argc;
	char **argv;
	int next; /* argument looked at */
};

/* The nearest of a list, as the tail of a message: "; did you mean '--json'?". */
static void add_nearest(struct strbuf *out, const char *word, size_t len,
			const char *const *words, size_t nr, const char *prefix)
{
	const char *near = nearest_word(word, len, words, nr);

	if (near)
		strbuf_addf(out, "; did you mean '%s%s'?", prefix, near);
}

static size_t count_words(const char *const *words)
{
	size_t nr = 0;

	while (words[nr])
		nr++;
	return nr;
}

static int unknown_choice(struct parser *p, const struct option *option, const char *word,
			  size_t len)
{
	struct strbuf hint = STRBUF_INIT;
	size_t i;

	add_nearest(&hint, word, len, option->choices, count_words(option->choices), "");
	if (!hint.len) {
		strbuf_addstr(&hint, "; one of");
		for (i = 0; option->choices[i]; i++)
			strbuf_addf(&hint, " %s", option->choices[i]);
	}
	usage_error(p->command, "--%s: no %s is called '%.*s'%s", option->name,
		    option->name, (int)len, word, strbuf_str(&hint));
	strbuf_release(&hint);
	return OPTIONS_BAD;
}

/* Index of a choice or of the only one that begins with @word; -1 when there is none. */
static int find_choice(const char *const *choices, const char *word, size_t len)
{
	int i, found = -1;

	for (i = 0; choices[i]; i++) {
		if (strncmp(choices[i], word, len) || !len)
			continue;
		if (!choices[i][len])
			return i;
		found = found == -1 ? i : -2;
	}
	return found >= 0 ? found : -1;
}

static int parse_choices(struct parser *p, const struct option *option, const char *arg,
			 uint64_t *ret_set)
{
	uint64_t set = 0;

	for (;;) {
		size_t len = strcspn(arg, ",");
		int i = find_choice(option->choices, arg, len);

		if (i < 0)
			return unknown_choice(p, option, arg, len);
		set |= 1ull << i;
		if (!arg[len])
			break;
		arg += len + 1;
	}
	*ret_set = set;
	return 0;
}

static int add_set(struct parser *p, const struct option *option, const char *arg)
{
	struct option_sets *sets = option->value;

	if (sets->nr < OPTION_MAX_SETS)
		return parse_choices(p, option, arg, &sets->set[sets->nr++]);
	usage_error(p->command, "--%s may be given %d times", option->name, OPTION_MAX_SETS);
	return OPTIONS_BAD;
}

static int add_string(struct parser *p, const struct option *option, const char *arg)
{
	struct option_strings *strings = option->value;

	if (strings->nr < OPTION_MAX_STRINGS) {
		strings->string[strings->nr++] = arg;
		return 0;
	}
	usage_error(p->command, "--%s may be given %d times", option->name, OPTION_MAX_STRINGS);
	return OPTIONS_BAD;
}

/* Decimal with a binary unit. */
static int set_size(struct parser *p, const struct option *option, const char *arg)
{
	static const char units[] = "KMGT";
	const char *unit;
	unsigned int shift = 0;
	uint64_t value;
	char *end;

	errno = 0;
	value = strtoull(arg, &end, 10);
	unit = *end ? strchr(units, *end) : NULL;
	if (unit) {
		shift = 10 * (unsigned int)(unit - units + 1);
		end++;
	}
	if (*arg < '0' || *arg > '9' || *end || errno || value >= UINT64_MAX >> shift) {
		usage_error(p->command, "--%s wants a size such as 4K, 2M or 1G, not '%s'",
			    option->name, arg);
		return OPTIONS_BAD;
	}
	*(uint64_t *)option->value = value << shift;
	return 0;
}

static int set_uint(struct parser *p, const struct option *option, const char *arg)
{
	uint64_t value = 0;
	const char *s = arg;

	for (; *s >= '0' && *s <= '9'; s++)
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*s - '0'), &value))
			break;
	if (*s || s == arg || (!value && option->type == OPTION_UINT)) {
		usage_error(p->command, "--%s wants a number%s, not '%s'", option->name,
			    *s || s == arg ? "" : " from 1 on", arg);
		return OPTIONS_BAD;
	}
	*(uint64_t *)option->value = value;
	return 0;
}

static int set_value(struct parser *p, const struct option *option, const char *arg)
{
	int i;

	switch (option->type) {
	case OPTION_STRING:
		*(const char **)option->value = arg;
		return 0;
	case OPTION_UINT:
	case OPTION_UINT0:
		return set_uint(p, option, arg);
	case OPTION_CHOICE:
		i = find_choice(option->choices, arg, strlen(arg));
		if (i < 0)
			return unknown_choice(p, option, arg, strlen(arg));
		*(int *)option->value = i;
		return 0;
	case OPTION_CHOICES:
		return parse_choices(p, option, arg, option->value);
	case OPTION_SETS:
		return add_set(p, option, arg);
	case OPTION_SIZE:
		return set_size(p, option, arg);
	case OPTION_STRINGS:
		return add_string(p, option, arg);
	case OPTION_FLAG:
	case OPTION_END:
		break;
	}
	return OPTIONS_BAD;
}

static void unset(const struct option *option)
{
	switch (option->type) {
	case OPTION_FLAG:
		*(bool *)option->value = false;
		break;
	case OPTION_STRING:
		*(const char **)option->value = NULL;
		break;
	case OPTION_UINT:
	case OPTION_UINT0:
	case OPTION_CHOICES:
		*(uint64_t *)option->value = 0;
		break;
	case OPTION_CHOICE:
		*(int *)option->value = -1;
		break;
	case OPTION_SETS:
		((struct option_sets *)option->value)->nr = 0;
		break;
	case OPTION_SIZE:
		*(uint64_t *)option->value = UINT64_MAX;
		break;
	case OPTION_STRINGS:
		((struct option_strings *)option->value)->nr = 0;
		break;
	case OPTION_END:
		break;
	}
}

/* A flag is set; anything else takes @arg, or the next argument when @arg is NULL. */
static int apply(struct parser *p, const struct option *option, const char *arg)
{
	if (option->type == OPTION_FLAG) {
		*(bool *)option->value = true;
		return 0;
	}
	if (!arg) {
		if (p->next + 1 >= p->argc) {
			usage_error(p->command, "--%s wants an argument: %s", option->name,
				    option->arg);
			return OPTIONS_BAD;
		}
		arg = p->argv[++p->next];
	}
	return set_value(p, option, arg);
}

static int unknown_option(struct parser *p, const char *dashes, const char *word, size_t len)
{
	const char *words[MAX_WORDS] = { "help" };
	const struct option *option;
	struct strbuf hint = STRBUF_INIT;
	size_t nr = 1;

	for (option = p->command->options; option->type && nr < MAX_WORDS; option++)
		words[nr++] = option->name;
	if (dashes[1])
		add_nearest(&hint, word, len, words, nr, "--");
	usage_error(p->command, "unknown option '%s%.*s'%s", dashes, (int)len, word,
		    strbuf_str(&hint));
	strbuf_release(&hint);
	return OPTIONS_BAD;
}

/* The option called @name or the only one that begins so; *ret_nr counts the candidates. */
static const struct option *find_long(const struct option *options, const char *name, size_t len,
				      unsigned int *ret_nr)
{
	const struct option *found = NULL;

	*ret_nr = 0;
	for (; options->type; options++) {
		if (strncmp(options->name, name, len))
			continue;
		if (!options->name[len]) {
			*ret_nr = 1;
			return options;
		}
		found = options;
		++*ret_nr;
	}
	return found;
}

/* "'--l' may be --levels or --literal"; @skip bytes of @word are "no-". */
static int ambiguous(struct parser *p, const char *word, size_t len, size_t skip)
{
	const struct option *option = p->command->options;
	struct strbuf names = STRBUF_INIT;

	for (; option->type; option++)
		if (!strncmp(option->name, word + skip, len - skip))
			strbuf_addf(&names, "%s --%.*s%s", names.len ? " or" : "", (int)skip, word,
				    option->name);
	usage_error(p->command, "'--%.*s' may be%s", (int)len, word, strbuf_str(&names));
	strbuf_release(&names);
	return OPTIONS_BAD;
}

static int parse_long(struct parser *p, const char *word)
{
	size_t len = strcspn(word, "=");
	const char *arg = word[len] ? word + len + 1 : NULL;
	const struct option *option;
	bool no = false;
	unsigned int nr;

	if (len == 4 && !strncmp(word, "help", 4))
		return OPTIONS_HELP;
	option = find_long(p->command->options, word, len, &nr);
	if (!nr && len > 3 && !strncmp(word, "no-", 3)) {
		no = true;
		option = find_long(p->command->options, word + 3, len - 3, &nr);
	}
	if (!nr || !len)
		return unknown_option(p, "--", word, len);
	if (nr > 1)
		return ambiguous(p, word, len, no ? 3 : 0);
	if (arg && (no || option->type == OPTION_FLAG)) {
		usage_error(p->command, "'--%.*s' takes no argument", (int)len, word);
		return OPTIONS_BAD;
	}
	if (!no)
		return apply(p, option, arg);
	unset(option);
	return 0;
}

/* "-qo FILE", "-qoFILE" */
static int parse_letters(struct parser *p, const char *letters)
{
	while (*letters) {
		const struct option *option = p->command->options;
		int ret;

		if (*letters == 'h')
			return OPTIONS_HELP;
		while (option->type && option->letter != *letters)
			option++;
		if (!option->type)
			return unknown_option(p, "-", letters, 1);
		if (option->type != OPTION_FLAG)
			return apply(p, option, letters[1] ? letters + 1 : NULL);
		ret = apply(p, option, NULL);
		if (ret)
			return ret;
		letters++;
	}
	return 0;
}

int options_parse(const struct command *command, int argc, char **argv)
{
	struct parser p = { command, argc, argv, 0 };
	int kept = 0, ret = 0;

	for (; p.next < argc; p.next++) {
		char *word = argv[p.next];

		if (!strcmp(word, "--")) {
			p.next++;
			break;
		}
		if (command->wraps && word[0] != '-')
			break;
		if (word[0] != '-' || !word[1])
			argv[kept++] = word;
		else if (word[1] == '-')
			ret = parse_long(&p, word + 2);
		else
			ret = parse_letters(&p, word + 1);
		if (ret)
			return ret;
	}
	for (; p.next < argc; p.next++)
		argv[kept++] = argv[p.next];
	argv[kept] = NULL;
	return kept;
}

/* What stands left of the help: "  -o, --output FILE". */
static size_t print_left(FILE *out, const struct option *option)
{
	char letter[8] = "    ";

	if (option->letter)
		snprintf(letter, sizeof(letter), "-%c, ", option->letter);
	return fprintf(out, "  %s--%s%s%s", letter, option->name, option->arg ? " " : "",
		       option->arg ? option->arg : "");
}

#define HELP_COLUMN 26
#define HELP_WIDTH 90

/* The choices below an option, in lines that fit a terminal. */
static void print_choices(FILE *out, const char *const *choices)
{
	size_t column = HELP_COLUMN - 1;

	fprintf(out, "%*s", HELP_COLUMN - 1, "");
	for (; *choices; choices++) {
		if (column + 1 + strlen(*choices) > HELP_WIDTH) {
			fprintf(out, "\n%*s", HELP_COLUMN - 1, "");
			column = HELP_COLUMN - 1;
		}
		column += fprintf(out, " %s", *choices);
	}
	fputc('\n', out);
}

void options_print(FILE *out, const struct option *options)
{
	for (; options->type; options++) {
		size_t width = print_left(out, options);

		fprintf(out, width < HELP_COLUMN ? "%*s%s\n" : "\n%*s%s\n",
			(int)(width < HELP_COLUMN ? HELP_COLUMN - width : HELP_COLUMN), "",
			options->help);
		if (options->choices)
			print_choices(out, options->choices);
	}
	fprintf(out, "  -h, --help%*s%s\n", HELP_COLUMN - 12, "", "show this text");
}
