// SPDX-License-Identifier: GPL-2.0-or-later
/* mmuscope compare */
#include "cli_internal.h"
#include "command_line_internal.h"
#include "compare_internal.h"
#include "jobs_internal.h"
#include "keep_internal.h"
#include "terminal_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <base/errname.h>
#include <base/mem.h>
#include <report/table.h>

static uint64_t profiles, mmus, levels, jobs;
static struct option_sets designs;
static struct design_tuning tuning = DESIGN_TUNING_INIT;
static uint64_t watchdog_thresh;
static const char *cost_path, *stall_limit, *store_path;
static struct keep keep;
static int store_status; /* the results are shown all the same */
static struct option_strings params;
static struct report_stall_limits limits;
static int format;
static bool json, stall_table;
static bool noheadings;

enum { FORMAT_TABLE, FORMAT_LKML };
static const char *const format_choices[] = { "table", "lkml", NULL };

static void note_nothing(void *ctx, const char *text)
{
	(void)ctx;
	(void)text;
}

static void op_begin(void *ctx, const struct script_op *op, uint64_t index, const struct sim *view)
{
	(void)ctx;
	(void)op;
	(void)view;
	progress_update(index);
}

static void op_done(void *ctx, const struct sim_op_result *result)
{
	struct compare_row *row = ctx;
	struct report_stall stall;

	stall_add(&row->stall, result, &stall);
	keep_op(&keep, result, &stall);
}

const char *compare_mmu(const struct comparison *c, int mmu)
{
	return mmu < 0 ? strbuf_str(&c->own_mmus) : mmu_names[mmu];
}

/* A row that is to be filled in. */
static int compare_cell(struct comparison *c, const char *profile, uint64_t set, int mmu)
{
	struct sim_options options = { .profile = profile };
	struct compare_row *row;
	int err = mem_grow(&c->rows, &c->cap, c->nr + 1, sizeof(c->rows[0]));

	if (err)
		return model_error(c->script->file, err);
	design_apply(&options, set, &c->tuning, &c->cost);
	row = &c->rows[c->nr++];
	*row = (struct compare_row){
		.profile = profile,
		.set = set,
		.designs = options.designs,
		.mmu = mmu,
	};
	c->any |= row->designs;
	return STATUS_OK;
}

static int fill_row(void *ctx, size_t i, void *slot)
{
	struct comparison *c = ctx;
	struct compare_row *row = slot;
	struct sim_options options = {
		.profile = row->profile,
		.levels = levels,
		.mmu = row->mmu,
		.note = note_nothing,
	};
	int err;

	(void)i;
	design_apply(&options, row->set, &c->tuning, &c->cost);
	row->stall = (struct stall_watch){
		.cost = &c->cost,
		.limits = limits,
		.options = options,
		.mmu = row->mmu >= 0 ? row->mmu : model_first_mmu(c->script),
	};
	options.op_begin = op_begin;
	options.op_done = op_done;
	options.ctx = row;
	store_status = worse(store_status, keep_begin(&keep, c->script, &options, &c->cost));
	err = sim_run(c->script, &options, &row->result);
	store_status = worse(store_status, keep_finish(&keep, &row->result, &row->stall.sum, err));
	sim_result_release(&row->result); /* what failed does not matter here */
	return err ? model_gave_up(c->script->file, &row->result, err) : STATUS_OK;
}

static int fill_rows(struct comparison *c)
{
	const struct jobs all = {
		.at_once = keep.store ? 1 : jobs, /* its connection is this process's */
		.nr = c->nr,
		.task = fill_row,
		.ctx = c,
		.slots = c->rows,
		.slot_size = sizeof(c->rows[0]),
	};

	return jobs_run(&all);
}

static int compare_mmus(struct comparison *c, const char *profile, uint64_t set)
{
	int mmu, status = STATUS_OK;

	if (!mmus)
		return compare_cell(c, profile, set, -1);
	for (mmu = 0; mmu < SCRIPT_MMU_NR && status == STATUS_OK; mmu++)
		if (mmus >> mmu & 1)
			status = compare_cell(c, profile, set, mmu);
	return status;
}

/* One use of --design; "all" is each alone and then all at once. */
static int compare_designs(struct comparison *c, const char *base, uint64_t set)
{
	int status = STATUS_OK;
	unsigned int i;

	if (!(set & DESIGN_ALL))
		return set & (DESIGN_NONE - 1) ? compare_mmus(c, base, set) : STATUS_OK;
	for (i = 0; script_design_names[i] && status == STATUS_OK; i++)
		status = compare_mmus(c, base, UINT64_C(1) << i);
	return status == STATUS_OK ? compare_mmus(c, base, DESIGN_NONE - 1) : status;
}

/* The kernels as they are, then the designs on the newest of them. */
static int compare_all(struct comparison *c)
{
	const char *base = NULL;
	int status = STATUS_OK;
	unsigned int i;

	for (i = 0; script_kernel_names[i] && status == STATUS_OK; i++) {
		if (!(profiles >> i & 1))
			continue;
		base = script_kernel_names[i];
		status = compare_mmus(c, base, 0);
	}
	for (i = 0; i < designs.nr && status == STATUS_OK; i++)
		status = compare_designs(c, base, designs.set[i]);
	return status;
}

/* A new row of a table, and what names it: kernel, designs, MMU. */
static void begin_row(struct report_table *table, const struct comparison *c,
		      const struct compare_row *row)
{
	struct strbuf names = STRBUF_INIT;

	report_table_row(table);
	report_table_str(table, row->profile);
	if (c->any) {
		design_add_names(&names, row->designs, ",");
		report_table_str(table, strbuf_str(&names));
		strbuf_release(&names);
	}
	report_table_str(table, compare_mmu(c, row->mmu));
}

static void add_row(struct report_table *table, const struct comparison *c,
		    const struct compare_row *row)
{
	const uint64_t *counters = row->result.counters;

	begin_row(table, c, row);
	report_table_count(table, counters[SIM_NOTIFICATIONS]);
	report_table_size(table, counters[SIM_BYTES_NOTIFIED]);
	report_table_size(table, counters[SIM_BYTES_POPULATED]);
	report_table_count(table, counters[SIM_FRAMES_COVERED]);
	report_table_count(table, counters[SIM_RMAP_SCANNED]);
	report_table_count(table, counters[SIM_RMAP_VISITED]);
	report_table_count(table, counters[SIM_RMAP_LONGEST]);
	report_table_count(table, counters[SIM_SPTES_ZAPPED]);
	report_table_ns(table, model_stall(&c->cost, counters));
	if (c->any)
		report_table_size(table, row->result.index_bytes);
}

static void add_json(struct report_json *out, const struct comparison *c,
		     const struct compare_row *row)
{
	report_json_object(out, NULL);
	report_json_str(out, "profile", row->profile);
	design_json(out, row->designs);
	report_json_str(out, "mmu", compare_mmu(c, row->mmu));
	report_json_uint(out, "executed", row->result.ops);
	report_json_uint(out, "checked", row->result.checked);
	report_json_uint(out, "failed", row->result.failed);
	model_json_counters(out, "counters", row->result.counters, false);
	report_json_double(out, "stall_ns", model_stall(&c->cost, row->result.counters));
	stall_json(out, &row->stall);
	stall_json_lines(out, c->script, &row->stall);
	report_json_uint(out, "head_bytes", row->result.head_bytes);
	report_json_uint(out, "index_bytes", row->result.index_bytes);
	report_json_close(out);
}

static int explain(const struct comparison *c)
{
	struct strbuf notes = STRBUF_INIT;
	int err;

	fputs("\nNOTIFIED and POPULATED: bytes in all notifications, and how many of them were mapped.\n"
	      "FRAMES: guest frames covered. SCANNED, VISITED: reverse-map heads looked at, and those\n"
	      "that were not empty. LONGEST: most of them looked at without a chance to yield.\n"
	      "ZAPPED: SPTEs removed. EST. STALL is an estimate:\n", stdout);
	report_cost_notes(&c->cost, &notes);
	if (c->any & SIM_DESIGN_RMAP_INDEX)
		strbuf_addstr(&notes, "rmap=index: SCANNED counts words of the index and heads visited;"
				      " INDEX is its memory\n");
	design_add_notes(&notes, c->any, &c->tuning, &c->cost);
	strbuf_addch(&notes, '\n');
	err = compare_verdicts(c, &notes);
	if (!err)
		fputs(strbuf_str(&notes), stdout);
	strbuf_release(&notes);
	return err;
}

static void add_stalls(struct report_table *table, const struct comparison *c,
		       const struct compare_row *row)
{
	const struct stall_lines *lines = &row->stall.lines;
	struct strbuf text = STRBUF_INIT;
	unsigned int i;

	for (i = 0; i <= lines->nr; i++) {
		begin_row(table, c, row);
		if (i < lines->nr)
			strbuf_addf(&text, "%u", lines->line[i].op->line);
		report_table_str(table, i < lines->nr ? strbuf_str(&text) : "total");
		strbuf_reset(&text);
		stall_table_cells(table, &c->cost, i < lines->nr ? &lines->line[i].stall :
								  &row->stall.sum);
	}
	strbuf_release(&text);
}

/* Each operation that stalls, in each row. */
static int print_stalls(const struct comparison *c)
{
	static const struct report_column columns[] = {
		{ "PROFILE" }, { "DESIGN" }, { "MMU" }, { "LINE", REPORT_RIGHT }, STALL_COLUMNS,
	};
	struct report_column shown[sizeof(columns) / sizeof(columns[0])];
	struct report_table *table;
	size_t i, nr = 0;
	int err;

	for (i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		if (c->any || strcmp(columns[i].name, "DESIGN"))
			shown[nr++] = columns[i];
	err = report_table_new(shown, nr, !noheadings, &table);
	if (err)
		return err;
	for (i = 0; i < c->nr; i++)
		add_stalls(table, c, &c->rows[i]);
	putchar('\n');
	err = report_table_print(table, stdout);
	report_table_free(table);
	for (i = 0; i < c->nr && !err; i++) {
		if (c->rows[i].stall.lines.total <= STALL_LINES)
			continue;
		printf("at most %d operations of each, those that cost most; totals are of all\n",
		       STALL_LINES);
		break;
	}
	if (!err)
		stall_table_explain(stdout);
	return err;
}

static int print_table(const struct comparison *c)
{
	static const struct report_column columns[] = {
		{ "PROFILE" },		       { "DESIGN" },
		{ "MMU" },		       { "NOTIFICATIONS", REPORT_RIGHT },
		{ "NOTIFIED", REPORT_RIGHT },  { "POPULATED", REPORT_RIGHT },
		{ "FRAMES", REPORT_RIGHT },    { "SCANNED", REPORT_RIGHT },
		{ "VISITED", REPORT_RIGHT },   { "LONGEST", REPORT_RIGHT },
		{ "ZAPPED", REPORT_RIGHT },    { "EST. STALL", REPORT_RIGHT },
		{ "INDEX", REPORT_RIGHT },
	};
	struct report_column shown[sizeof(columns) / sizeof(columns[0])];
	struct report_table *table;
	size_t i, nr = 0;
	int err;

	for (i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		if (c->any || (strcmp(columns[i].name, "DESIGN") && strcmp(columns[i].name, "INDEX")))
			shown[nr++] = columns[i];
	err = report_table_new(shown, nr, !noheadings, &table);
	if (err)
		return model_error("table", err);
	for (i = 0; i < c->nr; i++)
		add_row(table, c, &c->rows[i]);
	err = report_table_print(table, stdout);
	report_table_free(table);
	if (!err && stall_table)
		err = print_stalls(c);
	if (err)
		return STATUS_BROKEN;
	err = explain(c);
	return err ? model_error("table", err) : STATUS_OK;
}

static int print_json(const struct comparison *c)
{
	struct report_json out;
	size_t i;

	report_json_init(&out, stdout);
	report_json_object(&out, NULL);
	report_json_str(&out, "file", c->script->file);
	model_json_cost(&out, "cost", &c->cost);
	report_json_uint(&out, "run_gap", design_gap(&c->tuning, &c->cost));
	report_json_uint(&out, "levels", levels ? levels : 4);
	report_json_array(&out, "rows");
	for (i = 0; i < c->nr; i++)
		add_json(&out, c, &c->rows[i]);
	report_json_close(&out);
	report_json_close(&out);
	return report_json_end(&out) ? STATUS_BROKEN : STATUS_OK;
}

static int print(const struct comparison *c)
{
	size_t i;
	int err;

	for (i = 0; i < c->nr; i++)
		stall_lines_sort(&c->rows[i].stall.lines);
	if (json)
		return print_json(c);
	if (format != FORMAT_LKML)
		return print_table(c);
	err = compare_lkml(stdout, c);
	if (err)
		return model_error("table", err);
	return ferror(stdout) ? STATUS_BROKEN : STATUS_OK;
}

/* The command line again, from what its options meant. */
static void make_command(struct comparison *c, const char *path)
{
	struct command_line line = { &params, levels, &tuning, cost_path, watchdog_thresh,
				     stall_limit };
	struct strbuf *out = &c->command;
	unsigned int i;

	strbuf_addstr(out, "$ mmuscope compare");
	command_line_set(out, "--profile", script_kernel_names, profiles);
	for (i = 0; i < designs.nr; i++)
		command_line_set(out, "--design", design_choices, designs.set[i]);
	command_line_set(out, "--mmu", mmu_names, mmus);
	command_line_common(out, &line);
	strbuf_addstr(out, " --format lkml ");
	shell_quote_path(out, path);
	strbuf_addch(out, '\n');
}

static void release(struct comparison *c)
{
	mem_free(c->rows);
	strbuf_release(&c->own_mmus);
	strbuf_release(&c->command);
}

static int compare(struct comparison *c, const struct script *script, const char *path)
{
	int status;

	c->script = script;
	c->tuning = tuning;
	model_mmus(script, &c->own_mmus);
	if (mmus && !strcmp(strbuf_str(&c->own_mmus), "-")) {
		error("%s: no vm in the script, so --mmu changes nothing", script->file);
		mmus = 0;
	}
	make_command(c, path);
	if (!profiles)
		profiles = UINT64_MAX;
	progress_init("operations");
	status = compare_all(c);
	if (status == STATUS_OK)
		status = fill_rows(c);
	progress_end();
	return status == STATUS_OK ? print(c) : status;
}

static int run(int argc, char **argv)
{
	/* kernels, designs and MMUs are what is compared: the script may leave them open */
	struct sim_options check = { .profile = DEFAULT_PROFILE, .designs = DESIGN_NONE,
				     .levels = levels, .mmu = 0 };
	struct script_value values[OPTION_MAX_STRINGS];
	struct comparison c = { .own_mmus = STRBUF_INIT, .command = STRBUF_INIT };
	struct script *script;
	int status, nr;

	if (argc != 1)
		return usage_error(&command_compare, argc ? "one script at a time" :
							    "which script?");
	if (levels && levels != 4 && levels != 5)
		return usage_error(&command_compare, "--levels is 4 or 5");
	if (json && format == FORMAT_LKML)
		return usage_error(&command_compare, "--json or --format lkml, not both");
	if (stall_table && (json || format == FORMAT_LKML))
		return usage_error(&command_compare, "--stall is for the table (--json has it all)");
	if (!stall_limits(&command_compare, watchdog_thresh, stall_limit, &limits))
		return STATUS_USAGE;
	if (!model_cost(cost_path, &c.cost))
		return STATUS_BROKEN;
	nr = param_values(&command_compare, &params, values);
	if (nr < 0)
		return STATUS_USAGE;
	script = model_load(argv[0], &check, false, values, nr);
	if (!script)
		return STATUS_BROKEN;
	levels = check.levels;
	if (!mmus && model_param_mmu(script) >= 0)
		mmus = UINT64_C(1) << model_param_mmu(script);
	status = keep_open(&keep, store_path, "compare");
	if (status == STATUS_OK)
		status = compare(&c, script, argv[0]);
	keep_close(&keep, false);
	release(&c);
	script_free(script);
	return worse(status, store_status);
}

static const struct option options[] = {
	OPT_CHOICES('p', "profile", &profiles, "NAME,...",
		    "kernels to compare (all if not given):", script_kernel_names),
	OPT_SETS('d', "design", &designs, "NAME,...",
		 "a row for the newest of the kernels with these; may be repeated:",
		 design_choices),
	DESIGN_TUNING_OPTIONS(&tuning),
	OPT_CHOICES('m', "mmu", &mmus, "KIND,...",
		    "kinds of MMU to give every VM (the script's own if not given):", mmu_names),
	OPT_UINT('l', "levels", &levels, "N", "levels of the primary page tables: 4 or 5"),
	PARAM_OPTION(&params),
	OPT_STRING('c', "cost", &cost_path, "FILE", "a cost table for the estimates"),
	STALL_TABLE_OPTION(&stall_table),
	STALL_OPTIONS(&watchdog_thresh, &stall_limit),
	STORE_OPTION(&store_path),
	OPT_CHOICE('f', "format", &format, "FORM",
		   "a table for terminals, or plain ones of 75 columns for mail:", format_choices),
	JOBS_OPTION(&jobs, "rows"),
	OPT_FLAG('J', "json", &json, "every counter of every row as JSON"),
	OPT_FLAG('n', "noheadings", &noheadings, "no headings over tables"),
	OPT_END,
};

const struct command command_compare = {
	.name = "compare",
	.run = run,
	.summary = "one script under several kernels, designs and MMUs, side by side",
	.usage = (const char *const[]){ "[options] SCRIPT", NULL },
	.about = "Execute a script under each profile and each kind of MMU, and show side by side\n"
		 "what was notified, what the secondary MMU had to do, and how long that would stall\n"
		 "the process. Each --design adds a row: the newest of the kernels with designs that no\n"
		 "kernel has ('all' adds each alone and all at once). Expectations in the script do\n"
		 "not matter here. '-' is standard input.\n"
		 "\n"
		 "Exit status: 0 compared, 2 wrong usage, 3 the script is broken.",
	.options = options,
	.examples = (const char *const[]){
		"mmuscope compare scripts/head-of-512g.mms",
		"mmuscope compare --mmu shadow,tdp scripts/head-of-512g.mms",
		"mmuscope compare -d tight -d tight,rmap=index scripts/head-of-512g.mms",
		"mmuscope compare --design all --format lkml scripts/head-of-512g.mms",
		"mmuscope compare -p linux-6.1,linux-6.12 --json scripts/head-of-512g.mms",
		NULL,
	},
};
