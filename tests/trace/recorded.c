// SPDX-License-Identifier: GPL-2.0-or-later
/* Streams of real kernels: each line that is ours parses and prints back byte by byte. */
#include <stdlib.h>
#include <string.h>

#include <base/strbuf.h>
#include <trace/compare.h>
#include <trace/trace.h>

#include "tap.h"

/* The same line as a kprobe event of a real kernel prints it: "start:" instead of our name. */
static bool same_kprobe(const char *line, const struct event *event)
{
	char want[128];

	snprintf(want, sizeof(want), ") start=0x%llx end=0x%llx event=%llu",
		 (unsigned long long)event->arg[1], (unsigned long long)event->arg[2],
		 (unsigned long long)event->arg[0]);
	return strstr(line, want) != NULL;
}

static bool same_line(const char *line, size_t len, const struct event *event)
{
	struct strbuf out = STRBUF_INIT;
	bool same;

	if (!strncmp(line, "start: ", 7) || !strncmp(line, "end: ", 5))
		return same_kprobe(line, event);
	trace_format(&out, event);
	same = out.len == len && !memcmp(out.buf, line, len);
	if (!same)
		printf("# got  %s\n# want %.*s\n", strbuf_str(&out), (int)len, line);
	strbuf_release(&out);
	return same;
}

static void round_trip(const char *dir, const char *name, unsigned int want_other)
{
	char path[4096], line[4096];
	unsigned int nr = 0, same = 0, other = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "r");
	if (!tap_ok(file != NULL, "%s opens", name))
		return;
	while (fgets(line, sizeof(line), file)) {
		struct event event = { 0 };
		int ret;

		line[strcspn(line, "\r\n")] = '\0';
		ret = trace_parse_line(line, strlen(line), &event);
		other += ret == 0;
		nr += ret != 0;
		same += ret == 1 && same_line(line, strlen(line), &event);
	}
	fclose(file);
	tap_ok(nr > 20 && same == nr, "%s: %u of %u lines print back", name, same, nr);
	tap_eq(other, want_other, "lines that are none of ours");
}

static int load(struct trace_stream *stream, const char *dir, const char *name)
{
	struct strbuf diag = STRBUF_INIT;
	char path[4096];
	int err;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	trace_stream_init(stream);
	err = trace_stream_load(stream, path, &diag);
	if (err)
		printf("# %s", strbuf_str(&diag));
	strbuf_release(&diag);
	return err;
}

static void compare_kernels(const char *dir)
{
	const struct trace_compare_options options = { .what = TRACE_WHAT_ALL };
	struct trace_stream old, mid, new;
	struct trace_diff diff;

	tap_eq(load(&old, dir, "one-touched-page.linux-6.1.stream"), 0, "6.1 loads");
	tap_eq(load(&mid, dir, "one-touched-page.linux-6.12.stream"), 0, "6.12 loads");
	tap_eq(load(&new, dir, "one-touched-page.linux-7.2.stream"), 0, "7.2 loads");
	tap_eq(mid.nr_ops, 9, "nine operations");
	tap_eq(trace_compare(&mid, &new, &options, &diff), 0, "6.12 against 7.2");
	tap_ok(diff.equal && diff.ops == 9, "6.12 and 7.2 sent the same");
	tap_eq(trace_compare(&old, &mid, &options, &diff), 0, "6.1 against 6.12");
	tap_ok(!diff.equal && diff.line[0] == 5 && diff.line[1] == 5,
	       "6.1 and 6.12 differ first on line 5");
	trace_stream_release(&old);
	trace_stream_release(&mid);
	trace_stream_release(&new);
}

int main(int argc, char **argv)
{
	const char *dir = argc > 1 ? argv[1] : "tests/trace/data";

	round_trip(dir, "one-touched-page.linux-6.1.stream", 0);
	round_trip(dir, "one-touched-page.linux-6.12.stream", 0);
	round_trip(dir, "one-touched-page.linux-7.2.stream", 0);
	round_trip(dir, "kvm-tdp.linux-6.12.stream", 0);
	round_trip(dir, "kvm-direct.linux-6.12.stream", 0);
	round_trip(dir, "kvm-shadow.linux-6.12.stream", 0);
	round_trip(dir, "kvm-nested.linux-6.12.stream", 108); /* kvm_nested_* */
	compare_kernels(dir);
	return tap_done();
}
