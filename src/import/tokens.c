// SPDX-License-Identifier: GPL-2.0-or-later
/* The text of one call in a strace log, cut into arguments and result. */
#include "import_internal.h"

#include <string.h>

static struct token trim(const char *s, const char *end)
{
	while (s < end && *s == ' ')
		s++;
	while (end > s && end[-1] == ' ')
		end--;
	return (struct token){ s, end - s };
}

/* Behind the string that begins at @s; @end if it breaks off. */
static const char *skip_string(const char *s, const char *end)
{
	for (s++; s < end; s++) {
		if (*s == '\\')
			s++;
		else if (*s == '"')
			return s + 1;
	}
	return end;
}

/* Behind the comment that begins at @s. */
static const char *skip_comment(const char *s, const char *end)
{
	for (s += 2; s + 1 < end; s++)
		if (s[0] == '*' && s[1] == '/')
			return s + 2;
	return end;
}

/*
 * Behind what -y writes after a descriptor; paths hold commas and brackets, sockets "->".
 */
static const char *skip_annotation(const char *s, const char *end)
{
	for (s++; s < end; s++)
		if (*s == '>' && s[-1] != '-')
			return s + 1;
	return end;
}

static bool is_annotation(const char *s, const char *begin, const char *end)
{
	char before = s > begin ? s[-1] : ' ';

	return s + 1 < end && s[1] != '<' && s[1] != ' ' &&
	       ((before >= '0' && before <= '9') || before == 'D');
}

/*
 * Where the next token ends: at a comma or the call's closing parenthesis; @end: broken
 * off.
 */
static const char *token_end(const char *s, const char *end)
{
	const char *begin = s;
	int depth = 0;

	while (s < end) {
		switch (*s) {
		case '"':
			s = skip_string(s, end);
			continue;
		case '/':
			if (s + 1 < end && s[1] == '*') {
				s = skip_comment(s, end);
				continue;
			}
			break;
		case '<':
			if (is_annotation(s, begin, end)) {
				s = skip_annotation(s, end);
				continue;
			}
			if (s + 1 < end && s[1] == '<')
				s++;
			break;
		case '(':
		case '[':
		case '{':
			depth++;
			break;
		case ']':
		case '}':
			depth--;
			break;
		case ')':
			if (depth <= 0)
				return s;
			depth--;
			break;
		case ',':
			if (depth <= 0)
				return s;
			break;
		}
		s++;
	}
	return end;
}

/*
 * "= 0x7f...", "= -1 ENOMEM (...)", "= ?", "= 8<anon_inode:kvm-vm>", each with <secs> or
 * not
 */
static bool split_result(const char *s, const char *end, struct call_text *text)
{
	struct token rest = trim(s, end);
	size_t n = 0;

	if (rest.len < 3 || rest.s[0] != '=' || rest.s[1] != ' ')
		return false;
	rest = trim(rest.s + 2, end);
	while (n < rest.len && rest.s[n] != ' ' && rest.s[n] != '<')
		n++;
	text->result = (struct token){ rest.s, n };
	text->error = (struct token){ rest.s + n, 0 };
	if (!n)
		return false;
	rest = trim(rest.s + n, end);
	for (n = 0; n < rest.len && ((rest.s[n] >= 'A' && rest.s[n] <= 'Z') ||
				     (n && rest.s[n] >= '0' && rest.s[n] <= '9'));)
		n++;
	/* an error follows "-1" or "?"; flags follow other numbers in parentheses */
	if (n > 1 && rest.s[0] == 'E')
		text->error = (struct token){ rest.s, n };
	return true;
}

bool imp_split_call(const char *s, size_t len, struct call_text *ret_call)
{
	const char *end = s + len;

	ret_call->nr = 0;
	for (;;) {
		const char *stop = token_end(s, end);
		struct token arg = trim(s, stop);

		if (stop == end)
			return false;
		if (arg.len || *stop == ',') {
			if (ret_call->nr < MAX_ARGS)
				ret_call->args[ret_call->nr] = arg;
			ret_call->nr++;
		}
		s = stop + 1;
		if (*stop == ')')
			break;
	}
	return split_result(s, end, ret_call);
}

bool imp_token_is(const struct token *token, const char *s)
{
	return token->len == strlen(s) && !memcmp(token->s, s, token->len);
}

bool imp_member(const struct token *token, const char *name, struct token *ret_value)
{
	const char *s = token->s, *end = s + token->len;
	const size_t n = strlen(name);

	if (s < end && *s == '{')
		s++;
	while (s < end) {
		const char *stop = token_end(s, end);
		struct token field = trim(s, stop);

		if (field.len > n && field.s[n] == '=' && !memcmp(field.s, name, n)) {
			stop = field.s + field.len;
			if (stop > field.s && stop[-1] == '}')
				stop--;
			*ret_value = trim(field.s + n + 1, stop);
			return true;
		}
		s = stop + 1;
	}
	return false;
}

struct token imp_fd_path(const struct token *token, int *ret_fd)
{
	const char *open = memchr(token->s, '<', token->len);
	const char *end = token->s + token->len;
	uint64_t fd;

	*ret_fd = imp_parse_number(token->s, token->len, &fd) ? (int)fd : -1;
	if (!open)
		return (struct token){ end, 0 };
	while (end > open + 1 && end[-1] != '>')
		end--;
	return (struct token){ open + 1,
			       end > open + 1 ? (size_t)(end - 1 - (open + 1)) : 0 };
}
