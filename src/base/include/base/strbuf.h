/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A growing string. Running out of memory is remembered, not reported at every call: append as
 * much as you like and ask strbuf_error() once at the end.
 */
#ifndef BASE_STRBUF_H
#define BASE_STRBUF_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct strbuf - the string
 * @buf: always NUL-terminated once something was appended; NULL while empty
 * @len: length without the NUL
 */
struct strbuf {
	char *buf;
	size_t len;
	size_t cap;
	int error;
};

#define STRBUF_INIT { NULL, 0, 0, 0 }

/** strbuf_release() - free the contents; the buffer is empty and usable again. */
void strbuf_release(struct strbuf *sb);

/** strbuf_reset() - empty it, keep the memory, forget an error. */
void strbuf_reset(struct strbuf *sb);

/** strbuf_str() - the contents as a C string, "" while empty. */
const char *strbuf_str(const struct strbuf *sb);

/** strbuf_add() and those below - append: bytes, a string, a character, as printf() does. */
void strbuf_add(struct strbuf *sb, const void *data, size_t len);
void strbuf_addstr(struct strbuf *sb, const char *s);
void strbuf_addch(struct strbuf *sb, char c);
__attribute__((format(printf, 2, 3))) void strbuf_addf(struct strbuf *sb, const char *fmt, ...);
__attribute__((format(printf, 2, 0))) void strbuf_vaddf(struct strbuf *sb, const char *fmt,
							 va_list ap);

/** strbuf_addhex() - @value in lower-case hex without 0x, at least @width digits. */
void strbuf_addhex(struct strbuf *sb, uint64_t value, unsigned int width);
/** strbuf_adddec() - @value in decimal. */
void strbuf_adddec(struct strbuf *sb, uint64_t value);
/** strbuf_addsize() - @bytes with the largest exact binary unit: 4096 is "4K", 4100 is "4100". */
void strbuf_addsize(struct strbuf *sb, uint64_t bytes);

/** strbuf_error() - 0, or -ENOMEM when an append was lost. */
int strbuf_error(const struct strbuf *sb);

/** strbuf_pass_error() - what was lost in @from, whose contents @to has or depends on, is lost in @to. */
static inline void strbuf_pass_error(struct strbuf *to, const struct strbuf *from)
{
	if (from->error)
		to->error = from->error;
}

#endif /* BASE_STRBUF_H */
