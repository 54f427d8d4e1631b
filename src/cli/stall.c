// SPDX-License-Identifier: GPL-2.0-or-later
#include "stall_internal.h"

#include <string.h>

#include <report/table.h>

#define TIB (1ull << 40)
#define PAGE 4096ull

bool stall_limits(const struct command *command, uint64_t watchdog_thresh, const char *limit,
		  struct report_stall_limits *ret_limits)
{
	struct report_stall_limits limits = { 0 };

	if (watchdog_thresh > 3600) {
		usage_error(command, "--watchdog-thresh is at most 3600 seconds");
		return false;
	}
	limits.lockup = 2e9 * (watchdog_thresh ? watchdog_thresh : REPORT_WATCHDOG_THRESH);
	if (limit && (report_parse_duration(limit, &limits.user) || limits.user <= 0)) {
		usage_error(command, "--stall-limit wants a time such as 10ms, not '%s'", limit);
		return false;
	}
	*ret_limits = limits;
	return true;
}

/*
 * What time is taken to grow with: the notified memory; of many notifications the length of the
 * operation, since as many come from each part of it as there is populated memory.
 */
static uint64_t grown_bytes(const struct sim_op_result *result, uint64_t frames)
{
	if (result->delta[SIM_NOTIFICATIONS] > 1 && result->op->len > frames * PAGE)
		return result->op->len;
	return frames * PAGE;
}

/*
 * What the longest stretch grows with. Its heads are one per page: as much memory, of which a part
 * of the notified memory may be enough. The rest, SPTEs, is counted over all of that.
 */
static uint64_t stretch_bytes(const struct report_cost *cost, uint64_t heads, uint64_t frames,
			      double ns)
{
	double scan = heads * cost->ns[COST_HEAD_SCANNED], rate;

	/* heads of 2 MiB and 1 GiB pages are among the heads: frames are no more than covered */
	if (!heads || heads > frames)
		heads = frames;
	if (!frames || ns <= 0)
		return frames * PAGE;
	if (scan > ns)
		scan = ns;
	rate = scan / heads + (ns - scan) / frames;
	return ns / rate * PAGE + 0.5;
}

static void keep_worst(struct stall_op *worst, const struct sim_op_result *result, double ns,
		       uint64_t bytes)
{
	if (ns <= worst->ns)
		return;
	*worst = (struct stall_op){ .op = result->op, .ns = ns, .bytes = bytes,
				    .notifications = result->delta[SIM_NOTIFICATIONS] };
}

/*
 * The guest's accesses bring back what was zapped, as long as there is some of that left. Of
 * faults that installed other SPTEs, too, their share counts.
 */
static void count_refaults(struct stall_watch *watch, const struct sim_op_result *result,
			   struct report_stall *stall)
{
	const uint64_t *delta = result->delta;
	uint64_t sptes = delta[SIM_PAGES_4K] + delta[SIM_PAGES_2M] + delta[SIM_PAGES_1G];
	uint64_t installed = sptes > watch->sptes ? sptes - watch->sptes : 0;

	watch->sptes = sptes;
	if (result->op->code == OP_GUEST && installed) {
		stall->back = installed < watch->pending ? installed : watch->pending;
		stall->refaults = ((__uint128_t)delta[SIM_PF_FIXED] * stall->back + installed - 1) /
				  installed;
	}
	watch->pending += delta[SIM_SPTES_ZAPPED];
	watch->pending -= stall->back;
	watch->sum.back += stall->back;
	watch->sum.refaults += stall->refaults;
}

void stall_add(struct stall_watch *watch, const struct sim_op_result *result,
	       struct report_stall *ret_stall)
{
	const uint64_t *delta = result->delta;
	uint64_t heads = delta[SIM_RMAP_LONGEST], frames = delta[SIM_FRAMES_COVERED];
	struct report_stall stall = { 0 };
	struct report_work work;

	if (delta[SIM_NOTIFICATIONS]) {
		model_work(delta, &work);
		work.nr[COST_REFAULT] = 0;
		report_stall_estimate(watch->cost, &work, heads, frames, &stall);
	}
	count_refaults(watch, result, &stall);
	watch->sum.lock += stall.lock;
	watch->sum.total += stall.total;
	watch->sum.frames += stall.frames;
	if (stall.longest > watch->sum.longest)
		watch->sum.longest = stall.longest;
	keep_worst(&watch->stretch, result, stall.longest,
		   stretch_bytes(watch->cost, heads, frames, stall.longest));
	keep_worst(&watch->dearest, result, stall.total, grown_bytes(result, frames));
	stall_lines_add(&watch->lines, watch->cost, result, &stall);
	*ret_stall = stall;
}

static void json_figures(struct report_json *json, const struct report_cost *cost,
			 const struct report_stall *stall)
{
	report_json_double(json, "mmu_lock_ns", stall->lock);
	report_json_double(json, "longest_ns", stall->longest);
	report_json_double(json, "blocked_ns", stall->total);
	report_json_uint(json, "blocked_frames", stall->frames);
	report_json_uint(json, "sptes_back", stall->back);
	report_json_uint(json, "refaults", stall->refaults);
	report_json_double(json, "refaults_ns", stall->refaults * cost->ns[COST_REFAULT]);
}

void stall_json_op(struct report_json *json, const struct report_cost *cost,
		   const struct report_stall *stall)
{
	report_json_line(json, "stall");
	json_figures(json, cost, stall);
	report_json_close(json);
}

/* One page touched at the head of @bytes, then the operation over all of it. */
static bool growth_script(const struct script_op *op, const char *mmu, uint64_t bytes,
			  struct strbuf *out)
{
	strbuf_addf(out, "map ram 0x100000000000 %llu rw anon private noreserve nohuge\n",
		    (unsigned long long)bytes);
	strbuf_addf(out, "vm vm0 %s\nmemslot vm0 0 gpa=4G ram %llu\ntouch ram 4K w\n", mmu,
		    (unsigned long long)bytes);
	switch (op->code) {
	case OP_MPROTECT:
		strbuf_addf(out, "mprotect ram %llu r\n", (unsigned long long)bytes);
		return true;
	case OP_MUNMAP:
		strbuf_addf(out, "munmap ram %llu\n", (unsigned long long)bytes);
		return true;
	case OP_MADVISE:
		strbuf_addf(out, "madvise ram %llu %s\n", (unsigned long long)bytes,
			    script_advice_name(op->advice));
		return true;
	case OP_NUMA_HINT:
		strbuf_addf(out, "numa_hint ram %llu\n", (unsigned long long)bytes);
		return true;
	default:
		return false;
	}
}

struct growth {
	uint64_t notified;
	uint64_t longest;
};

static void keep_last(void *ctx, const struct sim_op_result *result)
{
	struct growth *growth = ctx;
	uint64_t nr = result->delta[SIM_NOTIFICATIONS];

	growth->notified = nr ? result->delta[SIM_BYTES_NOTIFIED] / nr : 0;
	growth->longest = result->delta[SIM_RMAP_LONGEST];
}

static bool count_growth(const struct stall_watch *watch, const struct script_op *op,
			 const char *mmu, uint64_t bytes, struct growth *ret)
{
	struct strbuf text = STRBUF_INIT, diag = STRBUF_INIT;
	const struct sim_options options = {
		.profile = watch->options.profile, .designs = watch->options.designs,
		.run_level = watch->options.run_level, .run_gap = watch->options.run_gap,
		.levels = watch->options.levels, .mmu = -1, .op_done = keep_last, .ctx = ret,
	};
	struct sim_result result = { 0 };
	struct script *script = NULL;
	bool counted = growth_script(op, mmu, bytes, &text) &&
		       !script_parse("growth", strbuf_str(&text), text.len, &diag, &script) &&
		       !sim_run(script, &options, &result);

	sim_result_release(&result);
	script_free(script);
	strbuf_release(&text);
	strbuf_release(&diag);
	return counted;
}

/*
 * The most that one notification of such an operation covers, or that is scanned in one stretch
 * of it, whichever is less: counted over 2 TiB and 4 TiB. What does not grow with the region is
 * at its largest.
 */
static uint64_t most_bytes(const struct stall_watch *watch, const struct script_op *op)
{
	const char *mmu = script_mmu_name(watch->mmu < 0 ? SCRIPT_MMU_SHADOW : watch->mmu);
	uint64_t most = UINT64_MAX;
	struct growth at_2t, at_4t;

	if (!count_growth(watch, op, mmu, 2 * TIB, &at_2t) ||
	    !count_growth(watch, op, mmu, 4 * TIB, &at_4t) || !at_4t.notified)
		return most;
	if (at_4t.notified == at_2t.notified)
		most = at_4t.notified;
	if (at_4t.longest && at_4t.longest == at_2t.longest && at_4t.longest * PAGE < most)
		most = at_4t.longest * PAGE;
	return most;
}

/* A verdict with what it follows from. */
struct verdict {
	const struct stall_op *worst;
	double limit;
	bool over;
	uint64_t most;
	uint64_t turn;
};

static struct verdict judge(const struct stall_watch *watch, const struct stall_op *worst,
			    double limit)
{
	struct verdict verdict = { .worst = worst, .limit = limit, .most = UINT64_MAX };

	verdict.over = worst->ns >= limit;
	/* many notifications: each is clipped, their sum is not */
	if (worst->op && (worst == &watch->stretch || worst->notifications == 1))
		verdict.most = most_bytes(watch, worst->op);
	verdict.turn = report_stall_turn(worst->ns, worst->bytes, limit, verdict.most);
	return verdict;
}

static void add_turn(const struct verdict *verdict, struct strbuf *out)
{
	if (verdict->turn != UINT64_MAX) {
		strbuf_addstr(out, verdict->over ? " from " : " below ");
		report_add_size(out, verdict->turn & ~((1ull << 20) - 1));
		strbuf_addstr(out, verdict->over ? " on" : "");
		return;
	}
	strbuf_addstr(out, " at any size");
	if (verdict->most == UINT64_MAX)
		return;
	strbuf_addstr(out, " (");
	report_add_size(out, verdict->most);
	strbuf_addstr(out, " at most)");
}

/* "512G * 20 s / 71.6 ms" */
static void add_arithmetic(const struct verdict *verdict, struct strbuf *out)
{
	report_add_size(out, verdict->worst->bytes);
	strbuf_addstr(out, " * ");
	report_add_ns(out, verdict->limit);
	strbuf_addstr(out, " / ");
	report_add_ns(out, verdict->worst->ns);
}

static void json_verdict(struct report_json *json, const char *name, const struct verdict *verdict)
{
	const struct stall_op *worst = verdict->worst;
	struct strbuf text = STRBUF_INIT;

	report_json_object(json, name);
	report_json_double(json, "limit_ns", verdict->limit);
	report_json_bool(json, "over", verdict->over);
	if (worst->op) {
		report_json_uint(json, "line", worst->op->line);
		report_json_double(json, "ns", worst->ns);
		report_json_uint(json, "bytes", worst->bytes);
		if (verdict->most != UINT64_MAX)
			report_json_uint(json, "bytes_at_most", verdict->most);
		if (verdict->turn != UINT64_MAX)
			report_json_uint(json, "turns_at_bytes", verdict->turn);
		add_arithmetic(verdict, &text);
		report_json_str(json, "arithmetic", strbuf_str(&text));
	}
	report_json_close(json);
	strbuf_release(&text);
}

void stall_json(struct report_json *json, const struct stall_watch *watch)
{
	struct verdict lockup = judge(watch, &watch->stretch, watch->limits.lockup), user;

	report_json_object(json, "stall");
	json_figures(json, watch->cost, &watch->sum);
	json_verdict(json, "soft_lockup", &lockup);
	if (watch->limits.user > 0) {
		user = judge(watch, &watch->dearest, watch->limits.user);
		json_verdict(json, "stall_limit", &user);
	}
	report_json_close(json);
}

static void add_verdict(const char *who, const char *what, const struct verdict *verdict,
			struct strbuf *out)
{
	strbuf_addf(out, "%s%s%s ", who ? who : "", who ? ": " : "", what);
	report_add_ns(out, verdict->worst->ns);
	if (verdict->worst->op)
		strbuf_addf(out, " (line %u)", verdict->worst->op->line);
	strbuf_addstr(out, ": ");
}

static void add_lockup(const struct stall_watch *watch, const char *who, struct strbuf *out)
{
	const struct verdict verdict = judge(watch, &watch->stretch, watch->limits.lockup);

	add_verdict(who, "longest stretch", &verdict, out);
	strbuf_addstr(out, verdict.over ? "SOFT LOCKUP (" : "no soft lockup (");
	report_add_ns(out, verdict.limit);
	strbuf_addch(out, ')');
	if (verdict.worst->op)
		add_turn(&verdict, out);
	strbuf_addch(out, '\n');
}

static void add_limit(const struct stall_watch *watch, const char *who, struct strbuf *out)
{
	const struct verdict verdict = judge(watch, &watch->dearest, watch->limits.user);

	add_verdict(who, "longest operation", &verdict, out);
	strbuf_addstr(out, verdict.over ? "OVER " : "under ");
	report_add_ns(out, verdict.limit);
	if (verdict.worst->op)
		add_turn(&verdict, out);
	strbuf_addch(out, '\n');
}

void stall_verdict(const struct stall_watch *watch, const char *who, struct strbuf *out)
{
	add_lockup(watch, who, out);
	if (watch->limits.user > 0)
		add_limit(watch, who, out);
}
