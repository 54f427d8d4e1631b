// SPDX-License-Identifier: GPL-2.0-or-later
#include "map_internal.h"
#include "run_internal.h"
#include "stall_internal.h"
#include "terminal_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <base/errname.h>
#include <base/mem.h>
#include <report/table.h>

#define OPERATION_MAX 48

/* What an operation costs, for choosing rows: the estimate, then what was sent. */
static int cheaper(const struct run_row *a, const struct run_row *b)
{
	if (a->stall != b->stall)
		return a->stall < b->stall;
	if (a->notified != b->notified)
		return a->notified < b->notified;
	if (a->notifications != b->notifications)
		return a->notifications < b->notifications;
	return !a->err && b->err;
}

/* Put the cheapest row first, which is the next to go. */
static void sift(struct run_rows *rows, size_t i)
{
	for (;;) {
		size_t child = 2 * i + 1;
		struct run_row swap = rows->rows[i];

		if (child >= rows->nr)
			return;
		if (child + 1 < rows->nr && cheaper(&rows->rows[child + 1], &rows->rows[child]))
			child++;
		if (!cheaper(&rows->rows[child], &swap))
			return;
		rows->rows[i] = rows->rows[child];
		rows->rows[child] = swap;
		i = child;
	}
}

void run_rows_add(struct run_rows *rows, const struct run_row *row)
{
	bool did = row->notifications || row->scanned || row->zapped || row->err;
	size_t i;

	rows->total += did;
	if (!did && !rows->quiet)
		return;
	if (rows->max && rows->nr == rows->max) {
		if (!cheaper(&rows->rows[0], row))
			return;
		rows->rows[0] = *row;
		sift(rows, 0);
		return;
	}
	if (mem_grow(&rows->rows, &rows->cap, rows->nr + 1, sizeof(*rows->rows))) {
		rows->error = -ENOMEM;
		return;
	}
	rows->rows[rows->nr++] = *row;
	if (rows->nr == rows->max)
		for (i = rows->nr / 2; i-- > 0;)
			sift(rows, i);
}

struct run_row run_row_of(const struct sim_op_result *result, const struct report_stall *stall)
{
	return (struct run_row){
		.op = result->op,
		.index = result->index,
		.notifications = result->delta[SIM_NOTIFICATIONS],
		.notified = result->delta[SIM_BYTES_NOTIFIED],
		.populated = result->delta[SIM_BYTES_POPULATED],
		.scanned = result->delta[SIM_RMAP_SCANNED],
		.zapped = result->delta[SIM_SPTES_ZAPPED],
		.stall = stall->total,
		.longest = stall->longest,
		.err = result->err,
	};
}

static int by_index(const void *a, const void *b)
{
	const struct run_row *x = a, *y = b;

	return x->index < y->index ? -1 : x->index > y->index;
}

void run_rows_sort(struct run_rows *rows)
{
	if (rows->nr)
		qsort(rows->rows, rows->nr, sizeof(*rows->rows), by_index);
}

void run_rows_release(struct run_rows *rows)
{
	mem_free(rows->rows);
	*rows = (struct run_rows){ 0 };
}

/* The line with its blanks squeezed, cut where it is too long. */
static void add_operation(struct report_table *table, const struct script *script,
			  const struct script_op *op)
{
	const char *text = script->text + op->text;
	char cell[OPERATION_MAX + 4];
	size_t i, n = 0;

	for (i = 0; i < op->text_len && n < OPERATION_MAX; i++) {
		bool blank = text[i] == ' ' || text[i] == '\t';

		if (!blank || (n && cell[n - 1] != ' '))
			cell[n++] = blank ? ' ' : text[i];
	}
	strcpy(cell + n, i < op->text_len ? "..." : "");
	report_table_str(table, cell);
}

static void add_row(struct report_table *table, const struct script *script,
		    const struct run_row *row)
{
	report_table_row(table);
	report_table_count(table, row->op->line);
	add_operation(table, script, row->op);
	report_table_str(table, row->err ? errname(row->err) : "ok");
	report_table_count(table, row->notifications);
	report_table_size(table, row->notified);
	report_table_count(table, row->scanned);
	report_table_count(table, row->zapped);
	report_table_ns(table, row->stall);
}

static void add_total(struct report_table *table, const struct sim_result *result,
		      double stall)
{
	report_table_row(table);
	report_table_str(table, "");
	report_table_str(table, "total");
	report_table_str(table, "");
	report_table_count(table, result->counters[SIM_NOTIFICATIONS]);
	report_table_size(table, result->counters[SIM_BYTES_NOTIFIED]);
	report_table_count(table, result->counters[SIM_RMAP_SCANNED]);
	report_table_count(table, result->counters[SIM_SPTES_ZAPPED]);
	report_table_ns(table, stall);
}

int run_print_ops(FILE *out, const struct script *script, struct run_rows *rows,
		  const struct sim_result *result, double stall, bool headings)
{
	static const struct report_column columns[] = {
		{ "LINE", REPORT_RIGHT },	   { "OPERATION" },
		{ "RESULT" },			   { "NOTIFICATIONS", REPORT_RIGHT },
		{ "NOTIFIED", REPORT_RIGHT },	   { "HEADS SCANNED", REPORT_RIGHT },
		{ "SPTES ZAPPED", REPORT_RIGHT },  { "EST. STALL", REPORT_RIGHT },
	};
	struct report_table *table;
	size_t i;
	int err = rows->error;

	if (err)
		return err;
	err = report_table_new(columns, sizeof(columns) / sizeof(columns[0]), headings, &table);
	if (err)
		return err;
	run_rows_sort(rows);
	for (i = 0; i < rows->nr; i++)
		add_row(table, script, &rows->rows[i]);
	add_total(table, result, stall);
	err = report_table_print(table, out);
	report_table_free(table);
	return err;
}

static void add_stall_row(struct report_table *table, const struct script *script,
			  const struct stall_watch *watch, const struct stall_line *line)
{
	report_table_row(table);
	if (line) {
		report_table_count(table, line->op->line);
		add_operation(table, script, line->op);
	} else {
		report_table_str(table, "");
		report_table_str(table, "total");
	}
	stall_table_cells(table, watch->cost, line ? &line->stall : &watch->sum);
}

int run_print_stall(FILE *out, const struct script *script, struct stall_watch *watch,
		    bool headings)
{
	static const struct report_column columns[] = { { "LINE", REPORT_RIGHT }, { "OPERATION" },
							STALL_COLUMNS };
	struct stall_lines *lines = &watch->lines;
	struct report_table *table;
	unsigned int i;
	int err = report_table_new(columns, sizeof(columns) / sizeof(columns[0]), headings, &table);

	if (err)
		return err;
	stall_lines_sort(lines);
	for (i = 0; i < lines->nr; i++)
		add_stall_row(table, script, watch, &lines->line[i]);
	add_stall_row(table, script, watch, NULL);
	fputc('\n', out);
	err = report_table_print(table, out);
	report_table_free(table);
	if (!err && lines->total > lines->nr)
		fprintf(out, "the %u costliest of %llu operations that stalled; the total is of all\n",
			lines->nr, (unsigned long long)lines->total);
	if (!err)
		stall_table_explain(out);
	return err;
}

/* Bytes by kind when there were most of them, and per populated page. */
static int print_memory(FILE *out, const struct sim_result *result, bool headings)
{
	static const struct report_column columns[] = { { "BYTES", REPORT_RIGHT },
							{ "PER PAGE", REPORT_RIGHT },
							{ "MEMORY" } };
	struct strbuf per_page = STRBUF_INIT;
	struct report_table *table;
	unsigned int i;
	int err = report_table_new(columns, 3, headings, &table);

	if (err)
		return err;
	for (i = 0; i <= SIM_MEMORY_NR; i++) {
		uint64_t bytes = i < SIM_MEMORY_NR ? result->memory[i] : result->peak_bytes;

		strbuf_reset(&per_page);
		if (result->peak_pages)
			strbuf_addf(&per_page, "%.3f", (double)bytes / result->peak_pages);
		report_table_row(table);
		report_table_count(table, bytes);
		report_table_str(table, strbuf_str(&per_page));
		report_table_str(table, i < SIM_MEMORY_NR ? sim_memory_names[i] : "peak");
	}
	strbuf_release(&per_page);
	fputc('\n', out);
	err = report_table_print(table, out);
	report_table_free(table);
	if (!err)
		fprintf(out, "\nat the peak %llu pages of 4 KiB were populated\n",
			(unsigned long long)result->peak_pages);
	return err;
}

static const struct run_row *dearest(const struct run_rows *rows, uint64_t line)
{
	const struct run_row *found = NULL;
	size_t i;

	for (i = 0; i < rows->nr; i++)
		if ((!line || rows->rows[i].op->line == line) &&
		    (!found || cheaper(found, &rows->rows[i])))
			found = &rows->rows[i];
	return found;
}

/* Columns for the strips: what the terminal has beside the names, within reason. */
static unsigned int map_cells(void)
{
	unsigned int width = terminal_width();

	return (width < 60 ? 60 : width > 240 ? 240 : width) - 13;
}

static int print_strip(FILE *out, const struct strip *strip, bool ascii)
{
	const struct strip_style style = { .ascii = ascii || !terminal_utf8(),
					   .color = terminal_color() };
	struct strbuf text = STRBUF_INIT;
	int err;

	strip_text(strip, &style, &text);
	err = strbuf_error(&text);
	if (!err)
		fputs(strbuf_str(&text), out);
	strbuf_release(&text);
	return err;
}

int run_print_map(FILE *out, const struct script *script, const struct sim_options *options,
		  const struct run_rows *rows, uint64_t line, bool ascii)
{
	const struct run_row *row = dearest(rows, line);
	struct strip_layout layout;
	struct strip strip;
	int err;

	if (!row) {
		fputs(line ? "\nnothing to draw: no operation of that line is in the table\n" :
			     "\nnothing to draw: no operation did anything\n", out);
		return 0;
	}
	err = map_layout(script, map_cells(), &layout);
	if (err)
		return err;
	err = map_draw(script, options, &layout, &row->index, 1, &strip);
	if (!err) {
		fprintf(out, "\nline %u: %.*s\n", row->op->line, (int)row->op->text_len,
			script->text + row->op->text);
		err = print_strip(out, &strip, ascii);
		strip_release(&strip);
	}
	strip_layout_release(&layout);
	return err;
}

int run_print_stats(FILE *out, const struct sim_result *result, bool headings)
{
	static const struct report_column columns[] = { { "VALUE", REPORT_RIGHT }, { "COUNTER" },
							{ "MEANING" } };
	struct report_table *table;
	unsigned int i;
	int err = report_table_new(columns, 3, headings, &table);

	if (err)
		return err;
	for (i = 0; i < SIM_COUNTER_NR; i++) {
		report_table_row(table);
		report_table_count(table, result->counters[i]);
		report_table_str(table, sim_counter_names[i]);
		report_table_str(table, sim_counter_help[i]);
	}
	err = report_table_print(table, out);
	report_table_free(table);
	return err ? err : print_memory(out, result, headings);
}

void run_print_verdict(FILE *out, const struct sim_result *result, bool audit)
{
	const char *failures = strbuf_str(&result->failures);
	size_t len = strlen(failures);

	print_visible(out, failures, len);
	if (len && failures[len - 1] != '\n')
		putc('\n', out);
	if (result->checked)
		fprintf(out, "expectations: %llu checked, %llu failed\n",
			(unsigned long long)result->checked, (unsigned long long)result->failed);
	if (audit)
		fprintf(out, "audit: invariants 1 to 8 after each of %llu operations, %llu broken\n",
			(unsigned long long)result->ops, (unsigned long long)result->violations);
}
