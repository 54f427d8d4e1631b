// SPDX-License-Identifier: GPL-2.0-or-later
/* What benchmarks measure: collecting it, and running scripts for it. */
#include "bench_internal.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <base/mem.h>
#include <script/script.h>

static struct bench_series *find_series(struct bench_result *result, const char *name)
{
	unsigned int i;

	for (i = 0; i < result->nr_series; i++)
		if (!strcmp(result->series[i].name, name))
			return &result->series[i];
	return NULL;
}

int bench_add(struct bench_result *result, const char *name, const char *per, double ns)
{
	struct bench_series *series = find_series(result, name);

	if (!series) {
		assert(result->nr_series < BENCH_MAX_SERIES);
		series = &result->series[result->nr_series++];
		series->name = name;
		series->per = per;
	}
	if (mem_grow(&series->values, &series->cap, series->nr + 1, sizeof(series->values[0])))
		return -ENOMEM;
	series->values[series->nr++] = ns;
	return 0;
}

double bench_median(struct bench_result *result, const char *name)
{
	struct bench_series *series = find_series(result, name);

	return series ? report_sample_summary(series->values, series->nr).median : 0;
}

void bench_fact(struct bench_result *result, const char *name, enum bench_unit unit, double value)
{
	assert(result->nr_facts < BENCH_MAX_FACTS);
	result->facts[result->nr_facts++] =
		(struct bench_fact){ .name = name, .unit = unit, .value = value };
}

static void add_target(struct bench_result *result, const struct bench_target *target)
{
	assert(result->nr_targets < BENCH_MAX_TARGETS);
	result->targets[result->nr_targets++] = *target;
}

void bench_at_least(struct bench_result *result, const char *name, enum bench_unit unit,
		    double value, double limit)
{
	add_target(result, &(struct bench_target){ name, unit, value, limit, true, result->full });
}

void bench_at_most(struct bench_result *result, const char *name, enum bench_unit unit,
		   double value, double limit)
{
	add_target(result, &(struct bench_target){ name, unit, value, limit, false, result->full });
}

void bench_always(struct bench_result *result, const char *name, enum bench_unit unit,
		  double value, double limit)
{
	add_target(result, &(struct bench_target){ name, unit, value, limit, false, true });
}

void bench_grow(struct bench_result *result, double size, double ns)
{
	struct bench_growth *growth = &result->growth;

	assert(growth->nr < BENCH_SIZES);
	growth->size[growth->nr] = size;
	growth->ns[growth->nr++] = ns > 1 ? ns : 1;
}

void bench_grown(struct bench_result *result, double limit)
{
	struct bench_growth *growth = &result->growth;

	growth->exponent = report_sample_exponent(growth->size, growth->ns, growth->nr);
	if (isfinite(growth->exponent))
		bench_at_most(result, "exponent of growth", BENCH_COUNT, growth->exponent, limit);
}

bool bench_reached(const struct bench_target *target)
{
	return target->at_least ? target->value >= target->limit : target->value <= target->limit;
}

void bench_result_finish(struct bench_result *result)
{
	unsigned int i;

	for (i = 0; i < result->nr_series; i++)
		result->series[i].sample = report_sample_summary(result->series[i].values,
								 result->series[i].nr);
}

void bench_result_release(struct bench_result *result)
{
	unsigned int i;

	for (i = 0; i < result->nr_series; i++)
		mem_free(result->series[i].values);
	strbuf_release(&result->notes);
	strbuf_release(&result->skipped);
}

int bench_model(struct strbuf *text, struct sim_options *options)
{
	struct sim_result result = { 0 };
	struct strbuf diag = STRBUF_INIT;
	struct script *script = NULL;
	int err = strbuf_error(text);

	if (!err)
		err = script_parse("<bench>", strbuf_str(text), text->len, &diag, &script);
	if (!err)
		err = sim_check(script, options, &diag);
	options->timed = true;
	if (!err)
		err = sim_run(script, options, &result);
	else
		fputs(strbuf_str(&diag), stderr);
	sim_result_release(&result);
	script_free(script);
	strbuf_release(&diag);
	strbuf_release(text);
	return err;
}

static bool progress_on(void)
{
	static int on = -1;

	if (on < 0)
		on = isatty(STDERR_FILENO);
	return on;
}

void bench_progress(const char *fmt, ...)
{
	va_list ap;

	if (!progress_on())
		return;
	fputs("\r\033[K", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fflush(stderr);
}

void bench_progress_clear(void)
{
	if (!progress_on())
		return;
	fputs("\r\033[K", stderr);
	fflush(stderr);
}
