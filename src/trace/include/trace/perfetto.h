/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Event streams for Perfetto: native TrackEvent protobuf (protos/perfetto/trace/track_event),
 * which ui.perfetto.dev and trace_processor read.
 *
 * Tracks: operations (slices); notifications, one track for each process (slices from start to
 * end; one that is never ended stays open); KVM's walks (slices from kvm_unmap_hva_range on, as
 * long as the work under mmu_lock takes); zaps (instants: leaf SPTEs of the TDP MMU, tables and
 * shadow pages: Linux has no tracepoint for the leaf SPTEs of shadow pages); guest faults
 * (instants); counters.
 *
 * Linux's time stamps do not exist here: time is what the counted work costs, as @now says, in
 * nanoseconds from 0, and 1 ns more for every record behind which nothing was counted, so that
 * the order can be seen where no cost is known. The same run gives the same bytes.
 */
#ifndef TRACE_PERFETTO_H
#define TRACE_PERFETTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <base/event.h>
#include <trace/file.h>

/** enum trace_counter - the counter tracks */
enum trace_counter {
	TRACE_BYTES_NOTIFIED,
	TRACE_HEADS_SCANNED,
	TRACE_SPTES_ZAPPED,
	TRACE_SPTES,
	TRACE_COUNTERS,
};

/**
 * struct trace_clock - all work so far
 * @ns: what it costs; @walk_ns: the part of it under mmu_lock
 */
struct trace_clock {
	double ns;
	double walk_ns;
	uint64_t counter[TRACE_COUNTERS];
};

/**
 * struct trace_perfetto - a sink that writes a trace; an I/O error is kept, the rest swallowed
 * @now: the clock; called for each record
 * @at: time of this record; @last: of the one before; @counted_ns: work that went into it
 * @open: by process number: slices begun and not ended
 */
struct trace_perfetto {
	struct event_sink sink;
	struct trace_file file;
	void (*now)(void *ctx, struct trace_clock *ret_clock);
	void *ctx;
	uint64_t at;
	uint64_t last;
	double counted_ns;
	struct trace_clock clock;
	struct trace_clock told;
	uint32_t *open;
	size_t nr_open;
	size_t cap_open;
	bool in_op;
	bool in_walk;
	uint64_t walk_at;
	double walk_ns;
};

/**
 * trace_perfetto_open() - write to @path, as trace_file_open().
 * @name: what the trace is about: shown over its tracks
 * Return: 0 or a negative errno.
 */
int trace_perfetto_open(struct trace_perfetto *trace, const char *path, const char *name,
			void (*now)(void *ctx, struct trace_clock *ret_clock), void *ctx);

/** trace_perfetto_close() - end what is open but notifications, and as trace_file_close(). */
int trace_perfetto_close(struct trace_perfetto *trace);

/** trace_perfetto_abort() - as trace_file_abort(). */
void trace_perfetto_abort(struct trace_perfetto *trace);

#endif /* TRACE_PERFETTO_H */
