// SPDX-License-Identifier: GPL-2.0-or-later
/* The results of a probe as text and as JSON. */
#include "cli_internal.h"
#include "probe_internal.h"

#include <math.h>
#include <string.h>

#include <base/errname.h>
#include <report/table.h>

const char *const probe_mmu_names[] = {
	[HOST_PROBE_MMU_TDP] = "tdp",
	[HOST_PROBE_MMU_DIRECT] = "direct",
	[HOST_PROBE_MMU_SHADOW] = "shadow",
};

const char *const probe_placement_names[] = {
	[PROBE_UNKNOWN] = "not to be told from behaviour",
	[PROBE_WHOLE] = "the whole range, populated or not",
	[PROBE_PMD] = "PMD: from the first populated 2 MiB, inside of 1 GiB",
	[PROBE_PUD] = "PUD: from the first 1 GiB in use to the end of its 512 GiB",
};

/* "4,096 every 4K at 1G", "first page" */
static void describe_touched(const struct host_probe_shape *shape, struct strbuf *out)
{
	if (!shape->nr) {
		strbuf_addstr(out, "nothing");
	} else if (shape->nr == 1 && !shape->first) {
		strbuf_addstr(out, "first page");
	} else if (shape->nr == 1 && shape->first + 4096 == shape->len) {
		strbuf_addstr(out, "last page");
	} else {
		report_add_count(out, shape->nr);
		if (shape->nr > 1) {
			strbuf_addstr(out, " every ");
			report_add_size(out, shape->stride);
		} else {
			strbuf_addstr(out, " page");
		}
		if (shape->first) {
			strbuf_addstr(out, " at ");
			report_add_size(out, shape->first);
		}
	}
	if (shape->guest)
		strbuf_addstr(out, ", also by guest");
	if (shape->aliases)
		strbuf_addf(out, " at %u addresses", shape->aliases);
}

static void add_text(struct report_table *table, struct strbuf *text)
{
	report_table_str(table, strbuf_str(text));
	strbuf_reset(text);
}

static void add_spread(struct report_table *table, const struct host_probe_times *times,
		       struct strbuf *text)
{
	report_add_ns(text, times->quarter);
	strbuf_addstr(text, " to ");
	report_add_ns(text, times->three_quarters);
	add_text(table, text);
}

/* The same shape without a guest. */
static const struct probe_item *alone(const struct probe_plan *plan, const struct probe_item *item)
{
	size_t i;

	for (i = 0; i < plan->nr; i++) {
		const struct host_probe_shape *a = &plan->items[i].shape, *b = &item->shape;

		if (!a->vm && a->op == b->op && a->len == b->len && a->first == b->first &&
		    a->nr == b->nr && a->stride == b->stride && !plan->items[i].err)
			return &plan->items[i];
	}
	return NULL;
}

static void add_grid_row(struct report_table *table, const struct probe_plan *plan,
			 const struct probe_item *item)
{
	const struct probe_item *without = alone(plan, item);
	struct strbuf text = STRBUF_INIT;

	report_table_row(table);
	report_table_size(table, item->shape.len);
	report_table_str(table, host_probe_op_names[item->shape.op]);
	describe_touched(&item->shape, &text);
	add_text(table, &text);
	if (without)
		report_table_ns(table, without->times.median);
	else
		report_table_str(table, "-");
	if (item->err) {
		report_table_str(table, errname(item->err));
	} else {
		report_table_ns(table, item->times.median);
		add_spread(table, &item->times, &text);
		report_table_ns(table, item->times.best);
	}
	strbuf_release(&text);
}

static int print_grid(const struct probe_plan *plan, bool headings)
{
	static const struct report_column columns[] = {
		{ "REGION", REPORT_RIGHT },   { "CALL" },
		{ "TOUCHED" },		      { "NO GUEST", REPORT_RIGHT },
		{ "GUEST", REPORT_RIGHT },    { "HALF OF THEM", REPORT_RIGHT },
		{ "UNDISTURBED", REPORT_RIGHT },
	};
	struct report_table *table;
	size_t i;
	int err = report_table_new(columns, 7, headings, &table);

	if (err)
		return err;
	for (i = 0; i < plan->nr; i++)
		if (plan->items[i].roles & PROBE_GRID && plan->items[i].shape.vm)
			add_grid_row(table, plan, &plan->items[i]);
	err = report_table_print(table, stdout);
	report_table_free(table);
	return err;
}

static int print_checks(const struct probe_result *result, bool headings)
{
	static const struct report_column columns[] = {
		{ "REGION", REPORT_RIGHT },    { "CALL" },
		{ "TOUCHED" },		       { "GUEST" },
		{ "PREDICTED", REPORT_RIGHT }, { "MEASURED", REPORT_RIGHT },
		{ "ERROR", REPORT_RIGHT },
	};
	struct strbuf text = STRBUF_INIT;
	struct report_table *table;
	size_t i;
	int err = report_table_new(columns, 7, headings, &table);

	if (err)
		return err;
	for (i = 0; i < result->plan->nr; i++) {
		const struct probe_item *item = &result->plan->items[i];

		if (!item->counted || !(item->row.ns > 0) || !(item->roles & PROBE_CHECK) ||
		    item->roles & PROBE_FIT)
			continue;
		report_table_row(table);
		report_table_size(table, item->shape.len);
		report_table_str(table, host_probe_op_names[item->shape.op]);
		describe_touched(&item->shape, &text);
		add_text(table, &text);
		report_table_str(table, item->shape.vm ? "yes" : "no");
		report_table_ns(table, report_cost_estimate(&result->cost, &item->row.work));
		report_table_ns(table, item->row.ns);
		strbuf_addf(&text, "%+.1f %%", 100 * report_fit_error(&result->cost, &item->row));
		add_text(table, &text);
	}
	err = report_table_print(table, stdout);
	report_table_free(table);
	strbuf_release(&text);
	return err;
}

static const char *const fate[] = {
	[FIT_ABSENT] = "nothing here does such work",
	[FIT_TOGETHER] = "always comes along with others here, which carry its time",
	[FIT_NOISE] = "lost in the noise",
	[FIT_KNOWN] = "",
};

static void print_fit(const struct probe_result *result)
{
	unsigned int item;

	fputs("\ncosts that explain the times (counts are the model's):\n", stdout);
	for (item = 0; item < COST_NR; item++)
		if (result->fit.item[item] == FIT_KNOWN)
			printf("  %-17s %.4g ns\n", report_cost_names[item], result->cost.ns[item]);
		else
			printf("  %-17s left out: %s\n", report_cost_names[item],
			       fate[result->fit.item[item]]);
	printf("of the times they came from they miss half by less than %.1f %%, the worst by %.1f %%\n",
	       100 * result->fit.median_error, 100 * result->fit.worst_error);
	if (result->compared)
		printf("SPTEs zapped: model and kernel count the same in %u of %u shapes\n",
		       result->agreed, result->compared);
}

static void print_machine(const struct probe_result *result)
{
	const struct host_probe_info *info = result->info;

	printf("kernel     Linux %s, %s, %u processors\n", info->release, info->cpu, info->cpus);
	printf("guests     %s MMU (%s)%s%s\n", probe_mmu_names[info->mmu], info->mmu_source,
	       info->module[0] ? ", module " : "", info->module);
	printf("mprotect   %s (%s); as %s\n", probe_placement_names[result->placement],
	       result->placement_source, result->profile);
	printf("measured   medians of %u calls in %u rounds, cold caches%s; UNDISTURBED is the least\n\n",
	       result->plan->samples * result->plan->rounds, result->plan->rounds,
	       info->realtime ? ", real-time priority" : "");
}

int probe_print(const struct probe_result *result, bool headings)
{
	int err;

	print_machine(result);
	err = print_grid(result->plan, headings);
	if (!err && result->fitted)
		print_fit(result);
	if (!err && result->fitted && result->check) {
		fputs("\npredicted and measured, shapes that were not used for the costs:\n", stdout);
		err = print_checks(result, headings);
		printf("median error %.1f %% (aim 10), worst %.1f %% (aim 25)\n",
		       100 * result->check_median, 100 * result->check_worst);
	}
	return err;
}

static void json_work(struct report_json *out, const struct report_work *work)
{
	unsigned int i;

	report_json_object(out, "work");
	for (i = 0; i < COST_NR; i++)
		if (work->nr[i])
			report_json_uint(out, report_cost_names[i], work->nr[i]);
	report_json_close(out);
}

static void json_item(struct report_json *out, const struct probe_result *result,
		      const struct probe_item *item)
{
	const struct host_probe_shape *shape = &item->shape;
	unsigned int i;

	report_json_line(out, NULL);
	report_json_str(out, "call", host_probe_op_names[shape->op]);
	report_json_uint(out, "region", shape->len);
	report_json_uint(out, "touched", shape->nr);
	report_json_uint(out, "first", shape->first);
	report_json_uint(out, "stride", shape->stride);
	report_json_bool(out, "guest", shape->vm);
	report_json_bool(out, "touched_by_guest", shape->guest);
	report_json_uint(out, "guest_aliases", shape->aliases);
	report_json_bool(out, "grid", item->roles & PROBE_GRID);
	report_json_bool(out, "fitted", item->roles & PROBE_FIT);
	report_json_bool(out, "checked", item->roles & PROBE_CHECK && !(item->roles & PROBE_FIT));
	report_json_str(out, "error", item->err ? errname(item->err) : "");
	report_json_uint(out, "samples", item->times.nr);
	report_json_double(out, "undisturbed_ns", item->times.best);
	report_json_double(out, "noise", item->times.noise);
	report_json_array(out, "rounds_ns");
	for (i = 0; i < result->plan->rounds && !item->err; i++)
		report_json_double(out, NULL, item->rounds[i].best);
	report_json_close(out);
	report_json_double(out, "median_ns", item->times.median);
	report_json_double(out, "quarter_ns", item->times.quarter);
	report_json_double(out, "three_quarters_ns", item->times.three_quarters);
	if (item->times.counted)
		report_json_uint(out, "sptes_zapped", item->times.zapped);
	if (item->counted)
		json_work(out, &item->row.work);
	if (item->counted && result->fitted)
		report_json_double(out, "predicted_ns",
				   report_cost_estimate(&result->cost, &item->row.work));
	report_json_close(out);
}

static void json_fit(struct report_json *out, const struct probe_result *result)
{
	unsigned int i;

	model_json_cost(out, "cost", &result->cost);
	report_json_object(out, "left_out");
	for (i = 0; i < COST_NR; i++)
		if (result->fit.item[i] != FIT_KNOWN)
			report_json_str(out, report_cost_names[i], fate[result->fit.item[i]]);
	report_json_close(out);
	report_json_double(out, "fit_median_error", result->fit.median_error);
	report_json_double(out, "fit_worst_error", result->fit.worst_error);
	if (!result->check)
		return;
	report_json_double(out, "check_median_error", result->check_median);
	report_json_double(out, "check_worst_error", result->check_worst);
}

int probe_json(const struct probe_result *result)
{
	const struct host_probe_info *info = result->info;
	struct report_json out;
	size_t i;

	report_json_init(&out, stdout);
	report_json_object(&out, NULL);
	report_json_str(&out, "kernel", info->release);
	report_json_str(&out, "cpu", info->cpu);
	report_json_uint(&out, "processors", info->cpus);
	report_json_str(&out, "mmu", probe_mmu_names[info->mmu]);
	report_json_str(&out, "mmu_source", info->mmu_source);
	report_json_str(&out, "module", info->module);
	report_json_str(&out, "placement", probe_placement_names[result->placement]);
	report_json_str(&out, "placement_source", result->placement_source);
	report_json_str(&out, "profile", result->profile);
	report_json_bool(&out, "realtime", info->realtime);
	report_json_uint(&out, "memory_limit", info->memory);
	report_json_uint(&out, "memory_most", result->plan->bytes);
	report_json_uint(&out, "left_out_for_memory", result->plan->left_out);
	report_json_array(&out, "shapes");
	for (i = 0; i < result->plan->nr; i++)
		json_item(&out, result, &result->plan->items[i]);
	report_json_close(&out);
	if (result->fitted)
		json_fit(&out, result);
	report_json_uint(&out, "zapped_compared", result->compared);
	report_json_uint(&out, "zapped_agreed", result->agreed);
	report_json_close(&out);
	return report_json_end(&out);
}
