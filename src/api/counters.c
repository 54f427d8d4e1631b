// SPDX-License-Identifier: GPL-2.0-or-later
/* A machine's counters: sums over its processes and VMs. The names are those of scripts. */
#include "api_internal.h"

#include <string.h>

static void at_least(uint64_t *value, uint64_t other)
{
	if (other > *value)
		*value = other;
}

static void add_vm(const struct kvm_stat *stat, uint64_t *counters)
{
	counters[SIM_FRAMES_COVERED] += stat->frames_covered;
	counters[SIM_RMAP_SCANNED] += stat->rmap_scanned;
	counters[SIM_RMAP_VISITED] += stat->rmap_visited;
	counters[SIM_SPTES_ZAPPED] += stat->sptes_zapped;
	counters[SIM_REMOTE_TLB_FLUSH] += stat->remote_tlb_flush;
	counters[SIM_MMU_SHADOW_ZAPPED] += stat->mmu_shadow_zapped;
	counters[SIM_PF_TAKEN] += stat->pf_taken;
	counters[SIM_PF_FIXED] += stat->pf_fixed;
	counters[SIM_PF_RETRIED] += stat->pf_retried;
	at_least(&counters[SIM_RMAP_LONGEST], stat->rmap_longest);
	at_least(&counters[SIM_MAX_MMU_RMAP_SIZE], stat->max_mmu_rmap_size);
}

static void add_mm(const struct mmu_notifier_counts *counts, uint64_t *counters)
{
	counters[SIM_NOTIFICATIONS] += counts->starts;
	counters[SIM_BYTES_NOTIFIED] += counts->bytes;
}

void api_keep_vm(struct ms_vm *vm)
{
	add_vm(kvm_get_stat(vm->kvm), vm->mm->machine->gone);
}

void api_keep_mm(struct ms_mm *mm)
{
	add_mm(&mm_notifiers(mm->mm)->counts, mm->machine->gone);
}

static void add_now(const struct ms_machine *machine, uint64_t *counters)
{
	const struct ms_mm *mm;
	const struct ms_vm *vm;

	LIST_FOREACH (mm, &machine->mms, link) {
		add_mm(&mm_notifiers(mm->mm)->counts, counters);
		LIST_FOREACH (vm, &mm->vms, link) {
			const struct kvm_stat *stat = kvm_get_stat(vm->kvm);

			add_vm(stat, counters);
			counters[SIM_PAGES_4K] += stat->pages_4k;
			counters[SIM_PAGES_2M] += stat->pages_2m;
			counters[SIM_PAGES_1G] += stat->pages_1g;
		}
	}
}

int ms_machine_counter(const struct ms_machine *machine, const char *name, uint64_t *ret_value)
{
	const struct mm_stat *stat = machine_stat(machine->machine);
	uint64_t counters[SIM_COUNTER_NR];
	int index = api_counter_index(name);

	if (index < 0)
		return -ENOENT;
	memcpy(counters, machine->gone, sizeof(counters));
	add_now(machine, counters);
	counters[SIM_BYTES_POPULATED] = stat->bytes_populated;
	counters[SIM_PRIMARY_CHANGED] = stat->changed;
	counters[SIM_PRIMARY_TABLES] = stat->tables;
	counters[SIM_PGFAULT] = stat->pgfault;
	counters[SIM_THP_FAULT_ALLOC] = stat->thp_fault_alloc;
	counters[SIM_THP_SPLIT_PMD] = stat->thp_split_pmd;
	counters[SIM_TLB_FLUSHES] = stat->tlb_flushes;
	*ret_value = counters[index];
	return 0;
}
