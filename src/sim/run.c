// SPDX-License-Identifier: GPL-2.0-or-later
/* The loop over the operations, with the events of each recorded where somebody wants them. */
#include "sim_internal.h"

#include <base/errname.h>
#include <base/stopwatch.h>

#include <string.h>

static struct sim *sim_of_tee(struct event_sink *sink)
{
	return (struct sim *)((char *)sink - offsetof(struct sim, tee));
}

static struct mm_struct *mm_of_pid(const struct sim *sim, uint32_t pid)
{
	const struct sim_object *object;

	LIST_FOREACH (object, &sim->live, live)
		if (object->kind == SIM_PROCESS && object->pid == pid)
			return object->mm;
	return sim->process->mm;
}

static void see_start(struct sim *sim, const struct event *event)
{
	struct sim_seen *seen;

	if (mem_grow(&sim->seen, &sim->cap_seen, sim->nr_seen + 1, sizeof(sim->seen[0]))) {
		sim->oom = true;
		return;
	}
	seen = &sim->seen[sim->nr_seen++];
	*seen = (struct sim_seen){
		.mm = mm_of_pid(sim, event->pid),
		.event = event->arg[0],
		.start = event->arg[1],
		.end = event->arg[2],
	};
	if (sim->options->audit)
		sim_audit_start(sim, seen);
}

/* The latest start of this range that has no end yet. */
static void see_end(struct sim *sim, const struct event *event)
{
	size_t i;

	for (i = sim->nr_seen; i--;) {
		struct sim_seen *seen = &sim->seen[i];

		if (seen->ended || seen->event != event->arg[0] || seen->start != event->arg[1] ||
		    seen->end != event->arg[2])
			continue;
		seen->ended = true;
		return;
	}
}

static void tee_emit(struct event_sink *sink, const struct event *event)
{
	struct sim *sim = sim_of_tee(sink);

	if (event->id == EVENT_MMU_NOTIFIER_INVALIDATE_RANGE_START)
		see_start(sim, event);
	else if (event->id == EVENT_MMU_NOTIFIER_INVALIDATE_RANGE_END)
		see_end(sim, event);
	if (sim->options->sink)
		sim->options->sink->emit(sim->options->sink, event);
}

/* Who listens during this operation: nobody, the user, or the recorder in between. */
static void choose_sink(struct sim *sim, const struct script_op *op)
{
	if (sim->options->audit || op->nr_expect)
		sim->events.sink = &sim->tee;
	else
		sim->events.sink = sim->options->sink;
}

static void mark_op(struct sim *sim, const struct script_op *op)
{
	struct strbuf text = STRBUF_INIT;

	if (!event_on(&sim->events))
		return;
	strbuf_addf(&text, "%s:%u: ", sim->script->file, op->line);
	strbuf_add(&text, sim->script->text + op->text, op->text_len);
	if (strbuf_error(&text))
		sim->oom = true;
	else
		event_mark(&sim->events, text.buf, text.len);
	strbuf_release(&text);
}

/* Maxima and levels are told as they are, everything else as what this operation added. */
static void make_delta(const uint64_t *before, const uint64_t *after, uint64_t *ret_delta)
{
	unsigned int i;

	for (i = 0; i < SIM_COUNTER_NR; i++)
		ret_delta[i] = after[i] - before[i];
	ret_delta[SIM_PAGES_4K] = after[SIM_PAGES_4K];
	ret_delta[SIM_PAGES_2M] = after[SIM_PAGES_2M];
	ret_delta[SIM_PAGES_1G] = after[SIM_PAGES_1G];
	ret_delta[SIM_MAX_MMU_RMAP_SIZE] = after[SIM_MAX_MMU_RMAP_SIZE];
}

static uint64_t take_longest(struct sim *sim)
{
	struct sim_object *object;
	uint64_t longest = 0;

	LIST_FOREACH (object, &sim->live, live) {
		if (object->kind != SIM_VM)
			continue;
		if (kvm_get_stat(object->kvm)->rmap_longest > longest)
			longest = kvm_get_stat(object->kvm)->rmap_longest;
		kvm_reset_maxima(object->kvm);
	}
	if (longest > sim->rmap_longest)
		sim->rmap_longest = longest;
	return longest;
}

static void run_op(struct sim *sim, const struct script_op *op)
{
	struct sim_op_result result = { .op = op, .index = sim->result->ops, .view = sim };
	const struct mm_struct *mm = sim->process->mm;
	uint64_t before[SIM_COUNTER_NR], after[SIM_COUNTER_NR];
	struct stopwatch watch = { 0 };
	uint64_t longest;

	sim->op = op;
	sim->nr_seen = 0;
	choose_sink(sim, op);
	if (sim->options->op_begin)
		sim->options->op_begin(sim->options->ctx, op, result.index, sim);
	mark_op(sim, op);
	if (sim->options->op_done)
		sim_counters(sim, before);
	if (sim->options->timed)
		stopwatch_start(&watch);
	result.err = sim_execute(sim, op);
	if (sim->options->timed)
		result.ns = stopwatch_ns(&watch);
	sim_memory_note(sim);
	if (sim->options->executor)
		sim_executor_stats(sim, mm);
	longest = take_longest(sim);
	sim->result->ops++;
	if (machine_oom(sim->machine) || (result.err == -ENOMEM && op->code >= OP_VM))
		sim->oom = true;
	if (result.err)
		sim_note(sim, "%s:%u: %s: %s", sim->script->file, op->line,
			 script_opcode_name(op->code), errname(result.err));
	sim_check_expectations(sim, op, result.err);
	if (sim->options->audit)
		sim_audit(sim);
	if (sim->options->op_done) {
		sim_counters(sim, after);
		make_delta(before, after, result.delta);
		result.delta[SIM_RMAP_LONGEST] = longest;
		sim->options->op_done(sim->options->ctx, &result);
	}
}

unsigned int sim_run_level(const struct sim_options *options)
{
	return options->run_level ? options->run_level : PT_LEVEL_PMD;
}

static int sim_init(struct sim *sim)
{
	struct machine_config config = {
		.profile = sim->profile,
		.design = {
			.tight = sim->options->designs & SIM_DESIGN_TIGHT,
			.lazy_unmap = sim->options->designs & SIM_DESIGN_LAZY_UNMAP,
			.numa_skip = sim->options->designs & SIM_DESIGN_NUMA_SKIP,
			.run_level = sim_run_level(sim->options),
			.run_gap = sim->options->run_gap,
		},
		.geo = pt_geometry_x86(sim->options->levels ? sim->options->levels : 4),
		.events = &sim->events,
		.thp = THP_MADVISE,
		.shmem_thp = THP_NEVER,
		.before_change = sim->options->audit ? sim_before_change : NULL,
		.ctx = sim,
	};
	struct mm_struct *mm;
	uint32_t i;
	int err;

	if (!config.geo)
		return -EINVAL;
	sim->tee.emit = tee_emit;
	sim->events.pid = 1;
	LIST_INIT(&sim->live);
	err = machine_create(&config, &sim->machine);
	if (!err)
		machine_set_numa_balancing(sim->machine, !sim->options->numa_off);
	if (err)
		return err;
	sim->objects = mem_zalloc((sim->script->nr_names + 1) * sizeof(sim->objects[0]));
	if (!sim->objects)
		return -ENOMEM;
	err = mm_create(sim->machine, &mm);
	if (err)
		return err;
	sim->main = &sim->objects[sim->script->nr_names];
	for (i = 0; i < sim->script->nr_names; i++)
		if (!strcmp(sim->script->names[i], "main"))
			sim->main = &sim->objects[i];
	sim->main->kind = SIM_PROCESS;
	sim->main->mm = mm;
	sim->main->pid = ++sim->last_pid;
	mm_notifiers(mm)->pid = sim->main->pid;
	mm_observe(mm);
	LIST_INSERT_HEAD(&sim->live, sim->main, live);
	sim->process = sim->main;
	return 0;
}

static int sim_loop(struct sim *sim)
{
	struct script_cursor cursor;
	const struct script_op *op;

	script_cursor_init(&cursor, sim->script);
	while ((op = script_cursor_next(&cursor))) {
		if (op->code == OP_ASSERT)
			sim_check_assert(sim, op);
		else
			run_op(sim, op);
		if (sim->oom)
			return -ENOMEM;
	}
	return strbuf_error(&sim->result->failures);
}

int sim_run(const struct script *script, const struct sim_options *options,
	    struct sim_result *ret)
{
	const char *name = options->profile ? options->profile : "linux-6.12";
	struct sim sim = {
		.script = script,
		.options = options,
		.result = ret,
		.profile = mm_profile_find(name),
	};
	int err;

	memset(ret, 0, sizeof(*ret));
	if (!sim.profile)
		return -EINVAL;
	err = sim_init(&sim);
	if (!err)
		err = sim_loop(&sim);
	if (sim.machine && sim.main)
		sim_counters(&sim, ret->counters);
	sim.events.sink = NULL;
	sim_teardown(&sim);
	return err;
}

void sim_result_release(struct sim_result *result)
{
	strbuf_release(&result->failures);
}

const char *sim_design_summary(unsigned int index)
{
	static const char *const summaries[] = {
		"mprotect and NUMA hinting notify runs of populated entries",
		"munmap, madvise and truncation notify runs of populated entries",
		"an index over the reverse-map heads in use; a walk may yield at every step",
		"NUMA hinting tells which pages became protnone, and only they are zapped",
	};

	return index < sizeof(summaries) / sizeof(summaries[0]) ? summaries[index] : NULL;
}

const char *sim_profile_summary(const char *profile)
{
	const struct mm_profile *found = mm_profile_find(profile);

	return found ? found->summary : NULL;
}
