// SPDX-License-Identifier: GPL-2.0-or-later
#include <base/errname.h>

#include <stdlib.h>
#include <string.h>

const char *errname(int err)
{
	const char *name = strerrorname_np(abs(err));

	return name ? name : "E?";
}

int errnum(const char *name)
{
	int err;

	for (err = 1; err < 134; err++) {
		const char *other = strerrorname_np(err);

		if (other && !strcmp(name, other))
			return err;
	}
	return -1;
}
