// SPDX-License-Identifier: GPL-2.0-or-later
/* mmuscope list */
#include "cli_internal.h"
#include "keep_internal.h"
#include "model_internal.h"

#include <errno.h>
#include <string.h>

#include <report/table.h>

static bool json;
static bool noheadings;

struct list {
	struct report_table *table;
	struct report_json out;
};

static void add(struct list *list, const char *name, const char *text)
{
	if (!json) {
		report_table_row(list->table);
		report_table_str(list->table, name);
		report_table_str(list->table, text);
		return;
	}
	report_json_line(&list->out, NULL);
	report_json_str(&list->out, "name", name);
	report_json_str(&list->out, "meaning", text);
	report_json_close(&list->out);
}

static void list_profiles(struct list *list)
{
	unsigned int i;

	for (i = 0; script_kernel_names[i]; i++) {
		const char *summary = sim_profile_summary(script_kernel_names[i]);

		add(list, script_kernel_names[i], summary ? summary : "");
	}
}

static void list_designs(struct list *list)
{
	unsigned int i;

	for (i = 0; script_design_names[i]; i++)
		add(list, script_design_names[i], sim_design_summary(i));
}

static void list_counters(struct list *list)
{
	unsigned int i;

	for (i = 0; i < SIM_COUNTER_NR; i++)
		add(list, sim_counter_names[i], sim_counter_help[i]);
}

static void list_costs(struct list *list)
{
	struct strbuf ns = STRBUF_INIT;
	struct report_cost cost;
	unsigned int i;

	report_cost_default(&cost);
	for (i = 0; i < COST_NR; i++) {
		strbuf_reset(&ns);
		if (cost.known[i])
			strbuf_addf(&ns, "%.9g ns in the built-in table", cost.ns[i]);
		else
			strbuf_addstr(&ns, "not in the built-in table");
		add(list, report_cost_names[i], strbuf_str(&ns));
	}
	strbuf_release(&ns);
}

static const struct {
	const char *name;
	void (*list)(struct list *list);
} things[] = {
	{ "profiles", list_profiles },
	{ "designs", list_designs },
	{ "counters", list_counters },
	{ "costs", list_costs },
};

static int print(void (*fill)(struct list *list))
{
	static const struct report_column columns[] = { { "NAME" }, { "MEANING" } };
	struct list list;
	int err;

	if (json) {
		report_json_init(&list.out, stdout);
		report_json_array(&list.out, NULL);
		fill(&list);
		report_json_close(&list.out);
		return report_json_end(&list.out) ? STATUS_BROKEN : STATUS_OK;
	}
	err = report_table_new(columns, 2, !noheadings, &list.table);
	if (err)
		return model_error("table", err);
	fill(&list);
	err = report_table_print(list.table, stdout);
	report_table_free(list.table);
	return err ? STATUS_BROKEN : STATUS_OK;
}

static int add_run(void *ctx, const struct report_run_names *run)
{
	const char *const cells[] = { run->file, run->profile, run->designs, run->mmu, run->params };
	static const char *const names[] = { "file", "profile", "designs", "mmu", "params" };
	struct strbuf text = STRBUF_INIT;
	struct list *list = ctx;
	size_t i;

	if (json) {
		report_json_line(&list->out, NULL);
		report_json_str(&list->out, "id", run->id);
		for (i = 0; i < 5; i++)
			report_json_str(&list->out, names[i], cells[i]);
		report_json_str(&list->out, "version", run->version);
		report_json_str(&list->out, "cost", run->cost);
		report_json_close(&list->out);
		return 0;
	}
	report_table_row(list->table);
	strbuf_addf(&text, "%.12s", run->id);
	report_table_str(list->table, strbuf_str(&text));
	for (i = 0; i < 5; i++)
		report_table_str(list->table, cells[i]); /* makes control bytes visible itself */
	strbuf_release(&text);
	return 0;
}

static int print_runs(struct report_store *store, struct strbuf *diag)
{
	static const struct report_column columns[] = { { "ID" }, { "FILE" }, { "PROFILE" },
							{ "DESIGN" }, { "MMU" }, { "PARAMETERS" } };
	struct list list;
	int err;

	if (json) {
		report_json_init(&list.out, stdout);
		report_json_array(&list.out, NULL);
		err = report_store_runs(store, diag, add_run, &list);
		report_json_close(&list.out);
		return report_json_end(&list.out) && !err ? -EIO : err;
	}
	err = report_table_new(columns, 6, !noheadings, &list.table);
	if (err)
		return err;
	err = report_store_runs(store, diag, add_run, &list);
	if (!err)
		err = report_table_print(list.table, stdout);
	report_table_free(list.table);
	return err;
}

static int list_runs(const char *path)
{
	struct strbuf diag = STRBUF_INIT;
	struct report_store *store;
	int err = report_store_open(path, REPORT_STORE_READ, &diag, &store);

	if (err)
		return keep_error(err, &diag);
	err = print_runs(store, &diag);
	report_store_close(store);
	return err ? keep_error(err, &diag) : STATUS_OK;
}

static int run(int argc, char **argv)
{
	size_t i;

	if (argc && !strcmp(argv[0], "runs"))
		return argc == 2 ? list_runs(argv[1]) :
				   usage_error(&command_list, "the runs of which store?");
	if (argc != 1)
		return usage_error(&command_list, "list what: profiles, designs, counters, costs, "
				   "or the runs of a store?");
	for (i = 0; i < sizeof(things) / sizeof(things[0]); i++)
		if (!strcmp(argv[0], things[i].name))
			return print(things[i].list);
	return usage_error(&command_list, "no list of '%s'; one of profiles designs counters costs runs", argv[0]);
}

static const struct option options[] = {
	OPT_FLAG('j', "json", &json, "as JSON"),
	OPT_FLAG('n', "noheadings", &noheadings, "no headings over tables"),
	OPT_END,
};

const struct command command_list = {
	.name = "list",
	.run = run,
	.summary = "the profiles, designs, counters and costs there are, the runs of a store",
	.usage = (const char *const[]){ "[options] profiles|designs|counters|costs",
					"[options] runs STORE", NULL },
	.about = "List the profiles that --profile takes, the designs that --design takes, the\n"
		 "counters that assert and --stats know, or the costs that a cost table may hold; or\n"
		 "the runs of a result store with the ids that 'mmuscope diff' takes.",
	.options = options,
	.words = (const char *const[]){ "profiles", "designs", "counters", "costs", "runs", NULL },
	.examples = (const char *const[]){ "mmuscope list profiles", "mmuscope list --json counters",
					   "mmuscope run -q --store list.db scripts/head-of-512g.mms"
					   " && mmuscope list runs list.db",
					   NULL },
};
