// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim_internal.h"

#include <string.h>

#include <sim/counters.h>

const char *const sim_counter_names[SIM_COUNTER_NR] = {
	[SIM_NOTIFICATIONS] = "notifications",
	[SIM_BYTES_NOTIFIED] = "bytes_notified",
	[SIM_BYTES_POPULATED] = "bytes_populated",
	[SIM_FRAMES_COVERED] = "frames_covered",
	[SIM_RMAP_SCANNED] = "rmap_scanned",
	[SIM_RMAP_VISITED] = "rmap_visited",
	[SIM_RMAP_LONGEST] = "rmap_longest",
	[SIM_SPTES_ZAPPED] = "sptes_zapped",
	[SIM_REMOTE_TLB_FLUSH] = "remote_tlb_flush",
	[SIM_MMU_SHADOW_ZAPPED] = "mmu_shadow_zapped",
	[SIM_PAGES_4K] = "pages_4k",
	[SIM_PAGES_2M] = "pages_2m",
	[SIM_PAGES_1G] = "pages_1g",
	[SIM_PF_TAKEN] = "pf_taken",
	[SIM_PF_FIXED] = "pf_fixed",
	[SIM_PF_RETRIED] = "pf_retried",
	[SIM_MAX_MMU_RMAP_SIZE] = "max_mmu_rmap_size",
	[SIM_PF_FAST] = "pf_fast",
	[SIM_DIRTY_PAGES] = "dirty_pages",
	[SIM_PRIMARY_CHANGED] = "primary_changed",
	[SIM_PRIMARY_TABLES] = "primary_tables",
	[SIM_PGFAULT] = "pgfault",
	[SIM_THP_FAULT_ALLOC] = "thp_fault_alloc",
	[SIM_THP_SPLIT_PMD] = "thp_split_pmd",
	[SIM_TLB_FLUSHES] = "tlb_flushes",
	[SIM_AUDIT_VIOLATIONS] = "audit_violations",
};

const char *const sim_counter_help[SIM_COUNTER_NR] = {
	[SIM_NOTIFICATIONS] = "invalidate_range_start calls",
	[SIM_BYTES_NOTIFIED] = "bytes in their ranges",
	[SIM_BYTES_POPULATED] = "bytes of them that the primary page table mapped",
	[SIM_FRAMES_COVERED] = "guest frames in their ranges, clipped to memslots",
	[SIM_RMAP_SCANNED] = "reverse-map heads looked at",
	[SIM_RMAP_VISITED] = "reverse-map heads visited",
	[SIM_RMAP_LONGEST] = "most heads scanned without a chance to yield",
	[SIM_SPTES_ZAPPED] = "leaf SPTEs zapped by notifications",
	[SIM_REMOTE_TLB_FLUSH] = "flushes of the vCPUs' TLBs",
	[SIM_MMU_SHADOW_ZAPPED] = "shadow pages zapped",
	[SIM_PAGES_4K] = "4 KiB SPTEs now",
	[SIM_PAGES_2M] = "2 MiB SPTEs now",
	[SIM_PAGES_1G] = "1 GiB SPTEs now",
	[SIM_PF_TAKEN] = "guest faults handled by KVM",
	[SIM_PF_FIXED] = "of them, those that installed an SPTE",
	[SIM_PF_RETRIED] = "of them, those sent back by the retry rule",
	[SIM_MAX_MMU_RMAP_SIZE] = "most SPTEs in one reverse-map head",
	[SIM_PF_FAST] = "of them, those that the lockless path finished",
	[SIM_DIRTY_PAGES] = "pages in the dirty logs that were read",
	[SIM_PRIMARY_CHANGED] = "primary pages changed or removed by operations",
	[SIM_PRIMARY_TABLES] = "primary page tables visited by operations",
	[SIM_PGFAULT] = "faults of the primary MMU",
	[SIM_THP_FAULT_ALLOC] = "huge pages allocated by faults",
	[SIM_THP_SPLIT_PMD] = "huge PMDs split into tables",
	[SIM_TLB_FLUSHES] = "flushes of the CPU's TLB",
	[SIM_AUDIT_VIOLATIONS] = "invariants found broken",
};

int sim_counter_index(const char *name)
{
	int i;

	for (i = 0; i < SIM_COUNTER_NR; i++)
		if (!strcmp(sim_counter_names[i], name))
			return i;
	return -1;
}

void sim_add_kvm(const struct kvm *kvm, uint64_t *counters)
{
	const struct kvm_stat *stat = kvm_get_stat(kvm);

	counters[SIM_FRAMES_COVERED] += stat->frames_covered;
	counters[SIM_RMAP_SCANNED] += stat->rmap_scanned;
	counters[SIM_RMAP_VISITED] += stat->rmap_visited;
	counters[SIM_SPTES_ZAPPED] += stat->sptes_zapped;
	counters[SIM_REMOTE_TLB_FLUSH] += stat->remote_tlb_flush;
	counters[SIM_MMU_SHADOW_ZAPPED] += stat->mmu_shadow_zapped;
	counters[SIM_PF_TAKEN] += stat->pf_taken;
	counters[SIM_PF_FIXED] += stat->pf_fixed;
	counters[SIM_PF_RETRIED] += stat->pf_retried;
	counters[SIM_PF_FAST] += stat->pf_fast;
	if (stat->max_mmu_rmap_size > counters[SIM_MAX_MMU_RMAP_SIZE])
		counters[SIM_MAX_MMU_RMAP_SIZE] = stat->max_mmu_rmap_size;
}

void sim_add_mm(struct mm_struct *mm, uint64_t *counters)
{
	const struct mmu_notifier_counts *counts = &mm_notifiers(mm)->counts;

	counters[SIM_NOTIFICATIONS] += counts->starts;
	counters[SIM_BYTES_NOTIFIED] += counts->bytes;
}

void sim_add_kvm_pages(const struct kvm *kvm, uint64_t *counters)
{
	const struct kvm_stat *stat = kvm_get_stat(kvm);

	counters[SIM_PAGES_4K] += stat->pages_4k;
	counters[SIM_PAGES_2M] += stat->pages_2m;
	counters[SIM_PAGES_1G] += stat->pages_1g;
}

void sim_set_machine(const struct machine *machine, uint64_t *counters)
{
	const struct mm_stat *stat = machine_stat(machine);

	counters[SIM_BYTES_POPULATED] = stat->bytes_populated;
	counters[SIM_PRIMARY_CHANGED] = stat->changed;
	counters[SIM_PRIMARY_TABLES] = stat->tables;
	counters[SIM_PGFAULT] = stat->pgfault;
	counters[SIM_THP_FAULT_ALLOC] = stat->thp_fault_alloc;
	counters[SIM_THP_SPLIT_PMD] = stat->thp_split_pmd;
	counters[SIM_TLB_FLUSHES] = stat->tlb_flushes;
}

void sim_keep_kvm(struct sim *sim, struct kvm *kvm)
{
	uint64_t heads, index;

	sim_add_kvm(kvm, sim->gone);
	kvm_rmap_bytes(kvm, &heads, &index);
	sim->result->head_bytes += heads;
	sim->result->index_bytes += index;
}

void sim_keep_mm(struct sim *sim, struct mm_struct *mm)
{
	sim_add_mm(mm, sim->gone);
}

void sim_counters(const struct sim *sim, uint64_t *ret_counters)
{
	struct sim_object *object;

	memcpy(ret_counters, sim->gone, sizeof(sim->gone));
	sim_set_machine(sim->machine, ret_counters);
	ret_counters[SIM_AUDIT_VIOLATIONS] = sim->result->violations;
	ret_counters[SIM_DIRTY_PAGES] = sim->dirty_pages;
	ret_counters[SIM_RMAP_LONGEST] = sim->rmap_longest;
	LIST_FOREACH (object, &sim->live, live) {
		if (object->kind == SIM_PROCESS) {
			sim_add_mm(object->mm, ret_counters);
			continue;
		}
		sim_add_kvm(object->kvm, ret_counters);
		sim_add_kvm_pages(object->kvm, ret_counters);
	}
}
