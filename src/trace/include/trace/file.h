/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An output file that appears under its name only when it is complete. */
#ifndef TRACE_FILE_H
#define TRACE_FILE_H

#include <base/new_file.h>

#include <stddef.h>
#include <stdint.h>

/* The most that trace_file_room() gives. */
#define TRACE_FILE_ROOM (128u << 10)

/**
 * struct trace_file - buffered; the first error is kept and the rest swallowed
 * @buf, @len: what is not written yet
 */
struct trace_file {
	struct new_file out;
	int error;
	char *buf;
	size_t len;
};

/** trace_file_open() - write to @path as new_file_open() does. Return: 0 or a negative errno. */
int trace_file_open(struct trace_file *file, const char *path);

/**
 * trace_file_room() - where at least @want bytes, at most TRACE_FILE_ROOM, may be put; whoever
 * puts them there adds to file->len.
 */
char *trace_file_room(struct trace_file *file, size_t want);

/** trace_file_write() - any number of bytes. */
void trace_file_write(struct trace_file *file, const void *data, size_t len);

/**
 * trace_file_close() - flush and close.
 * Return: 0, or the first error of any write (-ENOSPC, -EPIPE, ...); then nothing has appeared
 * under the final name.
 */
int trace_file_close(struct trace_file *file);

/** trace_file_abort() - close and forget what was written to a regular file. */
void trace_file_abort(struct trace_file *file);

#endif /* TRACE_FILE_H */
