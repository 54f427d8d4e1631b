// SPDX-License-Identifier: GPL-2.0-or-later
/* The declarations of parameters: "param NAME VALUE,VALUE,...", their lists of values. */
#include "param_internal.h"

#include <base/mem.h>
#include <base/nearest.h>

#include <errno.h>

const char *const script_setting_names[] = { "profile", "design", "mmu", "levels", NULL };

bool script_is_setting(const char *name)
{
	size_t i;

	for (i = 0; script_setting_names[i]; i++)
		if (!strcmp(name, script_setting_names[i]))
			return true;
	return false;
}
void param_release_values(struct script_param *param)
{
	while (param->nr_values)
		mem_free(param->values[--param->nr_values]);
	mem_free(param->values);
	param->values = NULL;
	param->cap_values = 0;
}
static int add_value(struct script_param *param, struct span t)
{
	char *copy;

	if (!t.len || memchr(t.s, '$', t.len) || memchr(t.s, '#', t.len) || memchr(t.s, '\n', t.len))
		return -EINVAL;
	if (param->nr_values == SCRIPT_MAX_VALUES)
		return -E2BIG;
	if (mem_grow(&param->values, &param->cap_values, param->nr_values + 1,
		     sizeof(param->values[0])))
		return -ENOMEM;
	copy = mem_strndup(t.s, t.len);
	if (!copy)
		return -ENOMEM;
	param->values[param->nr_values++] = copy;
	return 0;
}

int script_params_split(struct script_param *param, const char *text, size_t len)
{
	const char *end = text + len;
	int err = 0;

	param_release_values(param);
	while (!err) {
		const char *comma = memchr(text, ',', end - text);
		const char *stop = comma ? comma : end;

		err = add_value(param, span_trim((struct span){text, stop - text}));
		if (!comma)
			break;
		text = comma + 1;
	}
	if (err)
		param_release_values(param);
	return err;
}
struct declared *param_find(struct params *params, struct span name)
{
	size_t i;

	for (i = 0; i < params->nr; i++)
		if (span_is(name, params->declared[i].param.name,
			    strlen(params->declared[i].param.name)))
			return &params->declared[i];
	return NULL;
}

const char *param_near(struct params *params, struct span name)
{
	const char *names[SCRIPT_MAX_PARAMS];
	size_t i;

	for (i = 0; i < params->nr; i++)
		names[i] = params->declared[i].param.name;
	return nearest_word(name.s, name.len, names, params->nr);
}

size_t param_name_len(const char *s, const char *end)
{
	size_t n = 0;

	if (s < end && *s >= '0' && *s <= '9')
		return 0;
	while (s + n < end && ((s[n] >= 'a' && s[n] <= 'z') || (s[n] >= 'A' && s[n] <= 'Z') ||
			       (s[n] >= '0' && s[n] <= '9') || s[n] == '_'))
		n++;
	return n;
}
static int bad_values(struct parser *p, struct span rest, int err)
{
	if (err == -ENOMEM)
		return p->stop = err;
	if (err == -E2BIG)
		return diag_error(p, rest, "a parameter has at most %u values", SCRIPT_MAX_VALUES);
	return diag_error(p, rest, rest.len ? "expected values with commas between them" :
					      "expected a value, got the end of the line");
}

/* "param NAME VALUE,VALUE,..."; the word itself has been read */
static int declare(struct parser *p)
{
	struct params *params = p->params;
	struct declared *new = &params->declared[params->nr];
	struct span name = next_token(p), rest = span_trim((struct span){p->next, p->code_end - p->next});
	int err;

	if (!name.len || name.len > SCRIPT_MAX_NAME || param_name_len(name.s, name.s + name.len) != name.len)
		return diag_expected(p, name, "a name (letters, digits, _)", NULL);
	if (param_find(params, name))
		return diag_error(p, name, "this parameter was declared in line %u",
				  param_find(params, name)->param.line);
	if (params->nr == SCRIPT_MAX_PARAMS)
		return diag_error(p, name, "a script has at most %u parameters",
				  SCRIPT_MAX_PARAMS);
	if (!rest.len)
		rest.s = NULL;
	err = script_params_split(&new->param, rest.s ? rest.s : "", rest.len);
	if (err)
		return bad_values(p, rest, err);
	new->param.name = mem_strndup(name.s, name.len);
	if (!new->param.name) {
		param_release_values(&new->param);
		return p->stop = -ENOMEM;
	}
	new->param.line = p->line_nr;
	new->line = (struct span){p->line, p->line_end - p->line};
	new->word = name;
	params->nr++;
	return 0;
}

bool param_next_line(struct parser *p, const char **next, const char *end)
{
	const char *s = *next, *newline;

	if (s == end)
		return false;
	newline = memchr(s, '\n', end - s);
	*next = newline ? newline + 1 : end;
	p->line = s;
	p->line_nr++;
	p->line_end = newline ? newline : end;
	if (p->line_end > s && p->line_end[-1] == '\r')
		p->line_end--;
	p->code_end = memchr(s, '#', p->line_end - s);
	if (!p->code_end)
		p->code_end = p->line_end;
	if (p->line_nr == 1 && p->code_end - s >= 3 && !memcmp(s, "\xef\xbb\xbf", 3))
		s += 3;
	p->next = p->token_end = s;
	return true;
}

bool param_is_declaration(struct parser *p)
{
	return span_is(next_token(p), "param", 5);
}

int params_declare(struct parser *p)
{
	const char *next = p->script->text, *end = next + p->script->text_len;

	while (!p->stop && param_next_line(p, &next, end))
		if (param_is_declaration(p))
			declare(p);
	p->line_nr = 0;
	return p->stop;
}
bool params_wanted(const struct script *script, size_t nr_values)
{
	const char *end = script->text + script->text_len, *s;

	if (!nr_values && !memchr(script->text, '$', script->text_len) &&
	    !memmem(script->text, script->text_len, "param", 5))
		return false;
	for (s = script->text; s < end; s++)
		if (is_binary(*s) && *s != '\n' && *s != '\r')
			return false;
	return true;
}
int script_params_read(const char *file, const char *text, size_t len, struct strbuf *diag,
		       struct script_params *ret_params)
{
	struct script script = { .file = (char *)file, .text = (char *)text, .text_len = len };
	struct parser p = { .script = &script, .diag = diag };
	struct script_params all = { NULL, 0, 0 };
	int err = 0;

	p.params = mem_zalloc(sizeof(*p.params));
	if (!p.params)
		return -ENOMEM;
	if (params_wanted(&script, 0))
		err = params_declare(&p);
	if (!err && p.nr_errors)
		err = -EINVAL;
	if (!err && p.params->nr)
		err = mem_grow(&all.params, &all.cap, p.params->nr, sizeof(all.params[0]));
	for (; !err && all.nr < p.params->nr; all.nr++) {
		all.params[all.nr] = p.params->declared[all.nr].param;
		p.params->declared[all.nr].param = (struct script_param){ NULL };
	}
	params_free(p.params);
	if (!err)
		err = strbuf_error(diag);
	if (err)
		script_params_release(&all);
	else
		*ret_params = all;
	return err;
}

void script_params_release(struct script_params *params)
{
	while (params->nr) {
		struct script_param *param = &params->params[--params->nr];

		param_release_values(param);
		mem_free(param->name);
	}
	mem_free(params->params);
	*params = (struct script_params){ NULL, 0, 0 };
}
