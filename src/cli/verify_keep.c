// SPDX-License-Identifier: GPL-2.0-or-later
/* Streams and scripts kept in a folder, so that they can be compared again without a boot. */
#include "cli_internal.h"
#include "verify_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <base/fd.h>
#include <base/mem.h>
#include <base/new_file.h>

#define MAX_STREAM (1u << 30)

static bool complain(const char *dir, const char *name, int err)
{
	error("%s%s%s: %s", dir, name ? "/" : "", name ? name : "", strerror(-err));
	return false;
}

bool verify_make_dir(const char *dir)
{
	char *path = mem_strndup(dir, strlen(dir)), *slash;
	int err = path ? 0 : -ENOMEM;

	for (slash = path; !err && slash && (slash = strchr(slash + 1, '/'));) {
		*slash = 0;
		(void)mkdir(path, 0777);
		*slash = '/';
	}
	if (!err && mkdir(dir, 0777) && errno != EEXIST)
		err = -errno;
	mem_free(path);
	return err ? complain(dir, NULL, err) : true;
}

static int write_path(const char *path, const struct strbuf *text)
{
	struct new_file file;
	int err = new_file_open(&file, path);

	return err ? err : new_file_close(&file, fd_write(file.fd, text->buf, text->len));
}

bool verify_write_file(const char *dir, const char *name, const struct strbuf *text)
{
	struct strbuf path = STRBUF_INIT;
	int err;

	strbuf_addf(&path, "%s/%s", dir, name);
	err = strbuf_error(&path) ? strbuf_error(&path) : strbuf_error(text);
	if (!err)
		err = write_path(path.buf, text);
	strbuf_release(&path);
	return err ? complain(dir, name, err) : true;
}

static int cmp_names(const void *a, const void *b)
{
	size_t len[2];
	const char *x = verify_base_name((*(struct script *const *)a)->file, &len[0]);
	const char *y = verify_base_name((*(struct script *const *)b)->file, &len[1]);
	int order = memcmp(x, y, len[0] < len[1] ? len[0] : len[1]);

	return order ? order : len[0] < len[1] ? -1 : len[0] > len[1];
}

bool verify_keep_names(const struct verify_scripts *scripts)
{
	struct script **sorted = mem_alloc(scripts->nr * sizeof(*sorted));
	bool good = sorted;
	size_t i;

	if (!sorted)
		return complain("--keep", NULL, -ENOMEM);
	memcpy(sorted, scripts->script, scripts->nr * sizeof(*sorted));
	qsort(sorted, scripts->nr, sizeof(*sorted), cmp_names);
	for (i = 1; i < scripts->nr && good; i++) {
		good = cmp_names(&sorted[i - 1], &sorted[i]) != 0;
		if (!good)
			error("%s and %s would have one name in the folder of --keep",
			      sorted[i - 1]->file, sorted[i]->file);
	}
	mem_free(sorted);
	return good;
}

static bool keep_text(const char *dir, const struct script *script, const char *tail,
		      const struct strbuf *text)
{
	struct strbuf name = STRBUF_INIT;
	size_t len;
	const char *base = verify_base_name(script->file, &len);
	bool good;

	strbuf_addf(&name, "%.*s.%s", (int)len, base, tail);
	good = strbuf_error(&name) ? complain(dir, base, -ENOMEM) :
				     verify_write_file(dir, name.buf, text);
	strbuf_release(&name);
	return good;
}

static bool keep_script(const char *dir, const struct script *script)
{
	struct strbuf text = STRBUF_INIT;
	bool good;

	strbuf_add(&text, script->text, script->text_len);
	good = keep_text(dir, script, "mms", &text);
	strbuf_release(&text);
	return good;
}

static bool keep_stream(const char *dir, const struct script *script, const struct host_run *run,
			size_t index)
{
	struct strbuf text = STRBUF_INIT;
	char tail[sizeof(run->kernel.name) + 8];
	bool good;

	snprintf(tail, sizeof(tail), "%s.stream", run->kernel.name);
	host_stream_write(&run->streams[index], script,
			  *run->release ? run->release : run->kernel.release, &text);
	good = keep_text(dir, script, tail, &text);
	strbuf_release(&text);
	return good;
}

/* The script comes last: without it, its streams are not found. */
bool verify_keep(const char *dir, const struct verify_scripts *scripts,
		 const struct host_run *runs, size_t nr_runs)
{
	size_t i, j;

	for (i = 0; i < scripts->nr; i++) {
		for (j = 0; j < nr_runs; j++)
			if (i < runs[j].nr_streams &&
			    !keep_stream(dir, scripts->script[i], &runs[j], i))
				return false;
		if (!keep_script(dir, scripts->script[i]))
			return false;
	}
	return true;
}

static int read_path(const char *path, struct strbuf *text)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	err = fd_read_text(fd, MAX_STREAM, text);
	close(fd);
	return err;
}

int verify_kept_read(const char *dir, const struct script *script, const char *kernel,
		     struct host_stream *ret_stream, struct strbuf *ret_release)
{
	struct strbuf path = STRBUF_INIT, text = STRBUF_INIT, diag = STRBUF_INIT;
	size_t len;
	const char *base = verify_base_name(script->file, &len);
	int err;

	strbuf_addf(&path, "%s/%.*s.%s.stream", dir, (int)len, base, kernel);
	err = strbuf_error(&path);
	if (!err)
		err = read_path(path.buf, &text);
	if (err == -ENOENT) {
		strbuf_release(&path);
		return 0;
	}
	if (!err)
		err = host_stream_read(path.buf, strbuf_str(&text), text.len, script, ret_stream,
				       ret_release, &diag);
	if (err && diag.len)
		fputs(strbuf_str(&diag), stderr);
	else if (err)
		error("%s: %s", strbuf_str(&path), strerror(-err));
	strbuf_release(&path);
	strbuf_release(&text);
	strbuf_release(&diag);
	return err ? err : 1;
}
