// SPDX-License-Identifier: GPL-2.0-or-later
/* Scripts from files, pipes and things that are neither. */
#include "script_test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[] = "/tmp/script-load-XXXXXX";
static char path[64];

static struct parsed load(const char *file)
{
	struct parsed parsed = {.script = NULL, .diag = STRBUF_INIT};

	parsed.err = script_load(file, &parsed.diag, &parsed.script);
	return parsed;
}

static void put_file(const char *text, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	tap_ok(fd >= 0 && write(fd, text, len) == (ssize_t)len, "the file is there");
	close(fd);
}

static void test_file(void)
{
	struct strbuf text = STRBUF_INIT;
	struct parsed p;
	unsigned int i;

	for (i = 0; i < 100000; i++)
		strbuf_addf(&text, "numa_scan %u\n", i);
	put_file(text.buf, text.len);
	p = load(path);
	tap_ok(!p.err && p.script->nr_ops == 100000 &&
		       p.script->ops[99999].count == 99999,
	       "a file of many chunks");
	tap_ok(p.script && !strcmp(p.script->file, path), "keeps its name");
	release(&p);
	strbuf_release(&text);
	put_file("bogus\n", 6);
	p = load(path);
	tap_ok(p.err == -EINVAL &&
		       strstr(strbuf_str(&p.diag), ":1:1: error: unknown operation"),
	       "a malformed file");
	tap_ok(!strncmp(strbuf_str(&p.diag), path, strlen(path)),
	       "is named in the message");
	release(&p);
	put_file("", 0);
	p = load(path);
	tap_ok(p.err == -EINVAL && strstr(strbuf_str(&p.diag), "error: no operations"),
	       "an empty file");
	release(&p);
}

static void test_no_file(void)
{
	struct parsed p;

	unlink(path);
	p = load(path);
	tap_ok(p.err == -ENOENT && strstr(strbuf_str(&p.diag),
					  "cannot open the script: No such file"),
	       "a missing file");
	release(&p);
	p = load(dir);
	tap_ok(p.err == -EISDIR && strstr(strbuf_str(&p.diag), "Is a directory"),
	       "a directory");
	release(&p);
	put_file("forkwait\n", 9);
	chmod(path, 0);
	if (geteuid() == 0 && seteuid(65534)) {
		tap_skip("an unreadable file", "cannot give up root's rights");
		return;
	}
	chmod(dir, 0755);
	p = load(path);
	tap_ok(p.err == -EACCES && strstr(strbuf_str(&p.diag), "Permission denied"),
	       "an unreadable file");
	release(&p);
	if (getuid() == 0)
		tap_ok(!seteuid(0), "root again");
}

static void test_stdin(void)
{
	int fds[2], saved = dup(STDIN_FILENO);
	struct parsed p;

	tap_ok(!pipe(fds) && write(fds[1], "forkwait\nbogus\n", 15) == 15, "a pipe");
	close(fds[1]);
	dup2(fds[0], STDIN_FILENO);
	close(fds[0]);
	p = load("-");
	tap_ok(p.err == -EINVAL && strstr(strbuf_str(&p.diag), "<stdin>:2:1: error:"),
	       "standard input");
	release(&p);
	close(STDIN_FILENO);
	p = load("-");
	tap_ok(p.err == -EBADF && strstr(strbuf_str(&p.diag),
					 "<stdin>: error: cannot read the script"),
	       "a closed standard input");
	release(&p);
	if (saved >= 0) {
		dup2(saved, STDIN_FILENO);
		close(saved);
	}
}

int main(void)
{
	uint64_t live = mem_live();

	if (!mkdtemp(dir)) {
		tap_skip("load", "no place for files");
		return tap_done();
	}
	snprintf(path, sizeof(path), "%s/s.mms", dir);
	test_file();
	test_no_file();
	test_stdin();
	unlink(path);
	rmdir(dir);
	tap_eq(mem_live(), live, "nothing leaks");
	return tap_done();
}
