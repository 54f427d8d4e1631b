// SPDX-License-Identifier: GPL-2.0-or-later
#include <base/digits.h>
#include <base/mem.h>
#include <base/strbuf.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

void strbuf_release(struct strbuf *sb)
{
	mem_free(sb->buf);
	*sb = (struct strbuf)STRBUF_INIT;
}

void strbuf_reset(struct strbuf *sb)
{
	sb->len = 0;
	sb->error = 0;
	if (sb->buf)
		sb->buf[0] = '\0';
}

const char *strbuf_str(const struct strbuf *sb)
{
	return sb->buf ? sb->buf : "";
}

int strbuf_error(const struct strbuf *sb)
{
	return sb->error;
}

/* Room for @extra more bytes and the NUL; false (and the error kept) when out of memory. */
static int strbuf_room(struct strbuf *sb, size_t extra)
{
	if (sb->len + extra + 1 <= sb->cap)
		return 1;
	if (mem_grow(&sb->buf, &sb->cap, sb->len + extra + 1, 1)) {
		sb->error = -ENOMEM;
		return 0;
	}
	return 1;
}

void strbuf_add(struct strbuf *sb, const void *data, size_t len)
{
	if (!strbuf_room(sb, len))
		return;
	if (len)
		memcpy(sb->buf + sb->len, data, len);
	sb->len += len;
	sb->buf[sb->len] = '\0';
}

void strbuf_addstr(struct strbuf *sb, const char *s)
{
	strbuf_add(sb, s, strlen(s));
}

void strbuf_addch(struct strbuf *sb, char c)
{
	strbuf_add(sb, &c, 1);
}

void strbuf_vaddf(struct strbuf *sb, const char *fmt, va_list ap)
{
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n < 0 || !strbuf_room(sb, n))
		return;
	vsnprintf(sb->buf + sb->len, n + 1, fmt, ap);
	sb->len += n;
}

void strbuf_addf(struct strbuf *sb, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(sb, fmt, ap);
	va_end(ap);
}

void strbuf_addhex(struct strbuf *sb, uint64_t value, unsigned int width)
{
	char digits[16], *end = digits + sizeof(digits), *at = digits_hex(end, value);

	while (end - at < width && at > digits)
		*--at = '0';
	strbuf_add(sb, at, end - at);
}

void strbuf_adddec(struct strbuf *sb, uint64_t value)
{
	char digits[DIGITS_MAX], *end = digits + sizeof(digits), *at = digits_dec(end, value);

	strbuf_add(sb, at, end - at);
}

void strbuf_addsize(struct strbuf *sb, uint64_t bytes)
{
	char digits[DIGITS_MAX], *end = digits + sizeof(digits), *at = digits_size(end, bytes);

	strbuf_add(sb, at, end - at);
}
