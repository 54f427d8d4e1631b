// SPDX-License-Identifier: GPL-2.0-or-later
#include "map_internal.h"

#include <base/mem.h>
#include <sim/view.h>

/* A heap begins where it is declared and reaches as far as any brk before the next is. */
static int add_heap(struct strip_layout *layout, const struct script *script,
		    const struct script_op *heap)
{
	const struct script_op *op, *stop = script->ops + script->nr_ops;
	uint64_t end = heap->addr;

	for (op = heap + 1; op < stop && op->code != OP_HEAP; op++)
		if (op->code == OP_BRK && op->addr > end)
			end = op->addr;
	return strip_layout_add(layout, script_name(script, heap->name), heap->addr, end);
}

static int add_area(struct strip_layout *layout, const struct script *script,
		    const struct script_op *op)
{
	switch (op->code) {
	case OP_MAP:
		return strip_layout_add(layout, script_name(script, op->name), op->addr,
					op->addr + op->len);
	case OP_MREMAP:
		return strip_layout_add(layout, "mremap", op->addr2,
					op->addr2 + op->len2);
	case OP_HEAP:
		return add_heap(layout, script, op);
	default:
		return 0;
	}
}

int map_layout(const struct script *script, unsigned int cells,
	       struct strip_layout *ret_layout)
{
	struct strip_layout layout = {0};
	size_t i;
	int err = 0;

	for (i = 0; i < script->nr_ops && !err; i++)
		err = add_area(&layout, script, &script->ops[i]);
	if (err) {
		strip_layout_release(&layout);
		return err;
	}
	strip_layout_finish(&layout, cells);
	*ret_layout = layout;
	return 0;
}

/* The run that looks; @strip is that of the operation now running, NULL between the
 * chosen. */
struct watch {
	struct event_sink sink;
	const uint64_t *index;
	size_t nr;
	size_t next;
	struct strip *strips;
	struct strip *strip;
	uint32_t pid;
	struct sim_stretch *slots;
	size_t nr_slots, cap_slots;
	int err;
};

static void add_slot(struct watch *watch, const struct sim_stretch *slot)
{
	strip_add(watch->strip, STRIP_MEMSLOT, slot->start, slot->end);
	watch->err = mem_grow(&watch->slots, &watch->cap_slots, watch->nr_slots + 1,
			      sizeof(*slot));
	if (!watch->err)
		watch->slots[watch->nr_slots++] = *slot;
}

static void see_before(void *ctx, const struct sim_stretch *stretch)
{
	static const enum strip_row levels[] = {STRIP_PTE, STRIP_PMD, STRIP_PUD,
						STRIP_P4D};
	struct watch *watch = ctx;

	switch (stretch->kind) {
	case SIM_VIEW_VMA:
		strip_add(watch->strip, STRIP_VMA, stretch->start, stretch->end);
		break;
	case SIM_VIEW_TABLE:
	case SIM_VIEW_LEAF:
		if (stretch->level <= 4)
			strip_add(watch->strip, levels[stretch->level - 1],
				  stretch->start, stretch->end);
		break;
	case SIM_VIEW_SLOT:
		add_slot(watch, stretch);
		break;
	case SIM_VIEW_SPTE:
		strip_add(watch->strip, STRIP_SPTE, stretch->start, stretch->end);
		strip_add(watch->strip, STRIP_ZAPPED, stretch->start, stretch->end);
		break;
	}
}

static void see_after(void *ctx, const struct sim_stretch *stretch)
{
	struct watch *watch = ctx;

	if (stretch->kind == SIM_VIEW_SPTE)
		strip_take(watch->strip, STRIP_ZAPPED, stretch->start, stretch->end);
}

static void add_operation(struct strip *strip, const struct script_op *op)
{
	switch (op->code) {
	case OP_MREMAP:
		strip_add(strip, STRIP_OPERATION, op->addr2, op->addr2 + op->len2);
		strip_add(strip, STRIP_OPERATION, op->addr, op->addr + op->len);
		break;
	case OP_MAP:
	case OP_TOUCH:
	case OP_MPROTECT:
	case OP_MUNMAP:
	case OP_MADVISE:
	case OP_MBIND:
	case OP_MOVE_PAGES:
	case OP_NUMA_HINT:
	case OP_PIN:
	case OP_AGE:
	case OP_UFFD:
	case OP_PAGEMAP_SCAN:
	case OP_MEMSLOT:
	case OP_DEVICE:
		strip_add(strip, STRIP_OPERATION, op->addr, op->addr + op->len);
		break;
	default:
		break;
	}
}

static void op_begin(void *ctx, const struct script_op *op, uint64_t index,
		     const struct sim *view)
{
	struct watch *watch = ctx;

	if (watch->next == watch->nr || watch->index[watch->next] != index)
		return;
	watch->strip = &watch->strips[watch->next++];
	watch->pid = sim_view_pid(view);
	watch->nr_slots = 0;
	add_operation(watch->strip, op);
	sim_view_walk(view, see_before, watch);
}

static void emit(struct event_sink *sink, const struct event *event)
{
	struct watch *watch =
		(struct watch *)((char *)sink - offsetof(struct watch, sink));
	uint64_t start = event->arg[1], end = event->arg[2];
	size_t i;

	if (!watch->strip || event->id != EVENT_MMU_NOTIFIER_INVALIDATE_RANGE_START ||
	    event->pid != watch->pid)
		return;
	strip_add(watch->strip, STRIP_NOTIFIED, start, end);
	for (i = 0; i < watch->nr_slots; i++) {
		const struct sim_stretch *slot = &watch->slots[i];

		strip_add(watch->strip, STRIP_SCANNED,
			  start > slot->start ? start : slot->start,
			  end < slot->end ? end : slot->end);
	}
}

/* The MMU that has no reverse map, and the index over one, do not look at every head. */
static void op_done(void *ctx, const struct sim_op_result *result)
{
	struct watch *watch = ctx;

	if (!watch->strip)
		return;
	sim_view_walk(result->view, see_after, watch);
	if (result->delta[SIM_RMAP_SCANNED] < result->delta[SIM_FRAMES_COVERED])
		strip_take(watch->strip, STRIP_SCANNED, 0, UINT64_MAX);
	watch->strip = NULL;
}

int map_draw(const struct script *script, const struct sim_options *options,
	     const struct strip_layout *layout, const uint64_t *index, size_t nr,
	     struct strip *strips)
{
	struct watch watch = {
		.sink.emit = emit, .index = index, .nr = nr, .strips = strips};
	struct sim_options again = *options;
	struct sim_result result = {0};
	size_t i, made;
	int err = 0;

	for (made = 0; made < nr && !err; made++)
		err = strip_init(&strips[made], layout);
	again.audit = false;
	again.sink = &watch.sink;
	again.op_begin = op_begin;
	again.op_done = op_done;
	again.note = NULL;
	again.ctx = &watch;
	if (!err)
		err = sim_run(script, &again, &result);
	err = err ? err : watch.err;
	for (i = 0; err && i < made; i++)
		strip_release(&strips[i]);
	sim_result_release(&result);
	mem_free(watch.slots);
	return err;
}
