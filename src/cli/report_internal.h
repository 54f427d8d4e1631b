/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mmuscope report: what is executed, and the page that it fills. */
#ifndef CLI_REPORT_INTERNAL_H
#define CLI_REPORT_INTERNAL_H

#include <report/page.h>

#include "design_internal.h"
#include "map_internal.h"
#include "run_internal.h"
#include "stall_internal.h"

/* Operations in the table, each with its address space. */
#define REPORT_MAX_OPS 16
#define REPORT_CELLS 240

/**
 * struct report_config - from the options, and what these leave open from a script's parameters
 * @profile: the kernel shown in detail
 * @mmus: bits of mmu_names[]; 0: as the scripts say
 * @designs: a row for each; none given: each alone, and all at once
 * @grow: the size that grows, UINT64_MAX: that of the dearest operation; 0: none
 */
struct report_config {
	const char *profile;
	uint64_t mmus;
	struct option_sets designs;
	struct design_tuning tuning;
	uint64_t levels;
	uint64_t grow;
	struct report_cost cost;
	struct report_stall_limits limits;
	struct strbuf command;
};

/**
 * struct report_variant - one way to execute a script, and what came of it
 * @mmu: -1 is the script's own; @designs: bits of script_design_names[]
 */
struct report_variant {
	const char *profile;
	uint64_t designs;
	int mmu;
	bool shown;
	struct sim_result result;
	struct stall_watch stall;
};

/** struct report_script - everything that a section of the page points to */
struct report_script {
	struct report_config config;
	struct script *script;
	struct strbuf own_mmus;
	struct report_variant *variants;
	size_t nr;
	size_t cap;
	struct report_variant *shown;
	struct run_rows rows;
	struct strip_layout layout;
	struct strip strips[REPORT_MAX_OPS];
	size_t nr_strips;
	struct page_op ops[REPORT_MAX_OPS];
	struct page_timeline timeline;
	struct page_variant *table;
	struct page_growth growth;
	uint64_t failed_calls;
};

/**
 * report_script_run() - execute the script in every way; @rs is to be released in any case.
 * @config: is copied; @script: belongs to @rs from here on
 * Return: an exit status.
 */
int report_script_run(struct report_script *rs, const struct report_config *config,
		      struct script *script);
void report_script_release(struct report_script *rs);

/** report_script_page() - the section: texts are made, the rest points into @rs. */
int report_script_page(struct report_script *rs, struct page_script *ret_page);

/** report_options() - of one variant; no hooks. */
struct sim_options report_options(const struct report_config *config, const char *profile,
				  uint64_t designs, int mmu);

/**
 * report_variant_name() - "linux-6.12" or "+ tight,rmap=index", with the MMU where several are
 * asked for.
 */
void report_variant_name(const struct report_script *rs, const struct report_variant *variant,
			 bool mmu, struct strbuf *out);

/** report_growth() - execute the script at several sizes. Return: 0, -ENOMEM or of sim_run(). */
int report_growth(struct report_script *rs, struct page_growth *growth);

/** report_verdict() - the headline and the sentences; true when something is bad. */
bool report_verdict(const struct report_script *rs, struct strbuf *headline, struct strbuf *verdict);

#endif /* CLI_REPORT_INTERNAL_H */
