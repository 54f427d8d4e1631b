// SPDX-License-Identifier: GPL-2.0-or-later
/* mmuscope report */
#include "cli_internal.h"
#include "command_line_internal.h"
#include "keep_internal.h"
#include "report_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <base/mem.h>
#include <report/store_page.h>
#include <trace/file.h>

static const char *output, *cost_path, *stall_limit, *store_path;
static int profile = -1;
static uint64_t mmus, levels, watchdog_thresh, grow = UINT64_MAX;
static struct option_sets designs;
static struct design_tuning tuning = DESIGN_TUNING_INIT;
static struct option_strings params;
static struct script_value values[OPTION_MAX_STRINGS];
static int nr_values;
static bool no_growth;

/* The options that this command, run and compare have in common, as they were given. */
static void add_common(struct strbuf *out, const struct report_config *config)
{
	struct command_line line = { &params, levels, &config->tuning, cost_path,
				     watchdog_thresh, stall_limit };

	command_line_common(out, &line);
}

static void make_command(struct report_config *config, char **paths)
{
	struct strbuf *out = &config->command;
	unsigned int i;

	strbuf_addstr(out, "mmuscope report");
	if (profile >= 0)
		strbuf_addf(out, " --profile %s", config->profile);
	command_line_set(out, "--mmu", mmu_names, config->mmus);
	for (i = 0; i < config->designs.nr; i++)
		command_line_set(out, "--design", design_choices, config->designs.set[i]);
	if (!config->grow)
		strbuf_addstr(out, " --no-growth");
	else if (config->grow != UINT64_MAX) {
		strbuf_addstr(out, " --grow ");
		strbuf_addsize(out, config->grow);
	}
	add_common(out, config);
	strbuf_addstr(out, " -o ");
	shell_quote(out, output ? output : "-");
	for (; *paths; paths++) {
		strbuf_addch(out, ' ');
		shell_quote_path(out, *paths);
	}
	strbuf_addch(out, '\n');
}

/* What a script's own parameters say about how it is run, where no option does. */
static struct report_config with_settings(const struct report_config *config,
					  const struct sim_options *options,
					  const struct script *script)
{
	struct report_config own = *config;
	int mmu = model_param_mmu(script);

	own.levels = options->levels;
	own.profile = options->profile ? options->profile : DEFAULT_PROFILE;
	if (!own.mmus && mmu >= 0)
		own.mmus = UINT64_C(1) << mmu;
	return own;
}

/* What the sections show, as commands that print the same numbers. */
static void add_commands(const struct report_script *rs, const char *path,
			 struct strbuf *out)
{
	const struct report_config *config = &rs->config;

	strbuf_addstr(out, strbuf_str(&config->command));
	strbuf_addf(out, "mmuscope run --map --profile %s", config->profile);
	if (rs->shown->mmu >= 0)
		strbuf_addf(out, " --mmu %s", mmu_names[rs->shown->mmu]);
	add_common(out, config);
	strbuf_addch(out, ' ');
	shell_quote_path(out, path);
	strbuf_addstr(out, "\nmmuscope compare");
	command_line_set(out, "--mmu", mmu_names, config->mmus);
	add_common(out, config);
	strbuf_addch(out, ' ');
	shell_quote_path(out, path);
	strbuf_addch(out, '\n');
	if (rs->growth.sizes < 2 || rs->script->nr_params)
		return;
	strbuf_addstr(out, "grep -v '^ *>' ");
	shell_quote_path(out, path);
	strbuf_addstr(out, " | sed 's/ ");
	strbuf_addsize(out, rs->growth.from);
	strbuf_addstr(out, "\\>/ ");
	strbuf_addsize(out, rs->growth.size[0]);
	strbuf_addstr(out, "/g' | mmuscope compare -\n");
}

static int write_page(const struct page *page)
{
	const char *path = output ? output : "-";
	struct strbuf html = STRBUF_INIT;
	struct trace_file file;
	int err;

	report_page(page, &html);
	err = strbuf_error(&html);
	if (!err)
		err = trace_file_open(&file, path);
	if (!err) {
		trace_file_write(&file, html.buf, html.len);
		err = trace_file_close(&file);
	}
	strbuf_release(&html);
	if (!err)
		return STATUS_OK;
	error("%s: the report could not be written: %s",
	      output ? output : "standard output", strerror(-err));
	return STATUS_BROKEN;
}

static int run_scripts(const struct report_config *config, char **paths,
		       struct report_script *rs, struct page_script *sections,
		       size_t *ret_nr)
{
	int status = STATUS_OK;
	size_t nr = 0;

	for (; *paths && status == STATUS_OK; paths++) {
		/* designs and MMUs are shown side by side: the script may leave them open */
		struct sim_options options = {.profile = profile < 0 ? NULL : config->profile,
					      .designs = DESIGN_NONE,
					      .levels = config->levels};
		struct script *script = model_load(*paths, &options, true, values, nr_values);
		struct report_config own;

		if (!script)
			return STATUS_BROKEN;
		own = with_settings(config, &options, script);
		status = report_script_run(&rs[nr], &own, script);
		*ret_nr = ++nr;
		if (status != STATUS_OK)
			break;
		if (report_script_page(&rs[nr - 1], &sections[nr - 1]))
			return model_error(*paths, -ENOMEM);
		add_commands(&rs[nr - 1], *paths, &sections[nr - 1].commands);
	}
	return status;
}

static int report(struct report_config *config, int argc, char **argv)
{
	struct report_script *rs = mem_zalloc(argc * sizeof(*rs));
	struct page_script *sections = mem_zalloc(argc * sizeof(*sections));
	struct page page = {.version = mmuscope_version, .scripts = sections};
	struct strbuf cost = STRBUF_INIT;
	int status = rs && sections ? STATUS_OK : model_error("report", -ENOMEM);
	size_t i;

	make_command(config, argv);
	report_cost_notes(&config->cost, &cost);
	page.cost = strbuf_str(&cost);
	if (status == STATUS_OK)
		status = run_scripts(config, argv, rs, sections, &page.nr);
	if (status == STATUS_OK)
		status = write_page(&page);
	for (i = 0; i < page.nr; i++) {
		strbuf_release(&sections[i].headline);
		strbuf_release(&sections[i].verdict);
		strbuf_release(&sections[i].commands);
		strbuf_release(&sections[i].failures);
		report_script_release(&rs[i]);
	}
	strbuf_release(&cost);
	mem_free(rs);
	mem_free(sections);
	return status;
}

/* Nothing is executed: what was stored is shown. */
static int report_stored(const struct report_config *config)
{
	struct strbuf diag = STRBUF_INIT, quoted = STRBUF_INIT;
	struct store_page stored = {0};
	struct report_store *store;
	struct page page = {.version = mmuscope_version,
			    .cost = "the cost table that is stored with each run\n"};
	int status, err = report_store_open(store_path, REPORT_STORE_READ, &diag, &store);

	if (err)
		return keep_error(err, &diag);
	shell_quote(&quoted, store_path);
	err = report_store_page(store, strbuf_str(&quoted), &config->limits, &diag,
				&stored);
	strbuf_release(&quoted);
	report_store_close(store);
	if (err)
		return keep_error(err, &diag);
	page.scripts = stored.sections;
	page.nr = stored.nr;
	if (!page.nr)
		error("%s: no run in the store", store_path);
	status = page.nr ? write_page(&page) : STATUS_BROKEN;
	store_page_release(&stored);
	return status;
}

/* Is there an option that says how scripts are run? */
static bool executes(void)
{
	return profile >= 0 || designs.nr || mmus || levels || params.nr || cost_path ||
	       no_growth || grow != UINT64_MAX || tuning.gap != UINT64_MAX ||
	       tuning.granularity >= 0;
}

static int run(int argc, char **argv)
{
	struct report_config config = {.mmus = mmus,
				       .designs = designs,
				       .tuning = tuning,
				       .levels = levels,
				       .grow = no_growth ? 0 : grow};
	int status;

	config.profile = profile < 0 ? DEFAULT_PROFILE : script_kernel_names[profile];
	if (store_path && argc)
		return usage_error(&command_report, "scripts or --store, not both");
	if (store_path && executes())
		return usage_error(&command_report, "--store executes nothing: it goes with -o, "
				   "--watchdog-thresh and --stall-limit only");
	if (!argc && !store_path)
		return usage_error(&command_report, "which script?");
	if (levels && levels != 4 && levels != 5)
		return usage_error(&command_report, "--levels is 4 or 5");
	nr_values = param_values(&command_report, &params, values);
	if (nr_values < 0 ||
	    !stall_limits(&command_report, watchdog_thresh, stall_limit, &config.limits))
		return STATUS_USAGE;
	if (store_path)
		return report_stored(&config);
	if (!model_cost(cost_path, &config.cost))
		return STATUS_BROKEN;
	status = report(&config, argc, argv);
	strbuf_release(&config.command);
	return status;
}

static const struct option options[] = {
	OPT_STRING('o', "output", &output, "FILE",
		   "the page (standard output if not given)"),
	OPT_STRING(0, "store", &store_path, "FILE", "show the runs of this result store"),
	OPT_CHOICE('p', "profile", &profile, "NAME",
		   "the kernel to show in detail (" DEFAULT_PROFILE " if not given):",
		   script_kernel_names),
	OPT_SETS('d', "design", &designs, "NAME,...",
		 "rows for it with these; may be repeated (all if not given):",
		 design_choices),
	DESIGN_TUNING_OPTIONS(&tuning),
	OPT_CHOICES('m', "mmu", &mmus, "KIND,...",
		    "kinds of MMU to give every VM (the script's own if not given):",
		    mmu_names),
	OPT_UINT('l', "levels", &levels, "N",
		 "levels of the primary page tables: 4 or 5"),
	PARAM_OPTION(&params),
	OPT_SIZE(0, "grow", &grow, "SIZE",
		 "the size in the script that is replaced to see growth"),
	OPT_FLAG(0, "no-growth", &no_growth, "no plots of growth"),
	OPT_STRING('c', "cost", &cost_path, "FILE", "a cost table for the estimates"),
	STALL_OPTIONS(&watchdog_thresh, &stall_limit),
	OPT_END,
};

const struct command command_report = {
	.name = "report",
	.run = run,
	.summary = "scripts executed and explained on one HTML page",
	.usage = (const char *const[]){"[options] SCRIPT...", "[options] --store FILE",
				       NULL},
	.about = "Execute scripts on the model and write a page about them: the verdict "
		 "in words, the\n"
		 "address space around each operation that counts, a timeline, kernels "
		 "and designs side\n"
		 "by side, and what grows with the size. The page is one file, needs no "
		 "network, and\n"
		 "script in it only for zooming. Growth is the script itself with one of "
		 "its sizes\n"
		 "replaced: that of the operation that costs most, or --grow. '-' is "
		 "standard input.\n"
		 "With --store nothing is executed: the runs of a result store are "
		 "shown, without the\n"
		 "address space; growth is then by a parameter that a sweep set to "
		 "several numbers.\n"
		 "\n"
		 "Exit status: 0 written, also when expectations failed or a lockup is "
		 "predicted (the\n"
		 "page says so), 2 wrong usage, 3 a script is broken or the page could "
		 "not be written.",
	.options = options,
	.examples =
		(const char *const[]){
			"mmuscope report -o report.html "
			"scripts/one-touched-page-512g.mms",
			"mmuscope report -m shadow,tdp -d tight -o report.html "
			"scripts/head-of-512g.mms",
			"mmuscope report --profile linux-6.1 --grow 512G "
			"scripts/head-of-512g.mms >report.html",
			NULL,
		},
};
