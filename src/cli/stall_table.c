// SPDX-License-Identifier: GPL-2.0-or-later
/* Operations with their stalls: those of a run that cost most. */
#include "stall_internal.h"

#include <stdlib.h>

#include <report/table.h>

/* By what it costs, its guest faults included; what no cost is known of by how much there is. */
static bool cheaper(const struct report_cost *cost, const struct report_stall *a,
		    const struct report_stall *b)
{
	double x = a->total + a->refaults * cost->ns[COST_REFAULT];
	double y = b->total + b->refaults * cost->ns[COST_REFAULT];

	if (x != y)
		return x < y;
	return a->frames != b->frames ? a->frames < b->frames : a->back < b->back;
}

void stall_lines_add(struct stall_lines *lines, const struct report_cost *cost,
		     const struct sim_op_result *result, const struct report_stall *stall)
{
	const struct stall_line line = { .op = result->op, .index = result->index, .stall = *stall };
	unsigned int i;

	if (!stall->frames && !stall->back && stall->total == 0)
		return;
	lines->total++;
	if (lines->nr < STALL_LINES) {
		lines->line[lines->nr++] = line;
	} else if (cheaper(cost, &lines->line[lines->cheapest].stall, stall)) {
		lines->line[lines->cheapest] = line;
	} else {
		return;
	}
	for (i = 0, lines->cheapest = 0; lines->nr == STALL_LINES && i < STALL_LINES; i++)
		if (cheaper(cost, &lines->line[i].stall, &lines->line[lines->cheapest].stall))
			lines->cheapest = i;
}

static int by_index(const void *a, const void *b)
{
	const struct stall_line *x = a, *y = b;

	return x->index < y->index ? -1 : x->index > y->index;
}

void stall_lines_sort(struct stall_lines *lines)
{
	qsort(lines->line, lines->nr, sizeof(lines->line[0]), by_index);
}

void stall_table_cells(struct report_table *table, const struct report_cost *cost,
		       const struct report_stall *stall)
{
	report_table_ns(table, stall->lock);
	report_table_ns(table, stall->longest);
	report_table_count(table, stall->frames);
	report_table_ns(table, stall->total);
	report_table_count(table, stall->back);
	report_table_count(table, stall->refaults);
	report_table_ns(table, stall->refaults * cost->ns[COST_REFAULT]);
}

void stall_table_explain(FILE *out)
{
	fputs("\nUNDER LOCK: time under mmu_lock; LONGEST: of that without a chance to yield. Faults\n"
	      "of the guest's FRAMES wait, or are sent back, for BLOCKED. BACK: zapped SPTEs that\n"
	      "guest accesses brought back, by so many FAULTS, which took FAULTING.\n", out);
}

void stall_json_lines(struct report_json *json, const struct script *script,
		      const struct stall_watch *watch)
{
	const struct stall_lines *lines = &watch->lines;
	unsigned int i;

	report_json_array(json, "ops");
	for (i = 0; i < lines->nr; i++) {
		const struct stall_line *line = &lines->line[i];

		report_json_line(json, NULL);
		report_json_uint(json, "index", line->index);
		report_json_uint(json, "line", line->op->line);
		report_json_strn(json, "text", script->text + line->op->text, line->op->text_len);
		stall_json_op(json, watch->cost, &line->stall);
		report_json_close(json);
	}
	report_json_close(json);
	report_json_uint(json, "ops_that_stall", lines->total);
}
