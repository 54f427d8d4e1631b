/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What compare found, and its ways of showing it. */
#ifndef CLI_COMPARE_INTERNAL_H
#define CLI_COMPARE_INTERNAL_H

#include "design_internal.h"
#include "stall_internal.h"

/**
 * struct compare_row - the script under one profile with designs and one kind of MMU
 * @set: what --design said; @designs: bits of script_design_names[]
 * @mmu: -1 is the script's own
 */
struct compare_row {
	const char *profile;
	uint64_t set;
	uint64_t designs;
	int mmu;
	struct sim_result result;
	struct stall_watch stall;
};

/**
 * struct comparison - all rows, kernels first, oldest first
 * @own_mmus: the kinds that the script itself names
 * @command: the command that does this again
 * @any: designs of any row
 */
struct comparison {
	const struct script *script;
	struct report_cost cost;
	struct design_tuning tuning;
	struct strbuf own_mmus;
	struct strbuf command;
	struct compare_row *rows;
	size_t nr;
	size_t cap;
	uint64_t any;
};

/** compare_mmu() - the kind of MMU of a row, as text. */
const char *compare_mmu(const struct comparison *c, int mmu);

/**
 * compare_verdicts() - what is to be said of the stalls; rows with the same verdict in one
 * paragraph, named in the order of the table.
 * Return: 0, -ENOMEM.
 */
int compare_verdicts(const struct comparison *c, struct strbuf *out);

/** compare_lkml() - plain tables of at most 75 columns, as for a mailing list. Return: 0, -ENOMEM. */
int compare_lkml(FILE *out, const struct comparison *c);

#endif /* CLI_COMPARE_INTERNAL_H */
