// SPDX-License-Identifier: GPL-2.0-or-later
#include "input_internal.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include <base/mem.h>

#define BUF_SIZE (256u << 10)
#define PACKED_SIZE BUF_SIZE

static ssize_t fd_read(void *ctx, void *buf, size_t len)
{
	ssize_t n;

	do {
		n = read((int)(intptr_t)ctx, buf, len);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

struct import_source import_source_fd(int fd)
{
	return (struct import_source){ fd_read, (void *)(intptr_t)fd };
}

static ssize_t memory_read(void *ctx, void *buf, size_t len)
{
	struct import_memory *memory = ctx;

	if (len > memory->len - memory->pos)
		len = memory->len - memory->pos;
	if (len)
		memcpy(buf, memory->data + memory->pos, len);
	memory->pos += len;
	return len;
}

struct import_source import_source_memory(struct import_memory *memory)
{
	return (struct import_source){ memory_read, memory };
}

int imp_input_init(struct input *in, const struct import_source *source)
{
	memset(in, 0, sizeof(*in));
	in->source = *source;
	in->buf = mem_alloc(BUF_SIZE);
	return in->buf ? 0 : -ENOMEM;
}

void imp_input_release(struct input *in)
{
	ZSTD_freeDStream(in->zstd);
	mem_free(in->packed);
	mem_free(in->buf);
	memset(in, 0, sizeof(*in));
}

/*
 * The first bytes are in the buffer: is this a zstd frame? Then they are compressed
 * input.
 */
static int start(struct input *in)
{
	static const unsigned char magic[4] = { 0x28, 0xb5, 0x2f, 0xfd };

	in->started = true;
	if (in->end < sizeof(magic) || memcmp(in->buf, magic, sizeof(magic)))
		return 0;
	in->packed = mem_alloc(BUF_SIZE);
	if (!in->packed)
		return -ENOMEM;
	in->zstd = ZSTD_createDStream();
	if (!in->zstd)
		return -ENOMEM;
	memcpy(in->packed, in->buf, in->end);
	in->packed_end = in->end;
	in->end = 0;
	in->eof = false;
	return 0;
}

/* Decompress into the free part of the buffer; sets eof at the end of the source. */
static int unpack(struct input *in)
{
	ZSTD_outBuffer out = { in->buf, BUF_SIZE, in->end };
	size_t before = in->end;

	while (out.pos == before) {
		ZSTD_inBuffer src = { in->packed, in->packed_end, in->packed_pos };
		size_t left;
		ssize_t n;

		left = ZSTD_decompressStream(in->zstd, &out, &src);
		if (ZSTD_isError(left))
			return -EINVAL;
		if (src.pos > in->packed_pos || out.pos > before)
			in->packed_open = left != 0;
		in->packed_pos = src.pos;
		if (out.pos > before || in->packed_pos < in->packed_end)
			continue;
		n = in->source.read(in->source.ctx, in->packed, PACKED_SIZE);
		if (n < 0)
			return n;
		in->packed_pos = 0;
		in->packed_end = n;
		if (!n) {
			in->eof = true;
			return in->packed_open ? -EINVAL : 0;
		}
	}
	in->bytes += out.pos - before;
	in->end = out.pos;
	return 0;
}

/* More bytes behind the unread ones, which move to the front. */
static int refill(struct input *in)
{
	ssize_t n;
	int err;

	if (in->pos) {
		memmove(in->buf, in->buf + in->pos, in->end - in->pos);
		in->end -= in->pos;
		in->pos = 0;
	}
	if (in->zstd)
		return unpack(in);
	n = in->source.read(in->source.ctx, in->buf + in->end, BUF_SIZE - in->end);
	if (n < 0)
		return n;
	in->eof = n == 0;
	in->end += n;
	if (!in->started) {
		/*
		 * a pipe may deliver less than the four bytes that tell the formats apart
		 */
		if (in->end < 4 && !in->eof)
			return 0;
		err = start(in);
		if (err)
			return err;
		if (in->zstd)
			return unpack(in);
		n = in->end;
	}
	in->bytes += n;
	return 0;
}

/* Drop the rest of a line that was cut. */
static int skip_rest(struct input *in)
{
	while (in->skipping) {
		char *nl = memchr(in->buf + in->pos, '\n', in->end - in->pos);
		int err;

		in->pos = nl ? (size_t)(nl + 1 - in->buf) : in->end;
		if (nl || (in->eof && in->pos == in->end)) {
			in->skipping = false;
			in->cut_end = !nl;
		} else {
			err = refill(in);
			if (err)
				return err;
		}
	}
	return 0;
}

static void take(struct input *in, struct line *ret_line, size_t len, bool newline)
{
	ret_line->s = in->buf + in->pos;
	ret_line->len = len;
	in->pos += len + newline;
	if (newline && len && ret_line->s[len - 1] == '\r')
		ret_line->len--;
	ret_line->last = in->eof && in->pos == in->end;
	ret_line->broken = !newline && ret_line->last;
	ret_line->cut = !newline && !ret_line->broken;
}

int imp_input_line(struct input *in, struct line *ret_line)
{
	int err = skip_rest(in);

	if (err)
		return err;
	for (;;) {
		size_t have = in->end - in->pos;
		char *nl = memchr(in->buf + in->pos, '\n', have);
		size_t len = nl ? (size_t)(nl - (in->buf + in->pos)) : have;

		if (len > IMPORT_MAX_LINE) {
			take(in, ret_line, IMPORT_MAX_LINE, false);
			ret_line->last = false;
			in->skipping = true;
			return 1;
		}
		/* a complete line, of which we also know whether another follows */
		if (nl && (len + 1 < have || in->eof)) {
			take(in, ret_line, len, true);
			return 1;
		}
		if (in->eof) {
			if (!have)
				return 0;
			take(in, ret_line, len, false);
			return 1;
		}
		err = refill(in);
		if (err)
			return err;
	}
}

int imp_input_starts(struct input *in, const char *magic, size_t len)
{
	while (in->end - in->pos < len && !in->eof) {
		int err = refill(in);

		if (err)
			return err;
	}
	return in->end - in->pos >= len && !memcmp(in->buf + in->pos, magic, len);
}

ssize_t imp_input_bytes(struct input *in, const char **ret_bytes)
{
	while (in->pos == in->end) {
		int err = in->eof ? 0 : refill(in);

		if (err || (in->eof && in->pos == in->end))
			return err;
	}
	*ret_bytes = in->buf + in->pos;
	in->pos = in->end;
	return in->buf + in->end - *ret_bytes;
}
