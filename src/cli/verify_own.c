// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the guest of a script does for itself: its own tables and code lie at the end of 40 bits of
 * guest-physical memory. The executor leaves the records of that out, by the rule of
 * src/host/guest/kvmtrace.c; here is the same for the model's.
 */
#include "verify_internal.h"

#define OWN_END (1ull << 40)
#define OWN_FLAT (OWN_END - 16 * 4096)
#define OWN_GPA (OWN_FLAT - 16 * 4096) /* for each kind of guest */
#define LOW_END (1ull << 32)
#define LOW_GPA (LOW_END - 16 * 4096) /* under shadow paging, below 4 GiB */
#define LOW_VA 0xffc00000ull
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

/* The kind of the script's guests goes by its first one. */
static bool has_shadow(const struct script *script)
{
	size_t i;

	for (i = 0; i < script->nr_ops; i++)
		if (script->ops[i].code == OP_VM)
			return script->ops[i].mmu == SCRIPT_MMU_SHADOW;
	return false;
}

static bool own_address(const struct script *script, bool shadow, uint64_t addr)
{
	const uint64_t page = addr & ~4095ull;

	if (!shadow)
		return addr >= OWN_FLAT;
	if (addr >= LOW_VA && addr < LOW_END)
		return !in_slots(script, page, page + 1);
	return (addr >= OWN_GPA && addr < OWN_END) || addr >> 39 == 255 || addr >> 48 == 255;
}

static bool own_memory(bool shadow, uint64_t start, uint64_t end)
{
	return overlap(start, end, OWN_GPA, OWN_END) ||
	       (shadow && overlap(start, end, LOW_GPA, LOW_END));
}

/* A record about a shadow page of @gfn with @role. */
static bool own_page(const struct script *script, bool shadow, uint64_t gfn, uint64_t role)
{
	unsigned int level = role & ROLE_LEVEL_MASK;
	uint64_t start = gfn << 12, end = start + (4096ull << 9 * (level < 5 ? level : 5));

	/* the shadow page of a table stands at the table's frame */
	if (shadow && !(role & ROLE_DIRECT))
		return own_memory(shadow, start, start + 4096);
	/* without paging the four pages of level 2 are there from the start */
	if (shadow && level > 1 && start < LOW_END)
		return false;
	return own_memory(shadow, start, end) && !in_slots(script, start, end);
}

/* One about an entry of @level for @gfn. */
static bool own_entry(const struct script *script, bool shadow, uint64_t gfn, unsigned int level)
{
	uint64_t start = gfn << 12, end = start + (4096ull << 9 * (level < 6 ? level - 1 : 5));

	return own_memory(shadow, start, end) && !in_slots(script, start, end);
}

bool verify_is_own(const struct script *script, const struct event *event)
{
	bool shadow = has_shadow(script);

	switch (event->id) {
	case EVENT_KVM_PAGE_FAULT:
		return own_address(script, shadow, event->arg[2]);
	case EVENT_FAST_PAGE_FAULT:
		return own_address(script, shadow, event->arg[1]);
	case EVENT_KVM_MMU_GET_PAGE:
	case EVENT_KVM_MMU_PREPARE_ZAP_PAGE:
	case EVENT_KVM_MMU_SYNC_PAGE:
	case EVENT_KVM_MMU_UNSYNC_PAGE:
		return own_page(script, shadow, event->arg[0], event->arg[1]);
	case EVENT_KVM_TDP_MMU_SPTE_CHANGED:
		return own_entry(script, shadow, event->arg[1], event->arg[2]);
	case EVENT_KVM_MMU_SET_SPTE:
	case EVENT_KVM_MMU_SPTE_REQUESTED:
	case EVENT_KVM_MMU_SPLIT_HUGE_PAGE:
		return own_entry(script, shadow, event->arg[0], event->arg[2]);
	default:
		return false;
	}
}
