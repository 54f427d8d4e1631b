/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parameters while a script is parsed: param_declare.c finds them, param.c puts them in. */
#ifndef SCRIPT_PARAM_INTERNAL_H
#define SCRIPT_PARAM_INTERNAL_H

#include "script_internal.h"

#include <script/param.h>

/*
 * struct declared - a parameter
 * @line: whole line; @word: its name in the line, where errors are shown
 * @value: NULL while it has none
 */
struct declared {
	struct script_param param;
	struct span line;
	struct span word;
	const char *value;
	bool used;
};

/* struct changed - a line that parameters were put into: as it was, and which (bits) */
struct changed {
	uint32_t line;
	uint32_t used;
	struct span was;
};

struct params {
	char *text; /* as it was */
	struct declared declared[SCRIPT_MAX_PARAMS];
	size_t nr;
	struct changed *changed;
	size_t nr_changed;
	size_t cap_changed;
	struct strbuf out;
	uint32_t used; /* in the line that is being written */
};

/* Forget the values, not the name. */
void param_release_values(struct script_param *param);
struct declared *param_find(struct params *params, struct span name);
/* The parameter whose name is most like @name; NULL when none is. */
const char *param_near(struct params *params, struct span name);
/* Letters, digits and '_': "$a.b" is the parameter "a" and ".b". */
size_t param_name_len(const char *s, const char *end);

/* Cheap for scripts without parameters; what is no text is left to the parser. */
bool params_wanted(const struct script *script, size_t nr_values);
/* The next line without its line end; its comment is found. False at the end of the text. */
bool param_next_line(struct parser *p, const char **next, const char *end);
/* Does the line say "param"? The word is read. */
bool param_is_declaration(struct parser *p);
/* Every declaration of the text. Return: 0 or -ENOMEM; the user's errors are counted. */
int params_declare(struct parser *p);

#endif /* SCRIPT_PARAM_INTERNAL_H */
