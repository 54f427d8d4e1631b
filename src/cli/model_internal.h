/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the commands share that run scripts on the model. */
#ifndef CLI_MODEL_INTERNAL_H
#define CLI_MODEL_INTERNAL_H

#include "cli_internal.h"

#include <report/cost.h>
#include <report/json.h>
#include <script/script.h>
#include <sim/sim.h>

#define DEFAULT_PROFILE "linux-6.12"

/* The kinds of MMU by name, in the order of enum script_mmu; NULL-terminated. */
extern const char *const mmu_names[SCRIPT_MMU_NR + 1];

/**
 * model_load() - read, parse and check a script; every error goes to standard error.
 * @values: of its parameters, @nr_values of them, from param_values()
 * @options: in and out: what they leave open (a NULL profile, no design, an @mmu of -1, 0 levels)
 *	is set as the script's parameters of these names say
 * @warn: the first few warnings about a script that is not broken are shown, too
 * Return: the script, to be freed with script_free(); NULL when it is broken.
 */
struct script *model_load(const char *path, struct sim_options *options, bool warn,
			  const struct script_value *values, size_t nr_values);

/**
 * model_parse() - the same for a text.
 * @diag: the messages
 * Return: 0 or a negative errno, as script_parse_with().
 */
int model_parse(const char *file, const char *text, size_t len, struct sim_options *options,
		const struct script_value *values, size_t nr_values, struct strbuf *diag,
		struct script **ret_script);

/**
 * param_values() - what --param was given, NAME=VALUE, split; @ret_values has room for all.
 * Return: how many, or -1 after a message.
 */
int param_values(const struct command *command, const struct option_strings *given,
		 struct script_value *ret_values);

#define PARAM_OPTION(strings)                                                                  \
	OPT_STRINGS('P', "param", strings, "NAME=VALUE",                                       \
		    "set a parameter of the script; may be repeated")

/** model_cost() - the table in file @path, or the built-in one for NULL. Return: false if broken. */
bool model_cost(const char *path, struct report_cost *ret_cost);

/** model_work() - counters in the order of enum sim_counter as work that has costs. */
void model_work(const uint64_t *counters, struct report_work *ret_work);

/** model_stall() - the estimate for an array of counters in the order of enum sim_counter. */
double model_stall(const struct report_cost *cost, const uint64_t *counters);

/** model_error() - what sim_run() returned, as a message. Return: STATUS_BROKEN. */
int model_error(const char *file, int err);

/**
 * model_gave_up() - the same for a run that sim_run() ended: with what was in memory by then.
 * Return: STATUS_BROKEN.
 */
int model_gave_up(const char *file, const struct sim_result *result, int err);

/** model_json_counters() - an object of all counters; with @nonzero only of those that are not 0. */
void model_json_counters(struct report_json *json, const char *name, const uint64_t *counters,
			 bool nonzero);

/** model_json_cost() - an object that describes a cost table. */
void model_json_cost(struct report_json *json, const char *name, const struct report_cost *cost);

/** model_first_mmu() - of the script's first VM, as enum script_mmu; -1 without a VM. */
int model_first_mmu(const struct script *script);

/** model_param_mmu() - what the script's parameter 'mmu' is set to; -1: it has none that is set. */
int model_param_mmu(const struct script *script);

/** model_profile_by_release() - the model's nearest profile to a kernel's uname -r. */
const char *model_profile_by_release(const char *release);

/** model_mmus() - the kinds of MMU that a script's VMs have, as "shadow+tdp"; "-" without a VM. */
void model_mmus(const struct script *script, struct strbuf *out);

#endif /* CLI_MODEL_INTERNAL_H */
