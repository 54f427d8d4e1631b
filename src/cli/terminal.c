// SPDX-License-Identifier: GPL-2.0-or-later
#include "terminal_internal.h"

#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

bool terminal_utf8(void)
{
	return !strcmp(nl_langinfo(CODESET), "UTF-8");
}

bool terminal_color(void)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(no_color && *no_color) && term &&
	       strcmp(term, "dumb");
}

void add_visible(struct strbuf *out, const char *text, size_t len)
{
	unsigned char before = 0;

	for (; len; text++, len--, before = text[-1]) {
		unsigned char c = *text;

		/* U+0080 to U+009f are control characters, too */
		if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f || (before == 0xc2 && c < 0xa0))
			strbuf_addf(out, "\\x%02x", c);
		else
			strbuf_addch(out, c);
	}
}

void print_visible(FILE *out, const char *text, size_t len)
{
	struct strbuf visible = STRBUF_INIT;

	add_visible(&visible, text, len);
	fwrite(strbuf_str(&visible), 1, visible.len, out);
	strbuf_release(&visible);
}

unsigned int terminal_width(void)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;

	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_col)
		return size.ws_col;
	if (columns && atoi(columns) > 0)
		return atoi(columns);
	return 80;
}
