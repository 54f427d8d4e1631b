// SPDX-License-Identifier: GPL-2.0-or-later
#include "input_internal.h"

#include <errno.h>

int import_text(const struct import_source *source, struct strbuf *out)
{
	struct input in;
	struct line line;
	int err = imp_input_init(&in, source);

	if (err)
		return err;
	while ((err = imp_input_line(&in, &line)) > 0) {
		strbuf_add(out, line.s, line.len);
		strbuf_addch(out, '\n');
	}
	imp_input_release(&in);
	return err ? err : strbuf_error(out);
}
