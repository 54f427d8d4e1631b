/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of a recording, decompressed on the way, each at most IMPORT_MAX_LINE bytes. */
#ifndef IMPORT_INPUT_INTERNAL_H
#define IMPORT_INPUT_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <import/import.h>

struct input {
	struct import_source source;
	char *buf;
	size_t pos;
	size_t end;
	bool eof;
	bool started;
	bool skipping; /* inside a line that was cut */
	bool cut_end;  /* the last line was cut, and no newline ended it */
	void *zstd;    /* ZSTD_DStream of a compressed recording */
	char *packed;
	size_t packed_pos;
	size_t packed_end;
	bool packed_open; /* a frame has begun and not ended */
	uint64_t bytes;
};

/**
 * struct line - one line, valid until the next imp_input_line()
 * @cut: longer than IMPORT_MAX_LINE; the rest is lost
 * @last: nothing comes after it
 * @broken: it is the last and no newline ends it
 */
struct line {
	const char *s;
	size_t len;
	bool cut;
	bool last;
	bool broken;
};

/** imp_input_init() - Return: 0 or -ENOMEM. */
int imp_input_init(struct input *in, const struct import_source *source);
void imp_input_release(struct input *in);

/**
 * imp_input_line() - the next line without its newline (and carriage return).
 * Return: 1; 0 at the end; -EINVAL for damaged compressed data; what the source returned.
 */
int imp_input_line(struct input *in, struct line *ret_line);

/**
 * imp_input_starts() - do the recording's first bytes equal @magic? Before the first line only.
 * Return: 1 or 0; errors as imp_input_line().
 */
int imp_input_starts(struct input *in, const char *magic, size_t len);

/**
 * imp_input_bytes() - what is there, not cut into lines; valid until the next call.
 * Return: how many bytes, 0 at the end; errors as imp_input_line().
 */
ssize_t imp_input_bytes(struct input *in, const char **ret_bytes);

#endif /* IMPORT_INPUT_INTERNAL_H */
