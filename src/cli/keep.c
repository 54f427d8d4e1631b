// SPDX-License-Identifier: GPL-2.0-or-later
/* Runs into a result store: from the model's structures to those of the report room. */
#include "keep_internal.h"

#include <string.h>

#include <base/errname.h>

int keep_error(int err, struct strbuf *diag)
{
	error("%s", diag->len ? strbuf_str(diag) : strerror(-err));
	strbuf_release(diag);
	return STATUS_BROKEN;
}

int keep_open(struct keep *keep, const char *path, const char *command)
{
	struct strbuf diag = STRBUF_INIT;
	int err;

	*keep = (struct keep){ .path = path, .command = command };
	if (!path)
		return STATUS_OK;
	report_host_get(&keep->host);
	err = report_store_open(path, REPORT_STORE_WRITE, &diag, &keep->store);
	return err ? keep_error(err, &diag) : STATUS_OK;
}

static void see(struct event_sink *sink, const struct event *event)
{
	struct keep *keep = (struct keep *)((char *)sink - offsetof(struct keep, sink));

	if (event->id == EVENT_MMU_NOTIFIER_INVALIDATE_RANGE_START)
		report_store_notification(keep->store, mmu_notify_name(event->arg[0]),
					  event->arg[1], event->arg[2]);
	if (keep->inner)
		keep->inner->emit(keep->inner, event);
}

static void take_params(struct keep *keep, const struct script *script)
{
	size_t i;

	keep->nr_params = 0;
	for (i = 0; i < script->nr_params; i++)
		if (script->params[i].value)
			keep->params[keep->nr_params++] = (struct report_param){
				script->params[i].name, script->params[i].value };
}

int keep_begin(struct keep *keep, const struct script *script, struct sim_options *options,
	       const struct report_cost *cost)
{
	const unsigned int runs = SIM_DESIGN_TIGHT | SIM_DESIGN_LAZY_UNMAP;
	struct strbuf diag = STRBUF_INIT;
	struct report_run_facts facts = {
		.command = keep->command, .file = script->file, .text = script->text,
		.text_len = script->text_len, .profile = options->profile,
		.levels = options->levels ? options->levels : 4, .audit = options->audit,
		.cost = cost, .host = &keep->host, .version = mmuscope_version,
	};
	int err;

	if (!keep->store)
		return STATUS_OK;
	strbuf_reset(&keep->designs);
	strbuf_reset(&keep->mmus);
	design_add_names(&keep->designs, options->designs, ",");
	if (options->mmu >= 0 && model_first_mmu(script) >= 0)
		strbuf_addstr(&keep->mmus, mmu_names[options->mmu]);
	else
		model_mmus(script, &keep->mmus);
	facts.designs = strbuf_str(&keep->designs);
	facts.mmu = strbuf_str(&keep->mmus);
	facts.granularity = options->designs & runs ? options->run_level : 0;
	facts.run_gap = options->designs & runs ? options->run_gap : 0;
	keep->script = script;
	take_params(keep, script);
	facts.params = keep->params;
	facts.nr_params = keep->nr_params;
	keep->inner = options->sink;
	keep->sink.emit = see;
	options->sink = &keep->sink;
	err = report_store_begin(keep->store, &facts, &diag);
	keep->begun = !err;
	return err ? keep_error(err, &diag) : STATUS_OK;
}

static size_t name_counters(const uint64_t *values, bool nonzero, struct counter *ret)
{
	unsigned int i;
	size_t nr = 0;

	for (i = 0; i < SIM_COUNTER_NR; i++)
		if (values[i] || !nonzero)
			ret[nr++] = (struct counter){ sim_counter_names[i], values[i] };
	return nr;
}

void keep_op(struct keep *keep, const struct sim_op_result *result,
	     const struct report_stall *stall)
{
	const struct script_op *op = result->op;
	struct counter counters[SIM_COUNTER_NR];
	struct report_run_op row = {
		.index = result->index, .line = op->line, .text = keep->script ?
			keep->script->text + op->text : NULL, .text_len = op->text_len,
		.result = result->err ? errname(result->err) : "ok",
		.counters = counters, .stall = stall,
	};

	if (!keep->begun)
		return;
	row.nr_counters = name_counters(result->delta, true, counters);
	report_store_op(keep->store, &row);
}

int keep_finish(struct keep *keep, const struct sim_result *result,
		const struct report_stall *sum, int err)
{
	struct counter counters[SIM_COUNTER_NR];
	struct strbuf diag = STRBUF_INIT;
	struct report_run_result row = {
		.executed = result->ops, .checked = result->checked, .failed = result->failed,
		.violations = result->violations, .failures = strbuf_str(&result->failures),
		.error = err ? errname(err) : "", .counters = counters, .stall = sum,
		.peak_bytes = result->peak_bytes, .head_bytes = result->head_bytes,
		.index_bytes = result->index_bytes,
	};
	bool new = false;

	if (!keep->begun)
		return STATUS_OK;
	keep->begun = false;
	row.nr_counters = name_counters(result->counters, false, counters);
	err = report_store_finish(keep->store, &row, &diag, &new, NULL);
	if (err)
		return keep_error(err, &diag);
	keep->added += new;
	keep->known += !new;
	return STATUS_OK;
}

void keep_close(struct keep *keep, bool quiet)
{
	struct strbuf name = STRBUF_INIT;

	if (!keep->store)
		return;
	keep->store = report_store_close(keep->store);
	strbuf_release(&keep->designs);
	strbuf_release(&keep->mmus);
	report_text_clean(&name, keep->path);
	if (!quiet)
		fprintf(stderr, "%s: %llu run%s added", strbuf_str(&name),
			(unsigned long long)keep->added, keep->added == 1 ? "" : "s");
	if (!quiet && keep->known)
		fprintf(stderr, ", %llu there already", (unsigned long long)keep->known);
	if (!quiet)
		fputc('\n', stderr);
	strbuf_release(&name);
}
