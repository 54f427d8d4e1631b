/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An initramfs in the kernel's "newc" format (Documentation/driver-api/early-userspace).
 */
#ifndef HOST_CPIO_INTERNAL_H
#define HOST_CPIO_INTERNAL_H

#include <stddef.h>

#include <base/strbuf.h>

/* cpio_dir(), cpio_file(), cpio_node(): add an entry; @path without a leading slash */
void cpio_dir(struct strbuf *out, const char *path);
void cpio_file(struct strbuf *out, const char *path, unsigned int mode, const void *data,
	       size_t len);
void cpio_char_device(struct strbuf *out, const char *path, unsigned int major,
		      unsigned int minor);
/* cpio_end() - the trailer. Errors: strbuf_error(). */
void cpio_end(struct strbuf *out);

#endif /* HOST_CPIO_INTERNAL_H */
