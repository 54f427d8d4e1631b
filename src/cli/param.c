// SPDX-License-Identifier: GPL-2.0-or-later
/* Parameters on the command line, and those that set how a script is run. */
#include "model_internal.h"
#include "param_internal.h"

#include <errno.h>
#include <string.h>

#include <base/nearest.h>
#include <report/store.h>
#include <script/param.h>

static int find_word(const char *const *words, const char *word, size_t len)
{
	int i;

	for (i = 0; words[i]; i++)
		if (strlen(words[i]) == len && !memcmp(words[i], word, len))
			return i;
	return -1;
}

/* "tight+rmap=index" */
static int parse_designs(const char *value, unsigned int *ret_designs)
{
	unsigned int designs = 0;

	if (!strcmp(value, "none")) {
		*ret_designs = 0;
		return 0;
	}
	for (;;) {
		size_t len = strcspn(value, "+");
		int i = find_word(script_design_names, value, len);

		if (i < 0)
			return -EINVAL;
		designs |= 1u << i;
		if (!value[len])
			break;
		value += len + 1;
	}
	*ret_designs = designs;
	return 0;
}

int param_setting(const char *name, const char *value, struct param_setting *ret_setting)
{
	struct param_setting setting = { .mmu = -1 };
	int i;

	if (!strcmp(name, "profile")) {
		i = find_word(script_kernel_names, value, strlen(value));
		if (i < 0)
			return -EINVAL;
		setting.profile = script_kernel_names[i];
	} else if (!strcmp(name, "design")) {
		setting.has_designs = true;
		if (parse_designs(value, &setting.designs))
			return -EINVAL;
	} else if (!strcmp(name, "mmu")) {
		setting.mmu = find_word(mmu_names, value, strlen(value));
		if (setting.mmu < 0)
			return -EINVAL;
	} else if (!strcmp(name, "levels")) {
		if (strcmp(value, "4") && strcmp(value, "5"))
			return -EINVAL;
		setting.levels = value[0] - '0';
	}
	*ret_setting = setting;
	return 0;
}

static const char *const levels_words[] = { "4", "5", NULL };

void param_add_problem(struct strbuf *out, const char *name, const char *value)
{
	const char *const *words = !strcmp(name, "profile") ? script_kernel_names :
				   !strcmp(name, "design")  ? script_design_names :
				   !strcmp(name, "mmu")	    ? mmu_names : levels_words;
	const char *near;
	size_t nr = 0;

	while (words[nr])
		nr++;
	near = nearest_word(value, strlen(value), words, nr);
	strbuf_addf(out, "param %s: no %s is called '", name, name);
	report_text_clean(out, value);
	strbuf_addch(out, '\'');
	if (near)
		strbuf_addf(out, "; did you mean '%s'?", near);
	else
		strbuf_addstr(out, "; one of");
	for (; !near && *words; words++)
		strbuf_addf(out, " %s", *words);
	strbuf_addch(out, '\n');
}

int param_values(const struct command *command, const struct option_strings *given,
		 struct script_value *ret_values)
{
	static char names[OPTION_MAX_STRINGS][SCRIPT_MAX_NAME + 1];
	unsigned int i;

	for (i = 0; i < given->nr; i++) {
		const char *text = given->string[i], *equals = strchr(text, '=');
		size_t len = equals ? (size_t)(equals - text) : 0;

		if (!len || len > SCRIPT_MAX_NAME) {
			usage_error(command, "--param wants NAME=VALUE, not '%s'", text);
			return -1;
		}
		memcpy(names[i], text, len);
		names[i][len] = '\0';
		ret_values[i] = (struct script_value){ names[i], equals + 1 };
	}
	return given->nr;
}
