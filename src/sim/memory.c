// SPDX-License-Identifier: GPL-2.0-or-later
/* What the model's own structures take, by kind, when they take most. */
#include "sim_internal.h"

#include <string.h>

const char *const sim_memory_names[SIM_MEMORY_NR] = {
	[SIM_MEMORY_PRIMARY] = "primary tables",
	[SIM_MEMORY_FRAMES] = "frame records",
	[SIM_MEMORY_VMAS] = "VMAs",
	[SIM_MEMORY_SECONDARY] = "secondary tables",
	[SIM_MEMORY_HEADS] = "reverse-map heads",
	[SIM_MEMORY_CHAINS] = "reverse-map chains",
};

void sim_memory_note(struct sim *sim)
{
	uint64_t now[SIM_MEMORY_NR] = { 0 }, total = 0;
	struct mm_memory mm;
	struct sim_object *object;
	unsigned int i;

	machine_memory(sim->machine, &mm);
	now[SIM_MEMORY_PRIMARY] = mm.tables;
	now[SIM_MEMORY_FRAMES] = mm.frames;
	now[SIM_MEMORY_VMAS] = mm.vmas;
	LIST_FOREACH (object, &sim->live, live) {
		struct kvm_memory kvm;

		if (object->kind != SIM_VM)
			continue;
		kvm_memory(object->kvm, &kvm);
		now[SIM_MEMORY_SECONDARY] += kvm.tables;
		now[SIM_MEMORY_HEADS] += kvm.heads;
		now[SIM_MEMORY_CHAINS] += kvm.chains;
	}
	for (i = 0; i < SIM_MEMORY_NR; i++)
		total += now[i];
	if (total <= sim->result->peak_bytes)
		return;
	sim->result->peak_bytes = total;
	sim->result->peak_pages = mm.pages;
	memcpy(sim->result->memory, now, sizeof(now));
}
