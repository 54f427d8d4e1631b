// SPDX-License-Identifier: GPL-2.0-or-later
/* trace.dat of both versions, whole and damaged, and through pipes. */
#include "import_test.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zstd.h>

#include <base/mem.h>

#define CUTS 24
#define DAMAGES 24

struct bytes {
	char *data;
	size_t len;
};

static const struct import_options quiet = { .no_origin = true };

/* data/NAME beside this source file, whose path the compiler was given. */
static struct bytes read_data(const char *name)
{
	static const char own[] = "trace_dat.c";
	struct bytes bytes = { NULL, 0 };
	char path[4096];
	FILE *file;
	long size;

	snprintf(path, sizeof(path), "%.*sdata/%s", (int)(sizeof(__FILE__) - sizeof(own)), __FILE__, name);
	file = fopen(path, "rb");
	if (!file || fseek(file, 0, SEEK_END) || (size = ftell(file)) <= 0)
		return bytes;
	rewind(file);
	bytes.data = malloc(size);
	bytes.len = fread(bytes.data, 1, size, file);
	fclose(file);
	return bytes;
}

static struct bytes unpack(struct bytes packed)
{
	struct bytes out = { malloc(1 << 20), 0 };

	out.len = ZSTD_decompress(out.data, 1 << 20, packed.data, packed.len);
	if (ZSTD_isError(out.len))
		out.len = 0;
	return out;
}

/* What trace-dat.c does, with its map at @map and its heap at @heap. */
static void expect(struct strbuf *out, const char *heap, const char *map, const char *moved)
{
	const uint64_t at = strtoull(moved, NULL, 16);

	strbuf_addf(out, BLANK "heap heap %s\nbrk heap+3328\ntouch heap 4K w\nbrk heap+138496\nbrk heap+136K\n"
			 "touch heap+4K 4K w\nmap seen1 0x4a2000 16K rw anon private  "
			 "# assumed, not shown being mapped\n"
			 "mprotect seen1 16K r\ntouch heap+8K 4K w\n", heap);
	strbuf_addf(out, "map m1 %s 16M rw anon private\nmadvise m1 16M nohugepage\n"
			 "touch m1 15364K w stride=1M\nmremap m1 16M 32M %s\nmprotect %s 8M r\n"
			 "madvise 0x%llx 2M dontneed\nfork p1\nswitch p1\n", map, moved, moved,
		    (unsigned long long)at + (12 << 20));
	strbuf_addf(out, "touch 0x%llx 4K w\nswitch main\nexit p1\ntouch 0x%llx 4K w\n"
			 "mprotect 0x10000 4K r  # ENOMEM\nmunmap %s 32M\n",
		    (unsigned long long)at + (9 << 20), (unsigned long long)at + (10 << 20), moved);
}

static void check_whole(const char *name, struct bytes bytes, const char *heap, const char *map,
			const char *moved)
{
	struct strbuf script = STRBUF_INIT, got = STRBUF_INIT, want = STRBUF_INIT;
	int err = import_bytes(IMPORT_FTRACE, &quiet, bytes.data, bytes.len, &script);

	expect(&want, heap, map, moved);
	only_operations(&script, &got);
	tap_ok(!err && parses(&script), "%s is read", name);
	if (err)
		printf("# %d: %s\n", err, report.error);
	tap_ok(!strcmp(strbuf_str(&got), strbuf_str(&want)), "... to what the program did");
	if (strcmp(strbuf_str(&got), strbuf_str(&want)))
		printf("# --- want\n%s# --- got\n%s", strbuf_str(&want), strbuf_str(&got));
	tap_eq(report.lines, 88, "... lines are events");
	tap_eq(report.nr_bad, 0, "... all of them readable");
	tap_eq(report.processes, 2, "... of two processes");
	tap_eq(report.lost, 0, "... none lost");
	tap_ok(!strncmp(report.release, "6.18.", 5), "... of a kernel that it names: %s", report.release);
	strbuf_release(&script);
	strbuf_release(&got);
	strbuf_release(&want);
}

/* No child is left, and nobody was harmed: the library may crash, in the child. */
static bool survives(const char *data, size_t len, int *ret_err)
{
	struct strbuf script = STRBUF_INIT;
	bool whole;

	*ret_err = import_bytes(IMPORT_FTRACE, &quiet, data, len, &script);
	whole = !*ret_err || (*ret_err == -EINVAL && report.error[0]);
	whole = whole && waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD;
	strbuf_release(&script);
	return whole;
}

/* The events are in the last page of a file of version 6; one of version 7 ends with options. */
static void check_cuts(const char *name, struct bytes bytes)
{
	unsigned int refused = 0, survived = 0;
	int err;

	for (size_t i = 1; i <= CUTS; i++) {
		survived += survives(bytes.data, bytes.len * i / (CUTS + 1), &err);
		refused += err == -EINVAL;
	}
	tap_ok(survived == CUTS, "%s, cut anywhere: survived, no child left", name);
	tap_eq(refused, CUTS, "... and refused");
}

static void check_damages(const char *name, struct bytes bytes)
{
	char *copy = malloc(bytes.len);
	unsigned int survived = 0;
	int err;

	for (size_t i = 0; i < DAMAGES; i++) {
		size_t at = 10 + (bytes.len - 10) * i / DAMAGES;

		memcpy(copy, bytes.data, bytes.len);
		memset(copy + at, 0xff, bytes.len - at < 9 ? bytes.len - at : 9);
		survived += survives(copy, bytes.len, &err);
	}
	tap_ok(survived == DAMAGES, "%s, damaged anywhere: survived, no child left", name);
	free(copy);
}

static void check_file(const char *name, struct bytes bytes)
{
	char path[] = "/tmp/trace-dat-XXXXXX";
	struct strbuf script = STRBUF_INIT;
	struct import_sink sink = import_sink_strbuf(&script);
	int fd = mkstemp(path);

	tap_ok(fd >= 0 && write(fd, bytes.data, bytes.len) == (ssize_t)bytes.len, "a file of %s", name);
	tap_eq(import_file(IMPORT_FTRACE, path, &quiet, &sink, &report), 0, "... is read by its name");
	tap_eq(report.bytes, bytes.len, "... and its bytes are counted");
	close(fd);
	unlink(path);
	strbuf_release(&script);
}

static int refuse(void *ctx, const char *data, size_t len)
{
	(void)ctx;
	(void)data;
	(void)len;
	return -ENOSPC;
}

/* A sink that fails ends the child, too. */
static void check_sink(struct bytes bytes)
{
	struct import_memory memory = { bytes.data, bytes.len, 0 };
	struct import_source source = import_source_memory(&memory);
	struct import_sink sink = { refuse, NULL };

	tap_eq(import_ftrace(&quiet, &source, &sink, &report), -ENOSPC, "a sink's error comes back");
	tap_ok(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD, "... and no child is left");
}

static void check_nowhere(struct bytes bytes)
{
	struct strbuf script = STRBUF_INIT;

	setenv("TMPDIR", "/nonexistent", 1);
	tap_eq(import_bytes(IMPORT_FTRACE, &quiet, bytes.data, bytes.len, &script), -ENOENT,
	       "without a folder for temporary files: its error");
	unsetenv("TMPDIR");
	strbuf_release(&script);
}

int main(void)
{
	struct bytes v7 = read_data("trace-v7.dat"), packed = read_data("trace-v6.dat.zst");
	struct bytes v6 = unpack(packed);

	setenv("TMPDIR", "/tmp", 1);
	tap_ok(v7.len && packed.len && v6.len, "the recordings are there");
	check_whole("version 7", v7, "0xcfe0000", "0x7f7b8f000000", "0x7f7b8d000000");
	check_whole("version 6", v6, "0x3e7f3000", "0x7f6e67c00000", "0x7f6e65c00000");
	check_whole("version 6, compressed", packed, "0x3e7f3000", "0x7f6e67c00000", "0x7f6e65c00000");
	check_cuts("version 7", v7);
	check_cuts("version 6", v6);
	check_cuts("version 6, compressed", packed);
	check_damages("version 7", v7);
	check_damages("version 6", v6);
	check_file("version 7", v7);
	check_sink(v7);
	check_nowhere(v7);
	tap_eq(mem_live(), 0, "nothing leaks");
	free(v7.data);
	free(v6.data);
	free(packed.data);
	return tap_done();
}
