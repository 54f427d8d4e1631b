// SPDX-License-Identifier: GPL-2.0-or-later
/* Formats and assumptions by name, and recordings by path. */
#include "import_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static const char *const formats[IMPORT_FORMAT_NR] = { "strace", "ftrace", "proc" };
static const char *const touches[IMPORT_TOUCH_NR] = { "all", "written", "none" };

static int find_name(const char *const *names, int nr, const char *name)
{
	for (int i = 0; i < nr; i++)
		if (!strcmp(names[i], name))
			return i;
	return -1;
}

int import_format_index(const char *name)
{
	return find_name(formats, IMPORT_FORMAT_NR, name);
}

int import_touch_index(const char *name)
{
	return find_name(touches, IMPORT_TOUCH_NR, name);
}

int import_file(enum import_format format, const char *path,
		const struct import_options *options, const struct import_sink *sink,
		struct import_report *ret_report)
{
	static int (*const importers[IMPORT_FORMAT_NR])(
		const struct import_options *, const struct import_source *,
		const struct import_sink *,
		struct import_report *) = { import_strace, import_ftrace, import_proc };
	const bool is_stdin = !strcmp(path, "-");
	const int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	struct import_options named = options ? *options : (struct import_options){ 0 };
	struct import_source source;
	int err;

	if (fd < 0) {
		err = -errno;
		memset(ret_report, 0, sizeof(*ret_report));
		snprintf(ret_report->error, sizeof(ret_report->error), "%s",
			 strerror(-err));
		return err;
	}
	if (!named.name)
		named.name = path;
	source = import_source_fd(fd);
	err = importers[format](&named, &source, sink, ret_report);
	if (!is_stdin)
		close(fd);
	return err;
}
