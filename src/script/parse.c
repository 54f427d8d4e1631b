// SPDX-License-Identifier: GPL-2.0-or-later
/* A script's lines and tokens. */
#include "script_internal.h"

#include <base/mem.h>
#include <script/param.h>

#include <errno.h>

#define BINARY_SCAN 4096

enum char_class { CHAR_WORD, CHAR_BLANK, CHAR_COMMENT, CHAR_BINARY };

static const uint8_t char_classes[256] = {
	[0x00 ... 0x08] = CHAR_BINARY, ['\t'] = CHAR_BLANK,
	[0x0a ... 0x1f] = CHAR_BINARY, [' '] = CHAR_BLANK,
	['#'] = CHAR_COMMENT,          [0x7f] = CHAR_BINARY,
};

static enum char_class char_class(char c)
{
	return char_classes[(unsigned char)c];
}

bool is_binary(char c)
{
	return char_class(c) == CHAR_BINARY;
}

struct span next_token(struct parser *p)
{
	const char *s = p->next, *end = p->code_end, *start;

	while (s < end && char_class(*s) == CHAR_BLANK)
		s++;
	start = s;
	while (s < end && char_class(*s) != CHAR_BLANK)
		s++;
	p->next = s;
	if (s == start)
		return (struct span){p->token_end, 0};
	p->token_end = s;
	return (struct span){start, s - start};
}

/* A byte at @s that no text has: the parse ends there. */
static int binary_data(struct parser *p, const char *s)
{
	p->line_end = p->code_end = s;
	diag_error(p, (struct span){s, 0}, "binary data: byte 0x%02x; a script is text",
		   (unsigned char)*s);
	return p->stop = -EINVAL;
}

/* A file that is no text at all gets one message, whatever its lines look like. */
static void refuse_binary_file(struct parser *p, size_t len)
{
	const char *s = p->script->text, *text_end = s + len;
	const char *end = s + (len < BINARY_SCAN ? len : BINARY_SCAN);

	p->line = s;
	p->line_nr = 1;
	for (; s < end && !p->stop; s++) {
		if (*s == '\n') {
			p->line = s + 1;
			p->line_nr++;
		} else if (*s == '\r' && (s + 1 == text_end || s[1] == '\n')) {
			continue;
		} else if (char_class(*s) == CHAR_BINARY) {
			binary_data(p, s);
		}
	}
	p->line_nr = 0;
}

/* Looks at every byte of the line: finds the comment and refuses binary data. */
static int scan_line(struct parser *p)
{
	const char *s = p->line;

	p->code_end = p->line_end;
	for (; s < p->line_end; s++) {
		enum char_class class = char_class(*s);

		if (class == CHAR_COMMENT && p->code_end == p->line_end)
			p->code_end = s;
		if (class != CHAR_BINARY)
			continue;
		return binary_data(p, s);
	}
	return 0;
}

static int line_too_long(struct parser *p, size_t len)
{
	return diag_error(p, (struct span){p->line, 0},
			  "the line is %zu bytes long; the limit is %u", len,
			  SCRIPT_MAX_LINE);
}

/* The line [p->line, @end). */
static int parse_line(struct parser *p, const char *end)
{
	size_t len = end - p->line;
	struct span word;
	int err;

	if (len && end[-1] == '\r')
		len--;
	p->line_end = p->line + (len > SCRIPT_MAX_LINE ? SCRIPT_MAX_LINE : len);
	p->next = p->token_end = p->line;
	err = scan_line(p);
	if (err)
		return err;
	if (len > SCRIPT_MAX_LINE)
		return line_too_long(p, len);
	word = next_token(p);
	if (!word.len)
		return 0;
	if (word.s[0] == '>') {
		p->next = p->token_end = word.s + 1;
		return parse_expectation(p);
	}
	return parse_operation(p, word);
}

/* The loops that are still open at the end, innermost first. */
static void report_open_loops(struct parser *p)
{
	uint32_t last_line = p->line_nr;

	while (p->depth > 0 && !p->stop) {
		struct script_op *op;
		const char *s;

		if (--p->depth >= SCRIPT_LOOP_DEPTH)
			continue;
		op = &p->script->ops[p->loop[p->depth]];
		s = p->script->text + op->text;
		p->line = s;
		while (p->line > p->script->text && p->line[-1] != '\n')
			p->line--;
		p->line_end = p->code_end = s + op->text_len;
		p->line_nr = op->line;
		diag_error(p, (struct span){s, 6},
			   "this 'repeat' has no 'end'; the script ends in line %u",
			   last_line);
	}
}

static void parse_lines(struct parser *p, size_t len)
{
	const char *s = p->script->text, *end = s + len;

	refuse_binary_file(p, len);
	if (len >= 3 && !memcmp(s, "\xef\xbb\xbf", 3))
		s += 3;
	while (s < end && !p->stop) {
		const char *newline = memchr(s, '\n', end - s);

		p->line = s;
		p->line_nr++;
		s = newline ? newline : end;
		parse_line(p, s);
		if (newline)
			s++;
	}
	if (!p->stop)
		report_open_loops(p);
	if (!p->nr_errors && !p->stop && !p->script->nr_ops)
		diag_fatal(p, -EINVAL, "no operations");
}

static int parse_all(struct parser *p, size_t len, const struct script_value *values,
		     size_t nr_values)
{
	int err;

	if (len > SCRIPT_MAX_BYTES)
		return diag_fatal(p, -E2BIG, "%zu bytes long; the limit is %llu", len,
				  SCRIPT_MAX_BYTES);
	err = params_expand(p, values, nr_values);
	if (!err && !p->nr_errors)
		err = names_init(p);
	if (err)
		return err;
	if (!p->nr_errors)
		parse_lines(p, p->script->text_len);
	if (strbuf_error(p->diag))
		return strbuf_error(p->diag);
	if (p->stop)
		return p->stop;
	return p->nr_errors ? -EINVAL : params_give(p);
}

int script_parse_owned(const char *file, char *text, size_t len,
		       const struct script_value *values, size_t nr_values,
		       struct strbuf *diag, struct script **ret_script)
{
	struct script *script = mem_zalloc(sizeof(*script));
	struct parser p = {.script = script, .diag = diag};
	int err;

	if (!script) {
		mem_free(text);
		return -ENOMEM;
	}
	script->text = text;
	script->text_len = len;
	script->file = mem_strndup(file, strlen(file));
	layout_init(&p.layout);
	err = script->file ? parse_all(&p, len, values, nr_values) : -ENOMEM;
	params_free(p.params);
	names_release(&p);
	layout_release(&p.layout);
	if (err)
		script_free(script);
	else
		*ret_script = script;
	return err;
}

int script_parse_with(const char *file, const char *text, size_t len,
		      const struct script_value *values, size_t nr_values, struct strbuf *diag,
		      struct script **ret_script)
{
	bool too_long = len > SCRIPT_MAX_BYTES;
	char *copy = mem_strndup(text, too_long ? 0 : len);

	if (!copy)
		return -ENOMEM;
	return script_parse_owned(file, copy, len, values, nr_values, diag, ret_script);
}

int script_parse(const char *file, const char *text, size_t len, struct strbuf *diag,
		 struct script **ret_script)
{
	return script_parse_with(file, text, len, NULL, 0, diag, ret_script);
}

const char *script_name(const struct script *script, uint32_t name)
{
	return name < script->nr_names ? script->names[name] : "";
}

static void free_params(struct script *script)
{
	size_t i;

	for (i = 0; i < script->nr_params; i++) {
		mem_free((char *)script->params[i].name);
		mem_free((char *)script->params[i].value);
	}
	mem_free(script->params);
}

struct script *script_free(struct script *script)
{
	if (!script)
		return NULL;
	free_params(script);
	name_memory_free(script->name_memory);
	mem_free(script->names);
	mem_free(script->expects);
	mem_free(script->ops);
	mem_free(script->text);
	mem_free(script->file);
	mem_free(script);
	return NULL;
}
