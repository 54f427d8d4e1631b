// SPDX-License-Identifier: GPL-2.0-or-later
/* mmuscope compare */
#include "cli_internal.h"
#include "model_internal.h"
#include "stall_internal.h"

#include <string.h>

#include <base/errname.h>
#include <report/table.h>

static uint64_t profiles, mmus, levels;
static uint64_t watchdog_thresh;
static const char *cost_path, *stall_limit;
static struct report_stall_limits limits;
static bool json;
static bool noheadings;

/* One profile and one kind of MMU: a row. */
struct cell {
	const char *profile;
	int mmu; /* -1 is the script's own */
	struct sim_result result;
	struct stall_watch stall;
};

struct comparison {
	const struct script *script;
	struct report_cost cost;
	struct strbuf own_mmus;
	struct strbuf verdicts;
	struct report_table *table;
	struct report_json *json;
};

static void note_nothing(void *ctx, const char *text)
{
	(void)ctx;
	(void)text;
}

static void op_done(void *ctx, const struct sim_op_result *result)
{
	struct cell *cell = ctx;
	struct report_stall stall;

	stall_add(&cell->stall, result, &stall);
}

static struct sim_options sim_options(struct cell *cell)
{
	return (struct sim_options){
		.profile = cell->profile,
		.levels = levels,
		.mmu = cell->mmu,
		.op_done = op_done,
		.note = note_nothing,
		.ctx = cell,
	};
}

static const char *mmu_label(const struct comparison *c, int mmu)
{
	return mmu < 0 ? strbuf_str(&c->own_mmus) : mmu_names[mmu];
}

static void add_row(struct comparison *c, const struct cell *cell)
{
	const uint64_t *counters = cell->result.counters;
	struct report_table *table = c->table;

	report_table_row(table);
	report_table_str(table, cell->profile);
	report_table_str(table, mmu_label(c, cell->mmu));
	report_table_count(table, counters[SIM_NOTIFICATIONS]);
	report_table_size(table, counters[SIM_BYTES_NOTIFIED]);
	report_table_size(table, counters[SIM_BYTES_POPULATED]);
	report_table_count(table, counters[SIM_FRAMES_COVERED]);
	report_table_count(table, counters[SIM_RMAP_SCANNED]);
	report_table_count(table, counters[SIM_RMAP_VISITED]);
	report_table_count(table, counters[SIM_SPTES_ZAPPED]);
	report_table_ns(table, model_stall(&c->cost, counters));
}

static void add_json(struct comparison *c, const struct cell *cell)
{
	struct report_json *out = c->json;

	report_json_object(out, NULL);
	report_json_str(out, "profile", cell->profile);
	report_json_str(out, "mmu", mmu_label(c, cell->mmu));
	report_json_uint(out, "executed", cell->result.ops);
	report_json_uint(out, "checked", cell->result.checked);
	report_json_uint(out, "failed", cell->result.failed);
	model_json_counters(out, "counters", cell->result.counters, false);
	report_json_double(out, "stall_ns", model_stall(&c->cost, cell->result.counters));
	stall_json(out, &cell->stall);
	report_json_close(out);
}

static void add_verdict(struct comparison *c, const struct cell *cell)
{
	struct strbuf who = STRBUF_INIT;

	add_row(c, cell);
	strbuf_addf(&who, "%s, %s", cell->profile, mmu_label(c, cell->mmu));
	stall_verdict(&cell->stall, strbuf_str(&who), &c->verdicts);
	strbuf_release(&who);
}

static int compare_cell(struct comparison *c, const char *profile, int mmu)
{
	struct cell cell = { .profile = profile, .mmu = mmu, .stall = {
		.cost = &c->cost, .limits = limits, .profile = profile, .levels = levels,
		.mmu = mmu >= 0 ? mmu : model_first_mmu(c->script) } };
	const struct sim_options options = sim_options(&cell);
	int err = sim_run(c->script, &options, &cell.result);

	if (!err && c->json)
		add_json(c, &cell);
	else if (!err)
		add_verdict(c, &cell);
	sim_result_release(&cell.result);
	return err ? model_error(c->script->file, err) : STATUS_OK;
}

static int compare_mmus(struct comparison *c, const char *profile)
{
	int mmu, status = STATUS_OK;

	if (!mmus)
		return compare_cell(c, profile, -1);
	for (mmu = 0; mmu < SCRIPT_MMU_NR && status == STATUS_OK; mmu++)
		if (mmus >> mmu & 1)
			status = compare_cell(c, profile, mmu);
	return status;
}

static int compare_all(struct comparison *c)
{
	int i, status = STATUS_OK;

	for (i = 0; script_profile_names[i] && status == STATUS_OK; i++)
		if (profiles >> i & 1)
			status = compare_mmus(c, script_profile_names[i]);
	return status;
}

static uint64_t all_kernels(void)
{
	uint64_t set = 0;
	int i;

	for (i = 0; script_profile_names[i]; i++)
		if (!strncmp(script_profile_names[i], "linux-", 6))
			set |= 1ull << i;
	return set;
}

static void explain(const struct comparison *c)
{
	struct strbuf notes = STRBUF_INIT;

	fputs("\nNOTIFIED and POPULATED: bytes in all notifications, and how many of them were mapped.\n"
	      "FRAMES: guest frames covered. SCANNED, VISITED: reverse-map heads looked at, and those\n"
	      "that were not empty. ZAPPED: SPTEs removed. EST. STALL is an estimate:\n", stdout);
	report_cost_notes(&c->cost, &notes);
	strbuf_addf(&notes, "\n%s", strbuf_str(&c->verdicts));
	fputs(strbuf_str(&notes), stdout);
	strbuf_release(&notes);
}

static int compare_table(struct comparison *c)
{
	static const struct report_column columns[] = {
		{ "PROFILE" },		       { "MMU" },
		{ "NOTIFICATIONS", REPORT_RIGHT }, { "NOTIFIED", REPORT_RIGHT },
		{ "POPULATED", REPORT_RIGHT }, { "FRAMES", REPORT_RIGHT },
		{ "SCANNED", REPORT_RIGHT },   { "VISITED", REPORT_RIGHT },
		{ "ZAPPED", REPORT_RIGHT },    { "EST. STALL", REPORT_RIGHT },
	};
	int status, err;

	err = report_table_new(columns, sizeof(columns) / sizeof(columns[0]), !noheadings, &c->table);
	if (err)
		return model_error("table", err);
	status = compare_all(c);
	if (status == STATUS_OK && report_table_print(c->table, stdout))
		status = STATUS_BROKEN;
	report_table_free(c->table);
	if (status == STATUS_OK)
		explain(c);
	return status;
}

static int compare_json(struct comparison *c)
{
	struct report_json out;
	int status;

	report_json_init(&out, stdout);
	c->json = &out;
	report_json_object(&out, NULL);
	report_json_str(&out, "file", c->script->file);
	model_json_cost(&out, "cost", &c->cost);
	report_json_array(&out, "rows");
	status = compare_all(c);
	report_json_close(&out);
	report_json_close(&out);
	return report_json_end(&out) ? STATUS_BROKEN : status;
}

static int run(int argc, char **argv)
{
	const struct sim_options check = { .levels = levels, .mmu = -1 };
	struct comparison c = { .own_mmus = STRBUF_INIT, .verdicts = STRBUF_INIT };
	struct script *script;
	int status;

	if (argc != 1)
		return usage_error(&command_compare, argc ? "one script at a time" :
							    "which script?");
	if (levels && levels != 4 && levels != 5)
		return usage_error(&command_compare, "--levels is 4 or 5");
	if (!profiles)
		profiles = all_kernels();
	if (!stall_limits(&command_compare, watchdog_thresh, stall_limit, &limits))
		return STATUS_USAGE;
	if (!model_cost(cost_path, &c.cost))
		return STATUS_BROKEN;
	script = model_load(argv[0], &check, false);
	if (!script)
		return STATUS_BROKEN;
	c.script = script;
	model_mmus(script, &c.own_mmus);
	if (mmus && !strcmp(strbuf_str(&c.own_mmus), "-")) {
		error("%s: no vm in the script, so --mmu changes nothing", script->file);
		mmus = 0;
	}
	status = json ? compare_json(&c) : compare_table(&c);
	strbuf_release(&c.verdicts);
	strbuf_release(&c.own_mmus);
	script_free(script);
	return status;
}

static const struct option options[] = {
	OPT_CHOICES('p', "profile", &profiles, "NAME,...",
		    "kernels and designs to compare (all kernels if not given):",
		    script_profile_names),
	OPT_CHOICES('m', "mmu", &mmus, "KIND,...",
		    "kinds of MMU to give every VM (the script's own if not given):", mmu_names),
	OPT_UINT('l', "levels", &levels, "N", "levels of the primary page tables: 4 or 5"),
	OPT_STRING('c', "cost", &cost_path, "FILE", "a cost table for the estimates"),
	STALL_OPTIONS(&watchdog_thresh, &stall_limit),
	OPT_FLAG('j', "json", &json, "every counter of every row as JSON"),
	OPT_FLAG('n', "noheadings", &noheadings, "no headings over tables"),
	OPT_END,
};

const struct command command_compare = {
	.name = "compare",
	.run = run,
	.summary = "one script under several kernels and MMUs, side by side",
	.usage = (const char *const[]){ "[options] SCRIPT", NULL },
	.about = "Execute a script under each profile and each kind of MMU, and show side by side\n"
		 "what was notified, what the secondary MMU had to do, and how long that would stall\n"
		 "the process. Expectations in the script do not matter here. '-' is standard input.\n"
		 "\n"
		 "Exit status: 0 compared, 2 wrong usage, 3 the script is broken.",
	.options = options,
	.examples = (const char *const[]){
		"mmuscope compare scripts/head-of-512g.mms",
		"mmuscope compare --mmu shadow,tdp scripts/head-of-512g.mms",
		"mmuscope compare -p linux-6.1,linux-6.12 --json scripts/head-of-512g.mms",
		NULL,
	},
};
