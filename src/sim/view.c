// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim_internal.h"

#include <kvm/walk.h>
#include <mm/walk.h>
#include <sim/view.h>

struct walk {
	void (*fn)(void *ctx, const struct sim_stretch *stretch);
	void *ctx;
};

static void add_entries(void *ctx, const struct mm_entries *entries)
{
	const struct walk *walk = ctx;
	const struct sim_stretch stretch = {
		.kind = entries->table ? SIM_VIEW_TABLE : SIM_VIEW_LEAF,
		.level = entries->level,
		.start = entries->start,
		.end = entries->end,
	};

	walk->fn(walk->ctx, &stretch);
}

static void add_kvm(void *ctx, const struct kvm_stretch *found)
{
	const struct walk *walk = ctx;
	const struct sim_stretch stretch = {
		.kind = found->level ? SIM_VIEW_SPTE : SIM_VIEW_SLOT,
		.level = found->level,
		.start = found->start,
		.end = found->end,
	};

	walk->fn(walk->ctx, &stretch);
}

static void add_vmas(struct mm_struct *mm, const struct walk *walk)
{
	struct mm_vma_info vma;
	uint64_t addr = 0;

	while (mm_vma_next(mm, addr, &vma)) {
		const struct sim_stretch stretch = {
			.kind = SIM_VIEW_VMA, .start = vma.start, .end = vma.end};

		walk->fn(walk->ctx, &stretch);
		addr = vma.end;
	}
}

void sim_view_walk(const struct sim *view,
		   void (*fn)(void *ctx, const struct sim_stretch *stretch), void *ctx)
{
	struct walk walk = {.fn = fn, .ctx = ctx};
	struct mm_struct *mm = view->process->mm;
	const struct sim_object *object;

	if (!mm)
		return;
	add_vmas(mm, &walk);
	mm_walk_entries(mm, add_entries, &walk);
	LIST_FOREACH (object, &view->live, live) {
		if (object->kind != SIM_VM || object->mm != mm)
			continue;
		kvm_walk_slots(object->kvm, add_kvm, &walk);
		kvm_walk_sptes(object->kvm, add_kvm, &walk);
	}
}

uint32_t sim_view_pid(const struct sim *view)
{
	return view->process->pid;
}

void sim_view_counters(const struct sim *view, uint64_t *ret_counters)
{
	sim_counters(view, ret_counters);
}
