// SPDX-License-Identifier: GPL-2.0-or-later
#include <report/table.h>

#include <base/mem.h>

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <libsmartcols/libsmartcols.h>

struct report_table {
	struct libscols_table *tb;
	struct libscols_line *row;
	struct strbuf cell;
	size_t next;
	int error;
};

static int add_columns(struct libscols_table *tb, const struct report_column *columns, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		int flags = 0;

		if (columns[i].flags & REPORT_RIGHT)
			flags |= SCOLS_FL_RIGHT;
		if (columns[i].flags & REPORT_TRUNC)
			flags |= SCOLS_FL_TRUNC;
		if (!scols_table_new_column(tb, columns[i].name, 0, flags))
			return -ENOMEM;
	}
	return 0;
}

int report_table_new(const struct report_column *columns, size_t nr, bool headings,
		     struct report_table **ret_table)
{
	struct report_table *table = mem_zalloc(sizeof(*table));

	if (!table)
		return -ENOMEM;
	table->tb = scols_new_table();
	if (!table->tb || add_columns(table->tb, columns, nr)) {
		report_table_free(table);
		return -ENOMEM;
	}
	scols_table_enable_noheadings(table->tb, !headings);
	*ret_table = table;
	return 0;
}

struct report_table *report_table_free(struct report_table *table)
{
	if (table) {
		scols_unref_table(table->tb);
		strbuf_release(&table->cell);
		mem_free(table);
	}
	return NULL;
}

void report_table_row(struct report_table *table)
{
	table->next = 0;
	table->row = scols_table_new_line(table->tb, NULL);
	if (!table->row)
		table->error = -ENOMEM;
}

void report_table_str(struct report_table *table, const char *text)
{
	if (table->row && scols_line_set_data(table->row, table->next, text))
		table->error = -ENOMEM;
	table->next++;
}

static void add_cell(struct report_table *table)
{
	if (strbuf_error(&table->cell))
		table->error = -ENOMEM;
	report_table_str(table, strbuf_str(&table->cell));
	strbuf_reset(&table->cell);
}

void report_table_count(struct report_table *table, uint64_t count)
{
	report_add_count(&table->cell, count);
	add_cell(table);
}

void report_table_size(struct report_table *table, uint64_t bytes)
{
	report_add_size(&table->cell, bytes);
	add_cell(table);
}

void report_table_ns(struct report_table *table, double ns)
{
	report_add_ns(&table->cell, ns);
	add_cell(table);
}

/* libsmartcols pads the last column when the output is no terminal; a file should not end its
 * lines in blanks. */
static void print_trimmed(const char *text, FILE *out)
{
	while (*text) {
		const char *end = text, *keep = text;

		for (; *end && *end != '\n'; end++)
			if (*end != ' ')
				keep = end + 1;
		fwrite(text, 1, keep - text, out);
		fputc('\n', out);
		text = *end ? end + 1 : end;
	}
}

int report_table_print(struct report_table *table, FILE *out)
{
	char *text = NULL;

	if (table->error)
		return table->error;
	if (!isatty(fileno(out)))
		scols_table_set_termforce(table->tb, SCOLS_TERMFORCE_NEVER);
	if (scols_print_table_to_string(table->tb, &text) || !text)
		return -ENOMEM;
	print_trimmed(text, out);
	free(text);
	return ferror(out) ? -EIO : 0;
}
