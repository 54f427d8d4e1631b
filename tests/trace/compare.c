// SPDX-License-Identifier: GPL-2.0-or-later
/* Comparison of streams: it must see every kind of difference, and only those. */
#include <string.h>

#include <base/mem.h>
#include <trace/compare.h>
#include <trace/trace.h>

#include "tap.h"

#define START "mmu_notifier_invalidate_range_start: event=CLEAR "
#define END "mmu_notifier_invalidate_range_end: event=CLEAR "

static void build(struct trace_stream *stream, const char *text)
{
	trace_stream_init(stream);
	while (*text) {
		size_t len = strcspn(text, "\n");
		struct event event;

		if (trace_parse_line(text, len, &event) == 1)
			stream->sink.emit(&stream->sink, &event);
		else
			tap_ok(false, "bad line in the test: %.*s", (int)len, text);
		text += len + (text[len] == '\n');
	}
}

static struct trace_diff compare(const char *a, const char *b,
				 struct trace_compare_options options, struct strbuf *ret_text)
{
	static const char *const titles[2] = { "model", "kernel" };
	struct trace_stream left, right;
	struct trace_diff diff = { 0 };

	build(&left, a);
	build(&right, b);
	tap_eq(trace_compare(&left, &right, &options, &diff), 0, "compares");
	if (ret_text)
		trace_diff_format(ret_text, &left, &right, &options, &diff, titles);
	trace_stream_release(&left);
	trace_stream_release(&right);
	return diff;
}

static const struct trace_compare_options all = { .what = TRACE_WHAT_ALL };

static const char base[] = "tracing_mark_write: x.mms:1: map\n"
			   "tracing_mark_write: x.mms:2: mprotect\n"
			   START "start=0x1000 end=0x2000\n"
			   END "start=0x1000 end=0x2000\n"
			   START "start=0x5000 end=0x6000\n"
			   END "start=0x5000 end=0x6000\n";

static void same_but_for_noise(void)
{
	struct trace_diff diff =
		compare(base,
			"tlb_flush: pages:1 reason:x (1)\n"
			"tracing_mark_write: SCRIPT /s/x.mms\n"
			START "start=0x7000 end=0x8000\n"
			"tracing_mark_write: OP 1 map\n"
			"   qemu-77  [001] d..1. 5.000001: tracing_mark_write: OP 2 mprotect\n"
			"start: (f+0x0/0x1) start=0x1000 end=0x2000 event=1\n"
			"end: (f+0x0/0x1) start=0x1000 end=0x2000 event=1\n"
			START "start=0x5000 end=0x6000\n"
			END "start=0x5000 end=0x6000\n"
			"tracing_mark_write: OP 0 end\n"
			START "start=0x9000 end=0xa000\n", all, NULL);

	tap_ok(diff.equal && diff.ops == 2 && diff.events == 4,
	       "marks of both kinds match; what is outside operations does not count");
}

static void differs(const char *other, uint32_t left, uint32_t right, const char *name)
{
	struct strbuf text = STRBUF_INIT;
	struct trace_diff diff = compare(base, other, all, &text);

	tap_ok(!diff.equal && diff.line[0] == left && diff.line[1] == right && text.len, "%s", name);
	diff = compare(other, base, all, NULL);
	tap_ok(!diff.equal && diff.line[0] == right && diff.line[1] == left, "%s, swapped", name);
	strbuf_release(&text);
}

#define HEAD "tracing_mark_write: x.mms:1: map\n"
#define HEAD2 HEAD "tracing_mark_write: x.mms:2: mprotect\n"
#define FIRST START "start=0x1000 end=0x2000\n" END "start=0x1000 end=0x2000\n"
#define SECOND START "start=0x5000 end=0x6000\n" END "start=0x5000 end=0x6000\n"

static void every_difference(void)
{
	differs(HEAD2 FIRST, 2, 2, "a pair is missing");
	differs(HEAD2 FIRST SECOND SECOND, 2, 2, "a pair too much");
	differs(HEAD2 SECOND FIRST, 2, 2, "the order");
	differs(HEAD2 START "start=0x1000 end=0x1fff\n" END "start=0x1000 end=0x1fff\n" SECOND, 2, 2,
		"an end short by a byte");
	differs(HEAD2 START "start=0x1000 end=0x2000\n" SECOND, 2, 2, "a start without its end");
	differs(HEAD2 "mmu_notifier_invalidate_range_start: event=UNMAP start=0x1000 end=0x2000\n"
		END "start=0x1000 end=0x2000\n" SECOND, 2, 2, "another kind of event");
	differs(HEAD, 2, 0, "an operation is missing");
	differs(HEAD2 FIRST SECOND HEAD2, 0, 1, "operations too many");
	differs(HEAD "tracing_mark_write: OP 3 mprotect\n" FIRST SECOND, 2, 3, "another line");
	differs("tracing_mark_write: OP 1 map\n" FIRST "tracing_mark_write: OP 2 mprotect\n" SECOND,
		1, 1, "the pair under another operation");
}

static void filters(void)
{
	struct trace_compare_options starts = { .what = TRACE_WHAT_STARTS };
	struct trace_compare_options kvm = { .what = TRACE_WHAT_KVM };
	struct trace_compare_options set = { .what = TRACE_WHAT_ALL,
			.unordered = 1ull << EVENT_MMU_NOTIFIER_INVALIDATE_RANGE_START |
				     1ull << EVENT_MMU_NOTIFIER_INVALIDATE_RANGE_END };
	struct trace_diff diff;

	diff = compare(base, HEAD2 START "start=0x1000 end=0x2000\n"
		       START "start=0x5000 end=0x6000\n", starts, NULL);
	tap_ok(diff.equal && diff.events == 2, "starts only");
	diff = compare(base, HEAD2, kvm, NULL);
	tap_ok(diff.equal && diff.events == 0, "kvm events only");
	diff = compare(base, HEAD2 SECOND FIRST, set, NULL);
	tap_ok(diff.equal, "a multiset does not mind the order");
	diff = compare(base, HEAD2 SECOND SECOND, set, NULL);
	tap_ok(!diff.equal, "but minds the members");
	diff = compare(base, HEAD2 SECOND FIRST FIRST, set, NULL);
	tap_ok(!diff.equal, "and how many there are");
}

#define PORTABLE(pfn, at, perm)                                                                \
	"tracing_mark_write: V1 guest writes\n"                                                \
	"kvm_mmu_set_spte: gfn 10 spte 10" pfn perm " level 1 at " at "\n"                     \
	"kvm_mmu_spte_requested: gfn 10 pfn 10" pfn " level 1\n"                               \
	"kvm_tdp_mmu_spte_changed: as id 0 gfn 10 level 1 old_spte 8000000000000000 "          \
	"new_spte " pfn "e67\n"

static void portable(void)
{
	struct trace_compare_options options = { .what = TRACE_WHAT_ALL, .portable = true };
	struct trace_diff diff;

	diff = compare(PORTABLE("12cf", "1000", "e67 (rwxu)"), PORTABLE("7777", "2008", "e67 (rwxu)"),
		       options, NULL);
	tap_ok(diff.equal && diff.events == 3, "host frame numbers do not count");
	diff = compare(PORTABLE("12cf", "1000", "e67 (rwxu)"), PORTABLE("12cf", "1000", "e65 (r-xu)"),
		       options, NULL);
	tap_ok(!diff.equal, "permissions do");
	diff = compare(PORTABLE("12cf", "1000", "e67 (rwxu)"), PORTABLE("7777", "1000", "e67 (rwxu)"),
		       all, NULL);
	tap_ok(!diff.equal, "an exact comparison minds them");
}

static void printed(void)
{
	struct strbuf text = STRBUF_INIT;

	compare(base, HEAD2 FIRST START "start=0x5000 end=0x7000\n", all, &text);

	tap_ok(strstr(strbuf_str(&text), "x.mms:2: mprotect\n  model"), "the operation comes first");
	tap_ok(strstr(strbuf_str(&text), "end=0x6000 | mmu_notifier"), "a row that differs");
	tap_ok(strstr(strbuf_str(&text), "end=0x6000   <"), "a row of one side only");
	strbuf_release(&text);
}

static void marks(void)
{
	static const struct {
		const char *text;
		enum trace_mark mark;
		uint32_t line;
	} cases[] = {
		{ "OP 5 mprotect", TRACE_MARK_OP, 5 },
		{ "OP 0 end", TRACE_MARK_END, 0 },
		{ "OP x", TRACE_MARK_OTHER, 0 },
		{ "OP 99999999999 x", TRACE_MARK_OTHER, 0 },
		{ "SCRIPT /s/a.mms", TRACE_MARK_SCRIPT, 0 },
		{ "a:b:c.mms:12: touch ram 4K w", TRACE_MARK_OP, 12 },
		{ "a.mms:12", TRACE_MARK_OTHER, 0 },
		{ "", TRACE_MARK_OTHER, 0 },
	};
	unsigned int i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint32_t line;
		enum trace_mark mark =
			trace_mark_parse(cases[i].text, strlen(cases[i].text), &line);

		tap_ok(mark == cases[i].mark && line == cases[i].line, "mark '%s'", cases[i].text);
	}
}

int main(void)
{
	same_but_for_noise();
	every_difference();
	filters();
	portable();
	printed();
	marks();
	tap_eq(mem_live(), 0, "nothing leaks");
	return tap_done();
}
