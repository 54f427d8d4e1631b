// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One script on one kernel: operation by operation, which notifications started and ended over
 * which ranges, the release of an address space, what KVM did about it (less what differs from
 * boot to boot: host frames and addresses of tables), and what the system call returned.
 */
#include "cli_internal.h"
#include "verify_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <base/errname.h>
#include <base/mem.h>
#include <trace/compare.h>

#define ROLE_LEVEL_MASK 0xf
#define ROLE_DIRECT (1u << 7)
#define PAGE_CREATED (1u << 1)
/* Of EVENT_KVM_STAT, until the two sides are compared: see join_flushes(). */
#define JOINED 3

/*
 * What both sides record. A guest under shadow paging that reaches beyond 4 GiB without tables of
 * its own does so by tables of the executor, whose upper levels the model has as direct pages.
 */
static bool counts(const struct event *event, bool shadow)
{
	switch (event->id) {
	case EVENT_TRACING_MARK_WRITE:
	case EVENT_MMU_NOTIFIER_INVALIDATE_RANGE_START:
	case EVENT_MMU_NOTIFIER_INVALIDATE_RANGE_END:
	case EVENT_MMU_NOTIFIER_RELEASE:
	case EVENT_KVM_UNMAP_HVA_RANGE:
	case EVENT_KVM_AGE_HVA:
	case EVENT_KVM_TEST_AGE_HVA:
	case EVENT_KVM_PAGE_FAULT:
	case EVENT_KVM_MMU_SET_SPTE:
	case EVENT_KVM_MMU_SPTE_REQUESTED:
	case EVENT_KVM_TDP_MMU_SPTE_CHANGED:
	case EVENT_FAST_PAGE_FAULT:
	case EVENT_KVM_DIRTY_LOG:
	case EVENT_KVM_STAT:
		return true;
	case EVENT_KVM_MMU_SPLIT_HUGE_PAGE:
		/* it has let go of the lock to allocate, or for others, and tries again */
		return (int32_t)event->arg[3] != -EAGAIN;
	case EVENT_KVM_MMU_GET_PAGE:
	case EVENT_KVM_MMU_PREPARE_ZAP_PAGE:
	case EVENT_KVM_MMU_SYNC_PAGE:
	case EVENT_KVM_MMU_UNSYNC_PAGE:
		return !shadow || !(event->arg[1] & ROLE_DIRECT) ||
		       (event->arg[1] & ROLE_LEVEL_MASK) <= 2;
	default:
		return false;
	}
}

static bool has_shadow(const struct script *script)
{
	size_t i;

	for (i = 0; i < script->nr_ops; i++)
		if (script->ops[i].code == OP_VM && script->ops[i].mmu == SCRIPT_MMU_SHADOW)
			return true;
	return false;
}

static const struct trace_compare_options compare_options = { .what = TRACE_WHAT_ALL,
							      .portable = true };

/* An access that is sent back is tried again; how often is a matter of time. */
static bool is_retry(const struct trace_stream *stream, const struct event *event)
{
	return event->id == EVENT_KVM_PAGE_FAULT && stream->nr &&
	       trace_same_event(&stream->events[stream->nr - 1], event, &compare_options);
}

/*
 * The shadow page behind which mmu_sync_children() gave up, if a fault like @event would be the one
 * that comes back for it: all that @stream has of the fault before it, an equal one, is shadow pages
 * that were found or made, the last of them found and all records behind it of its children's
 * synchronisation. Linux: FNAME(fetch), to which need_resched() is the only reason for that.
 */
static const struct event *given_up_sync(const struct trace_stream *stream,
					 const struct event *event)
{
	const struct event *parent = NULL, *at = NULL;
	bool synced = false;
	size_t i;

	for (i = stream->nr; i > 0; i--) {
		at = &stream->events[i - 1];
		if (!parent && at->id == EVENT_KVM_MMU_SYNC_PAGE)
			synced = true;
		else if (at->id == EVENT_KVM_MMU_GET_PAGE)
			parent = parent ? parent : at;
		else
			break;
	}
	if (!i || !synced || !parent || (parent->arg[3] & PAGE_CREATED) ||
	    !trace_same_event(at, event, &compare_options))
		return NULL;
	return parent;
}

/*
 * struct taker - one side's records on their way into its stream
 * @kernel: it is the kernel's side
 * @shadow: the script has a VM with shadow paging
 * @again: where @is_again, a fault that may be the second half of the one before: it is if @parent
 *	is got again next, and then neither of the two counts; @joined: such faults in this operation
 * @may_yield: the running operation has walked tables or reverse maps
 * @flushes, @faults: last figures of remote_tlb_flush_requests and pf_taken of each VM; @nr_vms
 *	of them
 */
struct taker {
	struct trace_stream stream;
	bool kernel;
	bool shadow;
	bool may_yield;
	bool is_again;
	unsigned int joined;
	struct event again;
	struct event parent;
	uint64_t *flushes;
	uint64_t *faults;
	size_t nr_vms;
};

static int taker_init(struct taker *taker, const struct script *script, bool kernel)
{
	*taker = (struct taker){
		.kernel = kernel,
		.shadow = has_shadow(script),
		.nr_vms = script->nr_names,
	};
	trace_stream_init(&taker->stream);
	taker->flushes = mem_zalloc((script->nr_names + 1) * sizeof(*taker->flushes));
	taker->faults = mem_zalloc((script->nr_names + 1) * sizeof(*taker->faults));
	return taker->flushes && taker->faults ? 0 : -ENOMEM;
}

static void taker_release(struct taker *taker)
{
	trace_stream_release(&taker->stream);
	mem_free(taker->flushes);
	mem_free(taker->faults);
}

/*
 * A walk that yields flushes first, and whether it has to yield is a matter of time: in an operation
 * that notifies, takes tables down or stops logging the figure only says whether there was a flush.
 */
static void flush_figure(struct taker *taker, struct event *event)
{
	uint64_t value = event->arg[2];

	event->arg[2] = value - taker->flushes[event->arg[0]];
	event->arg[JOINED] = taker->joined;
	taker->flushes[event->arg[0]] = value;
	if (taker->may_yield && event->arg[2])
		event->arg[2] = 1;
}

/* The faults of this operation alone, since one that never ends is not compared. */
static void fault_figure(struct taker *taker, struct event *event)
{
	uint64_t value = event->arg[2];

	event->arg[2] = value - taker->faults[event->arg[0]] - taker->joined;
	taker->faults[event->arg[0]] = value;
}

/* An access that never gets through is tried until it is given up: how often is a matter of time. */
static void forget_tries(struct trace_stream *stream)
{
	size_t i = stream->nr;

	while (i-- > 0 && stream->events[i].id != EVENT_TRACING_MARK_WRITE)
		if (stream->events[i].id == EVENT_KVM_STAT &&
		    stream->events[i].arg[1] == EVENT_STAT_PF_TAKEN)
			stream->events[i].arg[2] = 0;
}

/* "FILE:LINE: memslot ...", where the slot does not log (walk_slot_rmaps(), flush_on_yield) */
static bool stops_logging(const struct event *mark)
{
	static const char slot[] = ": memslot ", log[] = " dirty_log";

	return memmem(mark->text, mark->text_len, slot, sizeof(slot) - 1) &&
	       !memmem(mark->text, mark->text_len, log, sizeof(log) - 1);
}

static void put(struct taker *taker, const struct event *event)
{
	taker->stream.sink.emit(&taker->stream.sink, event);
}

/* Nothing follows, or something else than a second half would have: the fault that waits counts. */
static void put_waiting(struct taker *taker)
{
	if (taker->is_again)
		put(taker, &taker->again);
	taker->is_again = false;
}

/* Only the kernel gives up a synchronisation, so that a model that faults twice is still wrong. */
static void put_joined(struct taker *taker, const struct event *event)
{
	const struct event *parent;

	if (taker->is_again && trace_same_event(event, &taker->again, &compare_options))
		return;
	if (taker->is_again && trace_same_event(event, &taker->parent, &compare_options)) {
		taker->is_again = false;
		taker->joined++;
		return;
	}
	put_waiting(taker);
	parent = taker->kernel && event->id == EVENT_KVM_PAGE_FAULT ?
			 given_up_sync(&taker->stream, event) :
			 NULL;
	if (!parent) {
		put(taker, event);
		return;
	}
	taker->is_again = true;
	taker->again = *event;
	taker->parent = *parent;
}

static void begin_operation(struct taker *taker, const struct event *mark)
{
	taker->may_yield = stops_logging(mark);
	taker->joined = 0;
}

static void take(struct taker *taker, const struct event *event)
{
	struct event changed = *event;

	if (event->id == EVENT_TRACING_MARK_WRITE)
		begin_operation(taker, event);
	else if (event->id == EVENT_KVM_UNMAP_HVA_RANGE ||
		 event->id == EVENT_KVM_MMU_PREPARE_ZAP_PAGE)
		taker->may_yield = true;
	else if (event->id == EVENT_KVM_STAT && event->arg[0] < taker->nr_vms &&
		 event->arg[1] == EVENT_STAT_REMOTE_TLB_FLUSH_REQUESTS)
		flush_figure(taker, &changed);
	else if (event->id == EVENT_KVM_STAT && event->arg[0] < taker->nr_vms &&
		 event->arg[1] == EVENT_STAT_PF_TAKEN)
		fault_figure(taker, &changed);
	if (counts(event, taker->shadow) && !is_retry(&taker->stream, event))
		put_joined(taker, &changed);
}

/*
 * struct model - the model's side
 * @sink: passes on to @taker
 * @script: what runs
 * @stats: KVM's figures are compared, too
 * @errs: what each operation returned
 */
struct model {
	struct event_sink sink;
	struct taker taker;
	const struct script *script;
	bool stats;
	int *errs;
	size_t nr;
	size_t cap;
	int error;
};

static void emit(struct event_sink *sink, const struct event *event)
{
	struct model *model = (struct model *)((char *)sink - offsetof(struct model, sink));

	if (verify_is_own(model->script, event) ||
	    (event->id == EVENT_KVM_STAT && !model->stats))
		return;
	take(&model->taker, event);
}

static void op_done(void *ctx, const struct sim_op_result *result)
{
	struct model *model = ctx;

	if (result->err == -EAGAIN)
		forget_tries(&model->taker.stream);
	if (mem_grow(&model->errs, &model->cap, model->nr + 1, sizeof(*model->errs)))
		model->error = -ENOMEM;
	else
		model->errs[model->nr++] = result->err;
}

static int model_run(const struct script *script, const char *profile, bool audit, bool stats,
		     struct model *model, uint64_t *ret_violations)
{
	struct sim_options options = {
		.profile = profile,
		.mmu = -1,
		.audit = audit,
		.executor = true,
		.numa_off = true,
		.op_done = op_done,
		.ctx = model,
	};
	struct sim_result result;
	int err;

	*model = (struct model){ .sink.emit = emit, .script = script, .stats = stats };
	*ret_violations = 0;
	err = taker_init(&model->taker, script, false);
	if (err)
		return err;
	options.sink = &model->sink;
	err = sim_run(script, &options, &result);
	*ret_violations = result.violations;
	sim_result_release(&result);
	if (!err)
		err = model->error ? model->error : model->taker.stream.error;
	return err;
}

static void model_release(struct model *model)
{
	taker_release(&model->taker);
	mem_free(model->errs);
}

const char *verify_profile(const char *release)
{
	unsigned long major, minor, want[2];
	const char *found = NULL;
	size_t i;

	if (sscanf(release, "%lu.%lu", &want[0], &want[1]) != 2)
		return NULL;
	for (i = 0; script_kernel_names[i]; i++)
		if (sscanf(script_kernel_names[i], "linux-%lu.%lu", &major, &minor) == 2 &&
		    (major < want[0] || (major == want[0] && minor <= want[1])))
			found = script_kernel_names[i];
	return found;
}

void verify_result_release(struct verify_result *result)
{
	strbuf_release(&result->text);
	strbuf_release(&result->log);
}

/* Messages after which nothing that the kernel does proves anything. */
static bool log_is_grave(const char *log)
{
	static const char *const words[] = { "BUG", "Oops", "general protection", "Bad page",
					     "Bad rss" };
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strstr(log, words[i]))
			return true;
	return false;
}

static void describe_status(const struct host_stream *stream, const char *release,
			    struct strbuf *out)
{
	strbuf_addf(out, "  %s: ", release);
	switch (stream->status) {
	case HOST_OK:
		strbuf_addstr(out, "the kernel says that something is broken");
		break;
	case HOST_HANG:
		strbuf_addstr(out, "it did not come back within its time");
		if (stream->detail)
			strbuf_addf(out, "; %u processes could not even be killed", stream->detail);
		break;
	case HOST_DIED:
		strbuf_addf(out, "a process of the script was killed by signal %u", stream->detail);
		break;
	case HOST_LOST:
		strbuf_addf(out, "the trace buffer lost %u events", stream->detail);
		break;
	case HOST_FAILED:
		strbuf_addf(out, "it could not be set up: %s", errname(stream->detail));
		break;
	case HOST_PANIC:
		strbuf_addstr(out, "the kernel panicked, or the machine ended");
		break;
	default:
		strbuf_addstr(out, "it was not run: the machine ended before");
		break;
	}
	strbuf_addch(out, '\n');
}

/* A script that did not come to its end, or broke the kernel. */
static void set_failed(struct verify_result *result, const struct script *script,
		       const struct host_stream *stream, const char *release)
{
	const struct script_op *op = NULL;

	result->verdict = VERIFY_FAILED;
	if (stream->nr_ops && stream->status != HOST_OK)
		op = &script->ops[stream->ops[stream->nr_ops - 1].op];
	if (op) {
		result->line = op->line;
		strbuf_addf(&result->text, "%s:%u: ", script->file, op->line);
		strbuf_add(&result->text, script->text + op->text, op->text_len);
		strbuf_addch(&result->text, '\n');
	}
	describe_status(stream, release, &result->text);
}

/* A stream kept by an older version has no figures: then there is nothing to compare them with. */
static bool has_stats(const struct host_stream *stream)
{
	size_t i;

	for (i = 0; i < stream->nr_events; i++)
		if (stream->events[i].id == EVENT_KVM_STAT)
			return true;
	return false;
}

/*
 * struct real - the kernel's side
 * @ops: as many as @stream has; budgets, which are not executed, are none of them
 */
struct real {
	struct taker taker;
	const struct host_op **ops;
	size_t nr;
};

static int real_load(const struct script *script, const struct host_stream *stream,
		     struct real *real)
{
	const struct host_op *op;
	size_t i, j;
	int err;

	*real = (struct real){ .ops = mem_alloc((stream->nr_ops + 1) * sizeof(*real->ops)) };
	err = taker_init(&real->taker, script, true);
	if (err || !real->ops)
		return -ENOMEM;
	for (i = 0; i < stream->nr_ops; i++) {
		op = &stream->ops[i];
		if (script->ops[op->op].code == OP_ASSERT)
			continue;
		real->ops[real->nr++] = op;
		for (j = 0; j < op->nr_events; j++)
			take(&real->taker, &stream->events[op->first_event + j]);
		if (op->returned && op->err == -EAGAIN)
			forget_tries(&real->taker.stream);
	}
	put_waiting(&real->taker);
	return real->taker.stream.error;
}

static void real_release(struct real *real)
{
	taker_release(&real->taker);
	mem_free(real->ops);
}

static const char *returned(const struct host_op *op)
{
	return !op->returned ? "nothing" : op->err ? errname(op->err) : "success";
}

/* The first operation that returned something else than the model's; SIZE_MAX for none. */
static size_t first_errno(const struct real *real, const struct model *model)
{
	size_t i;

	for (i = 0; i < real->nr && i < model->nr; i++)
		if (!real->ops[i]->returned || real->ops[i]->err != model->errs[i])
			return i;
	return SIZE_MAX;
}

static void set_different(struct verify_result *result, const struct real *real,
			  const struct model *model, const struct trace_diff *diff,
			  const char *const titles[2])
{
	size_t op = diff->op;

	result->verdict = VERIFY_DIFFERENT;
	result->line = diff->line[0] ? diff->line[0] : diff->line[1];
	trace_diff_format(&result->text, &real->taker.stream, &model->taker.stream, &compare_options, diff,
			  titles);
	if (op < real->nr && op < model->nr &&
	    (!real->ops[op]->returned || real->ops[op]->err != model->errs[op]))
		strbuf_addf(&result->text, "  %s returned %s, %s %s\n", titles[0],
			    returned(real->ops[op]), titles[1],
			    model->errs[op] ? errname(model->errs[op]) : "success");
}

/* The figure of the model for what @stat, of operation @op, is about; NULL for none. */
static const struct event *model_figure(const struct trace_stream *stream, size_t op,
					const struct event *stat)
{
	size_t i;

	for (i = 0; op < stream->nr_ops && i < stream->ops[op].nr; i++) {
		const struct event *event = &stream->events[stream->ops[op].mark + 1 + i];

		if (event->id == EVENT_KVM_STAT && event->arg[0] == stat->arg[0] &&
		    event->arg[1] == stat->arg[1])
			return event;
	}
	return NULL;
}

/* Each time that mmu_sync_children() gives up it may have flushed once more than otherwise. */
static void join_flushes(struct trace_stream *real, const struct trace_stream *model)
{
	size_t op, i;

	for (op = 0; op < real->nr_ops; op++) {
		for (i = 0; i < real->ops[op].nr; i++) {
			struct event *stat = &real->events[real->ops[op].mark + 1 + i];
			const struct event *other;

			if (stat->id != EVENT_KVM_STAT || !stat->arg[JOINED])
				continue;
			other = model_figure(model, op, stat);
			if (other && stat->arg[2] - other->arg[2] <= stat->arg[JOINED])
				stat->arg[2] = other->arg[2];
			stat->arg[JOINED] = 0;
		}
	}
}

static int compare(const struct real *real, const struct model *model,
		   const char *const titles[2], struct verify_result *result)
{
	struct trace_diff diff;
	size_t op = first_errno(real, model), i;
	int err = trace_compare(&real->taker.stream, &model->taker.stream, &compare_options, &diff);

	if (err)
		return err;
	if (op != SIZE_MAX && (diff.equal || op < diff.op)) {
		diff.equal = false;
		diff.op = op;
		diff.ops = op + 1;
		diff.line[0] = real->taker.stream.ops[op].line;
		diff.line[1] = op < model->taker.stream.nr_ops ? model->taker.stream.ops[op].line : 0;
	}
	result->ops = diff.ops;
	for (i = 0; i < real->nr && (diff.equal || i < diff.op); i++)
		result->events += real->taker.stream.ops[i].nr;
	if (!diff.equal)
		set_different(result, real, model, &diff, titles);
	return strbuf_error(&result->text);
}

int verify_check(const struct script *script, const struct host_stream *stream,
		 const char *release, const char *profile, bool audit, struct verify_result *ret)
{
	struct verify_result result = { .verdict = VERIFY_EQUAL };
	struct strbuf title = STRBUF_INIT;
	const char *titles[2] = { NULL, profile };
	struct real real;
	struct model model;
	int err;

	strbuf_addstr(&result.log, strbuf_str(&stream->log));
	err = model_run(script, profile, audit, has_stats(stream), &model, &result.violations);
	if (!err && (stream->status != HOST_OK || log_is_grave(strbuf_str(&stream->log)))) {
		set_failed(&result, script, stream, release);
	} else if (!err) {
		strbuf_addf(&title, "Linux %s", release);
		titles[0] = strbuf_str(&title);
		err = real_load(script, stream, &real);
		if (!err)
			join_flushes(&real.taker.stream, &model.taker.stream);
		if (!err)
			err = compare(&real, &model, titles, &result);
		real_release(&real);
		strbuf_release(&title);
	}
	model_release(&model);
	if (!err)
		err = strbuf_error(&result.log);
	if (err)
		verify_result_release(&result);
	else
		*ret = result;
	return err;
}
