/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables for terminals (through libsmartcols) and numbers as people read them. */
#ifndef REPORT_TABLE_H
#define REPORT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <base/strbuf.h>

/* struct report_column.flags */
enum {
	REPORT_RIGHT = 1 << 0, /* numbers */
	REPORT_TRUNC = 1 << 1, /* may be cut off when the terminal is too narrow */
};

struct report_column {
	const char *name;
	unsigned int flags;
};

/** struct report_table - rows under named columns; create, fill row by row, print, free */
struct report_table;

/**
 * report_table_new() - an empty table.
 * @columns: @nr of them; the names must outlive the table
 * @headings: print the names over the columns
 * Return: 0 or -ENOMEM.
 */
int report_table_new(const struct report_column *columns, size_t nr, bool headings,
		     struct report_table **ret_table);

/** report_table_free() - NULL is fine; returns NULL. */
struct report_table *report_table_free(struct report_table *table);

/*
 * Filling: report_table_row() begins a row; each of the others fills its next cell. Running out of
 * memory is remembered and returned by report_table_print().
 */
/** report_table_row() - the next row, empty so far */
void report_table_row(struct report_table *table);
/** report_table_str() - a copy of @text */
void report_table_str(struct report_table *table, const char *text);
/** report_table_count() - 134217728 as 134,217,728 */
void report_table_count(struct report_table *table, uint64_t count);
/** report_table_size() - bytes as report_add_size() */
void report_table_size(struct report_table *table, uint64_t bytes);
/** report_table_ns() - nanoseconds as report_add_ns() */
void report_table_ns(struct report_table *table, double ns);

/**
 * report_table_print() - the table with a newline behind each row; to a terminal at its width.
 * Return: 0, -ENOMEM, or -EIO when @out had an error.
 */
int report_table_print(struct report_table *table, FILE *out);

/** report_add_count() - with a comma between thousands. */
void report_add_count(struct strbuf *out, uint64_t count);
/** report_add_size() - 549755813888 is "512G", 1610612736 "1.5G", 0 "0". */
void report_add_size(struct strbuf *out, uint64_t bytes);
/** report_add_ns() - three digits and a unit: "165 ms", "1.23 us", "31 ns", "0". */
void report_add_ns(struct strbuf *out, double ns);

#endif /* REPORT_TABLE_H */
