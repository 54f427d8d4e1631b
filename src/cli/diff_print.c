// SPDX-License-Identifier: GPL-2.0-or-later
/* A difference as tables, as text for a mailing list, and as JSON. */
#include "diff_internal.h"

#include <math.h>
#include <string.h>

#include <report/table.h>

static bool ends_in(const char *name, const char *tail)
{
	size_t len = strlen(name), n = strlen(tail);

	return len >= n && !strcmp(name + len - n, tail);
}

static bool is_bytes(const char *name)
{
	return !strncmp(name, "bytes_", 6) || ends_in(name, "_bytes");
}

void diff_add_value(struct strbuf *out, const char *name, double value)
{
	if (ends_in(name, "_ns"))
		report_add_ns(out, value);
	else if (is_bytes(name))
		report_add_size(out, value < 0 ? 0 : (uint64_t)value);
	else
		report_add_count(out, value < 0 ? 0 : (uint64_t)value);
}

void diff_add_change(struct strbuf *out, double a, double b)
{
	if (a == b)
		strbuf_addstr(out, "-");
	else if (a == 0)
		strbuf_addstr(out, "from 0");
	else if (fabs(b / a) >= 100)
		strbuf_addf(out, "%.4gx", b / a);
	else
		strbuf_addf(out, "%+.4g %%", (b - a) / a * 100);
}

/* The three last cells of a row. */
static void add_cells(const struct diff_value *value, struct strbuf cells[3])
{
	int i;

	for (i = 0; i < 3; i++)
		strbuf_reset(&cells[i]);
	if (value->text_a || value->text_b) {
		strbuf_addstr(&cells[0], value->text_a && *value->text_a ? value->text_a : "-");
		strbuf_addstr(&cells[1], value->text_b && *value->text_b ? value->text_b : "-");
		return;
	}
	diff_add_value(&cells[0], value->name, value->a);
	diff_add_value(&cells[1], value->name, value->b);
	/* seven digits may look the same */
	if (!strcmp(strbuf_str(&cells[0]), strbuf_str(&cells[1]))) {
		strbuf_reset(&cells[0]);
		strbuf_reset(&cells[1]);
		strbuf_addf(&cells[0], "%.17g", value->a);
		strbuf_addf(&cells[1], "%.17g", value->b);
	}
	diff_add_change(&cells[2], value->a, value->b);
}

static void table_values(struct report_table *table, const struct diff_values *values, size_t max,
			 bool ops, bool runs)
{
	struct strbuf cells[3] = { STRBUF_INIT, STRBUF_INIT, STRBUF_INIT };
	size_t i;
	int c;

	for (i = 0; i < values->nr && i < max; i++) {
		const struct diff_value *value = &values->values[i];

		report_table_row(table);
		if (ops) {
			report_table_count(table, value->line);
			report_table_str(table, value->text ? value->text : "");
		}
		report_table_str(table, value->name);
		if (runs)
			report_table_count(table, value->runs);
		add_cells(value, cells);
		for (c = 0; c < 3; c++)
			report_table_str(table, strbuf_str(&cells[c]));
	}
	for (c = 0; c < 3; c++)
		strbuf_release(&cells[c]);
}

static int print_values(const struct diff_values *values, bool headings, bool ops, bool runs,
			bool all)
{
	static const struct report_column columns[] = {
		{ "LINE", REPORT_RIGHT }, { "OPERATION", REPORT_TRUNC }, { "STATISTIC" },
		{ "RUNS", REPORT_RIGHT }, { "A", REPORT_RIGHT }, { "B", REPORT_RIGHT },
		{ "CHANGE", REPORT_RIGHT },
	};
	struct report_column shown[sizeof(columns) / sizeof(columns[0])];
	size_t i, nr = 0, max = all ? SIZE_MAX : DIFF_MAX_OPS;
	struct report_table *table;
	int err;

	if (!values->nr)
		return 0;
	for (i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		if ((i > 1 || ops) && (i != 3 || runs))
			shown[nr++] = columns[i];
	err = report_table_new(shown, nr, headings, &table);
	if (err)
		return err;
	table_values(table, values, ops ? max : SIZE_MAX, ops, runs);
	putchar('\n');
	err = report_table_print(table, stdout);
	report_table_free(table);
	if (ops && values->nr > max)
		printf("%zu of %zu rows; --all-ops prints all\n", max, values->nr);
	return err;
}

static void print_pair_head(const struct diff_pair *pair)
{
	if (!*pair->id_b)
		printf("\nonly in A: %.12s %s\n", pair->id_a, pair->who);
	else if (!*pair->id_a)
		printf("\nonly in B: %.12s %s\n", pair->id_b, pair->who);
	else if (*pair->who_b)
		printf("\nA: %.12s %s\nB: %.12s %s\n", pair->id_a, pair->who, pair->id_b, pair->who_b);
	else
		printf("\n%.12s and %.12s: %s\n", pair->id_a, pair->id_b, pair->who);
}

static void print_head(const struct difference *d)
{
	struct strbuf names = STRBUF_INIT;

	strbuf_addstr(&names, "A: ");
	report_text_clean(&names, d->name_a);
	strbuf_addstr(&names, "\nB: ");
	report_text_clean(&names, d->name_b);
	puts(strbuf_str(&names));
	strbuf_release(&names);
	if (d->single)
		puts(d->differ ? "the runs differ" : "the runs are the same");
	else
		printf("%zu runs in both, %zu of them differ; %zu only in A, %zu only in B\n",
		       d->matched, d->differ, d->only_a, d->only_b);
}

int diff_print_table(const struct difference *d, bool headings, bool all_ops)
{
	size_t i;
	int err = 0;

	print_head(d);
	if (d->totals.nr)
		puts("\nsums over the runs that are in both:");
	err = print_values(&d->totals, headings, false, true, true);
	for (i = 0; i < d->nr && !err; i++) {
		const struct diff_pair *pair = &d->pairs[i];

		if (!pair->differs)
			continue;
		print_pair_head(pair);
		err = print_values(&pair->statistics, headings, false, false, true);
		if (!err)
			err = print_values(&pair->operations, headings, true, false, all_ops);
	}
	return err;
}

#define WIDTH 75
#define NAME_WIDTH 22
#define CELL_WIDTH 16

/* Broken at spaces; a word wider than a mail, as a path may be, has a line of its own. */
static void print_folded(const char *text)
{
	size_t used = 0, len;

	for (; *text; text += len + strspn(text + len, " ")) {
		len = strcspn(text, " ");
		if (used && used + 1 + len > WIDTH) {
			putchar('\n');
			used = 0;
		}
		used += printf("%s%.*s", used ? " " : "", (int)len, text);
	}
	putchar('\n');
}

static void lkml_pair_line(const char *name, const char *id, const char *who)
{
	struct strbuf line = STRBUF_INIT;

	strbuf_addf(&line, "%s: %.12s %s", name, id, who);
	print_folded(strbuf_str(&line));
	strbuf_release(&line);
}

static void lkml_pair_head(const struct diff_pair *pair)
{
	putchar('\n');
	if (!*pair->id_b)
		lkml_pair_line("only in A", pair->id_a, pair->who);
	else if (!*pair->id_a)
		lkml_pair_line("only in B", pair->id_b, pair->who);
	else {
		lkml_pair_line("A", pair->id_a, pair->who);
		lkml_pair_line("B", pair->id_b, *pair->who_b ? pair->who_b : pair->who);
	}
}

/* Text of at most the width of a mail, with "..." where it is longer. */
static void print_short(const char *indent, const char *text)
{
	size_t room = WIDTH - strlen(indent), len = strlen(text);

	if (len <= room) {
		printf("%s%s\n", indent, text);
		return;
	}
	len = room - 3;
	while (len && ((unsigned char)text[len] & 0xc0) == 0x80)
		len--;
	printf("%s%.*s...\n", indent, (int)len, text);
}

static void lkml_value(const char *indent, const struct diff_value *value)
{
	struct strbuf cells[3] = { STRBUF_INIT, STRBUF_INIT, STRBUF_INIT }, line = STRBUF_INIT;
	int i;

	add_cells(value, cells);
	if (value->text_a || value->text_b) {
		strbuf_addf(&line, "%-*s A: %s", NAME_WIDTH, value->name, strbuf_str(&cells[0]));
		print_short(indent, strbuf_str(&line));
		strbuf_reset(&line);
		strbuf_addf(&line, "%-*s B: %s", NAME_WIDTH, "", strbuf_str(&cells[1]));
	} else {
		strbuf_addf(&line, "%-*s %*s %*s %11s", NAME_WIDTH, value->name, CELL_WIDTH,
			    strbuf_str(&cells[0]), CELL_WIDTH, strbuf_str(&cells[1]),
			    strbuf_str(&cells[2]));
	}
	print_short(indent, strbuf_str(&line));
	for (i = 0; i < 3; i++)
		strbuf_release(&cells[i]);
	strbuf_release(&line);
}

static void lkml_values(const struct diff_values *values, bool all)
{
	size_t i, max = all ? SIZE_MAX : DIFF_MAX_OPS;
	struct strbuf op = STRBUF_INIT;

	for (i = 0; i < values->nr && i < max; i++) {
		const struct diff_value *value = &values->values[i], *before = i ? value - 1 : NULL;

		if (value->text && (!before || before->op_a != value->op_a ||
				    before->op_b != value->op_b)) {
			strbuf_reset(&op);
			strbuf_addf(&op, "line %lld: %s", (long long)value->line, value->text);
			print_short("  ", strbuf_str(&op));
		}
		lkml_value(value->text ? "    " : "  ", value);
	}
	if (values->nr > max)
		printf("  and %zu more differences\n", values->nr - max);
	strbuf_release(&op);
}

int diff_print_lkml(const struct difference *d, bool all_ops)
{
	size_t i;

	print_head(d);
	if (d->totals.nr)
		printf("\nsums over the runs that are in both:\n  %-*s %*s %*s %11s\n", NAME_WIDTH,
		       "", CELL_WIDTH, "A", CELL_WIDTH, "B", "change");
	lkml_values(&d->totals, true);
	for (i = 0; i < d->nr; i++) {
		const struct diff_pair *pair = &d->pairs[i];

		if (!pair->differs)
			continue;
		lkml_pair_head(pair);
		lkml_values(&pair->statistics, true);
		lkml_values(&pair->operations, all_ops);
	}
	return ferror(stdout) ? -1 : 0;
}

static void json_values(struct report_json *out, const char *name, const struct diff_values *values,
			bool ops, bool runs)
{
	size_t i;

	report_json_array(out, name);
	for (i = 0; i < values->nr; i++) {
		const struct diff_value *value = &values->values[i];

		report_json_line(out, NULL);
		if (ops) {
			report_json_int(out, "line", value->line);
			report_json_str(out, "text", value->text ? value->text : "");
			report_json_int(out, "op_a", value->op_a);
			report_json_int(out, "op_b", value->op_b);
		}
		report_json_str(out, "statistic", value->name);
		if (runs)
			report_json_uint(out, "runs", value->runs);
		if (value->text_a || value->text_b) {
			report_json_str(out, "a", value->text_a ? value->text_a : "");
			report_json_str(out, "b", value->text_b ? value->text_b : "");
		} else {
			report_json_double(out, "a", value->a);
			report_json_double(out, "b", value->b);
		}
		report_json_close(out);
	}
	report_json_close(out);
}

static void json_pair(struct report_json *out, const struct diff_pair *pair)
{
	report_json_object(out, NULL);
	report_json_str(out, "a", pair->id_a);
	report_json_str(out, "b", pair->id_b);
	report_json_str(out, "run", pair->who);
	if (*pair->who_b)
		report_json_str(out, "run_b", pair->who_b);
	report_json_bool(out, "differs", pair->differs);
	report_json_uint(out, "equal", pair->equal);
	json_values(out, "statistics", &pair->statistics, false, false);
	json_values(out, "operations", &pair->operations, true, false);
	report_json_close(out);
}

int diff_print_json(const struct difference *d)
{
	struct report_json out;
	size_t i;

	report_json_init(&out, stdout);
	report_json_object(&out, NULL);
	report_json_str(&out, "a", d->name_a);
	report_json_str(&out, "b", d->name_b);
	report_json_uint(&out, "in_both", d->matched);
	report_json_uint(&out, "differ", d->differ);
	report_json_uint(&out, "only_in_a", d->only_a);
	report_json_uint(&out, "only_in_b", d->only_b);
	json_values(&out, "totals", &d->totals, false, true);
	report_json_array(&out, "runs");
	for (i = 0; i < d->nr; i++)
		json_pair(&out, &d->pairs[i]);
	report_json_close(&out);
	report_json_close(&out);
	return report_json_end(&out);
}
