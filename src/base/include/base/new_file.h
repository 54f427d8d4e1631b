/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file that appears under its name only when it is whole. */
#ifndef BASE_NEW_FILE_H
#define BASE_NEW_FILE_H

#include <stdbool.h>

/**
 * struct new_file - one that is being written
 * @fd: to write to; -1 while there is none
 * @path: the final name of a regular file; NULL for what is written in place
 * @temp: its name until then
 * @nameless: it has none until then: a process that is killed leaves nothing of it
 */
struct new_file {
	int fd;
	char *path;
	char *temp;
	bool nameless;
};

#define NEW_FILE_INIT { -1, NULL, NULL, false }

/**
 * new_file_open() - write to @path, "-" for standard output.
 * A regular file is written without a name (beside its final one where the file system cannot do
 * that), with the rights that creating it would have given, and gets its name from
 * new_file_close(): no partial result looks whole. Of a symbolic link the target is replaced. A
 * device or pipe is written as it is.
 * Return: 0, or a negative errno; *@ret_file is untouched then.
 */
int new_file_open(struct new_file *ret_file, const char *path);

/**
 * new_file_close() - the end of it. Standard output stays open.
 * @err: 0, or the negative errno that makes what was written worthless
 * Return: @err, or the error of closing or renaming; nothing has appeared under the final name
 * then.
 */
int new_file_close(struct new_file *file, int err);

#endif /* BASE_NEW_FILE_H */
