// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * End to end: boots every kernel that can be had and runs scripts there whose outcome is
 * known. Without QEMU, package tools or network the test is skipped, with the reason.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <base/errname.h>
#include <host/host.h>
#include <tap.h>

#define MAX_EVENTS 16

#define BASE 0x100000000000ull
#define M(n) ((uint64_t)(n) << 20)
#define G(n) ((uint64_t)(n) << 30)

/* What one executed operation returns and which notifications it starts, relative to
 * BASE. */
struct want {
	const char *kernel; /* NULL: the same on all */
	unsigned int op;
	int err;
	unsigned int nr;
	struct {
		unsigned int event;
		uint64_t start, end;
	} starts[3];
};

/* clang-format off */
static const char one_page[] = "map ram 0x100000000000 4G rw anon private noreserve nohuge\n"
			       "mprotect ram 4G r\n"
			       "mprotect ram 4G rw\n"
			       "touch ram+1026M 4K w\n"
			       "mprotect ram 4G r\n"
			       "touch ram+1026M 4K w\n"
			       "mprotect ram+1034M 3M rw\n"
			       "madvise ram 4G dontneed\n"
			       "munmap ram 4G\n"
			       "touch ram 4K r\n"
			       "mprotect ram 4K r\n";

static const struct want one_page_want[] = {
	{ NULL, 1, 0, 0, { { 0 } } },
	{ NULL, 3, 0, 0, { { 0 } } },
	{ "6.1", 4, 0, 1, { { MMU_NOTIFY_PROTECTION_VMA, M(1026), G(2) } } },
	{ "6.12", 4, 0, 1, { { MMU_NOTIFY_PROTECTION_VMA, G(1), G(4) } } },
	{ "7.2", 4, 0, 1, { { MMU_NOTIFY_PROTECTION_VMA, G(1), G(4) } } },
	{ NULL, 5, -EFAULT, 0, { { 0 } } },
	{ "6.1", 6, 0, 1, { { MMU_NOTIFY_CLEAR, M(1036), M(1038) } } },
	{ "6.12", 6, 0, 2, { { MMU_NOTIFY_CLEAR, M(1036), M(1038) },
			     { MMU_NOTIFY_PROTECTION_VMA, M(1034), M(1037) } } },
	{ NULL, 7, 0, 3, { { MMU_NOTIFY_CLEAR, 0, M(1034) },
			   { MMU_NOTIFY_CLEAR, M(1034), M(1037) },
			   { MMU_NOTIFY_CLEAR, M(1037), G(4) } } },
	{ NULL, 8, 0, 1, { { MMU_NOTIFY_UNMAP, 0, G(4) } } },
	{ NULL, 9, -EFAULT, 0, { { 0 } } },
	{ NULL, 10, -ENOMEM, 0, { { 0 } } },
};

static const char processes[] = "map a 0x100000000000 8M rw anon private nohuge\n"
				"touch a 8K w\n"
				"fork child\n"
				"touch a 4K w\n"
				"switch child\n"
				"touch a+4K 4K w\n"
				"switch main\n"
				"exit child\n"
				"forkwait\n"
				"numa_hint a 4M\n";

static const struct want processes_want[] = {
	{ NULL, 2, 0, 1, { { MMU_NOTIFY_PROTECTION_PAGE, 0, M(8) } } },
	{ NULL, 3, 0, 1, { { MMU_NOTIFY_CLEAR, 0, 4096 } } },
	{ NULL, 5, 0, 1, { { MMU_NOTIFY_CLEAR, 4096, 8192 } } },
	{ NULL, 8, 0, 1, { { MMU_NOTIFY_PROTECTION_PAGE, 0, M(8) } } },
	{ NULL, 9, 0, 1, { { MMU_NOTIFY_PROTECTION_VMA, 0, M(4) } } },
};

static const char guest[] = "map ram 0x100000000000 1G rw anon private noreserve nohuge\n"
			    "vm v tdp\n"
			    "memslot v 0 gpa=4G ram 1G\n"
			    "guest v w 4G 64K\n"
			    "guest v r 3G 4K\n"
			    "mprotect ram 1G r\n"
			    "guest v w 4G 4K\n"
			    "guest v x 4G 4K\n";

static const struct want guest_want[] = {
	{ NULL, 3, 0, 0, { { 0 } } },
	{ NULL, 4, -ENOENT, 0, { { 0 } } },
	{ NULL, 5, 0, 1, { { MMU_NOTIFY_PROTECTION_VMA, 0, G(1) } } },
	{ NULL, 6, -EFAULT, 0, { { 0 } } },
	{ NULL, 7, 0, 0, { { 0 } } },
};

static const struct {
	const char *name;
	const char *text;
	const struct want *want;
	size_t nr;
} cases[] = {
	{ "one-page", one_page, one_page_want, sizeof(one_page_want) / sizeof(one_page_want[0]) },
	{ "processes", processes, processes_want,
	  sizeof(processes_want) / sizeof(processes_want[0]) },
	{ "guest", guest, guest_want, sizeof(guest_want) / sizeof(guest_want[0]) },
};
/* clang-format on */
#define NR_CASES (sizeof(cases) / sizeof(cases[0]))
#define MAX_KERNELS 8

static bool same_starts(const struct host_stream *stream, const struct host_op *op,
			const struct want *want)
{
	const struct event *event;
	unsigned int nr = 0;
	size_t i;

	for (i = 0; i < op->nr_events; i++) {
		event = &stream->events[op->first_event + i];
		if (event->id != EVENT_MMU_NOTIFIER_INVALIDATE_RANGE_START)
			continue;
		if (nr == want->nr || event->arg[0] != want->starts[nr].event ||
		    event->arg[1] != BASE + want->starts[nr].start ||
		    event->arg[2] != BASE + want->starts[nr].end)
			return false;
		nr++;
	}
	return nr == want->nr;
}

static void check_case(const struct host_run *run, size_t number)
{
	const struct host_stream *stream = &run->streams[number];
	const struct want *want;
	const struct host_op *op;
	size_t i;

	tap_ok(stream->status == HOST_OK, "%s on %s: %s", cases[number].name,
	       run->release, host_status_name(stream->status));
	for (i = 0; i < cases[number].nr; i++) {
		want = &cases[number].want[i];
		if (want->kernel && strcmp(want->kernel, run->kernel.name))
			continue;
		op = want->op < stream->nr_ops ? &stream->ops[want->op] : NULL;
		tap_ok(op && op->returned && op->err == want->err &&
			       same_starts(stream, op, want),
		       "%s on %s: operation %u", cases[number].name, run->release,
		       want->op);
	}
}

/* A kept stream, read back, is the same stream. */
static void check_kept(const struct host_run *run, const struct script *script)
{
	struct strbuf text = STRBUF_INIT, again = STRBUF_INIT, release = STRBUF_INIT;
	struct strbuf diag = STRBUF_INIT;
	struct host_stream stream = { 0 };

	host_stream_write(&run->streams[0], script, run->release, &text);
	tap_eq(host_stream_read("kept", strbuf_str(&text), text.len, script, &stream,
				&release, &diag),
	       0, "a kept stream is read back");
	host_stream_write(&stream, script, strbuf_str(&release), &again);
	tap_ok(!strcmp(strbuf_str(&text), strbuf_str(&again)), "and is the same");
	host_stream_release(&stream);
	strbuf_release(&text);
	strbuf_release(&again);
	strbuf_release(&release);
	strbuf_release(&diag);
}

static size_t get_kernels(const struct host_options *options, struct host_run *runs)
{
	struct strbuf diag = STRBUF_INIT;
	size_t i, nr = 0;

	for (i = 0; host_kernel_names[i] && nr < MAX_KERNELS; i++) {
		if (!host_kernel_get(options, host_kernel_names[i], &runs[nr].kernel,
				     &diag)) {
			nr++;
			continue;
		}
		if (diag.len)
			diag.buf[strcspn(diag.buf, "\n")] = 0;
		tap_skip(host_kernel_names[i], strbuf_str(&diag));
		strbuf_reset(&diag);
	}
	strbuf_release(&diag);
	return nr;
}

static void run_kernels(const struct host_options *options,
			const struct script *const *scripts, struct host_run *runs,
			size_t nr)
{
	struct strbuf diag = STRBUF_INIT;
	int err = host_run(options, scripts, NR_CASES, runs, nr, &diag);
	size_t i, j;

	if (err == -EOPNOTSUPP) {
		if (diag.len)
			diag.buf[strcspn(diag.buf, "\n")] = 0;
		tap_skip("boot", strbuf_str(&diag));
	} else if (tap_ok(!err, "run: %s", strbuf_str(&diag))) {
		for (i = 0; i < nr; i++) {
			tap_ok(!runs[i].err, "%s ran (boot %u ms, all %u ms)",
			       runs[i].release, runs[i].boot_ms, runs[i].total_ms);
			for (j = 0; j < NR_CASES; j++)
				check_case(&runs[i], j);
			check_kept(&runs[i], scripts[0]);
		}
	}
	for (i = 0; i < nr; i++)
		host_run_release(&runs[i]);
	strbuf_release(&diag);
}

int main(void)
{
	const struct host_options options = { .timeout_ms = 240000 };
	static struct host_run runs[MAX_KERNELS];
	struct script *scripts[NR_CASES] = { NULL };
	struct strbuf diag = STRBUF_INIT;
	size_t i, nr;

	for (i = 0; i < NR_CASES; i++)
		if (script_parse(cases[i].name, cases[i].text, strlen(cases[i].text),
				 &diag, &scripts[i])) {
			tap_ok(false, "parse: %s", strbuf_str(&diag));
			return tap_done();
		}
	nr = get_kernels(&options, runs);
	if (nr)
		run_kernels(&options, (const struct script *const *)scripts, runs, nr);
	for (i = 0; i < NR_CASES; i++)
		script_free(scripts[i]);
	strbuf_release(&diag);
	return tap_done();
}
