// SPDX-License-Identifier: GPL-2.0-or-later
#include "import_internal.h"

#include <errno.h>
#include <string.h>

#include <base/digits.h>

#define OUT_SIZE (64u << 10)

static int stdio_write(void *ctx, const char *data, size_t len)
{
	errno = 0;
	if (fwrite(data, 1, len, ctx) != len)
		return errno ? -errno : -EIO;
	return 0;
}

struct import_sink import_sink_stdio(FILE *out)
{
	return (struct import_sink){ stdio_write, out };
}

static int strbuf_write(void *ctx, const char *data, size_t len)
{
	strbuf_add(ctx, data, len);
	return strbuf_error(ctx);
}

struct import_sink import_sink_strbuf(struct strbuf *out)
{
	return (struct import_sink){ strbuf_write, out };
}

int imp_out_flush(struct import *im)
{
	if (im->out_len && !im->error)
		im->error = im->sink.write(im->sink.ctx, im->out, im->out_len);
	im->out_len = 0;
	return im->error;
}

void imp_out_bytes(struct import *im, const char *s, size_t len)
{
	while (len) {
		size_t n = OUT_SIZE - im->out_len;

		if (n > len)
			n = len;
		memcpy(im->out + im->out_len, s, n);
		im->out_len += n;
		s += n;
		len -= n;
		if (im->out_len == OUT_SIZE)
			imp_out_flush(im);
	}
}

void imp_out_str(struct import *im, const char *s)
{
	imp_out_bytes(im, s, strlen(s));
}

void imp_out_dec(struct import *im, uint64_t value)
{
	char digits[DIGITS_MAX], *end = digits + sizeof(digits), *at = digits_dec(end, value);

	imp_out_bytes(im, at, end - at);
}

void imp_out_hex(struct import *im, uint64_t value)
{
	char digits[DIGITS_MAX], *end = digits + sizeof(digits), *at = digits_hex(end, value);

	*--at = 'x';
	*--at = '0';
	imp_out_bytes(im, at, end - at);
}

void imp_out_size(struct import *im, uint64_t bytes)
{
	char digits[DIGITS_MAX], *end = digits + sizeof(digits), *at = digits_size(end, bytes);

	imp_out_bytes(im, at, end - at);
}

void imp_out_vma_name(struct import *im, const struct vma *vma)
{
	static const char *const names[NAME_NR] = { "", "m", "seen", "heap", "ram" };

	imp_out_str(im, names[vma->name]);
	if (vma->number > 1 || vma->name == NAME_MAP || vma->name == NAME_IMPLIED)
		imp_out_dec(im, vma->number);
}

void imp_out_addr(struct import *im, struct mm *mm, uint64_t addr)
{
	const struct vma *vma = imp_vma_find(mm, addr);

	if (!vma || vma->start > addr || vma->name == NAME_NONE || vma->base > addr) {
		imp_out_hex(im, addr);
		return;
	}
	imp_out_vma_name(im, vma);
	if (addr > vma->base) {
		imp_out_bytes(im, "+", 1);
		imp_out_size(im, addr - vma->base);
	}
}

void imp_out_prot(struct import *im, unsigned int prot)
{
	static const char *const words[8] = { "none", "r",  "rw",  "rw",
					      "rx",   "rx", "rwx", "rwx" };

	imp_out_str(im, words[prot & 7]);
}

void imp_out_text(struct import *im, const char *s, size_t len, size_t max)
{
	for (size_t i = 0; i < len && i < max; i++) {
		char c = s[i] >= ' ' && s[i] < 127 ? s[i] : '?';

		imp_out_bytes(im, &c, 1);
	}
}

static void out_time(struct import *im)
{
	uint64_t us = im->time / 1000;
	char digits[6];

	for (int i = 5; i >= 0; i--, us /= 10)
		digits[i] = '0' + us % 10;
	imp_out_str(im, ", ");
	imp_out_dec(im, us);
	imp_out_bytes(im, ".", 1);
	imp_out_bytes(im, digits, sizeof(digits));
	imp_out_str(im, " s");
}

void imp_out_note(struct import *im, const char *note)
{
	im->report->ops++;
	if (!im->options.no_origin) {
		imp_out_str(im, "  # line ");
		imp_out_dec(im, im->line);
		if (im->timed)
			out_time(im);
		if (note)
			imp_out_str(im, ": ");
	} else if (note) {
		imp_out_str(im, "  # ");
	}
	if (note)
		imp_out_str(im, note);
	imp_out_bytes(im, "\n", 1);
}

void imp_out_end(struct import *im)
{
	imp_out_note(im, NULL);
}
