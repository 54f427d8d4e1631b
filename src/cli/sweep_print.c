// SPDX-License-Identifier: GPL-2.0-or-later
/* The rows of a sweep as a table and as JSON. */
#include "sweep_internal.h"
#include "terminal_internal.h"

#include <ctype.h>
#include <string.h>

#include <report/table.h>

static const struct report_column fixed[] = {
	{ "NOTIFICATIONS", REPORT_RIGHT }, { "NOTIFIED", REPORT_RIGHT },
	{ "SCANNED", REPORT_RIGHT },	   { "LONGEST", REPORT_RIGHT },
	{ "ZAPPED", REPORT_RIGHT },	   { "EST. STALL", REPORT_RIGHT },
	{ "RESULT" },
};
#define NR_FIXED (sizeof(fixed) / sizeof(fixed[0]))

/* Parameters with one value are said once, above the table. */
static bool varies(const struct script_param *param)
{
	return param->nr_values > 1;
}

static const char *verdict(const struct sweep_row *row)
{
	if (row->err)
		return "broken";
	if (row->failed)
		return "FAILED";
	if (row->violations)
		return "BROKEN INVARIANT";
	return row->status == STATUS_OK ? "ok" : "not stored";
}

static void add_row(struct report_table *table, const struct sweep *sweep, size_t nr)
{
	const struct sweep_row *row = &sweep->rows[nr];
	struct script_value values[SCRIPT_MAX_PARAMS];
	struct strbuf text = STRBUF_INIT;
	size_t i;

	sweep_values(sweep, nr, values);
	report_table_row(table);
	for (i = 0; i < sweep->params.nr; i++) {
		if (!varies(&sweep->params.params[i]))
			continue;
		strbuf_reset(&text);
		report_text_clean(&text, values[i].value);
		report_table_str(table, strbuf_str(&text));
	}
	report_table_count(table, row->counters[SIM_NOTIFICATIONS]);
	report_table_size(table, row->counters[SIM_BYTES_NOTIFIED]);
	report_table_count(table, row->counters[SIM_RMAP_SCANNED]);
	report_table_count(table, row->counters[SIM_RMAP_LONGEST]);
	report_table_count(table, row->counters[SIM_SPTES_ZAPPED]);
	report_table_ns(table, row->stall.total);
	report_table_str(table, verdict(row));
	strbuf_release(&text);
}

static void print_head(const struct sweep *sweep)
{
	struct strbuf text = STRBUF_INIT;
	bool profile_varies = false;
	size_t i;

	report_text_clean(&text, sweep->file);
	strbuf_addf(&text, ": %zu of %llu runs", sweep->nr, (unsigned long long)sweep->total);
	for (i = 0; i < sweep->params.nr; i++) {
		const struct script_param *param = &sweep->params.params[i];

		if (!strcmp(param->name, "profile"))
			profile_varies = true;
		if (varies(param))
			continue;
		strbuf_addf(&text, ", %s=", param->name);
		report_text_clean(&text, param->values[0]);
	}
	if (!profile_varies)
		strbuf_addf(&text, ", %s", sweep->options.profile ? sweep->options.profile :
								   DEFAULT_PROFILE);
	printf("%s\n\n", strbuf_str(&text));
	strbuf_release(&text);
}

/* The headings, parameters first; @names holds theirs. */
static size_t columns(const struct sweep *sweep, char (*names)[SCRIPT_MAX_NAME + 1],
		      struct report_column *ret)
{
	size_t i, nr = 0, at;

	for (i = 0; i < sweep->params.nr; i++) {
		const char *name = sweep->params.params[i].name;

		if (!varies(&sweep->params.params[i]))
			continue;
		for (at = 0; name[at]; at++)
			names[i][at] = toupper((unsigned char)name[at]);
		names[i][at] = '\0';
		ret[nr++] = (struct report_column){ names[i], 0 };
	}
	memcpy(ret + nr, fixed, sizeof(fixed));
	return nr + NR_FIXED;
}

int sweep_print_table(const struct sweep *sweep, bool headings)
{
	char names[SCRIPT_MAX_PARAMS][SCRIPT_MAX_NAME + 1];
	struct report_column all[SCRIPT_MAX_PARAMS + NR_FIXED];
	size_t i, nr = columns(sweep, names, all);
	struct strbuf notes = STRBUF_INIT;
	struct report_table *table;
	int err = report_table_new(all, nr, headings, &table);

	if (err)
		return model_error("table", err);
	for (i = 0; i < sweep->nr; i++)
		if (sweep->rows[i].done && sweep->rows[i].text_len)
			print_visible(stdout, sweep->rows[i].text, sweep->rows[i].text_len);
	print_head(sweep);
	for (i = 0; i < sweep->nr; i++)
		if (sweep->rows[i].done)
			add_row(table, sweep, i);
	err = report_table_print(table, stdout);
	report_table_free(table);
	report_cost_notes(&sweep->cost, &notes);
	printf("\n%s", strbuf_str(&notes));
	strbuf_release(&notes);
	return err ? STATUS_BROKEN : STATUS_OK;
}

static void json_row(struct report_json *out, const struct sweep *sweep, size_t nr)
{
	const struct sweep_row *row = &sweep->rows[nr];
	struct script_value values[SCRIPT_MAX_PARAMS];
	unsigned int i;

	sweep_values(sweep, nr, values);
	report_json_object(out, NULL);
	report_json_object(out, "params");
	for (i = 0; i < sweep->params.nr; i++)
		report_json_str(out, values[i].name, values[i].value);
	report_json_close(out);
	report_json_str(out, "profile", row->profile);
	design_json(out, row->designs);
	report_json_uint(out, "levels", row->levels);
	report_json_str(out, "mmu", row->mmus);
	report_json_str(out, "result", verdict(row));
	report_json_uint(out, "executed", row->executed);
	report_json_uint(out, "checked", row->checked);
	report_json_uint(out, "failed", row->failed);
	report_json_str(out, "failures", row->text);
	report_json_uint(out, "violations", row->violations);
	model_json_counters(out, "counters", row->counters, false);
	report_json_double(out, "stall_ns", row->stall.total);
	stall_json_op(out, &sweep->cost, &row->stall);
	report_json_close(out);
}

int sweep_print_json(const struct sweep *sweep, int status)
{
	struct report_json out;
	size_t i;

	report_json_init(&out, stdout);
	report_json_object(&out, NULL);
	report_json_str(&out, "file", sweep->file);
	report_json_uint(&out, "combinations", sweep->total);
	report_json_uint(&out, "shard", sweep->shard.index + 1);
	report_json_uint(&out, "shards", sweep->shard.nr);
	model_json_cost(&out, "cost", &sweep->cost);
	report_json_array(&out, "runs");
	for (i = 0; i < sweep->nr; i++)
		if (sweep->rows[i].done)
			json_row(&out, sweep, i);
	report_json_close(&out);
	report_json_int(&out, "status", status);
	report_json_close(&out);
	return report_json_end(&out) ? STATUS_BROKEN : STATUS_OK;
}
