// SPDX-License-Identifier: GPL-2.0-or-later
/* Memory that runs out while streams are written, kept and compared. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <base/mem.h>
#include <trace/compare.h>
#include <trace/perfetto.h>
#include <trace/trace.h>

#include "tap.h"

static char path[] = "/tmp/mmuscope-nomem-XXXXXX";

/* An operation, a notification of each of three processes, and what KVM does in one. */
static void emit(struct event_sink *sink, uint64_t end)
{
	struct event mark = { EVENT_TRACING_MARK_WRITE, .pid = 1, .text = "x.mms:3: mprotect a 4K r",
			      .text_len = 24 };
	struct event walk = { EVENT_KVM_UNMAP_HVA_RANGE, .pid = 1, .arg = { 0x1000, end } };
	uint32_t pid;

	sink->emit(sink, &mark);
	for (pid = 1; pid <= 3; pid++) {
		struct event range = { EVENT_MMU_NOTIFIER_INVALIDATE_RANGE_START, .pid = pid,
				       .arg = { MMU_NOTIFY_PROTECTION_VMA, 0x1000, end } };

		sink->emit(sink, &range);
		if (pid == 1)
			sink->emit(sink, &walk);
		range.id = EVENT_MMU_NOTIFIER_INVALIDATE_RANGE_END;
		sink->emit(sink, &range);
	}
}

static void no_time(void *ctx, struct trace_clock *ret_clock)
{
	(void)ctx;
	*ret_clock = (struct trace_clock){ 0 };
}

static int write_text(void)
{
	struct trace_writer writer;
	int err = trace_writer_open(&writer, path);

	if (err)
		return err;
	emit(&writer.sink, 0x2000);
	return trace_writer_close(&writer);
}

static int write_perfetto(void)
{
	struct trace_perfetto trace;
	int err = trace_perfetto_open(&trace, path, "x.mms", no_time, NULL);

	if (err)
		return err;
	emit(&trace.sink, 0x2000);
	return trace_perfetto_close(&trace);
}

/* Two streams that differ in the end of their ranges, and what is shown of that. */
static int compare(void)
{
	static const char *const titles[2] = { "left", "right" };
	const struct trace_compare_options options = { .what = TRACE_WHAT_ALL };
	struct trace_stream left, right;
	struct strbuf out = STRBUF_INIT;
	struct trace_diff diff;
	int err;

	trace_stream_init(&left);
	trace_stream_init(&right);
	emit(&left.sink, 0x2000);
	emit(&right.sink, 0x3000);
	err = left.error ? left.error : right.error;
	if (!err)
		err = trace_compare(&left, &right, &options, &diff);
	if (!err && diff.equal)
		err = -EPROTO;
	if (!err) {
		trace_diff_format(&out, &left, &right, &options, &diff, titles);
		err = strbuf_error(&out);
	}
	strbuf_release(&out);
	trace_stream_release(&left);
	trace_stream_release(&right);
	return err;
}

static void every_allocation(const char *name, int (*run)(void))
{
	uint64_t live = mem_live(), before = mem_count(), nr, i;
	bool right = !run();

	nr = mem_count() - before;
	for (i = 1; i <= nr && right; i++) {
		mem_fail_at(i);
		right = run() == -ENOMEM;
		mem_fail_at(0);
		right = right && mem_live() == live;
		if (!right)
			printf("# allocation %llu of %llu\n", (unsigned long long)i,
			       (unsigned long long)nr);
	}
	tap_ok(right && nr > 2, "%s: each of %llu allocations can fail", name, (unsigned long long)nr);
	tap_ok(!run() && mem_live() == live, "... and then it works again");
}

int main(void)
{
	int fd = mkstemp(path);

	if (fd < 0)
		return 1;
	close(fd);
	every_allocation("a stream as text", write_text);
	every_allocation("a trace for Perfetto", write_perfetto);
	every_allocation("two streams compared", compare);
	unlink(path);
	return tap_done();
}
