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

/* "  comm-12   (     12) [000] ...": the process of a line that record wrote; 0 if it has none */
static uint32_t line_tgid(const char *line)
{
	const char *cpu = NULL, *at = line;

	/* the last, for a thread may be called "x) [" */
	while ((at = strstr(at, ") [")))
		cpu = at++;
	if (!cpu)
		return 0;
	while (cpu > line && cpu[-1] >= '0' && cpu[-1] <= '9')
		cpu--;
	return strtoul(cpu, NULL, 10);
}

/* What KVM reported for the process, in order. */
static int read_recorded(const char *path, uint32_t pid, struct ranges *ranges)
{
	static const char words[] = "kvm_unmap_hva_range: mmu notifier unmap range: ";
	char line[1024];
	FILE *file = fopen(path, "re");
	int err;

	if (!file)
		return -errno;
	while (fgets(line, sizeof(line), file)) {
		const char *at = strstr(line, words);
		uint64_t start, end;

		if (at && line_tgid(line) == pid &&
		    sscanf(at + strlen(words), "%" SCNx64 " -- %" SCNx64, &start, &end) == 2)
			add_range(ranges, start, end);
	}
	err = ferror(file) ? -EIO : ranges->err;
	fclose(file);
	return err;
}

struct watcher {
	struct event_sink sink;
	struct ranges *ranges;
};

static void emit(struct event_sink *sink, const struct event *event)
{
	struct watcher *watcher = (struct watcher *)sink;

	if (event->id == EVENT_MMU_NOTIFIER_INVALIDATE_RANGE_START && event->pid == MAIN)
		add_range(watcher->ranges, event->arg[1], event->arg[2]);
}

static void note_nothing(void *ctx, const char *text)
{
	(void)ctx;
	(void)text;
}

static int run_script(const struct script *script, const char *profile, struct ranges *ranges)
{
	struct watcher watcher = { .sink = { emit }, .ranges = ranges };
	const struct sim_options options = { .profile = profile, .mmu = -1, .note = note_nothing,
					     .sink = &watcher.sink };
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
		err = run_script(script, profile, ranges);
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
