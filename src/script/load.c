// SPDX-License-Identifier: GPL-2.0-or-later
/* Scripts from files and from standard input. */
#include "script_internal.h"

#include <base/mem.h>
#include <script/param.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK 65536

/* Everything that can be read from @fd, at most one byte over the limit. */
static int read_all(int fd, char **ret_text, size_t *ret_len)
{
	size_t len = 0, cap = 0;
	char *text = NULL;
	ssize_t n;

	do {
		if (mem_grow(&text, &cap, len + CHUNK + 1, 1)) {
			mem_free(text);
			return -ENOMEM;
		}
		n = read(fd, text + len, cap - len - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			int err = -errno;

			mem_free(text);
			return err;
		}
		len += n;
	} while (n && len <= SCRIPT_MAX_BYTES);
	text[len] = '\0';
	*ret_text = text;
	*ret_len = len;
	return 0;
}

static int open_script(const char *path)
{
	struct stat st;
	int fd;

	if (!strcmp(path, "-"))
		return STDIN_FILENO;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return -errno;
	if (!fstat(fd, &st) && S_ISDIR(st.st_mode)) {
		close(fd);
		return -EISDIR;
	}
	return fd;
}

static const char *message_name(const char *path)
{
	return strcmp(path, "-") ? path : "<stdin>";
}

int script_read(const char *path, struct strbuf *diag, char **ret_text, size_t *ret_len)
{
	int fd = open_script(path), err;

	if (fd < 0) {
		strbuf_addf(diag, "%s: error: cannot open the script: %s\n",
			    message_name(path), strerror(-fd));
		return fd;
	}
	err = read_all(fd, ret_text, ret_len);
	if (fd != STDIN_FILENO)
		close(fd);
	if (err)
		strbuf_addf(diag, "%s: error: cannot read the script: %s\n",
			    message_name(path), strerror(-err));
	return err;
}

int script_load(const char *path, struct strbuf *diag, struct script **ret_script)
{
	char *text = NULL;
	size_t len = 0;
	int err = script_read(path, diag, &text, &len);

	return err ? err : script_parse_owned(message_name(path), text, len, NULL, 0, diag,
					      ret_script);
}
