// SPDX-License-Identifier: GPL-2.0-or-later
/* Messages about a script: "FILE:LINE:COL: error: ...", the line and a caret below it. */
#include "script_internal.h"

#include <errno.h>
#include <stdarg.h>

#define MAX_ERRORS 20
#define MAX_WARNINGS 20
#define QUOTE_WIDTH 76

/* Bytes of the printable UTF-8 character at @s, 0 when there is none. */
static size_t utf8_len(const char *s, const char *end)
{
	const unsigned char *u = (const unsigned char *)s;
	size_t i, n;

	if (u[0] >= 0x20 && u[0] < 0x7f)
		return 1;
	if (u[0] < 0xc2 || u[0] > 0xf4 || (u[0] == 0xc2 && end - s > 1 && u[1] < 0xa0))
		return 0;
	n = u[0] < 0xe0 ? 2 : u[0] < 0xf0 ? 3 : 4;
	if ((size_t)(end - s) < n)
		return 0;
	for (i = 1; i < n; i++)
		if ((u[i] & 0xc0) != 0x80)
			return 0;
	if ((u[0] == 0xe0 && u[1] < 0xa0) || (u[0] == 0xed && u[1] > 0x9f) ||
	    (u[0] == 0xf0 && u[1] < 0x90) || (u[0] == 0xf4 && u[1] > 0x8f))
		return 0;
	return n;
}

const char *diag_word(struct span t, struct diag_word *buf)
{
	const char *s = t.s, *end = t.s + t.len;
	size_t chars = 0, out = 0;

	buf->s[out++] = '\'';
	while (s < end && chars < DIAG_TOKEN) {
		size_t n = utf8_len(s, end);

		if (n)
			memcpy(buf->s + out, s, n);
		else
			buf->s[out] = '?';
		out += n ? n : 1;
		s += n ? n : 1;
		chars++;
	}
	memcpy(buf->s + out, s < end ? "...'" : "'", s < end ? 5 : 2);
	return buf->s;
}

/*
 * Appends [s, end) with what a terminal should not see replaced; returns the columns
 * used.
 */
static size_t add_printable(struct strbuf *out, const char *s, const char *end)
{
	size_t columns = 0;

	while (s < end) {
		size_t n = utf8_len(s, end);

		if (n)
			strbuf_add(out, s, n);
		else
			strbuf_addch(out, *s == '\t' ? ' ' : '?');
		s += n ? n : 1;
		columns++;
	}
	return columns;
}

/* Where the character that @s points into starts. */
static const char *char_start(const char *s, const char *low)
{
	unsigned int steps;

	for (steps = 0; steps < 3 && s > low && ((unsigned char)*s & 0xc0) == 0x80;
	     steps++)
		s--;
	return s;
}

/* The line, clipped around the place, and a caret under it. */
static void quote_line(struct parser *p, struct span at)
{
	const char *from = p->line, *to = p->line_end;
	size_t column, len = at.len, i;

	if (to - from > QUOTE_WIDTH) {
		if (at.s - from > QUOTE_WIDTH / 2)
			from = char_start(at.s - QUOTE_WIDTH / 2, p->line);
		if (to - from > QUOTE_WIDTH)
			to = char_start(from + QUOTE_WIDTH, from);
	}
	strbuf_addf(p->diag, "%5u | %s", p->line_nr, from > p->line ? "..." : "");
	column = add_printable(p->diag, from, at.s) + (from > p->line ? 3 : 0);
	add_printable(p->diag, at.s, to);
	strbuf_addf(p->diag, "%s\n      | %*s^", to < p->line_end ? "..." : "",
		    (int)column, "");
	if (at.s + len > to)
		len = to - at.s;
	for (i = 1; i < len; i++)
		if (((unsigned char)at.s[i] & 0xc0) != 0x80)
			strbuf_addch(p->diag, '~');
	strbuf_addch(p->diag, '\n');
}

static void report(struct parser *p, struct span at, const char *severity,
		   const char *fmt, va_list ap)
{
	if (!at.s)
		at.s = p->code_end;
	strbuf_addf(p->diag, "%s:%u:%zu: %s: ", p->script->file, p->line_nr,
		    (size_t)(at.s - p->line) + 1, severity);
	strbuf_vaddf(p->diag, fmt, ap);
	strbuf_addch(p->diag, '\n');
	quote_line(p, at);
	params_note(p);
}

int diag_error(struct parser *p, struct span at, const char *fmt, ...)
{
	va_list ap;

	if (p->stop)
		return -EINVAL;
	if (p->nr_errors++ == MAX_ERRORS) {
		strbuf_addf(p->diag, "%s: error: too many errors\n", p->script->file);
		p->stop = -EINVAL;
		return -EINVAL;
	}
	va_start(ap, fmt);
	report(p, at, "error", fmt, ap);
	va_end(ap);
	return -EINVAL;
}

void diag_warn(struct parser *p, struct span at, const char *fmt, ...)
{
	va_list ap;

	if (p->nr_warnings++ >= MAX_WARNINGS) {
		if (p->nr_warnings == MAX_WARNINGS + 1)
			strbuf_addf(p->diag,
				    "%s: warning: further warnings are not shown\n",
				    p->script->file);
		return;
	}
	va_start(ap, fmt);
	report(p, at, "warning", fmt, ap);
	va_end(ap);
}

int diag_expected(struct parser *p, struct span got, const char *what, const char *hint)
{
	struct diag_word buf;

	if (!got.len)
		return diag_error(p, got, "expected %s, got the end of the line", what);
	if (hint)
		return diag_error(p, got, "expected %s, got %s; did you mean '%s'?", what,
				  diag_word(got, &buf), hint);
	return diag_error(p, got, "expected %s, got %s", what, diag_word(got, &buf));
}

int diag_fatal(struct parser *p, int err, const char *fmt, ...)
{
	va_list ap;

	strbuf_addf(p->diag, "%s: error: ", p->script->file);
	va_start(ap, fmt);
	strbuf_vaddf(p->diag, fmt, ap);
	va_end(ap);
	strbuf_addch(p->diag, '\n');
	p->nr_errors++;
	p->stop = err;
	return err;
}
