// SPDX-License-Identifier: GPL-2.0-or-later
#include <base/fd.h>
#include <base/strbuf.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CHUNK 16384

ssize_t fd_read(int fd, void *buf, size_t len)
{
	size_t have = 0;

	while (have < len) {
		ssize_t n = read(fd, (char *)buf + have, len - have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			break;
		have += n;
	}
	return have;
}

int fd_read_text(int fd, size_t max, struct strbuf *out)
{
	char buf[CHUNK];
	ssize_t n;

	do {
		n = fd_read(fd, buf, sizeof(buf));
		if (n < 0)
			return n;
		if (out->len + n > max)
			return -EFBIG;
		strbuf_add(out, buf, n);
	} while (n && !strbuf_error(out));
	return strbuf_error(out);
}

int fd_write(int fd, const void *data, size_t len)
{
	const char *at = data;

	while (len) {
		ssize_t n = write(fd, at, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		at += n;
		len -= n;
	}
	return 0;
}

int fd_temporary(void)
{
	const char *folder = getenv("TMPDIR");
	char path[4096];
	int fd;

	if (!folder || !*folder)
		folder = "/var/tmp";
	fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0)
		return fd;
	/* not every file system has nameless files */
	if (snprintf(path, sizeof(path), "%s/mmuscope.XXXXXX", folder) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	unlink(path);
	return fd;
}
