// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <base/mem.h>
#include <base/rng.h>
#include <host/host.h>
#include <tap.h>

static const char source[] = "map a 0x100000000000 4M rw anon private\n"
			     "repeat 2\n"
			     "mprotect a 4M r\n"
			     "end\n"
			     "munmap a 1\n";

static const char kept[] = "mmuscope-stream 1\n"
			   "kernel 6.12.0-test\n"
			   "script s.mms\n"
			   "op 0 1 s.mms:1: map a 0x100000000000 4M rw anon private\n"
			   "ret 0 \n"
			   "op 2 1 s.mms:3: mprotect a 4M r\n"
			   "+ 1 2 100000000000 100000400000 PROTECTION_VMA\n"
			   "- 1 2 100000000000 100000400000 PROTECTION_VMA\n"
			   "ret 0 \n"
			   "op 2 1 s.mms:3: mprotect a 4M r\n"
			   "! 2\n"
			   "k 1 kvm_unmap_hva_range 100000000000 100000400000 0 0 0\n"
			   "ret 0 \n"
			   "op 4 1 s.mms:5: munmap a 1\n"
			   "ret 22 EINVAL\n"
			   "log BUG: something\n"
			   "state died 11\n";

static struct script *script;

static int read_text(const char *text, size_t len, struct host_stream *stream,
		     struct strbuf *diag)
{
	struct strbuf release = STRBUF_INIT;
	int err = host_stream_read("kept", text, len, script, stream, &release, diag);

	strbuf_release(&release);
	return err;
}

static void test_read(void)
{
	struct host_stream stream = { 0 };
	struct strbuf diag = STRBUF_INIT, out = STRBUF_INIT;

	tap_eq(read_text(kept, sizeof(kept) - 1, &stream, &diag), 0, "read");
	tap_eq(stream.nr_ops, 4, "the loop is unrolled");
	tap_eq(stream.nr_events, 4 + 4, "marks and notifications");
	tap_ok(stream.ops[3].err == -EINVAL && stream.ops[3].returned, "errno");
	tap_eq(stream.ops[1].nr_events, 3, "events of an operation");
	tap_ok(stream.events[2].id == EVENT_MMU_NOTIFIER_INVALIDATE_RANGE_START &&
		       stream.events[2].arg[0] == MMU_NOTIFY_PROTECTION_VMA &&
		       stream.events[2].arg[1] == 0x100000000000 &&
		       stream.events[2].arg[2] == 0x100000400000 &&
		       stream.events[2].seq == 2,
	       "event");
	tap_ok(stream.status == HOST_DIED && stream.detail == 11, "status");
	host_stream_write(&stream, script, "6.12.0-test", &out);
	tap_ok(!strcmp(strbuf_str(&out), kept), "written as it was read");
	host_stream_release(&stream);
	strbuf_release(&out);
	strbuf_release(&diag);
}

static void expect_refused(const char *from, const char *to, const char *name)
{
	struct host_stream stream = { 0 };
	struct strbuf text = STRBUF_INIT, diag = STRBUF_INIT;
	const char *at = strstr(kept, from);

	strbuf_add(&text, kept, at - kept);
	strbuf_addstr(&text, to);
	strbuf_addstr(&text, at + strlen(from));
	tap_ok(read_text(text.buf, text.len, &stream, &diag) == -EINVAL && diag.len &&
		       !stream.nr_ops,
	       "refused: %s", name);
	strbuf_release(&text);
	strbuf_release(&diag);
}

static void test_refused(void)
{
	expect_refused("mmuscope-stream 1", "mmuscope-stream 9", "another format");
	expect_refused("op 2 1", "op 3 1", "an operation out of turn");
	expect_refused("op 2 1", "op 99999999999999999999 1", "a number too large");
	expect_refused("ret 22", "ret -1", "a negative errno");
	expect_refused("ret 22", "ret 22\nret 22", "two returns");
	expect_refused("state died", "state dead", "an unknown state");
	expect_refused("state died 11\n", "", "no state");
	expect_refused("state died 11\n", "state died 11", "a truncated last line");
	expect_refused("state died 11\n", "state ok 0\nop 0 1\n", "lines behind the end");
	expect_refused("+ 1 2 1000", "+ 1 2 zzz", "no number");
	expect_refused("! 2", "? 2", "an unknown line");
	expect_refused("kvm_unmap", "kvm_remap", "an unknown tracepoint");
}

/* What a stream of a script with such a name is written as can be read again. */
static void test_hostile_name(void)
{
	struct host_stream stream = { 0 }, again = { 0 };
	struct strbuf diag = STRBUF_INIT, out = STRBUF_INIT;
	struct script *plain = script;

	tap_eq(script_parse("a\nstate ok 0\n\033[31m.mms", source, sizeof(source) - 1, &diag,
			    &script), 0, "a name with line ends");
	tap_eq(read_text(kept, sizeof(kept) - 1, &stream, &diag), 0, "read");
	host_stream_write(&stream, script, "6.12.0-test", &out);
	tap_eq(read_text(out.buf, out.len, &again, &diag), 0, "read again");
	tap_ok(again.nr_ops == stream.nr_ops && again.nr_events == stream.nr_events &&
	       !strchr(strbuf_str(&out), '\033'), "all of it, without control characters");
	host_stream_release(&stream);
	host_stream_release(&again);
	script_free(script);
	script = plain;
	strbuf_release(&out);
	strbuf_release(&diag);
}

static void test_noise(void)
{
	struct host_stream stream = { 0 };
	struct strbuf diag = STRBUF_INIT;
	struct rng rng;
	char text[sizeof(kept)];
	unsigned int i;

	rng_seed(&rng, 3);
	for (i = 0; i < 50000; i++) {
		memcpy(text, kept, sizeof(kept));
		text[rng_below(&rng, sizeof(kept) - 1)] = rng_next(&rng);
		text[rng_below(&rng, sizeof(kept) - 1)] = rng_next(&rng);
		if (!read_text(text,
			       rng_below(&rng, 4) ? sizeof(kept) - 1
						  : rng_below(&rng, sizeof(kept)),
			       &stream, &diag))
			host_stream_release(&stream);
		strbuf_reset(&diag);
	}
	strbuf_release(&diag);
	tap_ok(true, "survives mutated text");
}

static void test_memory(void)
{
	struct host_stream stream = { 0 };
	struct strbuf diag = STRBUF_INIT;
	uint64_t nth, live = mem_live();
	int err = -ENOMEM;

	for (nth = 1; err && nth < 1000; nth++) {
		mem_fail_at(nth);
		err = read_text(kept, sizeof(kept) - 1, &stream, &diag);
		mem_fail_at(0);
		if (err && err != -ENOMEM)
			break;
		strbuf_release(&diag);
		if (err && mem_live() != live)
			break;
	}
	tap_eq(err, 0, "every allocation may fail");
	host_stream_release(&stream);
	tap_eq(mem_live(), live, "nothing leaks");
}

int main(void)
{
	struct strbuf diag = STRBUF_INIT;

	if (script_parse("s.mms", source, sizeof(source) - 1, &diag, &script)) {
		tap_ok(false, "parse: %s", strbuf_str(&diag));
		return tap_done();
	}
	strbuf_release(&diag);
	test_read();
	test_refused();
	test_hostile_name();
	test_noise();
	test_memory();
	script_free(script);
	return tap_done();
}
