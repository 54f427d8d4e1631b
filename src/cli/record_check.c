// SPDX-License-Identifier: GPL-2.0-or-later
/* mmuscope record --check: the notifications of a recording against those of its script. */
#include "cli_internal.h"
#include "model_internal.h"
#include "record_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <base/event.h>
#include <base/mem.h>
#include <import/import.h>

/* Differences up to this many are counted exactly: the time grows with their square. */
#define MAX_DIFFERENCES 20000
/* The first process of a recording in the script that is made of it. */
#define MAIN 1

struct ranges {
	uint64_t (*range)[2];
	size_t nr;
	size_t cap;
	int err;
};

static void add_range(struct ranges *ranges, uint64_t start, uint64_t end)
{
	if (!ranges->err)
		ranges->err = mem_grow(&ranges->range, &ranges->cap, ranges->nr + 1,
				       sizeof(ranges->range[0]));
	if (ranges->err)
		return;
	ranges->range[ranges->nr][0] = start;
	ranges->range[ranges->nr++][1] = end;
}

static bool equal(const uint64_t *a, const uint64_t *b)
{
	return a[0] == b[0] && a[1] == b[1];
}

/* Eugene Myers, "An O(ND) difference algorithm and its variations", 1986: the length only. */
int64_t record_common(const uint64_t (*left)[2], size_t nr_left, const uint64_t (*right)[2],
		      size_t nr_right, size_t limit, bool *ret_exact)
{
	size_t most = nr_left + nr_right < limit ? nr_left + nr_right : limit;
	int64_t *reach = mem_zalloc((2 * most + 3) * sizeof(*reach)), best = 0;
	int64_t *v = reach ? reach + most + 1 : NULL, d, k;

	if (!reach)
		return -ENOMEM;
	*ret_exact = true;
	for (d = 0; d <= (int64_t)most; d++) {
		for (k = -d; k <= d; k += 2) {
			int64_t x = k == -d || (k != d && v[k - 1] < v[k + 1]) ? v[k + 1] :
										   v[k - 1] + 1;

			if (x > (int64_t)nr_left || x - k < 0 || x - k > (int64_t)nr_right) {
				v[k] = x;
				continue;
			}
			while (x < (int64_t)nr_left && x - k < (int64_t)nr_right &&
			       equal(left[x], right[x - k]))
				x++;
			v[k] = x;
			/* x + y = 2 * common + differences */
			if ((2 * x - k - d) / 2 > best)
				best = (2 * x - k - d) / 2;
			if (x >= (int64_t)nr_left && x - k >= (int64_t)nr_right) {
				mem_free(reach);
				return ((int64_t)(nr_left + nr_right) - d) / 2;
			}
		}
	}
	*ret_exact = false;
	mem_free(reach);
	return best;
}

/*
 * struct recording - what import makes of it
 * @notified: in its order, of all processes
 */
struct recording {
	struct strbuf text;
	struct import_report *report;
	struct import_notification *notified;
	size_t nr;
	size_t cap;
};

static int add_notified(void *ctx, const struct import_notification *notification)
{
	struct recording *r = ctx;
	int err = mem_grow(&r->notified, &r->cap, r->nr + 1, sizeof(r->notified[0]));

	if (!err)
		r->notified[r->nr++] = *notification;
	return err;
}

static void recording_release(struct recording *r)
{
	strbuf_release(&r->text);
	mem_free(r->report);
	mem_free(r->notified);
}

/* @pid: only this process; 0 is all of them */
static int read_recording(const char *path, uint32_t pid, struct recording *r)
{
	const struct import_options options = { .name = path, .pid = pid, .no_origin = true,
						.notified = add_notified, .ctx = r };
	struct import_sink sink = import_sink_strbuf(&r->text);
	int err;

	*r = (struct recording){ .text = STRBUF_INIT, .report = mem_zalloc(sizeof(*r->report)) };
	if (!r->report)
		return -ENOMEM;
	err = import_file(IMPORT_FTRACE, path, &options, &sink, r->report);
	if (err && r->report->error_line)
		error("%s:%" PRIu64 ": %s", path, r->report->error_line, r->report->error);
	else if (err)
		error("%s: %s", path, r->report->error[0] ? r->report->error : strerror(-err));
	return err;
}

/*
 * struct watcher - hears what KVM heard
 * @always: there is a VM all the time, the recorder's or an older one
 * @main: the first process is the running one; @vm: it has a VM
 * @deaf: an exec is at work: KVM is gone with the old address space before that is unmapped
 */
struct watcher {
	struct event_sink sink;
	struct ranges *ranges;
	bool always;
	bool main;
	bool vm;
	bool deaf;
};

static void op_begins(void *ctx, const struct script_op *op, uint64_t index,
		      const struct sim *view)
{
	struct watcher *watcher = ctx;

	(void)index;
	(void)view;
	watcher->deaf = op->code == OP_EXEC;
	if (op->code == OP_SWITCH)
		watcher->main = !op->name;
	else if (watcher->main && (op->code == OP_VM || op->code == OP_EXEC))
		watcher->vm = op->code == OP_VM;
}

static void emit(struct event_sink *sink, const struct event *event)
{
	struct watcher *watcher = (struct watcher *)sink;

	if (event->id == EVENT_MMU_NOTIFIER_INVALIDATE_RANGE_START && event->pid == MAIN &&
	    (watcher->always || watcher->vm) && !watcher->deaf)
		add_range(watcher->ranges, event->arg[1], event->arg[2]);
}

static void note_nothing(void *ctx, const char *text)
{
	(void)ctx;
	(void)text;
}

static int run_script(const struct script *script, const char *profile, bool always,
		      struct ranges *ranges)
{
	struct watcher watcher = { .sink = { emit }, .ranges = ranges, .main = true, .always = always };
	const struct sim_options options = { .profile = profile, .mmu = -1, .note = note_nothing,
					     .sink = &watcher.sink, .op_begin = op_begins,
					     .ctx = &watcher };
	struct sim_result result = { 0 };
	int err = sim_run(script, &options, &result);

	sim_result_release(&result);
	return err ? err : ranges->err;
}

static int predict(const char *path, const struct recording *r, const char *profile,
		   struct ranges *ranges)
{
	struct strbuf diag = STRBUF_INIT;
	struct script *script = NULL;
	int err = script_parse(path, strbuf_str(&r->text), r->text.len, &diag, &script);

	if (diag.len && err)
		error("%s", strbuf_str(&diag));
	if (!err)
		err = run_script(script, profile, r->report->probed || r->report->older_vm, ranges);
	script_free(script);
	strbuf_release(&diag);
	return err;
}

static void find_first(const struct ranges *left, const struct ranges *right,
		       struct record_check *check)
{
	size_t i = 0;

	while (i < left->nr && i < right->nr && equal(left->range[i], right->range[i]))
		i++;
	check->first = i;
	if (i < left->nr)
		memcpy(check->left, left->range[i], sizeof(check->left));
	if (i < right->nr)
		memcpy(check->right, right->range[i], sizeof(check->right));
}

static int compare_ranges(const struct ranges *left, const struct ranges *right,
			  struct record_check *check)
{
	int64_t common = record_common((const uint64_t(*)[2])left->range, left->nr,
				       (const uint64_t(*)[2])right->range, right->nr,
				       MAX_DIFFERENCES, &check->exact);

	if (common < 0)
		return common;
	check->recorded = left->nr;
	check->predicted = right->nr;
	check->agree = common;
	find_first(left, right, check);
	return 0;
}

/* The one asked for; that with the probe; the first that KVM reported anything of. */
static uint32_t choose_process(const struct recording *r, uint32_t pid)
{
	if (pid || r->report->probed)
		return pid ? pid : r->report->probed;
	return r->nr ? r->notified[0].process : 0;
}

static uint64_t seen(const struct import_report *report, const char *name)
{
	unsigned int i;

	for (i = 0; i < report->nr_calls; i++)
		if (!strcmp(report->calls[i].name, name))
			return report->calls[i].seen;
	return 0;
}

/* What the recording says nothing about, and what a prediction therefore cannot know. */
static void say_lacks(const char *path, const struct import_report *report)
{
	const struct import_call *call;
	uint64_t calls = 0;
	unsigned int i;

	for (i = 0; i < report->nr_calls; i++) {
		call = &report->calls[i];
		calls += call->used && (!strcmp(call->name, "mmap") || !strcmp(call->name, "munmap") ||
					!strcmp(call->name, "mprotect") || !strcmp(call->name, "madvise"));
	}
	if (!calls)
		error("%s: lacks the system calls (events syscalls:* or raw_syscalls:*)", path);
	if (!seen(report, "page_fault_user"))
		error("%s: lacks exceptions:page_fault_user: no page counts as touched", path);
	if (!seen(report, "task_newtask") &&
	    (seen(report, "clone") || seen(report, "clone3") || seen(report, "vfork")))
		error("%s: lacks task:task_newtask: what clone3 makes counts as a thread", path);
	if (report->outside && !report->probed)
		error("%s: %" PRIu64 " faults and calls are outside of every map that it shows being made; "
		      "what execve() maps, and what was there before, only mmuscope record keeps",
		      path, report->outside);
	if (report->unheard)
		error("%s: %" PRIu64 " processes were forked and not recorded (trace-cmd record -c records "
		      "them): they count as alive to the end", path, report->unheard);
	if (report->lost)
		error("%s: %" PRIu64 " events were lost when it was recorded", path, report->lost);
}

static int check_process(const char *path, struct recording *r, struct record_check *check)
{
	struct ranges recorded = { 0 }, predicted = { 0 };
	size_t i;
	int err;

	for (i = 0; i < r->nr; i++)
		if (r->notified[i].process == check->pid)
			add_range(&recorded, r->notified[i].start, r->notified[i].end);
	err = recorded.err;
	if (!err)
		err = predict(path, r, check->profile, &predicted);
	if (!err)
		err = compare_ranges(&recorded, &predicted, check);
	mem_free(recorded.range);
	mem_free(predicted.range);
	return err;
}

/* The script of one process; that of all does where the process is its first. */
static int read_process(const char *path, struct recording *r, uint32_t pid)
{
	if (r->report->first == pid)
		return 0;
	recording_release(r);
	return read_recording(path, pid, r);
}

int record_check(const char *path, const char *release, uint32_t pid, struct record_check *ret)
{
	struct recording r;
	struct record_check check = { 0 };
	int err = read_recording(path, 0, &r), status = STATUS_BROKEN;
	uint32_t first;

	if (err)
		goto out;
	first = r.report->first;
	check.pid = choose_process(&r, pid);
	release = release ? release : r.report->release;
	if (!check.pid) {
		error("%s: no notification in it: kvm:kvm_unmap_hva_range was not recorded, or no program "
		      "had a VM; -p tells the process to check all the same", path);
		goto out;
	}
	if (!release[0]) {
		error("%s: does not say which kernel was recorded: --kernel RELEASE (uname -r) does", path);
		goto out;
	}
	check.profile = model_profile_by_release(release);
	if (read_process(path, &r, check.pid))
		goto out;
	if (!r.report->ops) {
		error("%s: nothing of process %" PRIu32 " in it (threads are told with their process); "
		      "the first one is %" PRIu32, path, check.pid, first);
		goto out;
	}
	err = check_process(path, &r, &check);
	status = err ? model_error(path, err) : STATUS_OK;
	if (!err)
		say_lacks(path, r.report);
	if (!err)
		*ret = check;
out:
	recording_release(&r);
	return status;
}
