// SPDX-License-Identifier: GPL-2.0-or-later
/* The reader and bad input: binary data, endless lines, damaged real lines. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <base/mem.h>
#include <base/rng.h>
#include <trace/compare.h>
#include <trace/trace.h>

#include "tap.h"

static char path[] = "/tmp/mmuscope-trace-XXXXXX";

static void write_file(const void *data, size_t len)
{
	int fd = open(path, O_WRONLY | O_TRUNC);

	if (fd < 0 || write(fd, data, len) != (ssize_t)len)
		abort();
	close(fd);
}

static const char *const lines[] = {
	("        mmuscope-1       [000] .....     0.000001: kvm_page_fault: vcpu 0 rip 0x1000 "
	 "address 0x0000000000010000 error_code 0x200000006"),
	"kvm_mmu_get_page: sp gen 0 gfn 0 l4 8-byte q0 direct wux nxe ad root 0 sync new",
	"kvm_mmu_set_spte: gfn 10 spte 1012cfe67 (rwxu) level 1 at 102449080",
	"tlb_flush: pages:-1 reason:remote shootdown (1)",
	"start: (__mmu_notifier_invalidate_range_start+0x4/0x190) start=0x1000 end=0x2000 event=1",
	"mmu_notifier_invalidate_range_end: event=CLEAR start=0x1000 end=0x2000",
	"tracing_mark_write: OP 5 mprotect ram 4G r",
};

/* Bytes are changed, dropped and cut off; whatever is still accepted prints. Each damaged line
 * is a block of its own size, so that a sanitizer sees any step beyond its end. */
static void damaged_lines(void)
{
	struct strbuf out = STRBUF_INIT;
	unsigned int i, kept = 0, refused = 0;
	struct rng rng;

	rng_seed(&rng, 2);
	for (i = 0; i < 100000; i++) {
		const char *line = lines[rng_below(&rng, sizeof(lines) / sizeof(lines[0]))];
		size_t len = rng_below(&rng, strlen(line) + 1);
		char *copy = malloc(len ? len : 1);
		struct event event;
		int ret;

		memcpy(copy, line, len);
		if (len)
			copy[rng_below(&rng, len)] = rng_next(&rng);
		ret = trace_parse_line(copy, len, &event);
		kept += ret == 1;
		refused += ret == -EINVAL;
		if (ret == 1) {
			strbuf_reset(&out);
			trace_format_line(&out, &event);
		}
		free(copy);
	}
	tap_ok(kept && refused, "100000 damaged lines (seed 2): %u kept, %u refused", kept, refused);
	strbuf_release(&out);
}

static void long_line(void)
{
	struct trace_reader reader;
	struct event event;
	size_t len = 5u << 20;
	char *data = malloc(len);
	static const char tail[] = "\ntracing_mark_write: OP 1 x\n";

	memset(data, 'x', len);
	memcpy(data + len - (sizeof(tail) - 1), tail, sizeof(tail) - 1);
	write_file(data, len);
	tap_eq(trace_reader_open(&reader, path), 0, "a 5 MB line opens");
	tap_eq(trace_reader_next(&reader, &event), -EMSGSIZE, "and is refused");
	tap_eq(trace_reader_next(&reader, &event), 1, "the line behind it is read");
	tap_eq(reader.line, 2, "as line 2");
	tap_eq(trace_reader_next(&reader, &event), 0, "then the end");
	trace_reader_close(&reader);
	memset(data, 'x', len);
	write_file(data, len);
	trace_reader_open(&reader, path);
	tap_eq(trace_reader_next(&reader, &event), -EMSGSIZE, "a long line without a newline");
	tap_eq(trace_reader_next(&reader, &event), 0, "ends the file");
	trace_reader_close(&reader);
	free(data);
}

static void binary(void)
{
	struct trace_reader reader;
	struct event event;
	static char data[1 << 20];
	struct rng rng;
	size_t i;
	int ret;

	rng_seed(&rng, 3);
	for (i = 0; i < sizeof(data); i++)
		data[i] = rng_next(&rng);
	write_file(data, sizeof(data));
	trace_reader_open(&reader, path);
	while ((ret = trace_reader_next(&reader, &event)) && ret != -EISDIR)
		;
	tap_ok(ret == 0 && reader.other > 100, "binary data holds no event");
	trace_reader_close(&reader);
}

static void no_memory(void)
{
	struct strbuf diag = STRBUF_INIT;
	struct trace_stream stream;
	uint64_t n, live = mem_live();
	unsigned int failures = 0;
	int err = -ENOMEM;

	write_file("tracing_mark_write: OP 1 a\ntlb_flush: pages:1 reason:x (1)\n", 59);
	for (n = 1; err && n < 100; n++) {
		trace_stream_init(&stream);
		mem_fail_at(n);
		err = trace_stream_load(&stream, path, &diag);
		mem_fail_at(0);
		failures += err == -ENOMEM;
		trace_stream_release(&stream);
		strbuf_release(&diag);
	}
	tap_ok(!err && failures >= 4, "each of %u allocations may fail", failures);
	tap_eq(mem_live(), live, "and nothing leaks");
}

static void bad_files(void)
{
	struct strbuf diag = STRBUF_INIT;
	struct trace_stream stream;

	trace_stream_init(&stream);
	tap_eq(trace_stream_load(&stream, "/nonexistent", &diag), -ENOENT, "a missing file");
	tap_eq(trace_stream_load(&stream, "/", &diag), -EISDIR, "a directory");
	write_file("\n\ntlb_flush: x\n", 15);
	strbuf_reset(&diag);
	tap_eq(trace_stream_load(&stream, path, &diag), -EINVAL, "a malformed line");
	tap_ok(strstr(strbuf_str(&diag), ":3: malformed event"), "is named: %s", strbuf_str(&diag));
	trace_stream_release(&stream);
	strbuf_release(&diag);
}

int main(void)
{
	int fd = mkstemp(path);

	if (fd < 0)
		return 1;
	close(fd);
	damaged_lines();
	long_line();
	binary();
	no_memory();
	bad_files();
	unlink(path);
	return tap_done();
}
