// SPDX-License-Identifier: GPL-2.0-or-later
/* The invariants that need both sides: coverage (1), silence (5), and the audits after each
 * operation. */
#include "sim_internal.h"

#include <mm/audit.h>

#include <stdarg.h>
#include <stdio.h>

void sim_note(struct sim *sim, const char *fmt, ...)
{
	char text[400];
	va_list ap;

	if (!sim->options->note)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	sim->options->note(sim->options->ctx, text);
}

static void violated(void *ctx, unsigned int invariant, const char *text)
{
	struct sim *sim = ctx;

	sim->result->violations++;
	sim_note(sim, "%s:%u: invariant %u broken: %s", sim->script->file,
		 sim->op ? sim->op->line : 0, invariant, text);
}

static bool covered(const struct sim *sim, const struct mm_struct *mm, uint64_t start,
		    uint64_t end)
{
	size_t i;

	for (i = 0; i < sim->nr_seen; i++) {
		const struct sim_seen *seen = &sim->seen[i];

		if (seen->mm == mm && !seen->ended && seen->start <= start && end <= seen->end)
			return true;
	}
	return false;
}

/* The first address of [start, end) that the slot's VM maps now; end if none. */
static uint64_t mapped_in_slot(const struct sim_slot *slot, uint64_t start, uint64_t end)
{
	uint64_t gpa = kvm_next_mapped(slot->kvm, slot->slot >> 16, slot->gpa + (start - slot->addr),
				       slot->gpa + (end - slot->addr));

	return slot->addr + (gpa - slot->gpa);
}

void sim_before_change(void *ctx, struct mm_struct *mm, uint64_t start, uint64_t end)
{
	struct sim *sim = ctx;
	size_t i;

	if (!sim->nr_slots || covered(sim, mm, start, end))
		return;
	for (i = 0; i < sim->nr_slots; i++) {
		const struct sim_slot *slot = &sim->slots[i];
		uint64_t from = start > slot->addr ? start : slot->addr;
		uint64_t to = end < slot->addr + slot->len ? end : slot->addr + slot->len;
		uint64_t addr;
		char text[160];

		if (slot->mm != mm || from >= to)
			continue;
		addr = mapped_in_slot(slot, from, to);
		if (addr == to)
			continue;
		snprintf(text, sizeof(text),
			 "[%#llx, %#llx) changes without a notification while the guest maps %#llx",
			 (unsigned long long)start, (unsigned long long)end,
			 (unsigned long long)addr);
		violated(sim, 1, text);
	}
}

/* The level at whose granularity the notification promises to start at something; 0: no promise. */
static unsigned int promised_level(const struct sim *sim, const struct sim_seen *seen)
{
	unsigned int designs = sim->options->designs;

	if (seen->event != MMU_NOTIFY_PROTECTION_VMA)
		return 0;
	return designs & SIM_DESIGN_TIGHT ? sim_run_level(sim->options) : sim->profile->placement;
}

/* The range of a hugetlb VMA is told whether or not anything is mapped in it. */
static bool in_hugetlb(const struct sim_seen *seen)
{
	struct mm_vma_info vma;

	return mm_vma_next(seen->mm, seen->start, &vma) && vma.start <= seen->start && vma.hugetlb;
}

void sim_audit_start(struct sim *sim, const struct sim_seen *seen)
{
	unsigned int level = promised_level(sim, seen);
	char text[160];

	/* PAGEMAP_SCAN notifies whatever there is */
	if (!level || sim->op->code == OP_PAGEMAP_SCAN || in_hugetlb(seen) ||
	    mm_entry_used(seen->mm, seen->start, level))
		return;
	snprintf(text, sizeof(text), "[%#llx, %#llx) notified and nothing is populated at its start",
		 (unsigned long long)seen->start, (unsigned long long)seen->end);
	violated(sim, 5, text);
}

void sim_audit(struct sim *sim)
{
	struct sim_object *object;

	if (mm_audit(sim->machine, violated, sim) == -ENOMEM)
		sim->oom = true;
	LIST_FOREACH (object, &sim->live, live)
		if (object->kind == SIM_VM)
			(void)kvm_audit(object->kvm, true, violated, sim);
}
