/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Parameters: "param NAME VALUE,VALUE,..." in a script, and "$NAME", "${NAME}" or "${EXPRESSION}"
 * in its other lines. They are put in before the script is parsed, so that every executor sees a
 * script without them. docs/script.md has the rules.
 */
#ifndef SCRIPT_PARAM_H
#define SCRIPT_PARAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <base/strbuf.h>
#include <script/script.h>

#define SCRIPT_MAX_PARAMS 32u
#define SCRIPT_MAX_VALUES 4096u /* of one parameter */

/*
 * Parameters with these names set how a script is run; they need not be used in its text.
 * NULL-terminated.
 */
extern const char *const script_setting_names[];

/** script_is_setting() - is @name one of these? */
bool script_is_setting(const char *name);

/**
 * struct script_param - one parameter
 * @name: NUL-terminated; @line: of its declaration
 * @values: @nr_values of them, NUL-terminated
 */
struct script_param {
	char *name;
	char **values;
	size_t nr_values;
	size_t cap_values;
	uint32_t line;
};

/** struct script_params - those of a script, in the order of their lines */
struct script_params {
	struct script_param *params;
	size_t nr;
	size_t cap;
};

/**
 * script_read() - the text of a file; "-" is standard input.
 * @ret_text: NUL-terminated, to be freed with mem_free(); @ret_len: bytes
 * Return: 0 or the negative errno of open or read (with a line in @diag), -ENOMEM.
 */
int script_read(const char *path, struct strbuf *diag, char **ret_text, size_t *ret_len);

/**
 * script_params_read() - the parameters that a script declares.
 * @diag: as in script_parse()
 * Return: 0; -EINVAL for a malformed declaration; -ENOMEM. @ret_params, untouched on failure, is
 * to be released with script_params_release().
 */
int script_params_read(const char *file, const char *text, size_t len, struct strbuf *diag,
		       struct script_params *ret_params);

/** script_params_release() - names and values; empty and usable again. */
void script_params_release(struct script_params *params);

/**
 * script_params_split() - "a, b,c" as values, as they stand behind a parameter's name.
 * Return: 0; -EINVAL when there is none or an empty one, or a comment or a parameter in one;
 * -E2BIG over SCRIPT_MAX_VALUES; -ENOMEM. What @param held before is released.
 */
int script_params_split(struct script_param *param, const char *text, size_t len);

/**
 * script_parse_with() - script_parse() of a script with parameters.
 * @values: what they are set to, @nr_values of them; any text. A parameter that is not set and
 *	has one value has this one; with several it is an error if the text uses it.
 * Return: as script_parse(). The script's params say what each was set to.
 */
int script_parse_with(const char *file, const char *text, size_t len,
		      const struct script_value *values, size_t nr_values, struct strbuf *diag,
		      struct script **ret_script);

#endif /* SCRIPT_PARAM_H */
