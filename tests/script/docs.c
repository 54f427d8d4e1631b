// SPDX-License-Identifier: GPL-2.0-or-later
/* docs/script.md: its examples are right and it names every word of the language. */
#include "script_test.h"

#include <base/event.h>
#include <script/param.h>
#include <stdlib.h>

#define FENCE "```"

/* docs/script.md beside this source file, whose path the compiler was given. */
static char *read_reference(void)
{
	static const char suffix[] = "tests/script/docs.c", file[] = "docs/script.md";
	size_t prefix = strlen(__FILE__) - strlen(suffix);
	char path[4096], *text;
	FILE *stream;
	size_t len;

	snprintf(path, sizeof(path), "%.*s%s", (int)prefix, __FILE__, file);
	stream = fopen(path, "r");
	text = calloc(1, 1 << 20);
	if (!stream || !text) {
		free(text);
		return NULL;
	}
	len = fread(text, 1, (1 << 20) - 1, stream);
	fclose(stream);
	text[len] = '\0';
	return text;
}

/* A script with parameters is parsed with the first value of each. */
static struct parsed parse_example(const char *text, size_t len)
{
	struct parsed p = { .script = NULL, .diag = STRBUF_INIT };
	struct script_value values[SCRIPT_MAX_PARAMS];
	struct script_params params;
	size_t i;

	p.err = script_params_read("t.mms", text, len, &p.diag, &params);
	if (p.err)
		return p;
	for (i = 0; i < params.nr; i++)
		values[i] = (struct script_value){ params.params[i].name, params.params[i].values[0] };
	p.err = script_parse_with("t.mms", text, len, values, params.nr, &p.diag, &p.script);
	script_params_release(&params);
	return p;
}

static void test_examples(const char *text)
{
	const char *start, *end;
	unsigned int n = 0;

	for (; (start = strstr(text, FENCE "mms\n")); text = end + strlen(FENCE)) {
		struct parsed p;

		start += strlen(FENCE "mms\n");
		end = strstr(start, FENCE);
		if (!end)
			break;
		p = parse_example(start, end - start);
		if (!tap_ok(!p.err && !strstr(strbuf_str(&p.diag), "error"), "example %u",
			    ++n))
			comment(strbuf_str(&p.diag));
		release(&p);
	}
	tap_ok(n >= 15, "there are examples");
}

static void test_words(const char *text)
{
	char quoted[64];
	unsigned int i;

	for (i = 0; i < OP_NR; i++) {
		snprintf(quoted, sizeof(quoted), "`%s", script_opcode_name(i));
		tap_ok(strstr(text, quoted), "%s is explained", quoted + 1);
	}
	for (i = 0; i < SCRIPT_MADV_NR; i++)
		tap_ok(strstr(text, script_advice_name(i)), "advice %s",
		       script_advice_name(i));
	for (i = 0; i < MMU_NOTIFY_NR; i++)
		tap_ok(strstr(text, mmu_notify_name(i)), "event %s", mmu_notify_name(i));
	for (i = 0; script_setting_names[i]; i++) {
		snprintf(quoted, sizeof(quoted), "| `%s` |", script_setting_names[i]);
		tap_ok(strstr(text, quoted), "setting %s", script_setting_names[i]);
	}
	for (i = 0; script_profile_names[i]; i++)
		tap_ok(strstr(text, script_profile_names[i]), "profile %s",
		       script_profile_names[i]);
}

int main(void)
{
	char *text = read_reference();

	if (!text) {
		tap_skip("docs", "run it from the folder that it was built in");
		return tap_done();
	}
	test_examples(text);
	test_words(text);
	free(text);
	return tap_done();
}
