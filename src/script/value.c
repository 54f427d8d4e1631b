// SPDX-License-Identifier: GPL-2.0-or-later
/* Numbers, sizes, addresses and words. */
#include "script_internal.h"

#include <base/nearest.h>

#include <errno.h>

enum number_state { NUMBER_OK, NUMBER_NONE, NUMBER_OVERFLOW, NUMBER_JUNK };

static int unit_shift(char c)
{
	switch (c) {
	case 'K':
		return 10;
	case 'M':
		return 20;
	case 'G':
		return 30;
	case 'T':
		return 40;
	case 'P':
		return 50;
	case 'E':
		return 60;
	default:
		return -1;
	}
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static enum number_state scan_hex(const char *s, const char *end, uint64_t *ret)
{
	uint64_t value = 0;

	if (s == end)
		return NUMBER_NONE;
	for (; s < end; s++) {
		int digit = hex_digit(*s);

		if (digit < 0)
			return NUMBER_JUNK;
		if (value >> 60)
			return NUMBER_OVERFLOW;
		value = value << 4 | (unsigned int)digit;
	}
	*ret = value;
	return NUMBER_OK;
}

/* All of [s, end) as a number. */
static enum number_state scan_number(const char *s, const char *end, uint64_t *ret)
{
	uint64_t value = 0;
	int shift;

	if (end - s >= 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X'))
		return scan_hex(s + 2, end, ret);
	if (s == end || *s < '0' || *s > '9')
		return NUMBER_NONE;
	for (; s < end && *s >= '0' && *s <= '9'; s++)
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*s - '0'), &value))
			return NUMBER_OVERFLOW;
	if (s < end) {
		shift = unit_shift(*s);
		if (shift < 0 || s + 1 != end)
			return NUMBER_JUNK;
		if (value << shift >> shift != value)
			return NUMBER_OVERFLOW;
		value <<= shift;
	}
	*ret = value;
	return NUMBER_OK;
}

bool number_value(const char *s, const char *end, uint64_t *ret)
{
	return scan_number(s, end, ret) == NUMBER_OK;
}

/* "4k", "4KB", "4KiB" -> "4K" when that is a number. */
static const char *unit_hint(struct span t, char *buf, size_t size)
{
	size_t digits = 0;
	char unit;

	while (digits < t.len && t.s[digits] >= '0' && t.s[digits] <= '9')
		digits++;
	if (!digits || digits == t.len || digits + 2 > size || t.len - digits > 3)
		return NULL;
	unit = t.s[digits] & ~0x20;
	if (unit_shift(unit) < 0)
		return NULL;
	memcpy(buf, t.s, digits);
	buf[digits] = unit;
	buf[digits + 1] = '\0';
	return buf;
}

static int bad_number(struct parser *p, struct span t, const char *what,
		      enum number_state state)
{
	struct diag_word word;
	char buf[32];

	if (state == NUMBER_OVERFLOW)
		return diag_error(p, t, "%s does not fit into 64 bits",
				  diag_word(t, &word));
	return diag_expected(p, t, what, unit_hint(t, buf, sizeof(buf)));
}

int parse_number(struct parser *p, struct span t, const char *what, uint64_t *ret)
{
	enum number_state state = scan_number(t.s, t.s + t.len, ret);

	return state == NUMBER_OK ? 0 : bad_number(p, t, what, state);
}

/* The part of [s, end) up to the next sign. */
static struct span term(const char *s, const char *end)
{
	const char *stop = s;

	while (stop < end && *stop != '+' && *stop != '-')
		stop++;
	return (struct span){s, stop - s};
}

/* {(+|-) SIZE} behind the first term of @t. */
static int parse_offsets(struct parser *p, struct span t, const char *s, uint64_t *addr)
{
	const char *end = t.s + t.len;
	struct diag_word buf;

	while (s < end) {
		char sign = *s++;
		struct span part = term(s, end);
		uint64_t value;
		bool wraps;
		int err;

		if (!part.len)
			return diag_error(p, (struct span){s - 1, 1},
					  "expected a size behind '%c'", sign);
		err = parse_number(p, part, "a size such as 4K, 2M, 1G or 0x1000",
				   &value);
		if (err)
			return err;
		wraps = sign == '+' ? __builtin_add_overflow(*addr, value, addr)
				    : __builtin_sub_overflow(*addr, value, addr);
		if (wraps)
			return diag_error(p, t, "the address %s wraps around %s",
					  diag_word(t, &buf),
					  sign == '+' ? "2^64" : "zero");
		s = part.s + part.len;
	}
	return 0;
}

int parse_address(struct parser *p, struct span t, const char *what, uint64_t *ret)
{
	struct span first = term(t.s, t.s + t.len);
	uint32_t name;
	uint64_t addr;
	int err;

	if (!first.len)
		return diag_expected(p, t, what, NULL);
	if (*first.s >= '0' && *first.s <= '9') {
		err = parse_number(p, first, what, &addr);
	} else {
		if (!name_valid(first))
			return diag_expected(p, t, what, NULL);
		err = name_ref(p, first, NAME_MAP, true, &name);
		if (!err)
			addr = p->names.infos[name].addr;
		if (!err && p->names.infos[name].broken) {
			*ret = 0;
			return 0;
		}
	}
	if (!err && first.len < t.len)
		err = parse_offsets(p, t, first.s + first.len, &addr);
	if (!err)
		*ret = addr;
	return err;
}

int parse_gpa(struct parser *p, struct span t, const char *what, uint64_t *ret)
{
	struct span first = term(t.s, t.s + t.len);
	uint64_t gpa;
	int err;

	if (!first.len)
		return diag_expected(p, t, what, NULL);
	err = parse_number(p, first, what, &gpa);
	if (!err && first.len < t.len)
		err = parse_offsets(p, t, first.s + first.len, &gpa);
	if (!err)
		*ret = gpa;
	return err;
}

/* "wr" -> "rw": the letters in their order, when they are the right ones. */
static const char *prot_hint(struct span t, char *buf)
{
	static const char *const words[] = {"none", "r", "rw", "rx",
					    "rwx",  "w", "x",  "wx"};
	unsigned int set = 0;
	size_t i, n = 0;

	for (i = 0; i < t.len; i++) {
		const char *at = strchr("rwxRWX", t.s[i]);

		if (!at || !t.s[i])
			return nearest_word(t.s, t.len, words,
					    sizeof(words) / sizeof(words[0]));
		set |= 1u << (at - "rwxRWX") % 3;
	}
	for (i = 0; i < 3; i++)
		if (set & 1u << i)
			buf[n++] = "rwx"[i];
	buf[n] = '\0';
	return buf;
}

int parse_prot(struct parser *p, struct span t, uint8_t *ret)
{
	const char *s = t.s, *end = t.s + t.len;
	uint8_t prot = 0;
	char buf[4];

	if (span_is(t, "none", 4)) {
		*ret = 0;
		return 0;
	}
	if (s < end && *s == 'r')
		prot |= SCRIPT_PROT_R, s++;
	if (s < end && *s == 'w')
		prot |= SCRIPT_PROT_W, s++;
	if (s < end && *s == 'x')
		prot |= SCRIPT_PROT_X, s++;
	if (s != end || !t.len)
		return diag_expected(p, t, "a protection (none r rw rx rwx)",
				     t.len ? prot_hint(t, buf) : NULL);
	*ret = prot;
	return 0;
}

/* One node number of a list; *s is moved behind it. */
static int scan_node(const char **s, const char *end, uint64_t *nodes)
{
	unsigned int node = 0, digits = 0;

	while (*s < end && **s >= '0' && **s <= '9' && digits < 3) {
		node = node * 10 + (*(*s)++ - '0');
		digits++;
	}
	if (!digits || node > 63)
		return -EINVAL;
	*nodes |= 1ull << node;
	return 0;
}

int parse_nodes(struct parser *p, struct span t, uint64_t *ret)
{
	const char *s = t.s, *end = t.s + t.len;
	uint64_t nodes = 0;

	for (;;) {
		if (scan_node(&s, end, &nodes) || (s < end && *s != ','))
			return diag_expected(
				p, t, "NUMA nodes from 0 to 63 such as 0 or 0,1", NULL);
		if (s == end)
			break;
		s++;
	}
	*ret = nodes;
	return 0;
}

int parse_word(struct parser *p, struct span t, const char *what,
	       const char *const *words, uint64_t *ret)
{
	struct strbuf text = STRBUF_INIT;
	size_t i;
	int err;

	for (i = 0; words[i]; i++) {
		if (!strncmp(words[i], t.s, t.len) && !words[i][t.len]) {
			*ret = i;
			return 0;
		}
	}
	strbuf_addf(&text, "%s (", what);
	for (i = 0; words[i]; i++)
		strbuf_addf(&text, "%s%s", i ? " " : "", words[i]);
	strbuf_addch(&text, ')');
	err = diag_expected(p, t, strbuf_str(&text), nearest_word(t.s, t.len, words, i));
	if (strbuf_error(&text))
		p->stop = -ENOMEM;
	strbuf_release(&text);
	return err;
}
