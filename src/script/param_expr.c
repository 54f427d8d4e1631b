// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Arithmetic between "${" and "}":
 *	sum     = product { + or - product }
 *	product = value { * or / or % value }
 *	value   = number | name of a parameter | ( sum )
 * All numbers are unsigned and have 64 bits.
 */
#include "script_internal.h"

#define MAX_DEPTH 32

static bool fail(struct expression *e, const char *at, size_t len, const char *problem)
{
	if (!e->problem) {
		e->at = (struct span){at, len};
		e->problem = problem;
	}
	return false;
}

static char peek(struct expression *e)
{
	while (e->next < e->end && (*e->next == ' ' || *e->next == '\t'))
		e->next++;
	return e->next < e->end ? *e->next : '\0';
}

static bool word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

static bool word(struct expression *e, uint64_t *ret)
{
	struct span t = {e->next, 0}, value;

	while (t.s + t.len < e->end && word_char(t.s[t.len]))
		t.len++;
	if (!t.len)
		return fail(e, t.s, t.s < e->end, "expected a number or a parameter");
	e->next = t.s + t.len;
	if (*t.s >= '0' && *t.s <= '9')
		return number_value(t.s, t.s + t.len, ret) ||
		       fail(e, t.s, t.len, "this is no number");
	if (!e->value(e->ctx, t, &value))
		return fail(e, t.s, t.len, "no parameter has this name");
	return number_value(value.s, value.s + value.len, ret) ||
	       fail(e, t.s, t.len, "the value of this parameter is no number");
}

static bool sum(struct expression *e, uint64_t *ret);

static bool value(struct expression *e, uint64_t *ret)
{
	const char *open = e->next;

	if (peek(e) != '(')
		return word(e, ret);
	if (e->depth++ == MAX_DEPTH)
		return fail(e, e->next, 1, "too many parentheses");
	open = e->next++;
	if (!sum(e, ret))
		return false;
	if (peek(e) != ')')
		return fail(e, open, 1, "this '(' has no ')'");
	e->next++;
	e->depth--;
	return true;
}

static bool apply(struct expression *e, const char *op, uint64_t right, uint64_t *ret)
{
	switch (*op) {
	case '+':
		return !__builtin_add_overflow(*ret, right, ret) ||
		       fail(e, op, 1, "the sum does not fit into 64 bits");
	case '-':
		return !__builtin_sub_overflow(*ret, right, ret) ||
		       fail(e, op, 1, "the difference is below 0");
	case '*':
		return !__builtin_mul_overflow(*ret, right, ret) ||
		       fail(e, op, 1, "the product does not fit into 64 bits");
	default:
		if (!right)
			return fail(e, op, 1, "division by 0");
		*ret = *op == '/' ? *ret / right : *ret % right;
		return true;
	}
}

static bool chain(struct expression *e, const char *ops,
		  bool (*part)(struct expression *e, uint64_t *ret), uint64_t *ret)
{
	if (!part(e, ret))
		return false;
	while (peek(e) && strchr(ops, *e->next)) {
		const char *op = e->next++;
		uint64_t right = 0;

		if (!part(e, &right) || !apply(e, op, right, ret))
			return false;
	}
	return true;
}

static bool product(struct expression *e, uint64_t *ret)
{
	return chain(e, "*/%", value, ret);
}

static bool sum(struct expression *e, uint64_t *ret)
{
	return chain(e, "+-", product, ret);
}

bool expression_value(struct expression *e, uint64_t *ret)
{
	if (!sum(e, ret))
		return false;
	return !peek(e) || fail(e, e->next, 1, "expected one of + - * / %");
}
