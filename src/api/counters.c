// SPDX-License-Identifier: GPL-2.0-or-later
/* A machine's counters: sums over its processes and VMs. The names are those of scripts. */
#include "api_internal.h"

#include <string.h>

#include <sim/counters.h>

static void add_vm(const struct ms_vm *vm, uint64_t *counters)
{
	uint64_t longest = kvm_get_stat(vm->kvm)->rmap_longest;

	sim_add_kvm(vm->kvm, counters);
	if (longest > counters[SIM_RMAP_LONGEST])
		counters[SIM_RMAP_LONGEST] = longest;
}

void api_keep_vm(struct ms_vm *vm)
{
	add_vm(vm, vm->mm->machine->gone);
}

void api_keep_mm(struct ms_mm *mm)
{
	sim_add_mm(mm->mm, mm->machine->gone);
}

int ms_machine_counter(const struct ms_machine *machine, const char *name, uint64_t *ret_value)
{
	uint64_t counters[SIM_COUNTER_NR];
	int index = api_counter_index(name);
	const struct ms_mm *mm;
	const struct ms_vm *vm;

	if (index < 0)
		return -ENOENT;
	memcpy(counters, machine->gone, sizeof(counters));
	sim_set_machine(machine->machine, counters);
	LIST_FOREACH (mm, &machine->mms, link) {
		sim_add_mm(mm->mm, counters);
		LIST_FOREACH (vm, &mm->vms, link) {
			add_vm(vm, counters);
			sim_add_kvm_pages(vm->kvm, counters);
		}
	}
	*ret_value = counters[index];
	return 0;
}
