// SPDX-License-Identifier: GPL-2.0-or-later
#include <trace/compare.h>
#include <trace/trace.h>

#include <base/mem.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ALL UINT64_MAX
/* An x86 entry without the bits that hold a host frame number. */
#define ENTRY_FLAGS 0xfff0000000000fffull

/* Rows of a difference shown before and from the first that differs. */
#define ROWS_BEFORE 6
#define ROWS_BEHIND 30

struct mask {
	bool set;
	uint64_t arg[EVENT_ARGS];
};

/* Which bits of each number are the same on every machine; all of them where none is listed. */
static const struct mask portable[EVENT_NR] = {
	[EVENT_KVM_PAGE_FAULT] = { true, { ALL, 0, ALL, ALL } },
	[EVENT_KVM_MMU_GET_PAGE] = { true, { ALL, TRACE_ROLE_PRINTED, ALL, ALL, 0 } },
	[EVENT_KVM_MMU_PREPARE_ZAP_PAGE] = { true, { ALL, TRACE_ROLE_PRINTED, ALL, ALL, 0 } },
	[EVENT_KVM_MMU_SYNC_PAGE] = { true, { ALL, TRACE_ROLE_PRINTED, ALL, ALL, 0 } },
	[EVENT_KVM_MMU_UNSYNC_PAGE] = { true, { ALL, TRACE_ROLE_PRINTED, ALL, ALL, 0 } },
	[EVENT_KVM_MMU_SET_SPTE] = { true, { ALL, ENTRY_FLAGS, ALL, 0 } },
	[EVENT_KVM_MMU_SPTE_REQUESTED] = { true, { ALL, 0, ALL } },
	[EVENT_KVM_TDP_MMU_SPTE_CHANGED] = { true, { ALL, ALL, ALL, ENTRY_FLAGS, ENTRY_FLAGS } },
	[EVENT_FAST_PAGE_FAULT] = { true, { ALL, ALL, ALL, ENTRY_FLAGS, ENTRY_FLAGS, 0 } },
	[EVENT_KVM_MMU_SPLIT_HUGE_PAGE] = { true, { ALL, ENTRY_FLAGS, ALL, ALL } },
};

static unsigned int what_of(enum event_id id)
{
	if (id == EVENT_MMU_NOTIFIER_INVALIDATE_RANGE_START)
		return TRACE_WHAT_STARTS;
	if (id == EVENT_MMU_NOTIFIER_INVALIDATE_RANGE_END)
		return TRACE_WHAT_ENDS;
	return id >= EVENT_KVM_UNMAP_HVA_RANGE && id < EVENT_TLB_FLUSH ? TRACE_WHAT_KVM :
									 TRACE_WHAT_OTHER;
}

/*
 * An entry without the host's frame number; one of memory without a slot (bit 51, not KVM's
 * present bit 11) also without the generation of the slots, to which the guest's own ones count.
 */
static uint64_t entry_flags(uint64_t entry)
{
	bool mmio = entry >> 51 & 1 && !(entry & 0x800);

	return entry & (mmio ? 0x807 : ENTRY_FLAGS);
}

static uint64_t masked(const struct event *event, unsigned int arg,
		       const struct trace_compare_options *options)
{
	const struct mask *mask = &portable[event->id];

	if (!options->portable || !mask->set)
		return event->arg[arg];
	return mask->arg[arg] == ENTRY_FLAGS ? entry_flags(event->arg[arg]) :
					       event->arg[arg] & mask->arg[arg];
}

static int event_cmp(const struct event *a, const struct event *b,
		     const struct trace_compare_options *options)
{
	unsigned int i;

	if (a->id != b->id)
		return a->id < b->id ? -1 : 1;
	for (i = 0; i < EVENT_ARGS; i++) {
		uint64_t x = masked(a, i, options), y = masked(b, i, options);

		if (x != y)
			return x < y ? -1 : 1;
	}
	return 0;
}

bool trace_same_event(const struct event *a, const struct event *b,
		      const struct trace_compare_options *options)
{
	return event_cmp(a, b, options) == 0;
}

/* The events of one operation that count: ordered ones first, then the others sorted. */
struct picked {
	const struct event **event;
	size_t nr;
	size_t cap;
};

static int cmp_picked(const void *a, const void *b, void *options)
{
	return event_cmp(*(const struct event *const *)a, *(const struct event *const *)b, options);
}

static int add_picked(struct picked *picked, const struct event *event)
{
	int err = mem_grow(&picked->event, &picked->cap, picked->nr + 1, sizeof(*picked->event));

	if (!err)
		picked->event[picked->nr++] = event;
	return err;
}

static int pick(struct picked *picked, const struct trace_stream *stream, size_t index,
		const struct trace_compare_options *options)
{
	const struct trace_op *op = &stream->ops[index];
	const struct event *first = &stream->events[op->mark + 1];
	size_t i, ordered = 0;
	int pass, err;

	picked->nr = 0;
	for (pass = 0; pass < 2; pass++) {
		for (i = 0; i < op->nr; i++) {
			bool unordered = options->unordered >> first[i].id & 1;

			if (!(options->what & what_of(first[i].id)) || unordered != pass)
				continue;
			err = add_picked(picked, &first[i]);
			if (err)
				return err;
		}
		if (!pass)
			ordered = picked->nr;
	}
	if (picked->nr - ordered > 1)
		qsort_r(picked->event + ordered, picked->nr - ordered, sizeof(*picked->event),
			cmp_picked, (void *)options);
	return 0;
}

static bool same_picked(const struct picked *a, const struct picked *b,
			const struct trace_compare_options *options)
{
	size_t i;

	if (a->nr != b->nr)
		return false;
	for (i = 0; i < a->nr; i++)
		if (event_cmp(a->event[i], b->event[i], options))
			return false;
	return true;
}

static void release(struct picked picked[2])
{
	mem_free(picked[0].event);
	mem_free(picked[1].event);
}

static uint32_t line_of(const struct trace_stream *stream, size_t op)
{
	return op < stream->nr_ops ? stream->ops[op].line : 0;
}

/* Compare operation @op of both. Return: 1 equal, 0 different, negative errno. */
static int compare_op(const struct trace_stream *left, const struct trace_stream *right, size_t op,
		      const struct trace_compare_options *options, struct picked picked[2])
{
	int err;

	if (op >= left->nr_ops || op >= right->nr_ops)
		return 0;
	err = pick(&picked[0], left, op, options);
	if (!err)
		err = pick(&picked[1], right, op, options);
	if (err)
		return err;
	return left->ops[op].line == right->ops[op].line &&
	       same_picked(&picked[0], &picked[1], options);
}

int trace_compare(const struct trace_stream *left, const struct trace_stream *right,
		  const struct trace_compare_options *options, struct trace_diff *ret_diff)
{
	struct picked picked[2] = { 0 };
	struct trace_diff diff = { .equal = true };
	size_t op, nr = left->nr_ops > right->nr_ops ? left->nr_ops : right->nr_ops;
	int same = 1;

	for (op = 0; op < nr && same == 1; op++) {
		same = compare_op(left, right, op, options, picked);
		if (same < 0)
			break;
		diff.events += same ? picked[0].nr : 0;
		diff.ops++;
		if (!same) {
			diff.equal = false;
			diff.op = op;
			diff.line[0] = line_of(left, op);
			diff.line[1] = line_of(right, op);
		}
	}
	release(picked);
	if (same < 0)
		return same;
	*ret_diff = diff;
	return 0;
}

static void pad(struct strbuf *out, size_t from, size_t width)
{
	size_t used = out->len - from;

	for (; used < width; used++)
		strbuf_addch(out, ' ');
}

static void add_cell(struct strbuf *out, const struct picked *picked, size_t row)
{
	if (row < picked->nr)
		trace_format(out, picked->event[row]);
}

static char row_mark(const struct picked picked[2], size_t row,
		     const struct trace_compare_options *options)
{
	if (row >= picked[1].nr)
		return '<';
	if (row >= picked[0].nr)
		return '>';
	return event_cmp(picked[0].event[row], picked[1].event[row], options) ? '|' : ' ';
}

/* Running out of memory is an error of @out: its columns would not be straight. */
static size_t column_width(struct strbuf *out, const struct picked *picked, size_t first,
			   size_t end, const char *title)
{
	struct strbuf cell = STRBUF_INIT;
	size_t row, width = strlen(title);

	for (row = first; row < end && row < picked->nr; row++) {
		strbuf_reset(&cell);
		trace_format(&cell, picked->event[row]);
		if (cell.len > width)
			width = cell.len;
		strbuf_pass_error(out, &cell);
	}
	strbuf_release(&cell);
	return width;
}

static void add_mark(struct strbuf *out, const struct trace_stream *stream, size_t op,
		     const char *title)
{
	const struct event *mark;

	if (op >= stream->nr_ops) {
		strbuf_addf(out, "%s ends before this operation\n", title);
		return;
	}
	mark = &stream->events[stream->ops[op].mark];
	strbuf_addf(out, "%.*s\n", (int)mark->text_len, mark->text);
}

static void add_left_out(struct strbuf *out, size_t nr, const char *what)
{
	if (nr)
		strbuf_addf(out, "  (%zu %s)\n", nr, what);
}

/* The rows around the first that differs. */
static void add_rows(struct strbuf *out, const struct picked picked[2],
		     const struct trace_compare_options *options, const char *const titles[2])
{
	size_t nr = picked[0].nr > picked[1].nr ? picked[0].nr : picked[1].nr;
	size_t row = 0, first, end, width, from = out->len;

	while (row < nr && row_mark(picked, row, options) == ' ')
		row++;
	first = row > ROWS_BEFORE ? row - ROWS_BEFORE : 0;
	end = nr - row > ROWS_BEHIND ? row + ROWS_BEHIND : nr;
	width = column_width(out, &picked[0], first, end, titles[0]);
	strbuf_addf(out, "  %s", titles[0]);
	pad(out, from, width + 5);
	strbuf_addf(out, "%s\n", titles[1]);
	add_left_out(out, first, "equal before");
	for (row = first; row < end; row++) {
		from = out->len;
		strbuf_addstr(out, "  ");
		add_cell(out, &picked[0], row);
		pad(out, from, width + 3);
		strbuf_addch(out, row_mark(picked, row, options));
		strbuf_addch(out, ' ');
		add_cell(out, &picked[1], row);
		strbuf_addch(out, '\n');
	}
	add_left_out(out, nr - end, "more");
}

void trace_diff_format(struct strbuf *out, const struct trace_stream *left,
		       const struct trace_stream *right,
		       const struct trace_compare_options *options, const struct trace_diff *diff,
		       const char *const titles[2])
{
	struct picked picked[2] = { 0 };
	int err = 0;

	if (diff->equal)
		return;
	add_mark(out, left, diff->op, titles[0]);
	if (diff->line[0] != diff->line[1] || diff->op >= right->nr_ops)
		add_mark(out, right, diff->op, titles[1]);
	if (diff->op < left->nr_ops)
		err = pick(&picked[0], left, diff->op, options);
	if (!err && diff->op < right->nr_ops)
		err = pick(&picked[1], right, diff->op, options);
	if (err)
		out->error = err;
	else
		add_rows(out, picked, options, titles);
	release(picked);
}
