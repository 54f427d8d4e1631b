/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The designs as options: which, and how they are tuned. */
#ifndef CLI_DESIGN_INTERNAL_H
#define CLI_DESIGN_INTERNAL_H

#include "model_internal.h"
#include "options_internal.h"

/* Behind the designs themselves, as bits of a set: the kernel alone; everything there is. */
#define DESIGN_NONE (1u << 4)
#define DESIGN_ALL (1u << 5)

/* script_design_names[], "none", "all"; and, for a single run, without "all". */
extern const char *const design_choices[];
extern const char *const design_run_choices[];

/* PUD, PMD: what --granularity takes. */
extern const char *const granularity_choices[];

/**
 * struct design_tuning - what --gap and --granularity say
 * @gap: bytes; UINT64_MAX: from the cost table
 * @granularity: index into granularity_choices[]; -1: PMD
 */
struct design_tuning {
	uint64_t gap;
	int granularity;
};
#define DESIGN_TUNING_INIT { UINT64_MAX, -1 }

/** DESIGN_TUNING_OPTIONS - both, of a command. */
#define DESIGN_TUNING_OPTIONS(tuning)                                                            \
	OPT_SIZE(0, "gap", &(tuning)->gap, "SIZE",                                               \
		 "bridge gaps between runs up to this (from the cost table, or 4M)"),            \
	OPT_CHOICE(0, "granularity", &(tuning)->granularity, "LEVEL",                            \
		   "what runs are made of (pmd if not given):", granularity_choices)

/**
 * design_gap() - the largest gap that is cheaper to scan than a further notification is to send:
 * cost of a pair / cost of a head scanned, in 4 KiB pages; SIM_DEFAULT_RUN_GAP where the table
 * does not know both; or what was asked for.
 */
uint64_t design_gap(const struct design_tuning *tuning, const struct report_cost *cost);

/** design_apply() - set the designs of a run and their tuning. */
void design_apply(struct sim_options *options, uint64_t designs, const struct design_tuning *tuning,
		  const struct report_cost *cost);

/** design_add_names() - "tight,rmap=index"; "-" for none. */
void design_add_names(struct strbuf *out, uint64_t designs, const char *between);

/** design_json() - an array "designs" of their names. */
void design_json(struct report_json *json, uint64_t designs);

/** design_add_notes() - how the designs were tuned, as a line; nothing where that plays no part. */
void design_add_notes(struct strbuf *out, uint64_t designs, const struct design_tuning *tuning,
		      const struct report_cost *cost);

#endif /* CLI_DESIGN_INTERNAL_H */
