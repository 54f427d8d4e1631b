// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The notifier stream: kprobes on __mmu_notifier_invalidate_range_start() and _end(),
 * with the field offsets of struct mmu_notifier_range from the kernel's own BTF; on
 * __mmu_notifier_release(); and on the three functions that age, for whose memory it is.
 *
 * Marks that the executor writes: "M n addr" (the next start over the probe page, at addr, has
 * process n's mm), "O n p" (operation with index n begins in process p, counted from 1), "R err"
 * (it returned), "V p" (process p has a VM of the script: from here on KVM's tracepoints
 * count), "S vm stat value" (one of KVM's figures has changed), "D vm slot pages hash" (a dirty log
 * was read).
 */
#include "guest_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "btf_internal.h"

#define TRACING "/sys/kernel/tracing/"
#define MAX_WINDOWS 16

static int marker_fd = -1;
static int pipe_fd = -1;

static struct {
	const struct ranges *maps;
	const struct ranges *slots;
	uint64_t probe;
	uint32_t proc;
	uint32_t has_vm;
	uint8_t window[MAX_WINDOWS]; /* whose memory open notifications and aging are about */
	unsigned int nr_windows;
	uint64_t mm[GUEST_MAX_PROCS];
	uint32_t wait_mm;
	uint64_t lost_before;
	char line[1024];
	size_t line_len;
} trace;

static int add_probe(const struct btf *btf, const char *name, const char *function)
{
	static const char *const members[] = { "mm", "start", "end", "event" };
	uint32_t at[4];
	unsigned int i;
	int err;

	for (i = 0; i < 4; i++) {
		err = btf_struct_member(btf, "mmu_notifier_range", members[i], &at[i]);
		if (err)
			return err;
	}
	return put_filef(
		TRACING "kprobe_events",
		"p:mmuscope/%s %s m=+%u(%%di):x64 s=+%u(%%di):x64 e=+%u(%%di):x64 "
		"v=+%u(%%di):u32\n",
		name, function, at[0], at[1], at[2], at[3]);
}

/* Linux calls it first of all at the end of an address space. */
static int add_release_probe(void)
{
	return put_file(TRACING "kprobe_events",
			"p:mmuscope/release __mmu_notifier_release m=%di:x64\n");
}

static int add_aging_probes(void)
{
	static const char *const functions[] = { "clear_flush_young", "clear_young",
						 "test_young" };
	unsigned int i;
	int err = 0;

	for (i = 0; i < sizeof(functions) / sizeof(functions[0]) && !err; i++) {
		err = put_filef(TRACING "kprobe_events",
				"p:mmuscope/young%u __mmu_notifier_%s m=%%di:x64\n", i,
				functions[i]);
		if (!err)
			err = put_filef(TRACING "kprobe_events",
					"r:mmuscope/aged%u __mmu_notifier_%s\n", i, functions[i]);
	}
	return err;
}

static int add_probes(void)
{
	struct strbuf blob = STRBUF_INIT;
	struct btf btf;
	int err;

	err = get_file("/sys/kernel/btf/vmlinux", &blob);
	if (!err)
		err = btf_open(blob.buf, blob.len, &btf);
	if (!err)
		err = add_probe(&btf, "start", "__mmu_notifier_invalidate_range_start");
	if (!err)
		err = add_probe(&btf, "end", "__mmu_notifier_invalidate_range_end");
	if (!err)
		err = add_release_probe();
	if (!err)
		err = add_aging_probes();
	strbuf_release(&blob);
	return err;
}

int ftrace_setup(void)
{
	int err = add_probes();

	if (err)
		return err;
	(void)put_file(TRACING "buffer_size_kb", "32768");
	(void)put_file(TRACING "options/context-info", "0");
	(void)put_file(TRACING "options/overwrite", "0");
	err = put_file(TRACING "events/mmuscope/enable", "1");
	if (err)
		return err;
	marker_fd = open(TRACING "trace_marker", O_WRONLY);
	pipe_fd = open(TRACING "trace_pipe", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	return marker_fd < 0 || pipe_fd < 0 ? -errno : 0;
}

int ftrace_marker(void)
{
	return marker_fd;
}

void ftrace_set_marker(int fd)
{
	marker_fd = fd;
}

void ftrace_mark(const char *text, size_t len)
{
	(void)!write(marker_fd, text, len);
}

static uint64_t lost_total(void)
{
	struct strbuf stats = STRBUF_INIT;
	const char *at;
	uint64_t lost = 0;

	if (!get_file(TRACING "per_cpu/cpu0/stats", &stats)) {
		at = strstr(stats.buf, "overrun: ");
		lost += at ? strtoull(at + 9, NULL, 10) : 0;
		at = strstr(stats.buf, "dropped events: ");
		lost += at ? strtoull(at + 16, NULL, 10) : 0;
	}
	strbuf_release(&stats);
	return lost;
}

uint64_t ftrace_lost(void)
{
	return lost_total() - trace.lost_before;
}

/* The number of the process with @mm, counted from 1; 0 when it is none of the script's.
 */
static unsigned int proc_of_mm(uint64_t mm)
{
	unsigned int i;

	for (i = 0; i < GUEST_MAX_PROCS; i++)
		if (trace.mm[i] == mm)
			return i + 1;
	return 0;
}

static uint64_t field(const char *line, const char *name)
{
	const char *at = strstr(line, name);

	return at ? strtoull(at + strlen(name), NULL, 0) : 0;
}

/* KVM's records inside a notification or of aging are about that memory, whoever is at work. */
static void take_window(char sign, unsigned int proc)
{
	if (sign == '+' && trace.nr_windows < MAX_WINDOWS)
		trace.window[trace.nr_windows++] = proc;
	else if (sign == '-' && trace.nr_windows)
		trace.nr_windows--;
}

static unsigned int kvm_proc(void)
{
	return trace.nr_windows ? trace.window[trace.nr_windows - 1] : trace.proc;
}

static void take_event(char sign, const char *line)
{
	uint64_t mm = field(line, " m="), start = field(line, " s=");
	uint64_t end = field(line, " e=");
	unsigned int proc, i;

	if (trace.wait_mm && sign == '+' && start == trace.probe) {
		for (i = 0; i < GUEST_MAX_PROCS; i++)
			if (trace.mm[i] == mm)
				trace.mm[i] = 0;
		trace.mm[trace.wait_mm - 1] = mm;
		trace.wait_mm = 0;
		return;
	}
	proc = proc_of_mm(mm);
	take_window(sign, proc);
	if (proc && ranges_touch(trace.maps, start, end))
		wire_printf("%c %u %u %lx %lx\n", sign, proc,
			    (unsigned int)field(line, " v="), start, end);
}

static void take_release(const char *line)
{
	unsigned int proc = proc_of_mm(field(line, " m="));

	if (proc)
		wire_printf("! %u\n", proc);
}

/* " PROCESS PROBE": an address space that nobody has a VM in yet */
static void take_process(const char *text)
{
	char *end;

	trace.wait_mm = strtoul(text, &end, 10) + 1;
	trace.probe = strtoul(end, NULL, 16);
	trace.has_vm &= ~(1u << (trace.wait_mm - 1));
}

/* "INDEX PROCESS" */
static void take_op(const char *text)
{
	const char *proc = strchr(text, ' ');

	trace.proc = proc ? strtoul(proc, NULL, 10) : 0;
	trace.nr_windows = 0;
	wire_printf("op %s\n", text);
}

static void take_line(char *line)
{
	static const char mark[] = "tracing_mark_write: ";

	if (!strncmp(line, "start: ", 7)) {
		take_event('+', line);
	} else if (!strncmp(line, "end: ", 5)) {
		take_event('-', line);
	} else if (!strncmp(line, "release: ", 9)) {
		take_release(line);
	} else if (!strncmp(line, "young", 5)) {
		take_window('+', proc_of_mm(field(line, " m=")));
	} else if (!strncmp(line, "aged", 4)) {
		take_window('-', 0);
	} else if (line[0] == 'k') {
		if (kvm_proc() && trace.has_vm & 1u << (kvm_proc() - 1))
			kvmtrace_line(line, kvm_proc(), trace.maps, trace.slots);
	} else if (!strncmp(line, mark, sizeof(mark) - 1)) {
		line += sizeof(mark) - 1;
		if (line[0] == 'M')
			take_process(line + 1);
		else if (line[0] == 'O')
			take_op(line + 2);
		else if (line[0] == 'V')
			trace.has_vm |= 1u << (strtoul(line + 1, NULL, 10) - 1);
		else if (line[0] == 'S')
			wire_printf("s %u %s\n", trace.proc, line + 2);
		else if (line[0] == 'D')
			wire_printf("d %u %s\n", trace.proc, line + 2);
		else if (line[0] == 'R')
			wire_printf("ret %s\n", line + 2);
	}
}

static void take_bytes(const char *buf, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (buf[i] != '\n') {
			if (trace.line_len < sizeof(trace.line) - 1)
				trace.line[trace.line_len++] = buf[i];
			continue;
		}
		trace.line[trace.line_len] = 0;
		take_line(trace.line);
		trace.line_len = 0;
	}
}

int ftrace_drain(void)
{
	static char buf[65536];
	ssize_t n;

	while ((n = read(pipe_fd, buf, sizeof(buf))) > 0)
		take_bytes(buf, n);
	return n < 0 && errno != EAGAIN ? -errno : 0;
}

void ftrace_begin(const struct ranges *maps, const struct ranges *slots)
{
	static const struct ranges none;

	memset(&trace, 0, sizeof(trace));
	trace.maps = &none;
	trace.slots = &none;
	(void)ftrace_drain();
	memset(&trace, 0, sizeof(trace));
	trace.maps = maps;
	trace.slots = slots;
	trace.lost_before = lost_total();
}

bool ftrace_in_maps(uint64_t start, uint64_t end)
{
	return ranges_touch(trace.maps, start, end);
}
