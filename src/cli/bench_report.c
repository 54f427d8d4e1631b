// SPDX-License-Identifier: GPL-2.0-or-later
/* Benchmarks as text for people and as JSON for programs. */
#include "bench_internal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <base/errname.h>
#include <report/table.h>

static const char *const unit_names[] = {
	[BENCH_NS] = "ns",	 [BENCH_RATIO] = "ratio", [BENCH_RATE] = "per second",
	[BENCH_BYTES] = "bytes", [BENCH_COUNT] = "count",
};

static void add_rate(struct strbuf *out, double value)
{
	if (value >= 1e6)
		strbuf_addf(out, "%.3g million/s", value / 1e6);
	else
		strbuf_addf(out, "%.0f/s", value);
}

static void add_bytes(struct strbuf *out, double value)
{
	static const char units[] = " KMGT";
	unsigned int i = 0;

	for (; value >= 1024 && i + 2 < sizeof(units); i++)
		value /= 1024;
	strbuf_addf(out, "%.3g", value);
	if (i)
		strbuf_addf(out, "%c", units[i]);
}

static void add_value(struct strbuf *out, enum bench_unit unit, double value)
{
	if (unit == BENCH_NS)
		report_add_ns(out, value);
	else if (unit == BENCH_BYTES)
		add_bytes(out, value);
	else if (unit == BENCH_RATE)
		add_rate(out, value);
	else if (unit == BENCH_COUNT && value >= 1000 && value == floor(value))
		report_add_count(out, (uint64_t)value);
	else
		strbuf_addf(out, unit == BENCH_RATIO ? "%.3g times" : "%.3g", value);
}

static void print_series(const struct bench_series *series)
{
	struct strbuf median = STRBUF_INIT, range = STRBUF_INIT;
	const struct report_sample *sample = &series->sample;

	report_add_ns(&median, sample->median);
	strbuf_addf(&median, "/%s", series->per);
	report_add_ns(&range, sample->low);
	strbuf_addstr(&range, " to ");
	report_add_ns(&range, sample->high);
	printf("  %-24s %16s  spread %3.0f %%  (%s; %zu times)\n", series->name,
	       strbuf_str(&median), 100 * report_sample_spread(sample), strbuf_str(&range),
	       sample->nr);
	strbuf_release(&median);
	strbuf_release(&range);
}

static void print_fact(const struct bench_fact *fact)
{
	struct strbuf value = STRBUF_INIT;

	add_value(&value, fact->unit, fact->value);
	printf("  %-24s %16s\n", fact->name, strbuf_str(&value));
	strbuf_release(&value);
}

static void print_target(const struct bench_target *target)
{
	struct strbuf value = STRBUF_INIT, limit = STRBUF_INIT;

	add_value(&value, target->unit, target->value);
	add_value(&limit, target->unit, target->limit);
	printf("  %-24s %16s  %s %s: %s\n", target->name, strbuf_str(&value),
	       target->at_least ? "at least" : "at most", strbuf_str(&limit),
	       !target->judged	     ? "not judged at this size" :
	       bench_reached(target) ? "reached" :
				       "MISSED");
	strbuf_release(&value);
	strbuf_release(&limit);
}

static void print_growth(const struct bench_growth *growth)
{
	struct strbuf text = STRBUF_INIT;
	unsigned int i;

	for (i = 0; i < growth->nr; i++) {
		strbuf_addstr(&text, i ? ", " : "");
		add_bytes(&text, growth->size[i]);
		strbuf_addstr(&text, " ");
		report_add_ns(&text, growth->ns[i]);
	}
	printf("  growth: %s\n", strbuf_str(&text));
	strbuf_release(&text);
}

void bench_print(const struct bench *bench, const struct bench_result *result)
{
	struct strbuf size = STRBUF_INIT;
	unsigned int i;

	if (result->size && bench->per_page >= 0)
		report_add_size(&size, result->size);
	else if (result->size)
		report_add_count(&size, result->size);
	printf("%s%s%s: %s\n", bench->name, size.len ? " " : "", strbuf_str(&size), bench->summary);
	strbuf_release(&size);
	if (result->skipped.len) {
		printf("  skipped: %s\n\n", strbuf_str(&result->skipped));
		return;
	}
	for (i = 0; i < result->nr_series; i++)
		print_series(&result->series[i]);
	for (i = 0; i < result->nr_facts; i++)
		print_fact(&result->facts[i]);
	if (result->growth.nr)
		print_growth(&result->growth);
	for (i = 0; i < result->nr_targets; i++)
		print_target(&result->targets[i]);
	for (const char *line = strbuf_str(&result->notes); *line;) {
		size_t len = strcspn(line, "\n");

		printf("  note: %.*s\n", (int)len, line);
		line += len + (line[len] == '\n');
	}
	putchar('\n');
}

static void json_series(struct report_json *out, const struct bench_result *result)
{
	unsigned int i;

	report_json_array(out, "series");
	for (i = 0; i < result->nr_series; i++) {
		const struct bench_series *series = &result->series[i];

		report_json_line(out, NULL);
		report_json_str(out, "name", series->name);
		report_json_str(out, "per", series->per);
		report_json_uint(out, "times", series->sample.nr);
		report_json_double(out, "median_ns", series->sample.median);
		report_json_double(out, "low_ns", series->sample.low);
		report_json_double(out, "high_ns", series->sample.high);
		report_json_double(out, "least_ns", series->sample.least);
		report_json_double(out, "most_ns", series->sample.most);
		report_json_double(out, "spread", report_sample_spread(&series->sample));
		report_json_close(out);
	}
	report_json_close(out);
}

static void json_targets(struct report_json *out, const struct bench_result *result)
{
	unsigned int i;

	report_json_array(out, "facts");
	for (i = 0; i < result->nr_facts; i++) {
		report_json_line(out, NULL);
		report_json_str(out, "name", result->facts[i].name);
		report_json_str(out, "unit", unit_names[result->facts[i].unit]);
		report_json_double(out, "value", result->facts[i].value);
		report_json_close(out);
	}
	report_json_close(out);
	report_json_array(out, "targets");
	for (i = 0; i < result->nr_targets; i++) {
		const struct bench_target *target = &result->targets[i];

		report_json_line(out, NULL);
		report_json_str(out, "name", target->name);
		report_json_str(out, "unit", unit_names[target->unit]);
		report_json_double(out, "value", target->value);
		report_json_double(out, target->at_least ? "at_least" : "at_most", target->limit);
		report_json_bool(out, "judged", target->judged);
		report_json_bool(out, "reached", bench_reached(target));
		report_json_close(out);
	}
	report_json_close(out);
}

static void json_growth(struct report_json *out, const struct bench_growth *growth)
{
	unsigned int i;

	report_json_array(out, "growth");
	for (i = 0; i < growth->nr; i++) {
		report_json_line(out, NULL);
		report_json_double(out, "size", growth->size[i]);
		report_json_double(out, "ns", growth->ns[i]);
		report_json_close(out);
	}
	report_json_close(out);
	report_json_double(out, "exponent", growth->nr ? growth->exponent : NAN);
}

void bench_json(struct report_json *out, const struct bench *bench,
		const struct bench_result *result, int err)
{
	report_json_object(out, NULL);
	report_json_str(out, "name", bench->name);
	report_json_str(out, "summary", bench->summary);
	report_json_str(out, "reference", bench->reference);
	report_json_uint(out, "size", result->size);
	report_json_bool(out, "full_size", result->full);
	json_series(out, result);
	json_targets(out, result);
	json_growth(out, &result->growth);
	report_json_str(out, "notes", strbuf_str(&result->notes));
	report_json_str(out, "skipped", strbuf_str(&result->skipped));
	report_json_str(out, "error", err ? errname(err) : "");
	report_json_close(out);
}
