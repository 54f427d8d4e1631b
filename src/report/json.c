// SPDX-License-Identifier: GPL-2.0-or-later
#include <report/json.h>

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <string.h>

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

/* Length of the UTF-8 sequence at @s, 0 when it is none (overlong, surrogate, cut off). */
static size_t utf8_len(const unsigned char *s, size_t left)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t i, n = s[0] < 0x80 ? 1 : (s[0] & 0xe0) == 0xc0 ? 2 : (s[0] & 0xf0) == 0xe0 ? 3 :
		      (s[0] & 0xf8) == 0xf0 ? 4 : 0;
	uint32_t code;

	if (n == 1)
		return 1;
	if (!n || n > left)
		return 0;
	code = s[0] & (0x7f >> n);
	for (i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (s[i] & 0x3f);
	}
	if (code < least[n] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
		return 0;
	return n;
}

static void put_escaped(FILE *out, unsigned char c)
{
	static const char from[] = "\b\f\n\r\t\"\\", to[] = "bfnrt\"\\";
	const char *p = c ? strchr(from, c) : NULL;

	if (p)
		fprintf(out, "\\%c", to[p - from]);
	else
		fprintf(out, "\\u%04x", c);
}

static void put_string(FILE *out, const char *text, size_t len)
{
	const unsigned char *s = (const unsigned char *)text;

	fputc('"', out);
	while (len) {
		size_t n = utf8_len(s, len);

		if (!n)
			fputs("\xef\xbf\xbd", out);
		else if (n == 1 && (*s < ' ' || *s == '"' || *s == '\\' || *s == 0x7f))
			put_escaped(out, *s);
		else
			fwrite(s, 1, n, out);
		n = n ? n : 1;
		s += n;
		len -= n;
	}
	fputc('"', out);
}

static void indent(struct report_json *json)
{
	fprintf(json->out, "\n%*s", 2 * (int)json->depth, "");
}

/* What comes before a value: the comma, a new line, the member's name. */
static void before(struct report_json *json, const char *name)
{
	unsigned int level = json->depth;

	if (!level)
		return;
	assert(json->array[level - 1] == !name);
	if (json->nr[level - 1]++)
		fputc(',', json->out);
	indent(json);
	if (name) {
		put_string(json->out, name, strlen(name));
		fputs(": ", json->out);
	}
}

static void open_level(struct report_json *json, const char *name, bool array)
{
	before(json, name);
	assert(json->depth < REPORT_JSON_DEPTH);
	fputc(array ? '[' : '{', json->out);
	json->nr[json->depth] = 0;
	json->array[json->depth++] = array;
}

void report_json_object(struct report_json *json, const char *name)
{
	open_level(json, name, false);
}

void report_json_array(struct report_json *json, const char *name)
{
	open_level(json, name, true);
}

void report_json_close(struct report_json *json)
{
	assert(json->depth > 0);
	json->depth--;
	if (json->nr[json->depth])
		indent(json);
	fputc(json->array[json->depth] ? ']' : '}', json->out);
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

void report_json_uint(struct report_json *json, const char *name, uint64_t value)
{
	before(json, name);
	fprintf(json->out, "%llu", (unsigned long long)value);
}

void report_json_int(struct report_json *json, const char *name, int64_t value)
{
	before(json, name);
	fprintf(json->out, "%lld", (long long)value);
}

void report_json_double(struct report_json *json, const char *name, double value)
{
	before(json, name);
	if (isfinite(value))
		fprintf(json->out, "%.15g", value);
	else
		fputs("null", json->out);
}

void report_json_bool(struct report_json *json, const char *name, bool value)
{
	before(json, name);
	fputs(value ? "true" : "false", json->out);
}
