// SPDX-License-Identifier: GPL-2.0-or-later
/* Whole reads and writes, and files that appear when they are whole. */
#include <base/fd.h>
#include <base/mem.h>
#include <base/new_file.h>
#include <base/strbuf.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tap.h"

static const char text[] = "a line\n";

/* What @path holds; "" when it is not there. */
static const char *contents(const char *path)
{
	static char buf[64];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : fd_read(fd, buf, sizeof(buf) - 1);

	if (fd >= 0)
		close(fd);
	buf[n > 0 ? n : 0] = '\0';
	return buf;
}

static void pipes(void)
{
	struct strbuf sb = STRBUF_INIT;
	char buf[16];
	int fds[2];

	tap_ok(!pipe2(fds, O_CLOEXEC), "a pipe");
	tap_ok(!fd_write(fds[1], "abc", 3) && !fd_write(fds[1], "defg", 4), "two writes");
	tap_eq(fd_read(fds[0], buf, 5), 5, "a read goes over both");
	tap_ok(!memcmp(buf, "abcde", 5), "and has the bytes in order");
	close(fds[1]);
	tap_ok(fd_read_text(fds[0], 1, &sb) == -EFBIG, "a text over its limit");
	tap_eq(fd_read(fds[0], buf, sizeof(buf)), 0, "nothing is left at the end");
	close(fds[0]);
	tap_ok(fd_read(fds[0], buf, 1) == -EBADF, "reading a closed descriptor");
	tap_ok(fd_write(fds[0], buf, 1) == -EBADF, "writing to one");
	tap_ok(fd_read_text(fds[0], 1, &sb) == -EBADF, "reading a text from one");
	strbuf_release(&sb);
}

static void whole(const char *path)
{
	struct new_file file;
	struct stat st;
	mode_t mask = umask(027);

	tap_ok(!new_file_open(&file, path), "a new file");
	tap_ok(!fd_write(file.fd, text, strlen(text)), "is written");
	tap_ok(access(path, F_OK) && file.nameless == !!access(file.temp, F_OK),
	       "without a name, or beside it");
	tap_ok(!new_file_close(&file, 0) && !strcmp(contents(path), text), "and appears when closed");
	tap_ok(!stat(path, &st) && (st.st_mode & 0777) == 0640, "with the rights of a new file");
	umask(mask);
	tap_ok(!new_file_open(&file, path), "once more");
	tap_ok(!fd_write(file.fd, "x", 1), "is written");
	tap_ok(new_file_close(&file, -EIO) == -EIO, "what has failed");
	tap_ok(!strcmp(contents(path), text), "replaces nothing");
}

static void links(const char *path)
{
	struct new_file file;
	struct stat st;

	tap_ok(!symlink("whole", path), "a symbolic link");
	tap_ok(!new_file_open(&file, path) && !fd_write(file.fd, "y", 1) && !new_file_close(&file, 0),
	       "written through");
	tap_ok(!lstat(path, &st) && S_ISLNK(st.st_mode), "stays one");
	tap_ok(!strcmp(contents("whole"), "y"), "its target is replaced");
}

static void in_place(const char *path)
{
	struct new_file file;
	struct stat st;
	int reader;

	tap_ok(!mkfifo(path, 0600), "a named pipe");
	reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	tap_ok(!new_file_open(&file, path) && !file.temp, "is no file to be replaced");
	tap_ok(!fd_write(file.fd, text, strlen(text)) && !new_file_close(&file, 0), "and is written");
	tap_ok(!stat(path, &st) && S_ISFIFO(st.st_mode), "where it is");
	close(reader);
	tap_ok(new_file_open(&file, "missing/file") == -ENOENT, "no such folder");
	tap_ok(new_file_open(&file, ".") == -EISDIR, "a folder");
	tap_ok(!new_file_open(&file, "-") && file.fd == STDOUT_FILENO, "standard output");
	tap_ok(!new_file_close(&file, 0) && fcntl(STDOUT_FILENO, F_GETFD) >= 0, "stays open");
}

static void out_of_memory(const char *path)
{
	struct new_file file;
	unsigned int nth;
	int err = -ENOMEM;

	for (nth = 1; err == -ENOMEM; nth++) {
		mem_fail_at(nth);
		err = new_file_open(&file, path);
	}
	mem_fail_at(0);
	tap_ok(!err && nth > 2, "%u allocations fail one by one", nth - 2);
	tap_ok(new_file_close(&file, -ECANCELED) == -ECANCELED && access(path, F_OK),
	       "an abandoned file leaves nothing");
}

int main(void)
{
	char dir[] = "/tmp/mmuscope-files-XXXXXX";
	uint64_t live = mem_live();

	pipes();
	if (!mkdtemp(dir) || chdir(dir))
		return 1;
	whole("whole");
	links("link");
	in_place("pipe");
	out_of_memory("none");
	tap_eq(mem_live(), live, "nothing is left");
	unlink("whole");
	unlink("link");
	unlink("pipe");
	tap_ok(!rmdir(dir), "no file is left");
	return tap_done();
}
