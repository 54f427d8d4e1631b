// SPDX-License-Identifier: GPL-2.0-or-later
/* One script of a report: executed under each kernel, design and MMU, one of them in
 * detail. */
#include "report_internal.h"
#include "terminal_internal.h"

#include <errno.h>
#include <string.h>

#include <base/errname.h>
#include <base/mem.h>

struct sim_options report_options(const struct report_config *config, const char *profile,
				  uint64_t designs, int mmu)
{
	struct sim_options options = {
		.profile = profile, .levels = config->levels, .mmu = mmu};

	design_apply(&options, designs, &config->tuning, &config->cost);
	return options;
}

static void op_begin(void *ctx, const struct script_op *op, uint64_t index,
		     const struct sim *view)
{
	(void)ctx;
	(void)op;
	(void)view;
	progress_update(index);
}

static void op_done(void *ctx, const struct sim_op_result *result)
{
	struct report_variant *variant = ctx;
	struct report_stall stall;

	stall_add(&variant->stall, result, &stall);
}

/* The variant that is shown keeps its operations, too. */
static void op_done_shown(void *ctx, const struct sim_op_result *result)
{
	struct report_script *rs = ctx;
	struct report_stall stall;
	struct run_row row;

	stall_add(&rs->shown->stall, result, &stall);
	row = run_row_of(result, &stall);
	run_rows_add(&rs->rows, &row);
	page_timeline_add(&rs->timeline, result->op->line, stall.total, stall.lock,
			  result->delta[SIM_NOTIFICATIONS]);
	rs->failed_calls += result->err != 0;
}

static int run_variant(struct report_script *rs, struct report_variant *variant)
{
	const struct report_config *config = &rs->config;
	struct sim_options options =
		report_options(config, variant->profile, variant->designs, variant->mmu);

	variant->stall = (struct stall_watch){
		.cost = &config->cost,
		.limits = config->limits,
		.options = options,
		.mmu = variant->mmu >= 0 ? variant->mmu : model_first_mmu(rs->script),
	};
	options.op_begin = op_begin;
	options.op_done = variant->shown ? op_done_shown : op_done;
	options.ctx = variant->shown ? (void *)rs : variant;
	return sim_run(rs->script, &options, &variant->result);
}

/* The kind shown in detail: the script's own if that is asked for. */
static int shown_mmu(const struct report_script *rs)
{
	uint64_t mmus = rs->config.mmus;
	int own = model_first_mmu(rs->script);

	if (!mmus)
		return -1;
	return own >= 0 && mmus >> own & 1 ? own : __builtin_ctzll(mmus);
}

static int add_variant(struct report_script *rs, const char *profile, uint64_t designs,
		       int mmu)
{
	int err = mem_grow(&rs->variants, &rs->cap, rs->nr + 1, sizeof(rs->variants[0]));

	if (err)
		return err;
	rs->variants[rs->nr++] = (struct report_variant){
		.profile = profile,
		.designs = designs,
		.mmu = mmu,
		.shown = !designs && mmu == shown_mmu(rs) &&
			 !strcmp(profile, rs->config.profile),
	};
	return 0;
}

static int add_mmus(struct report_script *rs, const char *profile, uint64_t designs)
{
	uint64_t mmus = rs->config.mmus;
	int mmu, err = 0;

	if (!mmus)
		return add_variant(rs, profile, designs, -1);
	for (mmu = 0; mmu < SCRIPT_MMU_NR && !err; mmu++)
		if (mmus >> mmu & 1)
			err = add_variant(rs, profile, designs, mmu);
	return err;
}

static int add_designs(struct report_script *rs, uint64_t set)
{
	const char *profile = rs->config.profile;
	unsigned int i;
	int err = 0;

	if (!(set & DESIGN_ALL))
		return set & (DESIGN_NONE - 1)
			       ? add_mmus(rs, profile, set & (DESIGN_NONE - 1))
			       : 0;
	for (i = 0; script_design_names[i] && !err; i++)
		err = add_mmus(rs, profile, UINT64_C(1) << i);
	return err ? err : add_mmus(rs, profile, DESIGN_NONE - 1);
}

static int list_variants(struct report_script *rs)
{
	const struct option_sets *designs = &rs->config.designs;
	unsigned int i;
	int err = 0;

	for (i = 0; script_kernel_names[i] && !err; i++)
		err = add_mmus(rs, script_kernel_names[i], 0);
	if (!designs->nr && !err)
		return add_designs(rs, DESIGN_ALL);
	for (i = 0; i < designs->nr && !err; i++)
		err = add_designs(rs, designs->set[i]);
	return err;
}

void report_variant_name(const struct report_script *rs,
			 const struct report_variant *variant, bool mmu,
			 struct strbuf *out)
{
	if (variant->designs) {
		strbuf_addstr(out, "+ ");
		design_add_names(out, variant->designs, ",");
	} else {
		strbuf_addstr(out, variant->profile);
	}
	if (mmu && rs->config.mmus)
		strbuf_addf(out, ", %s", mmu_names[variant->mmu]);
}

static int run_variants(struct report_script *rs)
{
	size_t i;
	int err;

	rs->rows.max = REPORT_MAX_OPS;
	err = list_variants(rs);
	for (i = 0; i < rs->nr; i++)
		if (rs->variants[i].shown)
			rs->shown = &rs->variants[i];
	for (i = 0; i < rs->nr && !err; i++)
		err = run_variant(rs, &rs->variants[i]);
	return err ? err : rs->rows.error;
}

/* The address space around each operation of the table, in one more run. */
static int draw(struct report_script *rs)
{
	uint64_t index[REPORT_MAX_OPS];
	size_t i;
	int err;

	run_rows_sort(&rs->rows);
	for (i = 0; i < rs->rows.nr; i++)
		index[i] = rs->rows.rows[i].index;
	err = map_layout(rs->script, REPORT_CELLS, &rs->layout);
	if (err || !rs->rows.nr || !rs->layout.nr)
		return err;
	err = map_draw(rs->script, &rs->shown->stall.options, &rs->layout, index,
		       rs->rows.nr, rs->strips);
	if (!err)
		rs->nr_strips = rs->rows.nr;
	return err;
}

int report_script_run(struct report_script *rs, const struct report_config *config,
		      struct script *script)
{
	int err;

	*rs = (struct report_script){.config = *config, .script = script};
	model_mmus(script, &rs->own_mmus);
	progress_init("operations");
	err = run_variants(rs);
	if (!err)
		err = draw(rs);
	if (!err)
		err = report_growth(rs, &rs->growth);
	progress_end();
	return err ? model_error(script->file, err) : STATUS_OK;
}

void report_script_release(struct report_script *rs)
{
	size_t i;

	for (i = 0; i < rs->nr; i++)
		sim_result_release(&rs->variants[i].result);
	for (i = 0; i < rs->nr_strips; i++)
		strip_release(&rs->strips[i]);
	strip_layout_release(&rs->layout);
	run_rows_release(&rs->rows);
	strbuf_release(&rs->own_mmus);
	strbuf_release(&rs->growth.what);
	strbuf_release(&rs->growth.why);
	mem_free(rs->growth.series);
	mem_free(rs->variants);
	mem_free(rs->table);
	script_free(rs->script);
}

static void fill_ops(struct report_script *rs)
{
	size_t i;

	for (i = 0; i < rs->rows.nr; i++) {
		const struct run_row *row = &rs->rows.rows[i];

		rs->ops[i] = (struct page_op){
			.index = row->index,
			.line = row->op->line,
			.text = rs->script->text + row->op->text,
			.text_len = row->op->text_len,
			.result = row->err ? errname(row->err) : "ok",
			.notifications = row->notifications,
			.notified = row->notified,
			.populated = row->populated,
			.scanned = row->scanned,
			.zapped = row->zapped,
			.stall = row->stall,
			.longest = row->longest,
			.strip = i < rs->nr_strips ? &rs->strips[i] : NULL,
		};
	}
}

static void fill_variant(const struct report_script *rs,
			 const struct report_variant *variant, struct page_variant *ret)
{
	const uint64_t *counters = variant->result.counters;
	struct strbuf name = STRBUF_INIT;

	*ret = (struct page_variant){
		.mmu = variant->mmu < 0 ? strbuf_str(&rs->own_mmus)
					: mmu_names[variant->mmu],
		.shown = variant->shown,
		.lockup = variant->stall.stretch.ns >= variant->stall.limits.lockup,
		.notifications = counters[SIM_NOTIFICATIONS],
		.notified = counters[SIM_BYTES_NOTIFIED],
		.populated = counters[SIM_BYTES_POPULATED],
		.frames = counters[SIM_FRAMES_COVERED],
		.scanned = counters[SIM_RMAP_SCANNED],
		.longest = counters[SIM_RMAP_LONGEST],
		.zapped = counters[SIM_SPTES_ZAPPED],
		.stall = variant->stall.sum.total,
		.longest_ns = variant->stall.stretch.ns,
	};
	report_variant_name(rs, variant, false, &name);
	strncpy(ret->name, strbuf_str(&name), sizeof(ret->name) - 1);
	strbuf_release(&name);
}

int report_script_page(struct report_script *rs, struct page_script *ret_page)
{
	const struct sim_result *result = &rs->shown->result;
	struct page_script page = {
		.file = rs->script->file,
		.text = rs->script->text,
		.text_len = rs->script->text_len,
		.ops = rs->ops,
		.nr_ops = rs->rows.nr,
		.total_ops = result->ops,
		.did = rs->rows.total,
		.layout = &rs->layout,
		.timeline = &rs->timeline,
		.nr_variants = rs->nr,
		.growth = rs->growth,
	};
	size_t i;

	rs->table = mem_alloc(rs->nr * sizeof(rs->table[0]));
	if (!rs->table)
		return -ENOMEM;
	fill_ops(rs);
	for (i = 0; i < rs->nr; i++)
		fill_variant(rs, &rs->variants[i], &rs->table[i]);
	page.variants = rs->table;
	page.bad = report_verdict(rs, &page.headline, &page.verdict);
	strbuf_addstr(&page.failures, strbuf_str(&result->failures));
	*ret_page = page;
	return 0;
}
