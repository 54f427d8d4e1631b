// SPDX-License-Identifier: GPL-2.0-or-later
#include "design_internal.h"

#include <report/table.h>

#define DESIGNS "tight", "lazy-unmap", "rmap=index", "numa-skip"

const char *const design_choices[] = { DESIGNS, "none", "all", NULL };
const char *const design_run_choices[] = { DESIGNS, "none", NULL };
const char *const granularity_choices[] = { "pmd", "pud", NULL };

#define RUN_DESIGNS (SIM_DESIGN_TIGHT | SIM_DESIGN_LAZY_UNMAP)

static bool gap_known(const struct report_cost *cost)
{
	return cost->known[COST_NOTIFICATION_PAIR] && cost->known[COST_HEAD_SCANNED] &&
	       cost->ns[COST_HEAD_SCANNED] > 0;
}

uint64_t design_gap(const struct design_tuning *tuning, const struct report_cost *cost)
{
	double pages;

	if (tuning->gap != UINT64_MAX)
		return tuning->gap;
	if (!gap_known(cost))
		return SIM_DEFAULT_RUN_GAP;
	pages = cost->ns[COST_NOTIFICATION_PAIR] / cost->ns[COST_HEAD_SCANNED];
	return pages < 1e9 ? (uint64_t)pages << 12 : 1000000000ull << 12;
}

void design_apply(struct sim_options *options, uint64_t designs, const struct design_tuning *tuning,
		  const struct report_cost *cost)
{
	options->designs = designs & (DESIGN_NONE - 1);
	options->run_level = tuning->granularity == 1 ? 3 : 2;
	options->run_gap = design_gap(tuning, cost);
}

void design_add_names(struct strbuf *out, uint64_t designs, const char *between)
{
	const char *before = "";
	unsigned int i;

	for (i = 0; script_design_names[i]; i++) {
		if (!(designs >> i & 1))
			continue;
		strbuf_addf(out, "%s%s", before, script_design_names[i]);
		before = between;
	}
	if (!*before)
		strbuf_addch(out, '-');
}

void design_json(struct report_json *json, uint64_t designs)
{
	unsigned int i;

	report_json_array(json, "designs");
	for (i = 0; script_design_names[i]; i++)
		if (designs >> i & 1)
			report_json_str(json, NULL, script_design_names[i]);
	report_json_close(json);
}

void design_add_notes(struct strbuf *out, uint64_t designs, const struct design_tuning *tuning,
		      const struct report_cost *cost)
{
	if (!(designs & RUN_DESIGNS))
		return;
	strbuf_addf(out, "runs of populated %s entries; gaps up to ",
		    tuning->granularity == 1 ? "PUD" : "PMD");
	report_add_size(out, design_gap(tuning, cost));
	strbuf_addf(out, " are bridged%s\n",
		    tuning->gap != UINT64_MAX ? "" :
		    gap_known(cost)	      ? ", as the cost table has it" :
						" (the cost table cannot say)");
}
