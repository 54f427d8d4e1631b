// SPDX-License-Identifier: GPL-2.0-or-later
#include "cpio_internal.h"

#include <string.h>
#include <sys/stat.h>

static void pad4(struct strbuf *out)
{
	while (out->len % 4 && !strbuf_error(out))
		strbuf_addch(out, 0);
}

static void entry(struct strbuf *out, const char *path, unsigned int mode,
		  const void *data, size_t len, unsigned int major, unsigned int minor)
{
	const unsigned int fields[13] = {
		(unsigned int)out->len + 1,
		mode,
		0,
		0,
		1,
		0,
		(unsigned int)len,
		0,
		0,
		major,
		minor,
		(unsigned int)strlen(path) + 1,
		0,
	};
	unsigned int i;

	strbuf_addstr(out, "070701");
	for (i = 0; i < 13; i++)
		strbuf_addhex(out, fields[i], 8);
	strbuf_add(out, path, strlen(path) + 1);
	pad4(out);
	if (len)
		strbuf_add(out, data, len);
	pad4(out);
}

void cpio_dir(struct strbuf *out, const char *path)
{
	entry(out, path, S_IFDIR | 0755, NULL, 0, 0, 0);
}

void cpio_file(struct strbuf *out, const char *path, unsigned int mode, const void *data,
	       size_t len)
{
	entry(out, path, S_IFREG | mode, data, len, 0, 0);
}

void cpio_char_device(struct strbuf *out, const char *path, unsigned int major,
		      unsigned int minor)
{
	entry(out, path, S_IFCHR | 0600, NULL, 0, major, minor);
}

void cpio_end(struct strbuf *out)
{
	entry(out, "TRAILER!!!", 0, NULL, 0, 0, 0);
}
