// SPDX-License-Identifier: GPL-2.0-or-later
/* The shipped recordings: whole, understood to the last call, and valid scripts. */
#include "import_test.h"

#include <stdlib.h>

#define SHARE(part, whole) ((whole) ? 100 * (part) / (whole) : 0)

/* scripts/recordings beside this source file, whose path the compiler was given. */
static const char *path_of(const char *name)
{
	static const char suffix[] = "tests/import/recordings.c";
	static char path[4096];
	const int root = sizeof(__FILE__) - sizeof(suffix);

	snprintf(path, sizeof(path), "%.*sscripts/recordings/%s", root, __FILE__, name);
	return path;
}

static uint64_t used(const char *call)
{
	const struct import_call *found = find_call(call);

	return found ? found->used : 0;
}

static void import_one(const char *name, enum import_format format,
		       enum import_touch touch)
{
	struct import_options options = { .name = name, .touch = touch };
	struct strbuf script = STRBUF_INIT;
	struct import_sink sink = import_sink_strbuf(&script);
	int err = import_file(format, path_of(name), &options, &sink, &report);

	tap_ok(!err, "%s, touch %d", name, touch);
	if (err)
		printf("# %d: line %llu: %s\n", err,
		       (unsigned long long)report.error_line, report.error);
	tap_eq(report.nr_bad, 0, "... every line is understood");
	tap_ok(parses(&script), "... the script parses");
	strbuf_release(&script);
}

int main(void)
{
	for (int touch = 0; touch < IMPORT_TOUCH_NR; touch++) {
		import_one("qemu-kvm.strace.zst", IMPORT_STRACE, touch);
		tap_ok(report.vms == 1 && used("ioctl") > 20 && used("madvise") > 3000 &&
			       used("brk") && used("munmap"),
		       "... a VM, memslots and what QEMU does");
		import_one("node-gc.strace.zst", IMPORT_STRACE, touch);
		tap_ok(used("mprotect") > 1000 && used("madvise") > 1000 &&
			       used("munmap") > 1000,
		       "... a garbage collector at work");
		import_one("redis-bgsave.ftrace.zst", IMPORT_FTRACE, touch);
		tap_ok(report.processes == 2 && report.threads > 4 &&
			       used("page_fault_user") > 5000,
		       "... a fork, threads and page faults");
		tap_ok(SHARE(report.outside, find_call("page_fault_user")->seen) < 10,
		       "... nearly all of them in known maps");
		import_one("qemu-guest.ftrace.zst", IMPORT_FTRACE, touch);
		tap_ok(report.vms == 1 && used("kvm_unmap_hva_range") > 4000 && used("madvise") > 3000,
		       "... a VM, its notifications, pages given back");
		if (touch == IMPORT_TOUCH_NONE)
			tap_eq(report.guest, 0, "... no accesses of the guest");
		else
			tap_ok(report.guest > 6000 && SHARE(report.guest_outside, report.guest) < 2,
			       "... nearly all the guest's faults are accesses to its memory");
	}
	return tap_done();
}
