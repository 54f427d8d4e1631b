/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the counted work costs on a machine: one figure per kind of work, each from a
 * measurement that the table names. Where nobody measured, the figure is 0 and is said to be
 * unknown; it is never guessed.
 *
 * The file form, one entry per line, '#' begins a comment:
 *	name    shadow-6.18
 *	kernel  Linux 6.18
 *	cpu     2 cores of a virtual machine
 *	date    when it was measured
 *	source  where the numbers come from
 *	head_scanned 1.23
 * Figures are nanoseconds, decimal. Costs that are not listed are unknown.
 */
#ifndef REPORT_COST_H
#define REPORT_COST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <base/strbuf.h>

enum report_cost_item {
	COST_NOTIFICATION_PAIR, /* one invalidate_range_start and its end, whatever it covers */
	COST_HEAD_SCANNED,	/* one reverse-map head looked at */
	COST_HEAD_VISITED,	/* one head that was not empty */
	COST_SPTE_ZAPPED,	/* one leaf SPTE */
	COST_PRIMARY_CHANGED,	/* one leaf entry of the primary page tables */
	COST_TABLE_VISITED,	/* one table of the primary page tables */
	COST_FLUSH,		/* one remote TLB flush */
	COST_REFAULT,		/* one guest fault that brings an SPTE back */
	COST_SYSTEM_CALL,	/* a system call beside all that: no part of a stall */
	COST_NR
};
extern const char *const report_cost_names[COST_NR];

/** struct report_work - how much of each kind of work was done, by enum report_cost_item */
struct report_work {
	uint64_t nr[COST_NR];
};

/**
 * struct report_cost - a cost table
 * @name, @kernel, @cpu, @date, @source: as in the file, "" where it does not say
 * @ns: nanoseconds each; 0 where unknown
 */
struct report_cost {
	char name[64];
	char kernel[128];
	char cpu[128];
	char date[32];
	char source[256];
	double ns[COST_NR];
	bool known[COST_NR];
};

/**
 * report_cost_parse() - read a table.
 * @file: for messages and, without its folder and suffix, the name of a table that has none
 * @diag: "FILE:LINE: ..." for each error is appended
 * Return: 0; -EINVAL for a malformed table; @ret_cost is untouched on failure.
 */
int report_cost_parse(const char *file, const char *text, size_t len, struct strbuf *diag,
		      struct report_cost *ret_cost);

/**
 * report_cost_load() - read a table from a file of at most 64 KiB.
 * Return: as report_cost_parse(), -E2BIG, or the negative errno of open or read (with a line in
 * @diag).
 */
int report_cost_load(const char *path, struct strbuf *diag, struct report_cost *ret_cost);

/** report_cost_write() - the table as text that report_cost_parse() reads as the same table. */
void report_cost_write(const struct report_cost *cost, struct strbuf *out);

/** report_cost_default() - the built-in table. */
void report_cost_default(struct report_cost *ret_cost);

/** report_cost_default_text() - the built-in table as a file. */
const char *report_cost_default_text(void);

/** report_cost_estimate() - nanoseconds that @work takes. */
double report_cost_estimate(const struct report_cost *cost, const struct report_work *work);

/**
 * report_cost_notes() - one or two lines of text: the table's name and origin, its figures, and
 * which costs it does not know.
 */
void report_cost_notes(const struct report_cost *cost, struct strbuf *out);

#endif /* REPORT_COST_H */
