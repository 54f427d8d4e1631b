// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Parameters are put in before anything else looks at the text. Lines keep their numbers: a
 * declaration becomes a comment, and a line with "$" is written anew. What such a line was is
 * kept, for messages.
 */
#include "script_internal.h"

#include <base/mem.h>
#include <base/nearest.h>
#include <script/param.h>

#include <errno.h>

const char *const script_setting_names[] = { "profile", "design", "mmu", "levels", NULL };

/* Values of a parameter that a message lists. */
#define SHOWN_VALUES 6
/* Parameters of a line that a message names. */
#define SHOWN_PARAMS 3

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

bool script_is_setting(const char *name)
{
	size_t i;

	for (i = 0; script_setting_names[i]; i++)
		if (!strcmp(name, script_setting_names[i]))
			return true;
	return false;
}

static void release_values(struct script_param *param)
{
	while (param->nr_values)
		mem_free(param->values[--param->nr_values]);
	mem_free(param->values);
	param->values = NULL;
	param->cap_values = 0;
}

static struct span trim(struct span t)
{
	while (t.len && (t.s[0] == ' ' || t.s[0] == '\t')) {
		t.s++;
		t.len--;
	}
	while (t.len && (t.s[t.len - 1] == ' ' || t.s[t.len - 1] == '\t'))
		t.len--;
	return t;
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

	release_values(param);
	while (!err) {
		const char *comma = memchr(text, ',', end - text);
		const char *stop = comma ? comma : end;

		err = add_value(param, trim((struct span){text, stop - text}));
		if (!comma)
			break;
		text = comma + 1;
	}
	if (err)
		release_values(param);
	return err;
}

void params_free(struct params *params)
{
	size_t i;

	if (!params)
		return;
	for (i = 0; i < params->nr; i++) {
		release_values(&params->declared[i].param);
		mem_free(params->declared[i].param.name);
	}
	strbuf_release(&params->out);
	mem_free(params->changed);
	mem_free(params->text);
	mem_free(params);
}

static struct declared *find(struct params *params, struct span name)
{
	size_t i;

	for (i = 0; i < params->nr; i++)
		if (span_is(name, params->declared[i].param.name,
			    strlen(params->declared[i].param.name)))
			return &params->declared[i];
	return NULL;
}

static const char *near_name(struct params *params, struct span name)
{
	const char *names[SCRIPT_MAX_PARAMS];
	size_t i;

	for (i = 0; i < params->nr; i++)
		names[i] = params->declared[i].param.name;
	return nearest_word(name.s, name.len, names, params->nr);
}

/* Letters, digits and '_': "$a.b" is the parameter "a" and ".b". */
static size_t name_len(const char *s, const char *end)
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
	struct span name = next_token(p), rest = trim((struct span){p->next, p->code_end - p->next});
	int err;

	if (!name.len || name.len > SCRIPT_MAX_NAME || name_len(name.s, name.s + name.len) != name.len)
		return diag_expected(p, name, "a name (letters, digits, _)", NULL);
	if (find(params, name))
		return diag_error(p, name, "this parameter was declared in line %u",
				  find(params, name)->param.line);
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
		release_values(&new->param);
		return p->stop = -ENOMEM;
	}
	new->param.line = p->line_nr;
	new->line = (struct span){p->line, p->line_end - p->line};
	new->word = name;
	params->nr++;
	return 0;
}

/* The next line without its line end; its comment is found. False at the end of the text. */
static bool next_line(struct parser *p, const char **next, const char *end)
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

static bool is_declaration(struct parser *p)
{
	return span_is(next_token(p), "param", 5);
}

static int read_declarations(struct parser *p)
{
	const char *next = p->script->text, *end = next + p->script->text_len;

	while (!p->stop && next_line(p, &next, end))
		if (is_declaration(p))
			declare(p);
	p->line_nr = 0;
	return p->stop;
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
		struct declared *d = find(params, name);
		const char *near = d ? NULL : near_name(params, name);
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
	struct declared *d = find(p->params, name);

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
	const char *near = near_name(p->params, name);
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
	name = trim((struct span){s + 2, close - s - 2});
	if (name.len && name_len(name.s, close) == name.len) {
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
	struct span name = {s + 1, name_len(s + 1, p->code_end)}, value;

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

	while (!p->stop && next_line(p, &next, end)) {
		int err = 0;

		if (is_declaration(p)) {
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

/* Cheap for scripts without parameters; what is no text is left to the parser. */
static bool wanted(const struct script *script, size_t nr_values)
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

	if (!wanted(p->script, nr_values))
		return 0;
	p->params = mem_zalloc(sizeof(*p->params));
	if (!p->params)
		return -ENOMEM;
	err = read_declarations(p);
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
	strbuf_addf(p->diag, "      | written as %s", diag_word(trim(changed->was), &word));
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
	if (wanted(&script, 0))
		err = read_declarations(&p);
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

		release_values(param);
		mem_free(param->name);
	}
	mem_free(params->params);
	*params = (struct script_params){ NULL, 0, 0 };
}
