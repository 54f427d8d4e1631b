// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The frame around an import: options, header, the loop over lines, the summary at the
 * end.
 */
#include "import_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <base/mem.h>

#define OUT_SIZE (64u << 10)
#define SHOWN_CALLS 24

int imp_fail(struct import *im, const char *reason)
{
	struct import_report *report = im->report;

	report->error_line = im->line;
	snprintf(report->error, sizeof(report->error), "%s", reason);
	return -EINVAL;
}

void imp_set_release(struct import *im, const char *s, size_t len)
{
	char *release = im->report->release;
	size_t n = 0;

	if (release[0])
		return;
	while (n < len && n < sizeof(im->report->release) - 1 && s[n] > ' ' && s[n] < 0x7f)
		n++;
	memcpy(release, s, n);
	release[n] = '\0';
}

void import_time(struct import *im, uint64_t time)
{
	if (!im->timed) {
		im->timed = true;
		im->first_time = time;
	}
	im->time = time > im->first_time ? time - im->first_time : 0;
}

int import_begin(struct import **ret_im, const struct import_options *options,
		 const struct import_source *source, const struct import_sink *sink,
		 struct import_report *report, const char *tool)
{
	struct import *im;

	memset(report, 0, sizeof(*report));
	im = mem_zalloc(sizeof(*im));
	if (!im)
		return -ENOMEM;
	im->out = mem_alloc(OUT_SIZE);
	if (!im->out || imp_input_init(&im->input, source)) {
		mem_free(im->out);
		mem_free(im);
		return -ENOMEM;
	}
	if (options)
		im->options = *options;
	if (!im->options.touch_limit)
		im->options.touch_limit = IMPORT_TOUCH_LIMIT;
	im->options.touch_limit &= ~(PAGE - 1);
	if (!im->options.touch_limit)
		im->options.touch_limit = PAGE;
	im->sink = *sink;
	im->report = report;
	im->tool = tool;
	LIST_INIT(&im->mms);
	for (unsigned int i = 0; i < TASK_BUCKETS; i++)
		LIST_INIT(&im->tasks[i]);
	*ret_im = im;
	return 0;
}

int import_lines(struct import *im,
		 int (*one)(struct import *im, const struct line *line))
{
	struct line line;
	int err = 0;

	while (!err && !im->error) {
		err = imp_input_line(&im->input, &line);
		if (err == -EINVAL && !im->report->error[0])
			err = imp_fail(im,
				       "the compressed data is damaged or breaks off");
		if (!err && im->input.cut_end)
			err = imp_fail(im, "the last line breaks off (no newline)");
		if (err <= 0)
			break;
		im->line++;
		im->report->cut += line.cut;
		if (!im->understood && memchr(line.s, '\0', line.len))
			err = imp_fail(im, "this is binary data, not text");
		else
			err = one(im, &line);
	}
	im->report->lines = im->line;
	im->report->bytes = im->input.bytes;
	imp_touch_flush(im);
	return err ? err : im->error;
}

int import_end(struct import *im, int err)
{
	struct import_report *report = im->report;

	if (err == -EINVAL && !report->lines && !report->bytes)
		snprintf(report->error, sizeof(report->error), "the recording is empty");
	imp_processes_release(im);
	imp_write_summary(im);
	if (!err || err == -EINVAL) {
		imp_out_flush(im);
		err = err ? err : im->error;
	}
	imp_input_release(&im->input);
	mem_free(im->out);
	mem_free(im);
	return err;
}

static void comment(struct import *im, const char *label, uint64_t value)
{
	if (!value)
		return;
	imp_out_str(im, "# ");
	imp_out_str(im, label);
	imp_out_str(im, ": ");
	imp_out_dec(im, value);
	imp_out_bytes(im, "\n", 1);
}

static void comment_size(struct import *im, const char *label, uint64_t bytes)
{
	if (!bytes)
		return;
	imp_out_str(im, "# ");
	imp_out_str(im, label);
	imp_out_str(im, ": ");
	imp_out_size(im, bytes);
	imp_out_bytes(im, "\n", 1);
}

void imp_write_header(struct import *im, const char *assumption)
{
	const struct import_options *options = &im->options;
	const char *name = options->name ? options->name : "-";

	imp_out_str(im, "# Imported from ");
	imp_out_text(im, name, strlen(name), 200);
	imp_out_str(im, " (");
	imp_out_str(im, im->tool);
	imp_out_str(im, "); what was read is counted at the end.\n# Assumed: ");
	imp_out_str(im, assumption);
	if (options->touch == IMPORT_TOUCH_ALL &&
	    options->touch_limit != (~0ULL & ~(PAGE - 1))) {
		imp_out_str(im, ";\n# of a longer stretch only the first ");
		imp_out_size(im, options->touch_limit);
	}
	imp_out_str(im, ".\n");
	if (options->pid) {
		imp_out_str(im, "# Only process ");
		imp_out_dec(im, options->pid);
		imp_out_str(im, ".\n");
	}
	imp_out_str(im, "# Names: mN maps in order, seenN maps that the recording does "
			"not show being "
			"made, ramN maps of\n# 16M and more in a process with a VM, pN "
			"processes.\n\n");
}

static int by_count(const void *a, const void *b)
{
	const struct import_call *x = *(const struct import_call *const *)a;
	const struct import_call *y = *(const struct import_call *const *)b;

	if (x->memory != y->memory)
		return x->memory ? -1 : 1;
	if (x->seen != y->seen)
		return x->seen > y->seen ? -1 : 1;
	return strcmp(x->name, y->name);
}

/* "# label: 12 mmap, 3 brk": the calls that were used, or those that were not. */
static void list_calls(struct import *im, const struct import_call *const *calls,
		       unsigned int nr, bool used)
{
	unsigned int shown = 0, more = 0;
	uint64_t rest = 0;

	for (unsigned int i = 0; i < nr; i++) {
		uint64_t n = used ? calls[i]->used : calls[i]->seen - calls[i]->used;

		if (!n || (!used && calls[i]->used && n == calls[i]->failed))
			continue;
		if (shown++ >= SHOWN_CALLS) {
			rest += n;
			more++;
			continue;
		}
		if (shown == 1)
			imp_out_str(im, used ? "# Used: "
					     : "# Read, without an effect here: ");
		else
			imp_out_str(im, ", ");
		imp_out_dec(im, n);
		imp_out_bytes(im, " ", 1);
		imp_out_text(im, calls[i]->name, strlen(calls[i]->name), 31);
		imp_out_str(im, calls[i]->memory ? " (can change memory, not understood)"
						 : "");
	}
	if (more) {
		imp_out_str(im, ", ");
		imp_out_dec(im, rest);
		imp_out_str(im, " of ");
		imp_out_dec(im, more);
		imp_out_str(im, " other names");
	}
	imp_out_str(im, shown ? "\n" : "");
}

void imp_write_summary(struct import *im)
{
	const struct import_call *calls[IMPORT_MAX_CALLS];
	const struct import_report *report = im->report;

	for (unsigned int i = 0; i < report->nr_calls; i++)
		calls[i] = &report->calls[i];
	qsort(calls, report->nr_calls, sizeof(calls[0]), by_count);
	imp_out_str(im, "\n# ");
	imp_out_dec(im, report->lines);
	imp_out_str(im, " lines read, ");
	imp_out_dec(im, report->ops);
	imp_out_str(im, " operations, ");
	imp_out_dec(im, report->processes);
	imp_out_str(im, " processes with ");
	imp_out_dec(im, report->threads);
	imp_out_str(im, " threads\n");
	list_calls(im, calls, report->nr_calls, true);
	list_calls(im, calls, report->nr_calls, false);
	comment(im, "Calls that had failed, left out", report->failed);
	comment(im, "Maps assumed because a call used them", report->implied);
	comment(im, "Faults and calls outside all known maps, left out", report->outside);
	comment(im, "Faults that the protection forbids, left out", report->denied);
	comment(im, "Faults of guests that became accesses", report->guest);
	comment(im, "Faults of guests outside every known memory slot, left out", report->guest_outside);
	comment(im, "Calls of other processes, left out", report->elsewhere);
	comment(im, "Threads assumed to belong to the first process",
		report->assumed_threads);
	comment(im, "Processes forked and not recorded, taken as alive to the end", report->unheard);
	comment(im, "Events lost when it was recorded", report->lost);
	comment(im, "Calls begun and never finished", report->unfinished);
	comment(im, "Lines that could not be read", report->nr_bad);
	comment(im, "Lines cut for their length", report->cut);
	comment_size(im, "Touched", report->touched);
	comment_size(im, "Left untouched for the limit", report->untouched);
	if (!report->error[0])
		return;
	imp_out_str(im, "# Ends here: line ");
	imp_out_dec(im, report->error_line);
	imp_out_str(im, ": ");
	imp_out_str(im, report->error);
	imp_out_bytes(im, "\n", 1);
}
