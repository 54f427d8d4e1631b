/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whole reads and writes of descriptors: short ones and EINTR are carried on from. And files that
 * have nothing but a descriptor.
 */
#ifndef BASE_FD_H
#define BASE_FD_H

#include <stddef.h>
#include <sys/types.h>

struct strbuf;

/**
 * fd_read() - as many of @len bytes as there are before the end of the file.
 * Return: how many, less than @len only at the end; or a negative errno.
 */
ssize_t fd_read(int fd, void *buf, size_t len);

/**
 * fd_read_text() - append everything up to the end of the file.
 * @max: bytes that *@out may have in all
 * Return: 0; -EFBIG when there is more, -ENOMEM, or the negative errno of a read. What was read
 * before an error stays in *@out.
 */
int fd_read_text(int fd, size_t max, struct strbuf *out);

/** fd_write() - all of @len bytes. Return: 0 or a negative errno. */
int fd_write(int fd, const void *data, size_t len);

/**
 * fd_temporary() - a new file without a name, in $TMPDIR or /var/tmp, to read and write.
 * Return: its descriptor (close-on-exec), or a negative errno.
 */
int fd_temporary(void);

#endif /* BASE_FD_H */
