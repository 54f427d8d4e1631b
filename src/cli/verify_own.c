// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the guest of a script does for itself: its own tables and code lie at the end of 40 bits of
 * guest-physical memory. The executor leaves the records of that out, by the rule of
 * src/host/guest/kvmtrace.c; here is the same for the model's.
 */
#include "verify_internal.h"

#define OWN_END (1ull << 40)
#define OWN_GPA (OWN_END - 32 * 4096) /* for each kind of guest */
#define ROLE_LEVEL_MASK 0xf
#define ROLE_DIRECT (1u << 7)

static bool overlap(uint64_t a, uint64_t a_end, uint64_t b, uint64_t b_end)
{
	return a < b_end && b < a_end;
}

/* The guest-physical bytes [start, end) that belong to one of the script's slots at some time. */
static bool in_slots(const struct script *script, uint64_t start, uint64_t end)
{
	size_t i;

	for (i = 0; i < script->nr_ops; i++) {
		const struct script_op *op = &script->ops[i];

		if (op->code == OP_MEMSLOT && !(op->flags & SCRIPT_MEMSLOT_DELETE) &&
		    overlap(start, end, script_op_gpa(op), script_op_gpa(op) + op->len))
			return true;
	}
	return false;
}

/* Nothing to leave out where the model has no such slot. */
static bool follows(const struct script *script, bool *ret_shadow)
{
	bool any = false;
	size_t i;

	*ret_shadow = false;
	for (i = 0; i < script->nr_ops; i++) {
		if (script->ops[i].code != OP_VM)
			continue;
		any |= sim_follows_executor(script, script->ops[i].name);
		*ret_shadow |= script->ops[i].mmu == SCRIPT_MMU_SHADOW;
	}
	return any;
}

bool verify_is_own(const struct script *script, const struct event *event)
{
	bool shadow;
	uint64_t gfn = event->arg[0], start, end;
	unsigned int level;

	if (!follows(script, &shadow))
		return false;
	switch (event->id) {
	case EVENT_KVM_PAGE_FAULT:
		return event->arg[2] >= OWN_GPA;
	case EVENT_FAST_PAGE_FAULT:
		return event->arg[1] >= OWN_GPA;
	case EVENT_KVM_MMU_GET_PAGE:
	case EVENT_KVM_MMU_PREPARE_ZAP_PAGE:
	case EVENT_KVM_MMU_SYNC_PAGE:
	case EVENT_KVM_MMU_UNSYNC_PAGE:
		/* the shadow page of a table stands at the table's frame */
		level = shadow && !(event->arg[1] & ROLE_DIRECT) ? 0 :
								   event->arg[1] & ROLE_LEVEL_MASK;
		break;
	case EVENT_KVM_TDP_MMU_SPTE_CHANGED:
		gfn = event->arg[1];
		level = event->arg[2] - 1;
		break;
	case EVENT_KVM_MMU_SET_SPTE:
	case EVENT_KVM_MMU_SPTE_REQUESTED:
	case EVENT_KVM_MMU_SPLIT_HUGE_PAGE:
		level = event->arg[2] - 1;
		break;
	default:
		return false;
	}
	start = gfn << 12;
	end = start + (4096ull << 9 * (level < 5 ? level : 5));
	return overlap(start, end, OWN_GPA, OWN_END) && !in_slots(script, start, end);
}
