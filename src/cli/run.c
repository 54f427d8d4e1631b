// SPDX-License-Identifier: GPL-2.0-or-later
/* mmuscope run */
#include "cli_internal.h"
#include "design_internal.h"
#include "jobs_internal.h"
#include "keep_internal.h"
#include "run_internal.h"
#include "stall_internal.h"
#include "terminal_internal.h"

#include <errno.h>
#include <string.h>

#include <base/errname.h>
#include <base/mem.h>
#include <report/table.h>

static int profile = -1, mmu = -1;
static uint64_t jobs, levels, designs, watchdog_thresh;
static struct design_tuning tuning = DESIGN_TUNING_INIT;
static const char *trace_path, *cost_path, *stall_limit, *store_path;
static struct keep keep;
static int store_status; /* the results are shown all the same */
static struct option_strings params;
static struct script_value values[OPTION_MAX_STRINGS];
static int nr_values;
static struct report_stall_limits limits;
static uint64_t map_line;
static bool json, audit, literal, stats, quiet, all_ops, map, ascii, stall_table;
static bool noheadings;
static struct run_trace *tracing;

/* One run of one script. */
struct run {
	const struct script *script;
	struct sim_options options;
	struct report_cost cost;
	struct report_json *json;
	struct run_rows rows;
	struct stall_watch stall;
};

static void json_op(struct run *run, const struct sim_op_result *result,
		    const struct report_stall *stall)
{
	const struct script_op *op = result->op;

	report_json_line(run->json, NULL);
	report_json_uint(run->json, "index", result->index);
	report_json_uint(run->json, "line", op->line);
	report_json_strn(run->json, "text", run->script->text + op->text, op->text_len);
	report_json_str(run->json, "result", result->err ? errname(result->err) : "ok");
	model_json_counters(run->json, "counters", result->delta, true);
	report_json_double(run->json, "stall_ns", stall->total);
	if (stall->total > 0 || stall->refaults)
		stall_json_op(run->json, &run->cost, stall);
	report_json_close(run->json);
}

static void op_begin(void *ctx, const struct script_op *op, uint64_t index, const struct sim *view)
{
	(void)ctx;
	(void)op;
	progress_update(index);
	run_trace_begin(tracing, view);
}

static void op_done(void *ctx, const struct sim_op_result *result)
{
	struct run *run = ctx;
	struct report_stall stall;
	struct run_row row;

	run_trace_done(tracing);
	stall_add(&run->stall, result, &stall);
	keep_op(&keep, result, &stall);
	row = run_row_of(result, &stall);
	if (run->json)
		json_op(run, result, &stall);
	else
		run_rows_add(&run->rows, &row);
}

static void note(void *ctx, const char *text)
{
	(void)ctx;
	progress_clear();
	fprintf(stderr, "%s\n", text);
}

static void json_begin(struct run *run)
{
	struct strbuf mmus = STRBUF_INIT;

	if (run->options.mmu >= 0)
		strbuf_addstr(&mmus, mmu_names[run->options.mmu]);
	else
		model_mmus(run->script, &mmus);
	report_json_object(run->json, NULL);
	report_json_str(run->json, "file", run->script->file);
	report_json_str(run->json, "profile", run->options.profile);
	design_json(run->json, run->options.designs);
	report_json_uint(run->json, "run_gap", run->options.run_gap);
	report_json_uint(run->json, "levels", run->options.levels ? run->options.levels : 4);
	report_json_str(run->json, "mmu", strbuf_str(&mmus));
	report_json_array(run->json, "ops");
	strbuf_release(&mmus);
}

static void json_finish(struct run *run, const struct sim_result *result, int err)
{
	struct report_json *out = run->json;
	unsigned int i;

	report_json_close(out);
	report_json_uint(out, "executed", result->ops);
	report_json_uint(out, "checked", result->checked);
	report_json_uint(out, "failed", result->failed);
	report_json_str(out, "failures", strbuf_str(&result->failures));
	report_json_uint(out, "violations", result->violations);
	model_json_counters(out, "counters", result->counters, false);
	report_json_double(out, "stall_ns", run->stall.sum.total);
	stall_json(out, &run->stall);
	report_json_uint(out, "peak_bytes", result->peak_bytes);
	report_json_uint(out, "peak_pages", result->peak_pages);
	report_json_object(out, "memory");
	for (i = 0; i < SIM_MEMORY_NR; i++)
		report_json_uint(out, sim_memory_names[i], result->memory[i]);
	report_json_close(out);
	report_json_uint(out, "head_bytes", result->head_bytes);
	report_json_uint(out, "index_bytes", result->index_bytes);
	report_json_str(out, "error", err ? errname(err) : "");
	report_json_close(out);
}

static int print_tables(struct run *run, const struct sim_result *result)
{
	struct strbuf notes = STRBUF_INIT, file = STRBUF_INIT;
	int err;

	strbuf_addstr(&notes, run->options.profile);
	if (run->options.designs) {
		strbuf_addstr(&notes, " with ");
		design_add_names(&notes, run->options.designs, ",");
	}
	report_text_clean(&file, run->script->file);
	printf("%s: %s, %llu operations\n\n", strbuf_str(&file), strbuf_str(&notes),
	       (unsigned long long)result->ops);
	strbuf_release(&file);
	strbuf_reset(&notes);
	err = run_print_ops(stdout, run->script, &run->rows, result, run->stall.sum.total,
			    !noheadings);
	if (!err && run->rows.max && run->rows.total > run->rows.nr)
		printf("the %zu costliest of %llu operations that did something; --all-ops prints all\n",
		       run->rows.nr, (unsigned long long)run->rows.total);
	if (!err && stall_table)
		err = run_print_stall(stdout, run->script, &run->stall, !noheadings);
	if (!err && (map || map_line))
		err = run_print_map(stdout, run->script, &run->stall.options, &run->rows,
				    map_line, ascii);
	stall_verdict(&run->stall, NULL, &notes);
	design_add_notes(&notes, run->options.designs, &tuning, &run->cost);
	report_cost_notes(&run->cost, &notes);
	printf("\n%s", strbuf_str(&notes));
	strbuf_release(&notes);
	if (!err && stats) {
		putchar('\n');
		err = run_print_stats(stdout, result, !noheadings);
	}
	return err;
}

/* What a single script prints when it is through. */
static int print_result(struct run *run, const struct sim_result *result)
{
	bool to_stdout = !trace_path || strcmp(trace_path, "-");
	int err = 0;

	if (!quiet && to_stdout)
		err = print_tables(run, result);
	if (err == -ENOMEM)
		error("out of memory for the table");
	if (!to_stdout)
		fflush(stdout);
	else if (!quiet && (result->checked || audit))
		putchar('\n');
	if (!quiet || result->failed || result->violations)
		run_print_verdict(to_stdout ? stdout : stderr, result, audit);
	return err ? STATUS_BROKEN : STATUS_OK;
}

/* As the command line has it; what it leaves open the script may say. */
static struct sim_options sim_options(const struct report_cost *cost)
{
	struct sim_options options = {
		.profile = profile < 0 ? NULL : script_kernel_names[profile],
		.levels = levels,
		.mmu = mmu,
		.audit = audit,
		.literal = literal,
		.op_begin = op_begin,
	};

	design_apply(&options, designs, &tuning, cost);
	return options;
}

static struct script *load(const char *path, bool warn, struct run *run)
{
	struct script *script;

	run->options = sim_options(&run->cost);
	run->options.designs |= designs & DESIGN_NONE; /* the script is not asked then */
	script = model_load(path, &run->options, warn, values, nr_values);
	run->options.designs &= ~(uint64_t)DESIGN_NONE;
	if (!run->options.profile)
		run->options.profile = DEFAULT_PROFILE;
	run->script = script;
	return script;
}

static int run_script(struct run *run, struct event_sink *sink, struct sim_result *ret_result)
{
	struct sim_options options = run->options;
	int err;

	options.sink = sink;
	options.op_done = run->json || !quiet || keep.store || tracing ? op_done : NULL;
	options.note = quiet ? NULL : note;
	options.ctx = run;
	run->stall = (struct stall_watch){ .cost = &run->cost, .limits = limits,
					   .options = options,
					   .mmu = options.mmu >= 0 ? options.mmu :
							   model_first_mmu(run->script) };
	store_status = worse(store_status, keep_begin(&keep, run->script, &options, &run->cost));
	progress_init("operations");
	if (run->json)
		json_begin(run);
	err = sim_run(run->script, &options, ret_result);
	progress_end();
	if (run->json)
		json_finish(run, ret_result, err);
	store_status = worse(store_status, keep_finish(&keep, ret_result, &run->stall.sum, err));
	if (err)
		return model_gave_up(run->script->file, ret_result, err);
	return ret_result->failed || ret_result->violations ? STATUS_DIFFERENT : STATUS_OK;
}

/* What a trace is about, for whoever opens it without this command line. */
static void add_about(struct strbuf *out, const struct run *run)
{
	strbuf_addf(out, "mmuscope %s, %s", run->script->file, run->options.profile);
	if (run->options.designs) {
		strbuf_addstr(out, " with ");
		design_add_names(out, run->options.designs, ",");
	}
	strbuf_addf(out, "; time is the cost of the counted work by table %s", run->cost.name);
}

static const char *trace_name(void)
{
	return strcmp(trace_path, "-") ? trace_path : "standard output";
}

/* The run's events go to @trace from here on, if they are asked for. */
static int open_trace(const struct run *run, struct run_trace *trace)
{
	struct strbuf about = STRBUF_INIT;
	int err;

	if (!trace_path)
		return STATUS_OK;
	add_about(&about, run);
	err = run_trace_open(trace, trace_path, strbuf_str(&about), &run->cost);
	strbuf_release(&about);
	if (err) {
		error("%s: %s", trace_name(), strerror(-err));
		return STATUS_BROKEN;
	}
	tracing = trace;
	return STATUS_OK;
}

/* @status: of the run; one that is broken leaves no file. */
static int close_trace(int status)
{
	struct run_trace *trace = tracing;
	int err;

	tracing = NULL;
	if (!trace)
		return status;
	if (status == STATUS_BROKEN && strcmp(trace_path, "-")) {
		run_trace_abort(trace);
		return status;
	}
	err = run_trace_close(trace);
	if (!err)
		return status;
	error("%s: the event stream could not be written: %s", trace_name(), strerror(-err));
	return STATUS_BROKEN;
}

static int run_and_print(struct run *run)
{
	struct sim_result result = { 0 };
	int status;

	run->rows.max = all_ops ? 0 : RUN_MAX_ROWS;
	run->rows.quiet = all_ops;
	status = run_script(run, tracing ? run_trace_sink(tracing) : NULL, &result);
	if (!run->json && status != STATUS_BROKEN)
		status = worse(status, print_result(run, &result));
	run_rows_release(&run->rows);
	sim_result_release(&result);
	return status;
}

/* A script that could not be run. */
static void json_broken(struct report_json *out, const char *path, const char *why)
{
	report_json_object(out, NULL);
	report_json_str(out, "file", path);
	report_json_str(out, "error", why);
	report_json_close(out);
}

static int run_one(const char *path, const struct report_cost *cost, struct report_json *out)
{
	struct run run = { .cost = *cost, .json = out };
	struct script *script = load(path, !quiet, &run);
	struct run_trace trace;
	int status = STATUS_BROKEN;

	if (script)
		status = open_trace(&run, &trace);
	if (status == STATUS_OK)
		status = close_trace(run_and_print(&run));
	else if (out)
		json_broken(out, path, script ? "EIO" : "EINVAL");
	script_free(script);
	return status;
}

static const char *verdict(int status, const struct sim_result *result)
{
	if (status == STATUS_BROKEN)
		return "broken";
	if (result->failed)
		return "FAILED";
	return result->violations ? "BROKEN INVARIANT" : "ok";
}

static void add_script(struct report_table *table, const char *path, int status,
		       const struct sim_result *result, double stall)
{
	report_table_row(table);
	report_table_str(table, path);
	report_table_str(table, verdict(status, result));
	report_table_count(table, result->ops);
	report_table_count(table, result->checked);
	report_table_count(table, result->failed);
	report_table_count(table, result->counters[SIM_NOTIFICATIONS]);
	report_table_size(table, result->counters[SIM_BYTES_NOTIFIED]);
	report_table_ns(table, stall);
}

/**
 * struct many - several scripts
 * @table: one row each: they are quiet and @rows tells the table; otherwise each prints all
 */
struct many {
	char **paths;
	const struct report_cost *cost;
	struct report_json *json;
	bool table;
};

struct many_row {
	int status;
	double stall;
	struct sim_result result;
};

/* A script of which the table will have a row: prints what failed. */
static int summarise(const struct many *many, const char *path, struct many_row *row)
{
	struct run run = { .cost = *many->cost };
	struct script *script = load(path, false, &run);

	row->status = STATUS_BROKEN;
	run.rows.max = 1;
	if (script)
		row->status = run_script(&run, NULL, &row->result);
	row->stall = run.stall.sum.total;
	print_visible(stdout, strbuf_str(&row->result.failures), row->result.failures.len);
	run_rows_release(&run.rows);
	sim_result_release(&row->result);
	script_free(script);
	return row->status;
}

static int run_task(void *ctx, size_t i, void *slot)
{
	const struct many *many = ctx;

	if (many->table)
		return summarise(many, many->paths[i], slot);
	/* in a process of its own, or here, after those before it */
	if (many->json && jobs > 1 && !keep.store)
		report_json_skip(many->json, i);
	return run_one(many->paths[i], many->cost, many->json);
}

static int run_all(struct many *many, struct many_row *rows, size_t nr)
{
	const struct jobs all = {
		.at_once = keep.store ? 1 : jobs,
		.nr = nr,
		.task = run_task,
		.ctx = many,
		.slots = rows,
		.slot_size = sizeof(*rows),
	};
	int status = rows ? jobs_run(&all) : STATUS_BROKEN;

	if (!rows)
		error("out of memory for %zu scripts", nr);
	if (many->json && jobs > 1 && !keep.store)
		report_json_skip(many->json, nr);
	return status;
}

static size_t count(char **paths)
{
	size_t nr = 0;

	while (paths[nr])
		nr++;
	return nr;
}

static int run_many(char **paths, const struct report_cost *cost)
{
	static const struct report_column columns[] = {
		{ "SCRIPT" },			{ "VERDICT" },
		{ "OPERATIONS", REPORT_RIGHT }, { "EXPECTATIONS", REPORT_RIGHT },
		{ "FAILED", REPORT_RIGHT },	{ "NOTIFICATIONS", REPORT_RIGHT },
		{ "NOTIFIED", REPORT_RIGHT },	{ "EST. STALL", REPORT_RIGHT },
	};
	struct many many = { .paths = paths, .cost = cost, .table = true };
	size_t nr = count(paths), i;
	struct many_row *rows;
	struct report_table *table;
	int status, err;

	err = report_table_new(columns, sizeof(columns) / sizeof(columns[0]), !noheadings, &table);
	if (err)
		return model_error("table", err);
	rows = mem_zalloc(nr * sizeof(*rows));
	status = run_all(&many, rows, nr);
	for (i = 0; rows && i < nr; i++)
		add_script(table, paths[i], rows[i].status, &rows[i].result, rows[i].stall);
	mem_free(rows);
	if (!quiet && report_table_print(table, stdout))
		status = STATUS_BROKEN;
	report_table_free(table);
	return status;
}

/* Each script with all that it has to say. */
static int run_each(char **paths, const struct report_cost *cost, struct report_json *out)
{
	struct many many = { .paths = paths, .cost = cost, .json = out };
	size_t nr = count(paths);
	struct many_row *rows = mem_zalloc(nr * sizeof(*rows));
	int status = run_all(&many, rows, nr);

	mem_free(rows);
	return status;
}

static int run_json(char **paths, const struct report_cost *cost)
{
	struct report_json out;
	int status;

	report_json_init(&out, stdout);
	report_json_object(&out, NULL);
	model_json_cost(&out, "cost", cost);
	report_json_array(&out, "scripts");
	status = run_each(paths, cost, &out);
	report_json_close(&out);
	status = worse(status, store_status);
	report_json_int(&out, "status", status);
	report_json_close(&out);
	return report_json_end(&out) ? STATUS_BROKEN : status;
}

static int run_scripts(int argc, char **argv, const struct report_cost *cost)
{
	if (json)
		return run_json(argv, cost);
	if (argc > 1 && !all_ops && !stats && !stall_table && !map && !map_line)
		return run_many(argv, cost);
	return run_each(argv, cost, NULL);
}

static int run(int argc, char **argv)
{
	struct report_cost cost;
	int status;

	if (!argc)
		return usage_error(&command_run, "which script?");
	if (levels && levels != 4 && levels != 5)
		return usage_error(&command_run, "--levels is 4 or 5");
	if (stall_table && (json || quiet))
		return usage_error(&command_run, "--stall is for the table (--json has it all)");
	if ((map || map_line) && (json || quiet))
		return usage_error(&command_run, "--map draws: not with --json or --quiet");
	if (trace_path && argc > 1)
		return usage_error(&command_run, "--trace wants exactly one script");
	if (trace_path && json && !strcmp(trace_path, "-"))
		return usage_error(&command_run, "--json and --trace - both want standard output");
	if (trace_path && !strcmp(trace_path, "-") && (stats || stall_table || map || map_line))
		return usage_error(&command_run, "--trace - prints no table: not with --stats, "
				   "--stall or --map");
	nr_values = param_values(&command_run, &params, values);
	if (nr_values < 0)
		return STATUS_USAGE;
	if (!stall_limits(&command_run, watchdog_thresh, stall_limit, &limits))
		return STATUS_USAGE;
	if (!model_cost(cost_path, &cost))
		return STATUS_BROKEN;
	status = keep_open(&keep, store_path, "run");
	if (status == STATUS_OK)
		status = run_scripts(argc, argv, &cost);
	keep_close(&keep, quiet);
	return worse(status, store_status);
}

static const struct option options[] = {
	OPT_CHOICE('p', "profile", &profile, "NAME",
		   "behave as this kernel (" DEFAULT_PROFILE " if not given):", script_kernel_names),
	OPT_CHOICES('d', "design", &designs, "NAME,...", "and as no kernel does:",
		    design_run_choices),
	DESIGN_TUNING_OPTIONS(&tuning),
	OPT_CHOICE('m', "mmu", &mmu, "KIND", "give every VM this kind of MMU, whatever it says:",
		   mmu_names),
	OPT_UINT('l', "levels", &levels, "N", "levels of the primary page tables: 4 or 5"),
	PARAM_OPTION(&params),
	OPT_STRING('t', "trace", &trace_path, "FILE",
		   "events as ftrace text; - for no table, .pftrace for Perfetto"),
	OPT_FLAG('a', "audit", &audit, "check invariants 1 to 8 after every operation"),
	OPT_FLAG(0, "literal", &literal, "scan tables entry by entry instead of counting"),
	OPT_FLAG('s', "stats", &stats, "print every counter"),
	STALL_TABLE_OPTION(&stall_table),
	OPT_FLAG(0, "map", &map, "draw the address space around the operation that costs most"),
	OPT_UINT(0, "map-line", &map_line, "LINE", "or around the one of this line that does"),
	OPT_FLAG(0, "ascii", &ascii, "draw with ASCII characters (also where the locale is not UTF-8)"),
	OPT_FLAG(0, "all-ops", &all_ops, "print every operation, also those that sent nothing"),
	OPT_STRING('c', "cost", &cost_path, "FILE", "a cost table for the estimates"),
	STALL_OPTIONS(&watchdog_thresh, &stall_limit),
	STORE_OPTION(&store_path),
	JOBS_OPTION(&jobs, "scripts"),
	OPT_FLAG('J', "json", &json, "everything as JSON"),
	OPT_FLAG('n', "noheadings", &noheadings, "no headings over tables"),
	OPT_FLAG('q', "quiet", &quiet, "print failed expectations only"),
	OPT_END,
};

const struct command command_run = {
	.name = "run",
	.run = run,
	.summary = "execute scripts on the model",
	.usage = (const char *const[]){ "[options] SCRIPT...", NULL },
	.about = "Execute each script on the model of one kernel and show, per operation, what was\n"
		 "notified and what the secondary MMUs did about it. Expectations that fail are\n"
		 "shown beside what happened. '-' is standard input. Several scripts give one row\n"
		 "each. Failed system calls are noted on standard error and the run goes on.\n"
		 "\n"
		 "Exit status: 0 all expectations hold, 1 one failed or --audit found a broken\n"
		 "invariant, 2 wrong usage, 3 a script is broken or an output (also that of --trace)\n"
		 "could not be written.",
	.options = options,
	.examples = (const char *const[]){
		"mmuscope run scripts/head-of-512g.mms",
		"mmuscope run --profile linux-6.1 --trace - scripts/head-of-512g.mms",
		"mmuscope run --trace head.pftrace scripts/head-of-512g.mms",
		"mmuscope run --design tight,rmap=index scripts/head-of-512g.mms",
		"mmuscope run --map scripts/one-touched-page-512g.mms",
		"mmuscope run --audit --stats scripts/head-of-512g.mms",
		"mmuscope run --quiet scripts/*.mms",
		"echo 'map a 0x10000000 2M rw anon private' | mmuscope run --json -",
		NULL,
	},
};
