// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Growth: the script itself, executed with one of its sizes replaced by others. Every
 * point of a plot is such a run. A size at which the script is refused, fails in other
 * places, or maps one thing over another than as it is written has no point, nor has one
 * that would take too long.
 */
#include "report_internal.h"

#include <errno.h>
#include <string.h>

#include <base/mem.h>
#include <report/table.h>

#define SMALLEST (2ull << 20)
#define BELOW 5 /* factors of four below the size as written, and above it */
#define ABOVE 2
/* Faults, changed entries and operations of one run at most. */
#define MOST_WORK 2000000

/* "512G" as bytes; 0 for what is no size with a unit. */
static uint64_t size_of(const char *text, size_t len)
{
	static const char units[] = "KMGT";
	const char *unit = len > 1 ? memchr(units, text[len - 1], 4) : NULL;
	uint64_t value = 0;
	size_t i;

	if (!unit || len > 10)
		return 0;
	for (i = 0; i + 1 < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return 0;
		value = value * 10 + text[i] - '0';
	}
	return value << (10 * (unit - units + 1));
}

/* The next word of [*at, end), a line's or nothing. */
static size_t next_word(const char **at, const char *end)
{
	const char *start;

	while (*at < end && (**at == ' ' || **at == '\t'))
		++*at;
	for (start = *at; start < end && *start != ' ' && *start != '\t' &&
			  *start != '\n' && *start != '#';)
		start++;
	return start - *at;
}

static void copy_line(const char *at, const char *end, uint64_t from, uint64_t to,
		      struct strbuf *out)
{
	while (at < end) {
		size_t len = next_word(&at, end);

		if (!len)
			break;
		strbuf_addch(out, ' ');
		if (size_of(at, len) == from)
			strbuf_addsize(out, to);
		else
			strbuf_add(out, at, len);
		at += len;
	}
	strbuf_addch(out, '\n');
}

/* The script with every @from replaced; expectations are about the size as written. */
static void resize(const struct script *script, uint64_t from, uint64_t to,
		   struct strbuf *out)
{
	const char *at = script->text, *stop = at + script->text_len;

	while (at < stop) {
		const char *end = memchr(at, '\n', stop - at), *word = at;

		end = end ? end : stop;
		if (next_word(&word, end) && *word != '>')
			copy_line(at, end, from, to, out);
		at = end + 1;
	}
}

/* What must stay as it is for the script to be the same at another size. */
struct shape {
	uint64_t ops;
	uint64_t failed;
	uint64_t warnings;
};

static void count_failed(void *ctx, const struct sim_op_result *result)
{
	struct shape *shape = ctx;

	shape->failed += result->err != 0;
	shape->ops++;
}

static uint64_t count_warnings(const char *text)
{
	uint64_t nr = 0;

	while ((text = strstr(text, ": warning: "))) {
		nr++;
		text++;
	}
	return nr;
}

/* One run at one size. Return: 1 when it was done, 0 when the script is refused, or an
 * error. */
static int run_at(const struct report_script *rs, const struct report_variant *variant,
		  uint64_t from, uint64_t to, struct shape *ret_shape,
		  struct sim_result *ret_result, struct report_stall *ret_stall)
{
	struct sim_options options = report_options(&rs->config, variant->profile,
						    variant->designs, variant->mmu);
	struct strbuf text = STRBUF_INIT, diag = STRBUF_INIT;
	struct script *script = NULL;
	struct shape shape = {0};
	int err;

	resize(rs->script, from, to, &text);
	err = strbuf_error(&text);
	if (!err)
		err = script_parse("resized", strbuf_str(&text), text.len, &diag,
				   &script);
	if (!err)
		err = sim_check(script, &options, &diag);
	shape.warnings = count_warnings(strbuf_str(&diag));
	options.op_done = count_failed;
	options.ctx = &shape;
	if (!err)
		err = sim_run(script, &options, ret_result);
	else if (err == -EINVAL || err == -E2BIG)
		err = 1;
	if (!err) {
		*ret_shape = shape;
		ret_stall->total = model_stall(&rs->config.cost, ret_result->counters);
	}
	sim_result_release(ret_result);
	script_free(script);
	strbuf_release(&text);
	strbuf_release(&diag);
	return err > 0 ? 0 : err ? err : 1;
}

/* The size to replace: one of the dearest operation's that is also the length of a map.
 */
static uint64_t choose(const struct report_script *rs)
{
	const struct script *script = rs->script;
	const struct script_op *op = rs->shown->stall.dearest.op;
	const char *at, *end;
	uint64_t found = 0;
	size_t i;

	if (rs->config.grow != UINT64_MAX)
		return rs->config.grow;
	if (!op)
		return 0;
	at = script->text + op->text;
	end = at + op->text_len;
	while (at < end) {
		size_t len = next_word(&at, end);
		uint64_t size = len ? size_of(at, len) : 0;

		if (!len)
			break;
		for (i = 0; i < script->nr_ops && size > found; i++)
			if (script->ops[i].code == OP_MAP && script->ops[i].len == size)
				found = size;
		at += len;
	}
	return found;
}

static uint64_t work_of(const struct sim_result *result)
{
	const uint64_t *counters = result->counters;

	return result->ops + counters[SIM_PGFAULT] + counters[SIM_PF_TAKEN] +
	       counters[SIM_PRIMARY_CHANGED];
}

/* The sizes at which the script as shown keeps its shape. */
static int find_sizes(struct report_script *rs, struct page_growth *growth, uint64_t from)
{
	struct sim_result result = {0};
	struct report_stall stall;
	struct shape base, shape;
	uint64_t work;
	int k, done = run_at(rs, rs->shown, from, from, &base, &result, &stall);

	if (done <= 0)
		return done;
	work = work_of(&result);
	for (k = -2 * BELOW; k <= 2 * ABOVE; k += 2) {
		uint64_t size = k < 0 ? from >> -k : from << k;

		if (size < SMALLEST || (k > 0 && size >> k != from) || size % SMALLEST ||
		    (k > 0 && work > MOST_WORK >> k))
			continue;
		done = run_at(rs, rs->shown, from, size, &shape, &result, &stall);
		if (done < 0)
			return done;
		if (done && !memcmp(&shape, &base, sizeof(shape)))
			growth->size[growth->sizes++] = size;
	}
	return 1;
}

static int measure(const struct report_script *rs, const struct report_variant *variant,
		   uint64_t from, const struct page_growth *growth,
		   struct page_series *series)
{
	struct strbuf name = STRBUF_INIT;
	unsigned int i;
	int done = 1;

	for (i = 0; i < growth->sizes && done > 0; i++) {
		struct sim_result result = {0};
		struct report_stall stall;
		struct shape shape;

		done = run_at(rs, variant, from, growth->size[i], &shape, &result,
			      &stall);
		if (done <= 0)
			continue;
		series->y[PAGE_NOTIFIED][i] = result.counters[SIM_BYTES_NOTIFIED];
		series->y[PAGE_SCANNED][i] = result.counters[SIM_RMAP_SCANNED];
		series->y[PAGE_STALL][i] = stall.total;
	}
	report_variant_name(rs, variant, true, &name);
	strncpy(series->name, strbuf_str(&name), sizeof(series->name) - 1);
	strbuf_release(&name);
	return done;
}

/* Variants that are the same at every size share a line. */
static int add_series(struct page_growth *growth, const struct page_series *series)
{
	size_t i;
	int err;

	for (i = 0; i < growth->nr; i++) {
		struct page_series *other = &growth->series[i];
		size_t len = strlen(other->name);

		if (memcmp(other->y, series->y, sizeof(series->y)))
			continue;
		if (len + strlen(series->name) + 3 < sizeof(other->name))
			sprintf(other->name + len, "; %s", series->name);
		else if (len < sizeof(other->name) - 6 && !strstr(other->name, "; ..."))
			strcpy(other->name + len, "; ...");
		return 0;
	}
	err = mem_grow(&growth->series, &growth->cap, growth->nr + 1, sizeof(*series));
	if (!err)
		growth->series[growth->nr++] = *series;
	return err;
}

static void explain(const struct report_script *rs, struct page_growth *growth,
		    uint64_t from)
{
	if (!from) {
		strbuf_addstr(&growth->why,
			      rs->config.grow
				      ? "Not shown: the operation that costs most has no "
					"size that is also that of "
					"a map, so nothing says what should grow."
				      : "Not asked for.");
		return;
	}
	strbuf_addstr(growth->sizes < 2 ? &growth->why : &growth->what,
		      "The script with every ");
	if (growth->sizes < 2) {
		report_add_size(&growth->why, from);
		strbuf_addstr(
			&growth->why,
			" replaced by another size is refused, fails in other places "
			"or would take too long: nothing to compare.");
		return;
	}
	report_add_size(&growth->what, from);
	strbuf_addstr(
		&growth->what,
		" in it replaced by another size, executed at each: every point is a "
		"run, the lines only connect them. All else stays as written, a "
		"stride or a touch of another size, too.");
}

int report_growth(struct report_script *rs, struct page_growth *growth)
{
	uint64_t from = choose(rs);
	int err = from ? find_sizes(rs, growth, from) : 0;
	size_t i;

	for (i = 0; i < rs->nr && growth->sizes > 1 && err >= 0; i++) {
		struct page_series series = {0};

		if (rs->variants[i].mmu != rs->shown->mmu)
			continue;
		err = measure(rs, &rs->variants[i], from, growth, &series);
		if (err >= 0)
			err = add_series(growth, &series);
	}
	growth->from = from;
	explain(rs, growth, from);
	return err < 0 ? err : 0;
}
