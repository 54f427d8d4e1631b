// SPDX-License-Identifier: GPL-2.0-or-later
/* Broken recordings, and sources and sinks that fail. */
#include "import_test.h"

#include <base/mem.h>

#include <errno.h>
#include <stdlib.h>
#include <zstd.h>

#define MAP "mmap(NULL, 4096, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x1000\n"
#define M1 "map m1 0x1000 4K r anon private\n"
#define EVENT                                                                            \
	"  x-7 [000] ..... 1.000001: sys_brk(brk: 0)\n  x-7 [000] ..... 1.000002: "      \
	"sys_brk -> "

static const struct import_options quiet = { .touch = IMPORT_TOUCH_NONE,
					     .no_origin = true };

/* Importing fails as @err with @why at @line, and what came before is there. */
static void check_error(enum import_format format, const char *name, const char *text,
			size_t len, int err, uint64_t line, const char *why,
			const char *want)
{
	struct strbuf script = STRBUF_INIT, got = STRBUF_INIT;
	int ret = import_bytes(format, &quiet, text, len, &script);
	bool right = ret == err && report.error_line == line && strstr(report.error, why);

	only_operations(&script, &got);
	tap_ok(right && !strcmp(strbuf_str(&got), want), "%s", name);
	if (!right)
		printf("# got %d, line %llu: %s\n", ret,
		       (unsigned long long)report.error_line, report.error);
	if (strcmp(strbuf_str(&got), want))
		printf("# got: %s\n", strbuf_str(&got));
	strbuf_release(&script);
	strbuf_release(&got);
}

#define ERROR(format, name, text, line, why, want)                                       \
	check_error(format, name, text, sizeof(text) - 1, -EINVAL, line, why, want)

static void truncated(void)
{
	ERROR(IMPORT_STRACE, "last line without newline", MAP "getpid() = 1", 2,
	      "breaks off", M1);
	ERROR(IMPORT_STRACE, "last line inside a call", MAP MAP "mprotect(0x1000, 40", 3,
	      "breaks off", M1 "map m2 0x1000 4K r anon private fixed\n");
	ERROR(IMPORT_STRACE, "last call incomplete", MAP "mprotect(0x1000, 40\n", 2,
	      "inside a call", M1);
	ERROR(IMPORT_STRACE, "last call without result", MAP "munmap(0x1000, 4096)\n", 2,
	      "inside a call", M1);
	ERROR(IMPORT_STRACE, "last call of another kind", MAP "read(3, \"abc\n", 2,
	      "inside a call", M1);
	ERROR(IMPORT_FTRACE, "last event without newline", EVENT "0x1000\n  x-7 [000", 3,
	      "breaks off", BLANK "heap heap 0x1000\n");
	ERROR(IMPORT_FTRACE, "perf's binary data", "PERFILE2h\0\0\0\0\0\0\0", 1, "perf script", "");
	ERROR(IMPORT_FTRACE, "last event incomplete", EVENT "\n", 2, "inside an event",
	      BLANK);
	ERROR(IMPORT_PROC, "last map without newline",
	      "1000-2000 rw-p 0 0:0 0\n2000-3000 rw-p", 2, "breaks off",
	      "map m1 0x1000 4K rw anon private\n");
}

static void not_recordings(void)
{
	static const char *const names[] = { "strace", "ftrace", "proc" };

	for (int f = 0; f < IMPORT_FORMAT_NR; f++) {
		printf("# %s\n", names[f]);
		ERROR(f, "empty", "", 0, "empty", "");
		ERROR(f, "binary",
		      "\x7f"
		      "ELF\0\0\0\1\2\n\0\0\n",
		      1, "binary", "");
		ERROR(f, "binary without a line", "\0", 1, "binary", "");
		ERROR(f, "other text", "Hello\nworld\n", 2, "found", "");
		ERROR(f, "newlines", "\n\n\n", 3, "found", "");
	}
	tap_eq(import_format_index("ftrace"), IMPORT_FTRACE, "formats have names");
	tap_eq(import_format_index("perf"), -1, "unknown formats have none");
	tap_eq(import_touch_index("written"), IMPORT_TOUCH_WRITTEN,
	       "assumptions have names");
	tap_eq(import_touch_index(""), -1, "unknown assumptions have none");
}

static void long_lines(void)
{
	const size_t size = 1 << 20;
	struct strbuf text = STRBUF_INIT, script = STRBUF_INIT, got = STRBUF_INIT;

	strbuf_addstr(&text, "write(1, \"");
	for (size_t i = 0; i < size; i++)
		strbuf_addch(&text, 'x');
	strbuf_addstr(&text, "\", 9) = 9\n" MAP);
	tap_eq(import_bytes(IMPORT_STRACE, &quiet, text.buf, text.len, &script), 0,
	       "a 1 MB line");
	only_operations(&script, &got);
	tap_ok(!strcmp(strbuf_str(&got), M1), "... what follows is read");
	tap_eq(report.cut, 1, "... it was cut");
	tap_eq(report.lines, 2, "... and is one line");
	text.len -= strlen("\", 9) = 9\n" MAP);
	strbuf_reset(&script);
	tap_eq(import_bytes(IMPORT_STRACE, &quiet, text.buf, text.len, &script), -EINVAL,
	       "a 1 MB line that breaks off");
	strbuf_release(&text);
	strbuf_release(&script);
	strbuf_release(&got);
}

static int full_sink(void *ctx, const char *data, size_t len)
{
	(void)ctx;
	(void)data;
	(void)len;
	return -ENOSPC;
}

static ssize_t broken_source(void *ctx, void *buf, size_t len)
{
	(void)ctx;
	(void)buf;
	(void)len;
	return -EIO;
}

/* One byte at a time, as a slow pipe may deliver. */
static ssize_t slow_source(void *ctx, void *buf, size_t len)
{
	struct import_source memory = import_source_memory(ctx);

	return memory.read(memory.ctx, buf, len ? 1 : 0);
}

static void sources_and_sinks(void)
{
	struct import_memory memory = { MAP MAP, sizeof(MAP MAP) - 1, 0 };
	struct import_source source = import_source_memory(&memory);
	struct strbuf out = STRBUF_INIT, got = STRBUF_INIT;
	struct import_sink sink = { full_sink, NULL };

	tap_eq(import_strace(&quiet, &source, &sink, &report), -ENOSPC, "a full disk");
	sink = import_sink_strbuf(&out);
	source.read = broken_source;
	tap_eq(import_strace(&quiet, &source, &sink, &report), -EIO,
	       "a disk that cannot be read");
	tap_eq(import_file(IMPORT_STRACE, "/nonexistent/log", NULL, &sink, &report),
	       -ENOENT, "a missing file");
	tap_ok(strstr(report.error, "No such file"), "... with its reason");
	tap_eq(import_file(IMPORT_STRACE, "/", NULL, &sink, &report), -EISDIR,
	       "a folder");
	strbuf_reset(&out);
	memory.pos = 0;
	source = (struct import_source){ slow_source, &memory };
	tap_eq(import_strace(&quiet, &source, &sink, &report), 0, "one byte at a time");
	only_operations(&out, &got);
	tap_ok(!strcmp(strbuf_str(&got), M1 "map m2 0x1000 4K r anon private fixed\n"),
	       "... the same");
	strbuf_release(&out);
	strbuf_release(&got);
}

static void compressed(void)
{
	char packed[512];
	size_t len = ZSTD_compress(packed, sizeof(packed), MAP, strlen(MAP), 3);
	struct import_memory memory = { packed, len, 0 };
	struct import_source slow = { slow_source, &memory };
	struct strbuf out = STRBUF_INIT, got = STRBUF_INIT;
	struct import_sink sink = import_sink_strbuf(&out);

	tap_eq(import_bytes(IMPORT_STRACE, &quiet, packed, len, &out), 0, "zstd");
	only_operations(&out, &got);
	tap_ok(!strcmp(strbuf_str(&got), M1), "... the same");
	tap_eq(report.bytes, strlen(MAP), "... with its size unpacked");
	tap_eq(import_strace(&quiet, &slow, &sink, &report), 0,
	       "zstd, one byte at a time");
	strbuf_reset(&out);
	tap_eq(import_bytes(IMPORT_STRACE, &quiet, packed, len - 3, &out), -EINVAL,
	       "zstd that breaks off");
	tap_ok(strstr(report.error, "compressed"), "... with its reason");
	memset(packed + 6, 0xff, 3); /* the header of the first block */
	tap_eq(import_bytes(IMPORT_STRACE, &quiet, packed, len, &out), -EINVAL,
	       "damaged zstd");
	strbuf_release(&out);
	strbuf_release(&got);
}

int main(void)
{
	truncated();
	not_recordings();
	long_lines();
	sources_and_sinks();
	compressed();
	tap_eq(mem_live(), 0, "nothing leaks");
	return tap_done();
}
