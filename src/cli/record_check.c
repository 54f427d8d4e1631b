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
 * "  comm-12   (     10) [000] ...", as record wrote it: the process, 10, or 0 if it has none; the
 * thread, 12.
 */
static uint32_t line_process(const char *line, uint32_t *ret_thread)
{
	const char *cpu = NULL, *at = line, *group;

	/* the last, for a thread may be called "x) [" */
	while ((at = strstr(at, ") [")))
		cpu = at++;
	if (!cpu)
		return 0;
	for (group = cpu; group > line && *group != '('; group--)
		;
	for (at = group; at > line && at[-1] == ' '; at--)
		;
	while (at > line && at[-1] >= '0' && at[-1] <= '9')
		at--;
	*ret_thread = strtoul(at, NULL, 10);
	return strtoul(group + 1, NULL, 10);
}

/*
 * KVM reports a notification once for every VM of the address space, all of them at once.
 * @vms: VMs made so far; the first is the probe
 * @making: the thread inside of KVM_CREATE_VM
 * @thread, @range, @times: the notification reported last, and how often
 */
struct recorded {
	uint32_t pid;
	uint32_t thread;
	uint32_t making;
	unsigned int vms;
	unsigned int times;
	uint64_t range[2];
	struct ranges *ranges;
};

/* Calls that make VMs, and the mark of a probe: a new program, which has no VM yet. */
static void count_vms(struct recorded *r, const char *line, uint32_t thread)
{
	const char *result = strstr(line, ": sys_ioctl -> 0x");
	char begins[64];

	snprintf(begins, sizeof(begins), "mmuscope: probe of %" PRIu32 " begins", r->pid);
	if (strstr(line, begins)) {
		r->vms = 0;
	} else if (strstr(line, ": sys_ioctl(") && strstr(line, "cmd: 0xae01,")) {
		r->making = thread;
	} else if (result && r->making == thread) {
		r->making = 0;
		r->vms += strtoull(result + strlen(": sys_ioctl -> 0x"), NULL, 16) < UINT32_MAX;
	}
}

static void add_recorded(struct recorded *r, uint32_t thread, const uint64_t *range)
{
	if (r->thread == thread && equal(r->range, range) && r->times < r->vms) {
		r->times++;
		return;
	}
	r->thread = thread;
	r->times = 1;
	memcpy(r->range, range, sizeof(r->range));
	add_range(r->ranges, range[0], range[1]);
}

static void read_line(struct recorded *r, const char *line)
{
	static const char words[] = "kvm_unmap_hva_range: mmu notifier unmap range: ";
	const char *at = strstr(line, words);
	uint32_t thread = 0, process = line_process(line, &thread);
	uint64_t range[2];

	if (strstr(line, "mmuscope: probe of "))
		count_vms(r, line, 0);
	if (process != r->pid)
		return;
	if (at && sscanf(at + strlen(words), "%" SCNx64 " -- %" SCNx64, &range[0], &range[1]) == 2) {
		add_recorded(r, thread, range);
		return;
	}
	/* whatever else the thread does lies between two notifications */
	if (r->thread == thread)
		r->thread = 0;
	count_vms(r, line, thread);
}

/* What KVM reported for the process, in order. */
static int read_recorded(const char *path, uint32_t pid, struct ranges *ranges)
{
	struct recorded recorded = { .pid = pid, .ranges = ranges };
	FILE *file = fopen(path, "re");
	char line[1024];
	int err;

	if (!file)
		return -errno;
	while (fgets(line, sizeof(line), file))
		read_line(&recorded, line);
	err = ferror(file) ? -EIO : ranges->err;
	fclose(file);
	return err;
}

/*
 * @text, @line: the script from this line on
 * @deaf: an exec is at work, of which nobody is told
 */
struct watcher {
	struct event_sink sink;
	struct ranges *ranges;
	const char *text;
	unsigned int line;
	bool deaf;
};

static void op_begins(void *ctx, const struct script_op *op, uint64_t index,
		      const struct sim *view)
{
	static const char note[] = "# " IMPORT_EXEC_NOTE;
	struct watcher *watcher = ctx;
	size_t len;

	(void)index;
	(void)view;
	for (; watcher->line < op->line && *watcher->text; watcher->line++) {
		watcher->text += strcspn(watcher->text, "\n");
		watcher->text += *watcher->text == '\n';
	}
	len = strcspn(watcher->text, "\n");
	watcher->deaf = watcher->line == op->line && len >= strlen(note) &&
			!memcmp(watcher->text + len - strlen(note), note, strlen(note));
}

static void emit(struct event_sink *sink, const struct event *event)
{
	struct watcher *watcher = (struct watcher *)sink;

	if (event->id == EVENT_MMU_NOTIFIER_INVALIDATE_RANGE_START && event->pid == MAIN && !watcher->deaf)
		add_range(watcher->ranges, event->arg[1], event->arg[2]);
}

static void note_nothing(void *ctx, const char *text)
{
	(void)ctx;
	(void)text;
}

static int run_script(const struct script *script, const char *text, const char *profile,
		      struct ranges *ranges)
{
	struct watcher watcher = { .sink = { emit }, .ranges = ranges, .text = text, .line = 1 };
	const struct sim_options options = { .profile = profile, .mmu = -1, .note = note_nothing,
					     .sink = &watcher.sink, .op_begin = op_begins,
					     .ctx = &watcher };
	struct sim_result result = { 0 };
	int err = sim_run(script, &options, &result);

	sim_result_release(&result);
	return err ? err : ranges->err;
}

static int predict(const char *path, const char *profile, struct ranges *ranges)
{
	const struct import_options options = { .name = path, .no_origin = true };
	struct strbuf text = STRBUF_INIT, diag = STRBUF_INIT;
	struct import_sink sink = import_sink_strbuf(&text);
	struct import_report *report = mem_zalloc(sizeof(*report));
	struct script *script = NULL;
	int err = -ENOMEM;

	if (report)
		err = import_file(IMPORT_FTRACE, path, &options, &sink, report);
	if (err && report && report->error[0])
		error("%s:%" PRIu64 ": %s", path, report->error_line, report->error);
	if (!err)
		err = script_parse(path, strbuf_str(&text), text.len, &diag, &script);
	if (diag.len && err)
		error("%s", strbuf_str(&diag));
	if (!err)
		err = run_script(script, strbuf_str(&text), profile, ranges);
	script_free(script);
	mem_free(report);
	strbuf_release(&text);
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

int record_find(const char *path, char *ret_release, size_t size, uint32_t *pid)
{
	static const char probe[] = "mmuscope: probe of ", kernel[] = "# kernel ";
	FILE *file = fopen(path, "re");
	char line[1024];

	if (!file)
		return -errno;
	ret_release[0] = '\0';
	while (fgets(line, sizeof(line), file) && (!*pid || !ret_release[0])) {
		const char *at = strstr(line, probe);

		if (!strncmp(line, kernel, strlen(kernel)))
			snprintf(ret_release, size, "%.*s", (int)strcspn(line + strlen(kernel), "\n"),
				 line + strlen(kernel));
		if (at && !*pid)
			*pid = strtoul(at + strlen(probe), NULL, 10);
	}
	fclose(file);
	return *pid && ret_release[0] ? 0 : -ENOMSG;
}

int record_check(const char *path, const char *release, uint32_t pid, struct record_check *ret)
{
	struct ranges recorded = { 0 }, predicted = { 0 };
	struct record_check check = { .pid = pid, .profile = model_profile_by_release(release) };
	int err = read_recorded(path, pid, &recorded);

	if (!err)
		err = predict(path, check.profile, &predicted);
	if (!err)
		err = compare_ranges(&recorded, &predicted, &check);
	if (!err)
		*ret = check;
	mem_free(recorded.range);
	mem_free(predicted.range);
	return err ? model_error(path, err) : STATUS_OK;
}
