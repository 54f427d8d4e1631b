// SPDX-License-Identifier: GPL-2.0-or-later
#include "html_internal.h"

#include <report/table.h>

#include <string.h>

#include <base/utf8.h>

#define REPLACEMENT "\xef\xbf\xbd"

/* U+202A to U+202E and U+2066 to U+2069: text that would run the other way. */
static bool turns(const unsigned char *s, size_t n)
{
	return n == 3 && s[0] == 0xe2 &&
	       ((s[1] == 0x80 && s[2] >= 0xaa && s[2] <= 0xae) ||
		(s[1] == 0x81 && s[2] >= 0xa6 && s[2] <= 0xa9));
}

static const char *entity(unsigned char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	case '`':
		return "&#96;";
	case '\n':
	case '\t':
		return NULL;
	default:
		return c < ' ' || c == 0x7f ? REPLACEMENT : NULL;
	}
}

void html_text(struct strbuf *out, const char *text, size_t len)
{
	const unsigned char *s = (const unsigned char *)text, *end = s + len;

	while (s < end) {
		size_t n = utf8_len(s, end - s);
		const char *instead = n == 1 ? entity(*s) : NULL;

		if (!n || turns(s, n) || (n == 2 && s[0] == 0xc2 && s[1] < 0xa0))
			instead = REPLACEMENT;
		if (instead)
			strbuf_addstr(out, instead);
		else
			strbuf_add(out, s, n);
		s += n ? n : 1;
	}
}

void html_str(struct strbuf *out, const char *text)
{
	html_text(out, text, strlen(text));
}

void html_cut(struct strbuf *out, const char *text, size_t len, size_t max)
{
	size_t cut = len;

	if (cut > max)
		for (cut = max; cut && (text[cut] & 0xc0) == 0x80;)
			cut--;
	html_text(out, text, cut);
	if (cut < len)
		strbuf_addstr(out, "\xe2\x80\xa6");
}

void html_count(struct strbuf *out, uint64_t count)
{
	strbuf_addstr(out, "<td>");
	report_add_count(out, count);
}

void html_size(struct strbuf *out, uint64_t bytes)
{
	strbuf_addstr(out, "<td>");
	report_add_size(out, bytes);
}

void html_ns(struct strbuf *out, double ns)
{
	strbuf_addstr(out, "<td>");
	report_add_ns(out, ns);
}
