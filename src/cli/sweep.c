// SPDX-License-Identifier: GPL-2.0-or-later
/* mmuscope sweep */
#include "sweep_internal.h"
#include "terminal_internal.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <base/mem.h>

static int profile = -1, mmu = -1;
static uint64_t levels, designs, jobs, watchdog_thresh;
static struct design_tuning tuning = DESIGN_TUNING_INIT;
static const char *cost_path, *stall_limit, *store_path, *shard_text;
static struct option_strings params;
static bool json, audit, noheadings;

void sweep_values(const struct sweep *sweep, size_t nr, struct script_value *ret_values)
{
	uint64_t rest = sweep->shard.index + (uint64_t)nr * sweep->shard.nr;
	size_t i;

	/* the last parameter changes fastest */
	for (i = sweep->params.nr; i--;) {
		const struct script_param *param = &sweep->params.params[i];

		ret_values[i] = (struct script_value){ param->name,
						       param->values[rest % param->nr_values] };
		rest /= param->nr_values;
	}
}

int sweep_parse(const struct sweep *sweep, size_t nr, struct strbuf *diag,
		struct sim_options *ret_options, struct script **ret_script)
{
	struct script_value values[SCRIPT_MAX_PARAMS];
	struct sim_options options = sweep->options;
	int err;

	sweep_values(sweep, nr, values);
	options.designs = sweep->designs;
	err = model_parse(sweep->file, sweep->text, sweep->len, &options, values,
			  sweep->params.nr, diag, ret_script);
	if (err)
		return err;
	if (!options.profile)
		options.profile = DEFAULT_PROFILE;
	design_apply(&options, options.designs, &sweep->tuning, &sweep->cost);
	*ret_options = options;
	return 0;
}

static void op_done(void *ctx, const struct sim_op_result *result)
{
	void **pair = ctx;
	struct report_stall stall;

	stall_add(pair[0], result, &stall);
	keep_op(pair[1], result, &stall);
}

static void fill_row(struct sweep_row *row, const struct sim_result *result,
		     const struct sim_options *options, const struct script *script)
{
	struct strbuf mmus = STRBUF_INIT;

	if (options->mmu >= 0 && model_first_mmu(script) >= 0)
		strbuf_addstr(&mmus, mmu_names[options->mmu]);
	else
		model_mmus(script, &mmus);
	snprintf(row->mmus, sizeof(row->mmus), "%s", strbuf_str(&mmus));
	snprintf(row->profile, sizeof(row->profile), "%s", options->profile);
	row->designs = options->designs;
	row->levels = options->levels ? options->levels : 4;
	row->executed = result->ops;
	row->checked = result->checked;
	row->failed = result->failed;
	row->violations = result->violations;
	memcpy(row->counters, result->counters, sizeof(row->counters));
	strbuf_release(&mmus);
}

static void execute(const struct sweep *sweep, struct keep *keep, struct sim_options *options,
		    const struct script *script, struct sweep_row *row, struct strbuf *text)
{
	struct stall_watch watch = { .cost = &sweep->cost, .limits = sweep->limits,
				     .options = *options,
				     .mmu = options->mmu >= 0 ? options->mmu :
								model_first_mmu(script) };
	void *pair[2] = { &watch, keep };
	uint64_t added = keep->added;
	struct sim_result result = { 0 };

	options->op_done = op_done;
	options->ctx = pair;
	row->status = keep_begin(keep, script, options, &sweep->cost);
	row->err = sim_run(script, options, &result);
	row->status = worse(row->status, keep_finish(keep, &result, &watch.sum, row->err));
	row->stored = sweep->store && row->status == STATUS_OK;
	row->new = keep->added > added;
	if (row->err)
		row->status = model_error(script->file, row->err);
	else if (result.failed || result.violations)
		row->status = worse(row->status, STATUS_DIFFERENT);
	row->stall = watch.sum;
	fill_row(row, &result, options, script);
	strbuf_addstr(text, strbuf_str(&result.failures));
	row->done = true;
	sim_result_release(&result);
}

void sweep_execute(const struct sweep *sweep, struct keep *keep, size_t nr, struct sweep_row *row,
		   struct strbuf *text)
{
	struct strbuf diag = STRBUF_INIT;
	struct sim_options options;
	struct script *script = NULL;
	int err = sweep_parse(sweep, nr, &diag, &options, &script);

	*row = (struct sweep_row){ .status = STATUS_BROKEN, .err = err };
	if (err)
		error("%s: %s", sweep->file, strerror(-err));
	else
		execute(sweep, keep, &options, script, row, text);
	script_free(script);
	strbuf_release(&diag);
}

/* --param NAME=VALUE,VALUE instead of the values in the script */
static int override(struct sweep *sweep)
{
	struct script_value values[OPTION_MAX_STRINGS];
	int i, nr = param_values(&command_sweep, &params, values);
	size_t at;

	for (i = 0; i < nr; i++) {
		struct script_param *found = NULL;

		for (at = 0; at < sweep->params.nr; at++)
			if (!strcmp(sweep->params.params[at].name, values[i].name))
				found = &sweep->params.params[at];
		if (!found) {
			error("%s: no parameter '%s' in the script", sweep->file, values[i].name);
			return STATUS_BROKEN;
		}
		if (script_params_split(found, values[i].value, strlen(values[i].value)))
			return usage_error(&command_sweep, "--param %s wants values with commas "
					   "between them", values[i].name);
	}
	return nr < 0 ? STATUS_USAGE : STATUS_OK;
}

/* A setting comes from the script or from an option, not from both. */
static int check_settings(const struct sweep *sweep)
{
	const struct { const char *name; bool given; } settings[] = {
		{ "profile", profile >= 0 }, { "design", designs }, { "mmu", mmu >= 0 },
		{ "levels", levels },
	};
	size_t i, at;

	for (i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		for (at = 0; at < sweep->params.nr; at++)
			if (settings[i].given &&
			    !strcmp(sweep->params.params[at].name, settings[i].name))
				return usage_error(&command_sweep, "'%s' is a parameter of the "
						   "script: set it with --param %s=VALUE",
						   settings[i].name, settings[i].name);
	return STATUS_OK;
}

static int count(struct sweep *sweep)
{
	size_t i;

	sweep->total = 1;
	for (i = 0; i < sweep->params.nr; i++) {
		sweep->total *= sweep->params.params[i].nr_values;
		if (sweep->total > SWEEP_MAX_RUNS) {
			error("%s: more than %u combinations of parameters", sweep->file,
			      SWEEP_MAX_RUNS);
			return STATUS_BROKEN;
		}
	}
	if (sweep->shard.index < sweep->total)
		sweep->nr = (sweep->total - sweep->shard.index - 1) / sweep->shard.nr + 1;
	sweep->rows = mem_zalloc((sweep->nr + 1) * sizeof(sweep->rows[0]));
	return sweep->rows ? STATUS_OK : model_error(sweep->file, -ENOMEM);
}

/* What a parser said goes to standard error. */
static int finish_diag(struct strbuf *diag, int err)
{
	if (err && diag->len)
		print_visible(stderr, strbuf_str(diag), diag->len);
	else if (err)
		error("%s", strerror(-err));
	strbuf_release(diag);
	return err ? STATUS_BROKEN : STATUS_OK;
}

/* Every script of the sweep is right before any of them runs. */
static int check(const struct sweep *sweep)
{
	struct strbuf diag = STRBUF_INIT;
	int err = 0;
	size_t i;

	for (i = 0; i < sweep->nr && !err; i++) {
		struct script *script = NULL;
		struct sim_options options;

		strbuf_reset(&diag);
		err = sweep_parse(sweep, i, &diag, &options, &script);
		script_free(script);
	}
	return finish_diag(&diag, err);
}

static int load(struct sweep *sweep, const char *path)
{
	struct strbuf diag = STRBUF_INIT;
	int err = script_read(path, &diag, &sweep->text, &sweep->len), status;

	if (!err)
		err = script_params_read(sweep->file, sweep->text, sweep->len, &diag,
					 &sweep->params);
	status = finish_diag(&diag, err);
	if (status == STATUS_OK)
		status = override(sweep);
	if (status == STATUS_OK)
		status = check_settings(sweep);
	status = status == STATUS_OK ? count(sweep) : status;
	return status == STATUS_OK ? check(sweep) : status;
}

/* The store is made, or refused, before anything runs. */
static int open_store(struct sweep *sweep, struct strbuf *path)
{
	struct keep keep;
	int status;

	if (!store_path)
		return STATUS_OK;
	shard_store(&sweep->shard, store_path, path);
	sweep->store = strbuf_str(path);
	status = keep_open(&keep, sweep->store, "sweep");
	keep_close(&keep, true);
	return status;
}

static void say(const struct sweep *sweep)
{
	size_t done = 0, new = 0, known = 0, i;
	struct strbuf name = STRBUF_INIT;

	for (i = 0; i < sweep->nr; i++) {
		done += sweep->rows[i].done;
		new += sweep->rows[i].stored && sweep->rows[i].new;
		known += sweep->rows[i].stored && !sweep->rows[i].new;
	}
	if (done < sweep->nr)
		error("%zu of %zu runs finished", done, sweep->nr);
	if (sweep->store) {
		report_text_clean(&name, sweep->store);
		fprintf(stderr, "%s: %zu run%s added%s", strbuf_str(&name), new,
			new == 1 ? "" : "s", known ? "" : "\n");
		if (known)
			fprintf(stderr, ", %zu there already\n", known);
	}
	strbuf_release(&name);
}

static int sweep_all(struct sweep *sweep, int *ret_signal)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned int nr = jobs ? jobs : cpus > 0 ? cpus : 1;
	int status;

	if (sweep->shard.nr > 1)
		fprintf(stderr, "shard %u of %u%s%s: %zu of %llu runs\n", sweep->shard.index + 1,
			sweep->shard.nr, *sweep->shard.source ? ", from " : "",
			sweep->shard.source, sweep->nr, (unsigned long long)sweep->total);
	status = sweep_run(sweep, nr, ret_signal);
	status = worse(status, json ? sweep_print_json(sweep, status) :
				      sweep_print_table(sweep, !noheadings));
	status = finish_output(status);
	say(sweep);
	return status;
}

static void release(struct sweep *sweep)
{
	size_t i;

	for (i = 0; i < sweep->nr && sweep->rows; i++)
		mem_free(sweep->rows[i].text);
	mem_free(sweep->rows);
	script_params_release(&sweep->params);
	mem_free(sweep->text);
}

static int run(int argc, char **argv)
{
	struct sweep sweep = { .tuning = tuning, .designs = designs };
	struct strbuf path = STRBUF_INIT;
	int status, sig = 0;

	if (argc != 1)
		return usage_error(&command_sweep, argc ? "one script at a time" : "which script?");
	if (levels && levels != 4 && levels != 5)
		return usage_error(&command_sweep, "--levels is 4 or 5");
	if (jobs > SWEEP_MAX_JOBS)
		return usage_error(&command_sweep, "--jobs is at most %u", SWEEP_MAX_JOBS);
	if (!shard_get(&command_sweep, shard_text, &sweep.shard) ||
	    !stall_limits(&command_sweep, watchdog_thresh, stall_limit, &sweep.limits))
		return STATUS_USAGE;
	if (!model_cost(cost_path, &sweep.cost))
		return STATUS_BROKEN;
	sweep.file = strcmp(argv[0], "-") ? argv[0] : "<stdin>";
	sweep.options = (struct sim_options){
		.profile = profile < 0 ? NULL : script_kernel_names[profile],
		.levels = levels, .mmu = mmu, .audit = audit,
	};
	status = load(&sweep, argv[0]);
	if (status == STATUS_OK)
		status = open_store(&sweep, &path);
	if (status == STATUS_OK)
		status = sweep_all(&sweep, &sig);
	release(&sweep);
	strbuf_release(&path);
	if (sig) {
		/* as if it had not been caught */
		signal(sig, SIG_DFL);
		raise(sig);
	}
	return status;
}

static const struct option options[] = {
	PARAM_OPTION(&params),
	OPT_UINT('j', "jobs", &jobs, "N", "runs at a time (one per processor if not given)"),
	OPT_STRING(0, "shard", &shard_text, "K/N",
		   "every N-th run from the K-th on (by itself in a Slurm array)"),
	STORE_OPTION(&store_path),
	OPT_CHOICE('p', "profile", &profile, "NAME",
		   "where the script does not say, behave as this kernel:", script_kernel_names),
	OPT_CHOICES('d', "design", &designs, "NAME,...", "and as no kernel does:",
		    design_run_choices),
	DESIGN_TUNING_OPTIONS(&tuning),
	OPT_CHOICE('m', "mmu", &mmu, "KIND", "give every VM this kind of MMU:", mmu_names),
	OPT_UINT('l', "levels", &levels, "N", "levels of the primary page tables: 4 or 5"),
	OPT_FLAG('a', "audit", &audit, "check invariants 1 to 8 after every operation"),
	OPT_STRING('c', "cost", &cost_path, "FILE", "a cost table for the estimates"),
	STALL_OPTIONS(&watchdog_thresh, &stall_limit),
	OPT_FLAG(0, "json", &json, "every counter of every run as JSON"),
	OPT_FLAG('n', "noheadings", &noheadings, "no headings over tables"),
	OPT_END,
};

const struct command command_sweep = {
	.name = "sweep",
	.run = run,
	.summary = "run a script with every combination of its parameters",
	.usage = (const char *const[]){ "[options] SCRIPT", NULL },
	.about = "Execute a script that declares parameters, 'param NAME VALUE,VALUE...', once for\n"
		 "every combination of their values, several at a time, and show a row for each, in\n"
		 "the order of the values. The parameters profile, design, mmu and levels set how\n"
		 "it is run. With --store every run is kept as soon as it is finished; a sweep that\n"
		 "is stopped leaves those, and can be repeated. --param NAME=VALUE,VALUE sets other\n"
		 "values than the script has.\n"
		 "\n"
		 "--shard K/N does one part of N, of any order, on any machine, and puts it into a\n"
		 "store of its own: results.db becomes results.K-of-N.db. 'mmuscope merge' puts these\n"
		 "together.\n"
		 "\n"
		 "Exit status: 0 all expectations hold, 1 one failed or --audit found a broken\n"
		 "invariant, 2 wrong usage, 3 the script is broken or results could not be stored.",
	.options = options,
	.examples = (const char *const[]){
		"mmuscope sweep scripts/sweeps/touched-pages.mms",
		"mmuscope sweep --param pages=1,512 --jobs 2 --json scripts/sweeps/touched-pages.mms",
		"mmuscope sweep --shard 1/2 --store sweep.db scripts/sweeps/touched-pages.mms",
		"mmuscope sweep --shard 2/2 --store sweep.db scripts/sweeps/touched-pages.mms",
		NULL,
	},
};
