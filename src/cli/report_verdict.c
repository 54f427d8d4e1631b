// SPDX-License-Identifier: GPL-2.0-or-later
/* The verdict of a report in words: only what was counted, and what the costs make of it.
 */
#include "report_internal.h"

#include <math.h>
#include <string.h>

#include <report/table.h>

static void add_op(const struct report_script *rs, const struct script_op *op,
		   struct strbuf *out)
{
	strbuf_addf(out, "line %u (", op->line);
	strbuf_add(out, rs->script->text + op->text,
		   op->text_len <= 80 ? op->text_len : 80);
	strbuf_addstr(out, op->text_len <= 80 ? ")" : "...)");
}

static void add_headline(const struct report_script *rs, struct strbuf *out)
{
	const struct stall_watch *stall = &rs->shown->stall;

	if (!rs->shown->result.counters[SIM_NOTIFICATIONS]) {
		strbuf_addstr(
			out, "Nothing is notified: no secondary MMU has anything to do.");
		return;
	}
	if (stall->stretch.ns >= stall->limits.lockup) {
		strbuf_addstr(out, "Soft lockup predicted: ");
		add_op(rs, stall->stretch.op, out);
		strbuf_addstr(out, " holds mmu_lock for ");
		report_add_ns(out, stall->stretch.ns);
		strbuf_addstr(out, " without a chance to yield.");
		return;
	}
	if (!stall->dearest.op) {
		strbuf_addstr(out, "Notified, at no cost that the cost table knows.");
		return;
	}
	strbuf_addstr(out, "No soft lockup predicted; the longest stall is ");
	report_add_ns(out, stall->dearest.ns);
	strbuf_addstr(out, ", by ");
	add_op(rs, stall->dearest.op, out);
	strbuf_addch(out, '.');
}

static void add_totals(const struct report_script *rs, struct strbuf *out)
{
	const uint64_t *counters = rs->shown->result.counters;

	strbuf_addf(out, "%s, %s: ", rs->shown->profile,
		    rs->shown->mmu < 0 ? strbuf_str(&rs->own_mmus)
				       : mmu_names[rs->shown->mmu]);
	report_add_count(out, rs->shown->result.ops);
	strbuf_addstr(out, " operations send ");
	report_add_count(out, counters[SIM_NOTIFICATIONS]);
	strbuf_addstr(out, " notifications over ");
	report_add_size(out, counters[SIM_BYTES_NOTIFIED]);
	strbuf_addstr(out, ", of which ");
	report_add_size(out, counters[SIM_BYTES_POPULATED]);
	strbuf_addstr(out, " was mapped. KVM looks at ");
	report_add_count(out, counters[SIM_RMAP_SCANNED]);
	strbuf_addstr(out, " reverse-map heads and zaps ");
	report_add_count(out, counters[SIM_SPTES_ZAPPED]);
	strbuf_addstr(out, " SPTEs. Predicted stall in all: ");
	report_add_ns(out, rs->shown->stall.sum.total);
	strbuf_addstr(out, ".\n");
}

/* The cheapest (or dearest) of the kernels or of the designs, with the MMU that is shown.
 */
static const struct report_variant *extreme(const struct report_script *rs, bool designs,
					    double sign)
{
	const struct report_variant *found = NULL;
	size_t i;

	for (i = 0; i < rs->nr; i++) {
		const struct report_variant *variant = &rs->variants[i];

		if (!variant->designs == designs || variant->mmu != rs->shown->mmu)
			continue;
		if (!found ||
		    sign * variant->stall.sum.total < sign * found->stall.sum.total)
			found = variant;
	}
	return found;
}

static void add_stall(const struct report_script *rs,
		      const struct report_variant *variant, struct strbuf *out)
{
	report_variant_name(rs, variant, false, out);
	strbuf_addstr(out, " (");
	report_add_ns(out, variant->stall.sum.total);
	strbuf_addch(out, ')');
}

static void add_kernels(const struct report_script *rs, struct strbuf *out)
{
	const struct report_variant *least = extreme(rs, false, 1),
				    *most = extreme(rs, false, -1);
	double low = least->stall.sum.total, high = most->stall.sum.total;

	if (low == high) {
		strbuf_addstr(out, "Where the kernels place their notifications makes no "
				   "difference to the "
				   "predicted stall here.\n");
		return;
	}
	strbuf_addstr(out, "Of the kernels, ");
	add_stall(rs, least, out);
	strbuf_addstr(out, " stalls least and ");
	add_stall(rs, most, out);
	strbuf_addstr(out, " most");
	if (low > 0 && high / low >= 1.1) {
		strbuf_addstr(out, ": ");
		if (high / low < 10)
			strbuf_addf(out, "%.1f", high / low);
		else
			report_add_count(out, llround(high / low));
		strbuf_addstr(out, " times as long");
	}
	strbuf_addstr(out, ".\n");
}

/* The same kernel with the other kinds of MMU. */
static void add_mmus(const struct report_script *rs, struct strbuf *out)
{
	size_t i;

	for (i = 0; i < rs->nr; i++) {
		const struct report_variant *variant = &rs->variants[i];

		if (variant->shown || variant->designs || variant->mmu < 0 ||
		    strcmp(variant->profile, rs->shown->profile))
			continue;
		strbuf_addf(out, "With %s instead of %s: ", mmu_names[variant->mmu],
			    mmu_names[rs->shown->mmu]);
		report_add_ns(out, variant->stall.sum.total);
		strbuf_addstr(out,
			      variant->stall.stretch.ns >= variant->stall.limits.lockup
				      ? ", and a soft lockup.\n"
				      : ".\n");
	}
}

static void add_designs(const struct report_script *rs, struct strbuf *out)
{
	const struct report_variant *best = extreme(rs, true, 1);

	if (!best || !(rs->shown->stall.sum.total > 0))
		return;
	if (best->stall.sum.total >= rs->shown->stall.sum.total) {
		strbuf_addf(out, "No design makes it shorter than %s is.\n",
			    rs->shown->profile);
		return;
	}
	strbuf_addf(out, "Of the designs on %s, ", rs->shown->profile);
	add_stall(rs, best, out);
	strbuf_addstr(out, " stalls least, instead of ");
	report_add_ns(out, rs->shown->stall.sum.total);
	strbuf_addstr(out, ".\n");
}

static void add_lockup(const struct report_script *rs, struct strbuf *out)
{
	struct strbuf lines = STRBUF_INIT;

	stall_verdict(&rs->shown->stall, rs->shown->profile, &lines);
	strbuf_addstr(out, strbuf_str(&lines));
	strbuf_release(&lines);
}

bool report_verdict(const struct report_script *rs, struct strbuf *headline,
		    struct strbuf *verdict)
{
	const struct sim_result *result = &rs->shown->result;
	const struct stall_watch *stall = &rs->shown->stall;

	add_headline(rs, headline);
	add_totals(rs, verdict);
	if (result->counters[SIM_NOTIFICATIONS]) {
		add_lockup(rs, verdict);
		add_kernels(rs, verdict);
		add_mmus(rs, verdict);
		add_designs(rs, verdict);
	}
	if (rs->failed_calls)
		strbuf_addf(verdict,
			    "%llu system calls or accesses of the script fail.\n",
			    (unsigned long long)rs->failed_calls);
	if (result->checked)
		strbuf_addf(verdict, "Expectations: %llu checked, %llu failed.\n",
			    (unsigned long long)result->checked,
			    (unsigned long long)result->failed);
	return result->failed || stall->stretch.ns >= stall->limits.lockup ||
	       (stall->limits.user > 0 && stall->dearest.ns >= stall->limits.user);
}
