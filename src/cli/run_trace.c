// SPDX-License-Identifier: GPL-2.0-or-later
#include "run_internal.h"

#include <string.h>

#include <sim/view.h>

static void read_clock(struct run_trace *trace)
{
	uint64_t counters[SIM_COUNTER_NR];
	struct report_stall stall;
	struct report_work work;

	sim_view_counters(trace->view, counters);
	model_work(counters, &work);
	report_stall_estimate(trace->cost, &work, 0, 0, &stall);
	trace->clock = (struct trace_clock){
		.ns = report_cost_estimate(trace->cost, &work),
		.walk_ns = stall.lock,
		.counter =
			{
				[TRACE_BYTES_NOTIFIED] = counters[SIM_BYTES_NOTIFIED],
				[TRACE_HEADS_SCANNED] = counters[SIM_RMAP_SCANNED],
				[TRACE_SPTES_ZAPPED] = counters[SIM_SPTES_ZAPPED],
				[TRACE_SPTES] = counters[SIM_PAGES_4K] +
						counters[SIM_PAGES_2M] +
						counters[SIM_PAGES_1G],
			},
	};
}

static void now(void *ctx, struct trace_clock *ret_clock)
{
	struct run_trace *trace = ctx;

	if (trace->view)
		read_clock(trace);
	*ret_clock = trace->clock;
}

int run_trace_open(struct run_trace *trace, const char *path, const char *about,
		   const struct report_cost *cost)
{
	size_t len = strlen(path);

	*trace = (struct run_trace){.cost = cost};
	trace->perfetto = len > 8 && !strcmp(path + len - 8, ".pftrace");
	if (trace->perfetto)
		return trace_perfetto_open(&trace->native, path, about, now, trace);
	return trace_writer_open(&trace->text, path);
}

struct event_sink *run_trace_sink(struct run_trace *trace)
{
	return trace->perfetto ? &trace->native.sink : &trace->text.sink;
}

void run_trace_begin(struct run_trace *trace, const struct sim *view)
{
	if (trace && trace->perfetto)
		trace->view = view;
}

void run_trace_done(struct run_trace *trace)
{
	if (!trace || !trace->view)
		return;
	read_clock(trace);
	trace->view = NULL;
}

int run_trace_close(struct run_trace *trace)
{
	return trace->perfetto ? trace_perfetto_close(&trace->native)
			       : trace_writer_close(&trace->text);
}

void run_trace_abort(struct run_trace *trace)
{
	if (trace->perfetto)
		trace_perfetto_abort(&trace->native);
	else
		trace_writer_abort(&trace->text);
}
