// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Parameters are put in before anything else looks at the text. Lines keep their numbers: a
 * declaration becomes a comment, and a line with "$" is written anew. What such a line was is
 * kept, for messages.
 */
#include "param_internal.h"

#include <base/mem.h>

#include <errno.h>

/* Values of a parameter that a message lists. */
#define SHOWN_VALUES 6
/* Parameters of a line that a message names. */
#define SHOWN_PARAMS 3

void params_free(struct params *params)
{
	size_t i;

	if (!params)
		return;
	for (i = 0; i < params->nr; i++) {
		param_release_values(&params->declared[i].param);
		mem_free(params->declared[i].param.name);
	}
	strbuf_release(&params->out);
	mem_free(params->changed);
	mem_free(params->text);
	mem_free(params);
}

static void go_to(struct parser *p, const struct declared *d)
{
	p->line = d->line.s;
	p->line_end = d->line.s + d->line.len;
	p->code_end = p->line_end;
	p->line_nr = d->param.line;
}

static int not_chosen(struct parser *p, struct declared *d)
{
	struct strbuf values = STRBUF_INIT;
	const struct script_param *param = &d->param;
	size_t i;

	for (i = 0; i < param->nr_values && i < SHOWN_VALUES; i++)
		strbuf_addf(&values, "%s%.40s", i ? ", " : "", param->values[i]);
	if (i < param->nr_values)
		strbuf_addstr(&values, ", ...");
	go_to(p, d);
	diag_error(p, d->word, "the parameter '%s' has %zu values (%s): set one with --param "
		   "%s=VALUE, or try all with 'mmuscope sweep'", param->name, param->nr_values,
		   strbuf_str(&values), param->name);
	p->line_nr = 0;
	strbuf_release(&values);
	d->value = param->values[0];
	return 0;
}

/* A value from the command line must be what could stand in the script. */
static bool good_value(const char *value)
{
	const char *s;

	for (s = value; *s; s++)
		if (*s == '#' || *s == '$' || *s == '\n' || is_binary(*s))
			return false;
	return s > value;
}

static int set_values(struct parser *p, const struct script_value *values, size_t nr)
{
	struct params *params = p->params;
	size_t i;

	for (i = 0; i < params->nr; i++)
		if (params->declared[i].param.nr_values == 1)
			params->declared[i].value = params->declared[i].param.values[0];
	for (i = 0; i < nr; i++) {
		struct span name = {values[i].name, strlen(values[i].name)};
		struct declared *d = param_find(params, name);
		const char *near = d ? NULL : param_near(params, name);
		struct diag_word word;

		if (!d)
			return diag_fatal(p, -EINVAL, "no parameter %s in the script%s%s%s",
					  diag_word(name, &word), near ? "; did you mean '" : "",
					  near ? near : "", near ? "'?" : "");
		if (!good_value(values[i].value))
			return diag_fatal(p, -EINVAL, "the value of the parameter %s is empty or "
					  "has a comment, a parameter or a line end in it",
					  diag_word(name, &word));
		d->value = values[i].value;
	}
	return 0;
}

/* The value of a parameter in a line; marks it as used. */
static bool use(void *ctx, struct span name, struct span *ret_value)
{
	struct parser *p = ctx;
	struct declared *d = param_find(p->params, name);

	if (!d)
		return false;
	if (!d->value) {
		struct parser saved = *p;

		not_chosen(p, d);
		saved.nr_errors = p->nr_errors;
		saved.stop = p->stop;
		*p = saved;
	}
	d->used = true;
	p->params->used |= 1u << (d - p->params->declared);
	*ret_value = (struct span){d->value, strlen(d->value)};
	return true;
}

static int unknown(struct parser *p, struct span name)
{
	const char *near = param_near(p->params, name);
	struct diag_word word;

	return diag_error(p, name, "no parameter is called %s%s%s%s", diag_word(name, &word),
			  near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* "${...}" from @s on. Return: behind it; NULL after an error. */
static const char *put_braces(struct parser *p, const char *s)
{
	struct strbuf *out = &p->params->out;
	const char *close = memchr(s, '}', p->code_end - s);
	struct expression e = { .value = use, .ctx = p, .next = s + 2, .end = close };
	struct span name, value;
	uint64_t number = 0;

	if (!close) {
		diag_error(p, (struct span){s, 2}, "this '${' has no '}'");
		return NULL;
	}
	name = span_trim((struct span){s + 2, close - s - 2});
	if (name.len && param_name_len(name.s, close) == name.len) {
		if (!use(p, name, &value)) {
			unknown(p, name);
			return NULL;
		}
		strbuf_add(out, value.s, value.len);
	} else if (expression_value(&e, &number)) {
		strbuf_adddec(out, number);
	} else {
		diag_error(p, e.at, "%s", e.problem);
		return NULL;
	}
	return close + 1;
}

/* "$NAME" or "${...}" at @s. Return: behind it; NULL after an error. */
static const char *put_value(struct parser *p, const char *s)
{
	struct span name = {s + 1, param_name_len(s + 1, p->code_end)}, value;

	if (s + 1 < p->code_end && s[1] == '{')
		return put_braces(p, s);
	if (!name.len) {
		/* no parameter: whoever reads the word says what it should be */
		strbuf_addch(&p->params->out, '$');
		return s + 1;
	}
	if (!use(p, name, &value)) {
		unknown(p, name);
		return NULL;
	}
	strbuf_add(&p->params->out, value.s, value.len);
	return name.s + name.len;
}

static int remember(struct parser *p)
{
	struct params *params = p->params;

	if (mem_grow(&params->changed, &params->cap_changed, params->nr_changed + 1,
		     sizeof(params->changed[0])))
		return -ENOMEM;
	params->changed[params->nr_changed++] = (struct changed){
		p->line_nr, params->used, { p->line, p->code_end - p->line }
	};
	return 0;
}

/* The code of a line with its values; a line that gets too long is cut off and refused. */
static int write_line(struct parser *p)
{
	struct strbuf *out = &p->params->out;
	size_t start = out->len;
	const char *s = p->line;

	p->params->used = 0;
	while (s && s < p->code_end) {
		const char *dollar = memchr(s, '$', p->code_end - s);

		strbuf_add(out, s, (dollar ? dollar : p->code_end) - s);
		s = dollar ? put_value(p, dollar) : p->code_end;
		if (out->len - start <= SCRIPT_MAX_LINE)
			continue;
		return diag_error(p, (struct span){p->line, 0},
				  "the line is longer than %u bytes with its values",
				  SCRIPT_MAX_LINE);
	}
	return s && p->params->used ? remember(p) : 0;
}

static int write_text(struct parser *p)
{
	struct strbuf *out = &p->params->out;
	const char *next = p->script->text, *end = next + p->script->text_len;

	while (!p->stop && param_next_line(p, &next, end)) {
		int err = 0;

		if (param_is_declaration(p)) {
			struct span name = next_token(p);

			/* without its values: they stand where they are used */
			strbuf_addstr(out, "# param ");
			strbuf_add(out, name.s, name.len);
			strbuf_add(out, p->line_end, next - p->line_end);
			continue;
		}
		err = write_line(p);
		if (err == -ENOMEM)
			return err;
		strbuf_add(out, p->code_end, next - p->code_end);
		if (out->len > SCRIPT_MAX_BYTES)
			return diag_fatal(p, -E2BIG, "with its values longer than %llu bytes",
					  SCRIPT_MAX_BYTES);
	}
	p->line_nr = 0;
	return strbuf_error(out);
}

static void check_used(struct parser *p)
{
	size_t i;

	for (i = 0; i < p->params->nr; i++) {
		struct declared *d = &p->params->declared[i];

		if (d->used || script_is_setting(d->param.name))
			continue;
		go_to(p, d);
		diag_error(p, d->word, "this parameter is never used: put $%s somewhere",
			   d->param.name);
		p->line_nr = 0;
	}
}

static int take_text(struct parser *p)
{
	struct params *params = p->params;
	struct strbuf *out = &params->out;
	char *text = mem_strndup(strbuf_str(out), out->len);

	if (!text)
		return -ENOMEM;
	params->text = p->script->text;
	p->script->text = text;
	p->script->text_len = out->len;
	strbuf_release(out);
	return 0;
}

int params_expand(struct parser *p, const struct script_value *values, size_t nr_values)
{
	int err;

	if (!params_wanted(p->script, nr_values))
		return 0;
	p->params = mem_zalloc(sizeof(*p->params));
	if (!p->params)
		return -ENOMEM;
	err = params_declare(p);
	if (!err && !p->nr_errors)
		err = set_values(p, values, nr_values);
	if (!err && !p->nr_errors)
		err = write_text(p);
	if (!err && !p->nr_errors)
		check_used(p);
	if (!err && !p->nr_errors && p->params->nr)
		err = take_text(p);
	return err;
}

int params_give(struct parser *p)
{
	struct script *script = p->script;
	size_t i, nr = p->params ? p->params->nr : 0;

	if (!nr)
		return 0;
	script->params = mem_zalloc(nr * sizeof(script->params[0]));
	if (!script->params)
		return -ENOMEM;
	for (i = 0; i < nr; i++) {
		const struct declared *d = &p->params->declared[i];
		struct script_value *to = &script->params[script->nr_params++];

		to->name = mem_strndup(d->param.name, strlen(d->param.name));
		to->value = d->value ? mem_strndup(d->value, strlen(d->value)) : NULL;
		if (!to->name || (d->value && !to->value))
			return -ENOMEM;
	}
	return 0;
}

static const struct changed *find_changed(const struct params *params, uint32_t line)
{
	size_t low = 0, high = params->nr_changed;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (params->changed[middle].line == line)
			return &params->changed[middle];
		if (params->changed[middle].line < line)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

void params_note(struct parser *p)
{
	const struct changed *changed;
	const char *before = "with";
	struct diag_word word;
	size_t i, nr = 0;

	/* before the text is taken over the line itself is still as written */
	if (!p->params || !p->params->text)
		return;
	changed = find_changed(p->params, p->line_nr);
	if (!changed)
		return;
	strbuf_addf(p->diag, "      | written as %s", diag_word(span_trim(changed->was), &word));
	for (i = 0; i < p->params->nr; i++) {
		const struct declared *d = &p->params->declared[i];

		if (!(changed->used >> i & 1))
			continue;
		if (nr++ == SHOWN_PARAMS) {
			strbuf_addstr(p->diag, " and others");
			break;
		}
		strbuf_addf(p->diag, " %s %s=%s", before, d->param.name,
			    diag_word((struct span){d->value, strlen(d->value)}, &word));
		before = "and";
	}
	strbuf_addch(p->diag, '\n');
}
