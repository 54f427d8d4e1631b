// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli_internal.h"
#include "model_internal.h"
#include "param_internal.h"
#include "terminal_internal.h"

#include <errno.h>
#include <string.h>

#include <base/mem.h>
#include <report/table.h>
#include <script/param.h>

const char *const mmu_names[SCRIPT_MMU_NR + 1] = {
	[SCRIPT_MMU_TDP] = "tdp",
	[SCRIPT_MMU_DIRECT] = "direct",
	[SCRIPT_MMU_SHADOW] = "shadow",
	[SCRIPT_MMU_NESTED] = "nested",
};

/* How many warnings about a script that is fine otherwise are shown. */
#define MAX_WARNINGS 3

/* The complaint after the one at @text: excerpts of the script begin with a blank. */
static const char *next_complaint(const char *text)
{
	do {
		text += strcspn(text, "\n");
		text += *text == '\n';
	} while (*text == ' ');
	return text;
}

static bool is_warning(const char *text)
{
	const char *warning = strstr(text, ": warning: ");

	return warning && warning < text + strcspn(text, "\n");
}

/*
 * The errors of a broken script, or the first warnings about one that is fine: a recording
 * replaces maps by the hundred.
 */
static void print_complaints(const char *text, unsigned int max_warnings)
{
	unsigned int warnings = 0;

	while (*text) {
		const char *end = next_complaint(text);

		if (!is_warning(text)) {
			print_visible(stderr, text, end - text);
		} else if (warnings++ < max_warnings) {
			print_visible(stderr, text, end - text);
			if (warnings == max_warnings && *end)
				fputs("further warnings are not shown\n", stderr);
		}
		text = end;
	}
}

/* What the command line leaves open. */
static int apply_setting(struct sim_options *options, const struct script_value *param,
			 struct strbuf *diag, const char *file)
{
	struct param_setting setting;
	int err = param_setting(param->name, param->value, &setting);

	if (err) {
		strbuf_addf(diag, "%s: error: ", file);
		param_add_problem(diag, param->name, param->value);
		return -EINVAL;
	}
	if (setting.profile && !options->profile)
		options->profile = setting.profile;
	if (setting.has_designs && !options->designs)
		options->designs = setting.designs;
	if (setting.mmu >= 0 && options->mmu < 0)
		options->mmu = setting.mmu;
	if (setting.levels && !options->levels)
		options->levels = setting.levels;
	return 0;
}

static bool is_open(const struct sim_options *options, const char *name)
{
	if (!strcmp(name, "profile"))
		return !options->profile;
	if (!strcmp(name, "design"))
		return !options->designs;
	if (!strcmp(name, "mmu"))
		return options->mmu < 0;
	return !options->levels;
}

static int apply_settings(struct sim_options *options, const struct script *script,
			  struct strbuf *diag)
{
	size_t i;
	int err = 0;

	for (i = 0; i < script->nr_params && !err; i++) {
		const struct script_value *param = &script->params[i];

		if (!script_is_setting(param->name))
			continue;
		if (param->value) {
			err = apply_setting(options, param, diag, script->file);
		} else if (is_open(options, param->name)) {
			strbuf_addf(diag, "%s: error: the parameter '%s' has several values: set "
				    "one with --param %s=VALUE, or try all with 'mmuscope sweep'\n",
				    script->file, param->name, param->name);
			err = -EINVAL;
		}
	}
	return err;
}

int model_parse(const char *file, const char *text, size_t len, struct sim_options *options,
		const struct script_value *values, size_t nr_values, struct strbuf *diag,
		struct script **ret_script)
{
	struct script *script = NULL;
	int err = script_parse_with(file, text, len, values, nr_values, diag, &script);

	if (!err && !script->nr_ops) {
		strbuf_addf(diag, "%s: error: no operation in the script\n", script->file);
		err = -EINVAL;
	}
	if (!err)
		err = apply_settings(options, script, diag);
	if (!err)
		err = sim_check(script, options, diag);
	if (err)
		script_free(script);
	else
		*ret_script = script;
	return err;
}

/* What a file begins with that is no script, and the command for it. */
static const struct {
	const char *start;
	unsigned int len;
	const char *what;
} strangers[] = {
	{ "# mmuscope recording ", 21, "a recording: 'mmuscope import ftrace' makes a script of it" },
	{ "# tracer: ", 10, "text of ftrace: 'mmuscope import ftrace' makes a script of it" },
	{ "\x17\x08\x44tracing", 10, "a trace.dat: 'mmuscope import ftrace' makes a script of it" },
	{ "PERFILE2", 8, "perf.data: 'perf script | mmuscope import ftrace -' makes a script of it" },
	{ "SQLite format 3", 16, "a database: 'mmuscope list runs' lists what a store has" },
};

static const char *strange(const char *text, size_t len)
{
	for (size_t i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++)
		if (len >= strangers[i].len && !memcmp(text, strangers[i].start, strangers[i].len))
			return strangers[i].what;
	return NULL;
}

struct script *model_load(const char *path, struct sim_options *options, bool warn,
			  const struct script_value *values, size_t nr_values)
{
	struct strbuf diag = STRBUF_INIT;
	struct script *script = NULL;
	const char *what;
	char *text = NULL;
	size_t len = 0;
	int err = script_read(path, &diag, &text, &len);

	what = err ? NULL : strange(text, len);
	if (what) {
		strbuf_addf(&diag, "%s: not a script but %s\n", path, what);
		err = -EINVAL;
	}
	if (!err)
		err = model_parse(strcmp(path, "-") ? path : "<stdin>", text, len, options, values,
				  nr_values, &diag, &script);
	mem_free(text);
	if (err && !diag.len)
		strbuf_addf(&diag, "%s: %s\n", path, strerror(-err));
	fflush(stdout);
	print_complaints(strbuf_str(&diag), !err && warn ? MAX_WARNINGS : 0);
	strbuf_release(&diag);
	return err ? NULL : script;
}

bool model_cost(const char *path, struct report_cost *ret_cost)
{
	struct strbuf diag = STRBUF_INIT;
	int err = 0;

	if (path)
		err = report_cost_load(path, &diag, ret_cost);
	else
		report_cost_default(ret_cost);
	print_visible(stderr, strbuf_str(&diag), diag.len);
	strbuf_release(&diag);
	return !err;
}

void model_work(const uint64_t *counters, struct report_work *ret_work)
{
	*ret_work = (struct report_work){ .nr = {
		[COST_NOTIFICATION_PAIR] = counters[SIM_NOTIFICATIONS],
		[COST_HEAD_SCANNED] = counters[SIM_RMAP_SCANNED],
		[COST_HEAD_VISITED] = counters[SIM_RMAP_VISITED],
		[COST_SPTE_ZAPPED] = counters[SIM_SPTES_ZAPPED],
		[COST_PRIMARY_CHANGED] = counters[SIM_PRIMARY_CHANGED],
		[COST_TABLE_VISITED] = counters[SIM_PRIMARY_TABLES],
		[COST_FLUSH] = counters[SIM_REMOTE_TLB_FLUSH],
		[COST_REFAULT] = counters[SIM_PF_FIXED],
	} };
}

double model_stall(const struct report_cost *cost, const uint64_t *counters)
{
	struct report_work work;

	model_work(counters, &work);
	work.nr[COST_REFAULT] = 0; /* the guest's own time, later */
	return report_cost_estimate(cost, &work);
}

/* ": 2.0G in one piece were needed" */
static void add_needed(struct strbuf *out)
{
	size_t needed = mem_refused();

	if (!needed)
		return;
	strbuf_addstr(out, ": ");
	report_add_size(out, needed);
	strbuf_addstr(out, " in one piece were needed");
}

int model_gave_up(const char *file, const struct sim_result *result, int err)
{
	struct strbuf text = STRBUF_INIT;

	if (err != -ENOMEM)
		return model_error(file, err);
	strbuf_addf(&text, "out of memory after %llu operations", (unsigned long long)result->ops);
	add_needed(&text);
	strbuf_addstr(&text, "; the model had taken ");
	report_add_size(&text, result->peak_bytes);
	strbuf_addf(&text, " for %llu pages", (unsigned long long)result->peak_pages);
	error("%s: %s", file, strbuf_error(&text) ? "out of memory" : strbuf_str(&text));
	strbuf_release(&text);
	return STATUS_BROKEN;
}

int model_error(const char *file, int err)
{
	struct strbuf text = STRBUF_INIT;

	if (err == -ENOMEM) {
		add_needed(&text);
		error("%s: out of memory%s", file, strbuf_error(&text) ? "" : strbuf_str(&text));
	} else {
		error("%s: the model gave up: %s", file, strerror(-err));
	}
	strbuf_release(&text);
	return STATUS_BROKEN;
}

void model_json_counters(struct report_json *json, const char *name, const uint64_t *counters,
			 bool nonzero)
{
	unsigned int i;

	report_json_object(json, name);
	for (i = 0; i < SIM_COUNTER_NR; i++)
		if (counters[i] || !nonzero)
			report_json_uint(json, sim_counter_names[i], counters[i]);
	report_json_close(json);
}

void model_json_cost(struct report_json *json, const char *name, const struct report_cost *cost)
{
	unsigned int i;

	report_json_object(json, name);
	report_json_str(json, "name", cost->name);
	report_json_str(json, "kernel", cost->kernel);
	report_json_str(json, "cpu", cost->cpu);
	report_json_str(json, "date", cost->date);
	report_json_str(json, "source", cost->source);
	report_json_object(json, "ns");
	for (i = 0; i < COST_NR; i++)
		if (cost->known[i])
			report_json_double(json, report_cost_names[i], cost->ns[i]);
	report_json_close(json);
	report_json_close(json);
}

int model_first_mmu(const struct script *script)
{
	size_t i;

	for (i = 0; i < script->nr_ops; i++)
		if (script->ops[i].code == OP_VM)
			return script->ops[i].mmu;
	return -1;
}

int model_param_mmu(const struct script *script)
{
	struct param_setting setting;
	size_t i;

	for (i = 0; i < script->nr_params; i++)
		if (!strcmp(script->params[i].name, "mmu") && script->params[i].value &&
		    !param_setting("mmu", script->params[i].value, &setting))
			return setting.mmu;
	return -1;
}

void model_mmus(const struct script *script, struct strbuf *out)
{
	unsigned int seen = 0, mmu;
	size_t i;

	for (i = 0; i < script->nr_ops; i++)
		if (script->ops[i].code == OP_VM)
			seen |= 1u << script->ops[i].mmu;
	if (!seen)
		strbuf_addch(out, '-');
	for (mmu = 0; mmu < SCRIPT_MMU_NR; mmu++) {
		if (!(seen >> mmu & 1))
			continue;
		strbuf_addstr(out, mmu_names[mmu]);
		seen &= ~(1u << mmu);
		if (seen)
			strbuf_addch(out, '+');
	}
}

const char *model_profile_by_release(const char *release)
{
	unsigned int major = 0, minor = 0;

	sscanf(release, "%u.%u", &major, &minor);
	if (major > 6)
		return "linux-7.2";
	if (major == 6 && minor >= 12)
		return "linux-6.12";
	return major > 3 || (major == 3 && minor >= 15) ? "linux-6.1" : "linux-3.14";
}
