// SPDX-License-Identifier: GPL-2.0-or-later
#include <trace/perfetto.h>

#include <base/mem.h>
#include <trace/compare.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "protobuf_internal.h"

/* Field numbers of Trace, TracePacket, TrackDescriptor, CounterDescriptor, TrackEvent,
 * DebugAnnotation. */
enum { TRACE_PACKET = 1 };
enum {
	PACKET_TIMESTAMP = 8,
	PACKET_SEQUENCE = 10,
	PACKET_EVENT = 11,
	PACKET_DESCRIPTOR = 60
};
enum { TRACK_UUID = 1, TRACK_NAME = 2, TRACK_PARENT = 5, TRACK_COUNTER = 8 };
enum { COUNTER_UNIT = 3 };
enum { UNIT_COUNT = 2, UNIT_BYTES = 3 };
enum {
	EVENT_ANNOTATION = 4,
	EVENT_TYPE = 9,
	EVENT_TRACK = 11,
	EVENT_NAME = 23,
	EVENT_COUNTER = 30
};
enum { TYPE_BEGIN = 1, TYPE_END, TYPE_INSTANT, TYPE_COUNTER };
enum { ANNOTATION_UINT = 3, ANNOTATION_POINTER = 7, ANNOTATION_NAME = 10 };

/* Our tracks; those of processes are UUID_PROCESS + pid. */
enum {
	UUID_ROOT = 1,
	UUID_OPS,
	UUID_WALKS,
	UUID_ZAPS,
	UUID_FAULTS,
	UUID_COUNTERS = 16,
	UUID_PROCESS = 4096
};

static const char *const counter_names[TRACE_COUNTERS] = {
	[TRACE_BYTES_NOTIFIED] = "bytes notified",
	[TRACE_HEADS_SCANNED] = "reverse-map heads scanned",
	[TRACE_SPTES_ZAPPED] = "SPTEs zapped",
	[TRACE_SPTES] = "SPTEs",
};

static void put_packet(struct trace_perfetto *trace, unsigned int field,
		       const struct protobuf *message, const uint64_t *at)
{
	struct protobuf packet, outer;

	packet.len = outer.len = 0;
	if (at)
		protobuf_uint(&packet, PACKET_TIMESTAMP, *at);
	protobuf_uint(&packet, PACKET_SEQUENCE, 1);
	protobuf_message(&packet, field, message);
	protobuf_message(&outer, TRACE_PACKET, &packet);
	trace_file_write(&trace->file, outer.buf, outer.len);
}

static void put_track(struct trace_perfetto *trace, uint64_t uuid, const char *name,
		      unsigned int unit)
{
	struct protobuf track, counter;

	track.len = counter.len = 0;
	protobuf_uint(&track, TRACK_UUID, uuid);
	protobuf_text(&track, TRACK_NAME, name, strlen(name));
	if (uuid != UUID_ROOT)
		protobuf_uint(&track, TRACK_PARENT, UUID_ROOT);
	if (unit) {
		protobuf_uint(&counter, COUNTER_UNIT, unit);
		protobuf_message(&track, TRACK_COUNTER, &counter);
	}
	put_packet(trace, PACKET_DESCRIPTOR, &track, NULL);
}

/* struct value - a figure shown with a slice or an instant */
struct value {
	const char *name;
	uint64_t value;
	bool address;
};

static void put_event(struct trace_perfetto *trace, uint64_t uuid, unsigned int type,
		      const char *name, size_t len, const struct value *values,
		      uint64_t at)
{
	struct protobuf event;

	event.len = 0;
	for (; values && values->name; values++) {
		struct protobuf annotation;

		annotation.len = 0;
		protobuf_uint(&annotation,
			      values->address ? ANNOTATION_POINTER : ANNOTATION_UINT,
			      values->value);
		protobuf_text(&annotation, ANNOTATION_NAME, values->name,
			      strlen(values->name));
		protobuf_message(&event, EVENT_ANNOTATION, &annotation);
	}
	protobuf_uint(&event, EVENT_TYPE, type);
	protobuf_uint(&event, EVENT_TRACK, uuid);
	if (name)
		protobuf_text(&event, EVENT_NAME, name, len);
	put_packet(trace, PACKET_EVENT, &event, &at);
}

static void put_counters(struct trace_perfetto *trace, bool all)
{
	unsigned int i;

	for (i = 0; i < TRACE_COUNTERS; i++) {
		struct protobuf event;

		event.len = 0;
		if (!all && trace->clock.counter[i] == trace->told.counter[i])
			continue;
		protobuf_uint(&event, EVENT_TYPE, TYPE_COUNTER);
		protobuf_uint(&event, EVENT_TRACK, UUID_COUNTERS + i);
		protobuf_uint(&event, EVENT_COUNTER, trace->clock.counter[i]);
		put_packet(trace, PACKET_EVENT, &event, &trace->at);
	}
	trace->told = trace->clock;
}

/*
 * The walk took what was counted under mmu_lock since it began; it lasts at least as long
 * as its records and at most until the one that ends it.
 */
static void end_walk(struct trace_perfetto *trace)
{
	uint64_t at = trace->walk_at + (uint64_t)(trace->clock.walk_ns - trace->walk_ns);

	if (!trace->in_walk)
		return;
	trace->in_walk = false;
	if (at < trace->last)
		at = trace->last;
	if (at == trace->walk_at)
		at++;
	put_event(trace, UUID_WALKS, TYPE_END, NULL, 0, NULL,
		  at < trace->at ? at : trace->at);
}

/* Whole nanoseconds of work since the last record that had any, or one for the record. */
static void tick(struct trace_perfetto *trace)
{
	uint64_t worked;

	trace->now(trace->ctx, &trace->clock);
	worked = trace->clock.ns - trace->counted_ns;
	trace->counted_ns += worked;
	trace->last = trace->at;
	trace->at += worked ? worked : 1;
}

/* "FILE:5: mprotect ram 4K r" is the operation of line 5. */
static void mark(struct trace_perfetto *trace, const struct event *event)
{
	const char *text = event->text;
	size_t len = event->text_len;
	uint32_t line = 0;
	struct value values[] = {{"line", 0, false}, {0}};
	char number[16];
	int digits;

	end_walk(trace);
	if (trace->in_op)
		put_event(trace, UUID_OPS, TYPE_END, NULL, 0, NULL, trace->at);
	put_counters(trace, false);
	trace->in_op = true;
	if (trace_mark_parse(text, len, &line) == TRACE_MARK_OP) {
		const char *from;

		digits = snprintf(number, sizeof(number), ":%u: ", line);
		from = memmem(text, len, number, digits);
		if (from) {
			len -= from + digits - text;
			text = from + digits;
		}
	}
	values[0].value = line;
	put_event(trace, UUID_OPS, TYPE_BEGIN, text, len, line ? values : NULL,
		  trace->at);
}

/* The count of open slices of a process; its track appears with its first. */
static uint32_t *open_slices(struct trace_perfetto *trace, uint32_t pid)
{
	char name[64];

	while (trace->nr_open <= pid) {
		if (mem_grow(&trace->open, &trace->cap_open, trace->nr_open + 1,
			     sizeof(*trace->open))) {
			trace->file.error =
				trace->file.error ? trace->file.error : -ENOMEM;
			return NULL;
		}
		trace->open[trace->nr_open] = 0;
		snprintf(name, sizeof(name), "notifications, process %zu",
			 trace->nr_open);
		if (trace->nr_open)
			put_track(trace, UUID_PROCESS + trace->nr_open, name, 0);
		trace->nr_open++;
	}
	return &trace->open[pid];
}

static void range_start(struct trace_perfetto *trace, const struct event *event)
{
	const struct value values[] = {{"start", event->arg[1], true},
				       {"end", event->arg[2], true},
				       {"bytes", event->arg[2] - event->arg[1], false},
				       {0}};
	const char *name = mmu_notify_name(event->arg[0]);
	uint32_t *open = open_slices(trace, event->pid);

	if (!open)
		return;
	++*open;
	put_event(trace, UUID_PROCESS + event->pid, TYPE_BEGIN, name, strlen(name),
		  values, trace->at);
}

static void range_end(struct trace_perfetto *trace, const struct event *event)
{
	uint32_t *open = open_slices(trace, event->pid);

	if (!open || !*open)
		return;
	--*open;
	put_event(trace, UUID_PROCESS + event->pid, TYPE_END, NULL, 0, NULL, trace->at);
}

static void walk(struct trace_perfetto *trace, const struct event *event)
{
	const struct value values[] = {
		{"start", event->arg[0], true}, {"end", event->arg[1], true}, {0}};
	static const char name[] = "kvm_unmap_hva_range";

	trace->in_walk = true;
	trace->walk_at = trace->at;
	trace->walk_ns = trace->clock.walk_ns;
	put_event(trace, UUID_WALKS, TYPE_BEGIN, name, sizeof(name) - 1, values,
		  trace->at);
}

/* Bit 0 of an x86 entry: present; bit 7 above level 1: it maps memory. */
static void spte_changed(struct trace_perfetto *trace, const struct event *event)
{
	const struct value values[] = {{"gfn", event->arg[1], true},
				       {"level", event->arg[2], false},
				       {"old_spte", event->arg[3], true},
				       {0}};
	bool leaf = event->arg[2] == 1 || event->arg[3] & 0x80;
	const char *name = leaf ? "SPTE" : "table";

	if (event->arg[3] & 1 && !(event->arg[4] & 1))
		put_event(trace, UUID_ZAPS, TYPE_INSTANT, name, strlen(name), values,
			  trace->at);
}

static void instant(struct trace_perfetto *trace, uint64_t uuid, const char *name,
		    const char *what, uint64_t number)
{
	const struct value values[] = {{what, number, true}, {0}};

	put_event(trace, uuid, TYPE_INSTANT, name, strlen(name), what ? values : NULL,
		  trace->at);
}

static void emit(struct event_sink *sink, const struct event *event)
{
	struct trace_perfetto *trace =
		(struct trace_perfetto *)((char *)sink -
					  offsetof(struct trace_perfetto, sink));

	if (trace->file.error)
		return;
	tick(trace);
	switch (event->id) {
	case EVENT_TRACING_MARK_WRITE:
		mark(trace, event);
		break;
	case EVENT_MMU_NOTIFIER_INVALIDATE_RANGE_START:
		end_walk(trace);
		range_start(trace, event);
		break;
	case EVENT_MMU_NOTIFIER_INVALIDATE_RANGE_END:
		end_walk(trace);
		range_end(trace, event);
		put_counters(trace, false);
		break;
	case EVENT_KVM_UNMAP_HVA_RANGE:
		end_walk(trace);
		walk(trace, event);
		break;
	case EVENT_KVM_TDP_MMU_SPTE_CHANGED:
		spte_changed(trace, event);
		break;
	case EVENT_KVM_MMU_PREPARE_ZAP_PAGE:
		instant(trace, UUID_ZAPS, "shadow page", "gfn", event->arg[0]);
		break;
	case EVENT_KVM_PAGE_FAULT:
		instant(trace, UUID_FAULTS, "kvm_page_fault", "address", event->arg[2]);
		break;
	case EVENT_KVM_MMU_SET_SPTE:
		instant(trace, UUID_FAULTS, "kvm_mmu_set_spte", "gfn", event->arg[0]);
		break;
	default:
		break;
	}
}

int trace_perfetto_open(struct trace_perfetto *trace, const char *path, const char *name,
			void (*now)(void *ctx, struct trace_clock *ret_clock), void *ctx)
{
	unsigned int i;
	int err;

	*trace = (struct trace_perfetto){.sink.emit = emit, .now = now, .ctx = ctx};
	err = trace_file_open(&trace->file, path);
	if (err)
		return err;
	put_track(trace, UUID_ROOT, name, 0);
	put_track(trace, UUID_OPS, "operations", 0);
	put_track(trace, UUID_WALKS, "walks", 0);
	put_track(trace, UUID_ZAPS, "zaps", 0);
	put_track(trace, UUID_FAULTS, "guest faults", 0);
	for (i = 0; i < TRACE_COUNTERS; i++)
		put_track(trace, UUID_COUNTERS + i, counter_names[i],
			  i == TRACE_BYTES_NOTIFIED ? UNIT_BYTES : UNIT_COUNT);
	put_counters(trace, true);
	return 0;
}

int trace_perfetto_close(struct trace_perfetto *trace)
{
	if (trace->in_op) {
		tick(trace);
		end_walk(trace);
		put_event(trace, UUID_OPS, TYPE_END, NULL, 0, NULL, trace->at);
		put_counters(trace, false);
	}
	mem_free(trace->open);
	trace->open = NULL;
	return trace_file_close(&trace->file);
}

void trace_perfetto_abort(struct trace_perfetto *trace)
{
	mem_free(trace->open);
	trace->open = NULL;
	trace_file_abort(&trace->file);
}
