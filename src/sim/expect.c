// SPDX-License-Identifier: GPL-2.0-or-later
/* Expectations: what an operation should have sent, side by side with what it did. */
#include "sim_internal.h"

#include <base/errname.h>
#include <sim/counters.h>

#include <stdio.h>
#include <string.h>

/* What is said of kernels is said of them as they are: with a design, only lines that name it. */
static bool applies(const struct sim *sim, uint64_t profiles)
{
	int index = script_profile_index(sim->profile->name);

	if (sim->options->designs)
		return profiles != UINT64_MAX &&
		       (profiles >> script_nr_kernels() & sim->options->designs);
	return index >= 0 && (profiles >> index & 1);
}

/* "linux-6.12", "linux-6.12 with tight,rmap=index" */
static void add_profile(const struct sim *sim, struct strbuf *out)
{
	const char *before = " with ";
	unsigned int i;

	strbuf_addstr(out, sim->profile->name);
	for (i = 0; script_design_names[i]; i++) {
		if (!(sim->options->designs >> i & 1))
			continue;
		strbuf_addf(out, "%s%s", before, script_design_names[i]);
		before = ",";
	}
}

static void event_text(struct strbuf *out, unsigned int event, uint64_t start, uint64_t end,
		       bool no_end)
{
	strbuf_addf(out, "%s 0x%llx 0x%llx%s", mmu_notify_name(event), (unsigned long long)start,
		    (unsigned long long)end, no_end ? " noend" : "");
}

/* One row: expected left, actual right, '!' where they differ. */
static void row(struct sim *sim, const char *left, const char *right)
{
	strbuf_addf(&sim->result->failures, "  %c %-52s %s\n", strcmp(left, right) ? '!' : ' ',
		    left, right);
}

static void report_head(struct sim *sim, const struct script_op *op, uint32_t line)
{
	struct strbuf *out = &sim->result->failures;

	sim->result->failed++;
	strbuf_addf(out, "%s:%u: expectation of line %u failed under ", sim->script->file, line,
		    op->line);
	add_profile(sim, out);
	strbuf_addstr(out, ": ");
	strbuf_add(out, sim->script->text + op->text, op->text_len);
	strbuf_addch(out, '\n');
}

/* The expected events of the profile, in order, as text into @left; their number. */
static size_t expected_event(const struct sim *sim, const struct script_op *op, size_t nth,
			     const struct script_expect **ret_expect)
{
	const struct script_expect *expects = sim->script->expects + op->expect;
	size_t i, n = 0;

	for (i = 0; i < op->nr_expect; i++) {
		if (expects[i].kind != EXPECT_EVENT || !applies(sim, expects[i].profiles))
			continue;
		if (n++ == nth)
			*ret_expect = &expects[i];
	}
	return n;
}

static bool event_holds(const struct script_expect *expect, const struct sim_seen *seen)
{
	return expect->event == seen->event && expect->start == seen->start &&
	       expect->end == seen->end && expect->no_end == !seen->ended;
}

static void print_events(struct sim *sim, const struct script_op *op, size_t nr_expected)
{
	size_t n = nr_expected > sim->nr_seen ? nr_expected : sim->nr_seen, i;

	row(sim, "expected", "expected");
	sim->result->failures.len -= strlen("expected\n");
	strbuf_addstr(&sim->result->failures, "actual\n");
	for (i = 0; i < n; i++) {
		struct strbuf left = STRBUF_INIT, right = STRBUF_INIT;
		const struct script_expect *expect = NULL;

		if (i < nr_expected) {
			expected_event(sim, op, i, &expect);
			event_text(&left, expect->event, expect->start, expect->end,
				   expect->no_end);
		}
		if (i < sim->nr_seen)
			event_text(&right, sim->seen[i].event, sim->seen[i].start,
				   sim->seen[i].end, !sim->seen[i].ended);
		if (strbuf_error(&left) || strbuf_error(&right))
			sim->oom = true;
		row(sim, strbuf_str(&left), strbuf_str(&right));
		strbuf_release(&left);
		strbuf_release(&right);
	}
}

/* Do the events and "none" lines that apply hold? Nothing that applies: nothing is checked. */
static void check_events(struct sim *sim, const struct script_op *op)
{
	const struct script_expect *expects = sim->script->expects + op->expect, *expect = NULL;
	size_t nr = expected_event(sim, op, SIZE_MAX, &expect), i;
	uint32_t line = 0;
	bool holds;

	for (i = 0; i < op->nr_expect; i++)
		if (expects[i].kind != EXPECT_ERRNO && applies(sim, expects[i].profiles) && !line)
			line = expects[i].line;
	if (!line)
		return;
	sim->result->checked++;
	holds = nr == sim->nr_seen;
	for (i = 0; holds && i < nr; i++) {
		expected_event(sim, op, i, &expect);
		holds = event_holds(expect, &sim->seen[i]);
	}
	if (holds)
		return;
	report_head(sim, op, line);
	print_events(sim, op, nr);
}

static void check_errno(struct sim *sim, const struct script_op *op,
			const struct script_expect *expect, int err)
{
	char left[40], right[40];

	sim->result->checked++;
	if (expect->err == -err)
		return;
	report_head(sim, op, expect->line);
	snprintf(left, sizeof(left), "errno %s", expect->err ? errname(expect->err) : "0");
	snprintf(right, sizeof(right), "errno %s", err ? errname(err) : "0");
	row(sim, left, right);
}

void sim_check_expectations(struct sim *sim, const struct script_op *op, int err)
{
	const struct script_expect *expects = sim->script->expects + op->expect;
	size_t i;

	if (!op->nr_expect)
		return;
	check_events(sim, op);
	for (i = 0; i < op->nr_expect; i++)
		if (expects[i].kind == EXPECT_ERRNO && applies(sim, expects[i].profiles))
			check_errno(sim, op, &expects[i], err);
}

static bool compare(uint64_t value, enum script_compare how, uint64_t bound)
{
	switch (how) {
	case SCRIPT_LT:
		return value < bound;
	case SCRIPT_LE:
		return value <= bound;
	case SCRIPT_EQ:
		return value == bound;
	case SCRIPT_NE:
		return value != bound;
	case SCRIPT_GE:
		return value >= bound;
	case SCRIPT_GT:
		return value > bound;
	}
	return false;
}

void sim_check_assert(struct sim *sim, const struct script_op *op)
{
	const char *name = script_name(sim->script, op->name2);
	uint64_t counters[SIM_COUNTER_NR];
	uint64_t value;

	if (!applies(sim, op->profiles))
		return;
	sim_counters(sim, counters);
	value = counters[sim_counter_index(name)];
	sim->result->checked++;
	if (compare(value, op->compare, op->count))
		return;
	sim->result->failed++;
	strbuf_addf(&sim->result->failures, "%s:%u: budget exceeded under ", sim->script->file,
		    op->line);
	add_profile(sim, &sim->result->failures);
	strbuf_addstr(&sim->result->failures, ": ");
	strbuf_add(&sim->result->failures, sim->script->text + op->text, op->text_len);
	strbuf_addf(&sim->result->failures, ": %s is %llu\n", name, (unsigned long long)value);
}
