// SPDX-License-Identifier: GPL-2.0-or-later
#include <report/json.h>

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <string.h>

#include <base/digits.h>
#include <base/utf8.h>

void report_json_init(struct report_json *json, FILE *out)
{
	*json = (struct report_json){ .out = out };
}

int report_json_end(struct report_json *json)
{
	assert(json->depth == 0);
	fputc('\n', json->out);
	return ferror(json->out) ? -EIO : 0;
}

static void put_escaped(FILE *out, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	static const char from[] = "\b\f\n\r\t\"\\", to[] = "bfnrt\"\\";
	const char *p = c ? strchr(from, c) : NULL;

	putc_unlocked('\\', out);
	if (p) {
		putc_unlocked(to[p - from], out);
		return;
	}
	fputs_unlocked("u00", out);
	putc_unlocked(hex[c >> 4], out);
	putc_unlocked(hex[c & 15], out);
}

static bool plain(unsigned char c)
{
	return c >= ' ' && c < 0x7f && c != '"' && c != '\\';
}

static void put_string(FILE *out, const char *text, size_t len)
{
	const unsigned char *s = (const unsigned char *)text;

	putc_unlocked('"', out);
	while (len) {
		size_t n = 0;

		while (n < len && plain(s[n]))
			n++;
		fwrite_unlocked(s, 1, n, out);
		s += n;
		len -= n;
		if (!len)
			break;
		n = utf8_len(s, len);
		if (!n)
			fputs_unlocked("\xef\xbf\xbd", out);
		else if (n == 1)
			put_escaped(out, *s);
		else
			fwrite_unlocked(s, 1, n, out);
		n = n ? n : 1;
		s += n;
		len -= n;
	}
	putc_unlocked('"', out);
}

static void indent(struct report_json *json)
{
	static const char blanks[2 * REPORT_JSON_DEPTH + 1] = "                                ";

	if (json->flat)
		return;
	putc_unlocked('\n', json->out);
	fwrite_unlocked(blanks, 1, 2 * json->depth, json->out);
}

/* What comes before a value: the comma, a new line, the member's name. */
static void before(struct report_json *json, const char *name)
{
	unsigned int level = json->depth;

	if (!level)
		return;
	assert(json->array[level - 1] == !name);
	if (json->nr[level - 1]++)
		fputs_unlocked(json->flat ? ", " : ",", json->out);
	indent(json);
	if (name) {
		put_string(json->out, name, strlen(name));
		fputs_unlocked(": ", json->out);
	}
}

static void open_level(struct report_json *json, const char *name, bool array)
{
	before(json, name);
	assert(json->depth < REPORT_JSON_DEPTH);
	putc_unlocked(array ? '[' : '{', json->out);
	json->nr[json->depth] = 0;
	json->array[json->depth++] = array;
}

void report_json_object(struct report_json *json, const char *name)
{
	open_level(json, name, false);
}

void report_json_line(struct report_json *json, const char *name)
{
	open_level(json, name, false);
	if (!json->flat)
		json->flat = json->depth;
}

void report_json_array(struct report_json *json, const char *name)
{
	open_level(json, name, true);
}

void report_json_skip(struct report_json *json, uint64_t nr)
{
	assert(json->depth > 0);
	json->nr[json->depth - 1] += nr;
}

void report_json_close(struct report_json *json)
{
	assert(json->depth > 0);
	json->depth--;
	if (json->nr[json->depth])
		indent(json);
	putc_unlocked(json->array[json->depth] ? ']' : '}', json->out);
	if (json->flat > json->depth)
		json->flat = 0;
}

void report_json_str(struct report_json *json, const char *name, const char *value)
{
	report_json_strn(json, name, value, strlen(value));
}

void report_json_strn(struct report_json *json, const char *name, const char *value, size_t len)
{
	before(json, name);
	put_string(json->out, value, len);
}

static void put_uint(FILE *out, uint64_t value)
{
	char digits[DIGITS_MAX], *end = digits + sizeof(digits), *at = digits_dec(end, value);

	fwrite_unlocked(at, 1, end - at, out);
}

void report_json_uint(struct report_json *json, const char *name, uint64_t value)
{
	before(json, name);
	put_uint(json->out, value);
}

void report_json_int(struct report_json *json, const char *name, int64_t value)
{
	before(json, name);
	if (value < 0)
		putc_unlocked('-', json->out);
	put_uint(json->out, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

void report_json_double(struct report_json *json, const char *name, double value)
{
	before(json, name);
	if (value >= 0 && value < 1e15 && value == floor(value))
		put_uint(json->out, value);
	else if (isfinite(value))
		fprintf(json->out, "%.15g", value);
	else
		fputs("null", json->out);
}

void report_json_bool(struct report_json *json, const char *name, bool value)
{
	before(json, name);
	fputs(value ? "true" : "false", json->out);
}
