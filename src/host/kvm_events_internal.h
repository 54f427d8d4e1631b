/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * KVM's tracepoints as both sides of the wire know them: the guest makes an event probe
 * of each, the reader makes records of base/event.h. The fields are those of the
 * tracepoints' records (arch/x86/kvm/mmu/mmutrace.h, include/trace/events/kvm.h), the
 * same in 6.1, 6.12 and 7.2.
 */
#ifndef HOST_KVM_EVENTS_INTERNAL_H
#define HOST_KVM_EVENTS_INTERNAL_H

#include <base/event.h>

#define KVM_EVENT_FIELDS 6

/**
 * struct kvm_event - one tracepoint
 * @id: the record, @system, @name: the tracepoint
 * @field: its fields in the order of the record's arguments
 * @gfn, @level: which of them say what the event is about, -1 for none
 * @page: the level is that of a page of entries, which covers 512 times what an entry
 * does
 */
struct kvm_event {
	enum event_id id;
	const char *system;
	const char *name;
	const char *field[KVM_EVENT_FIELDS];
	int gfn;
	int level;
	bool page;
};

/* clang-format off */
static const struct kvm_event kvm_events[] = {
	{ EVENT_KVM_UNMAP_HVA_RANGE, "kvm", "kvm_unmap_hva_range",
	  { "start", "end" }, -1, -1, false },
	{ EVENT_KVM_AGE_HVA, "kvm", "kvm_age_hva", { "start", "end" }, -1, -1, false },
	{ EVENT_KVM_TEST_AGE_HVA, "kvm", "kvm_test_age_hva", { "hva" }, -1, -1, false },
	{ EVENT_KVM_PAGE_FAULT, "kvm", "kvm_page_fault",
	  { "vcpu_id", "guest_rip", "fault_address", "error_code" }, -1, -1, false },
	{ EVENT_KVM_MMU_GET_PAGE, "kvmmmu", "kvm_mmu_get_page",
	  { "gfn", "role", "root_count", "unsync", "mmu_valid_gen", "created" }, 0, -1, true },
	{ EVENT_KVM_MMU_PREPARE_ZAP_PAGE, "kvmmmu", "kvm_mmu_prepare_zap_page",
	  { "gfn", "role", "root_count", "unsync", "mmu_valid_gen" }, 0, -1, true },
	{ EVENT_KVM_MMU_SYNC_PAGE, "kvmmmu", "kvm_mmu_sync_page",
	  { "gfn", "role", "root_count", "unsync", "mmu_valid_gen" }, 0, -1, true },
	{ EVENT_KVM_MMU_UNSYNC_PAGE, "kvmmmu", "kvm_mmu_unsync_page",
	  { "gfn", "role", "root_count", "unsync", "mmu_valid_gen" }, 0, -1, true },
	{ EVENT_KVM_MMU_SET_SPTE, "kvmmmu", "kvm_mmu_set_spte",
	  { "gfn", "spte", "level", "sptep" }, 0, 2, false },
	{ EVENT_KVM_MMU_SPTE_REQUESTED, "kvmmmu", "kvm_mmu_spte_requested",
	  { "gfn", "pfn", "level" }, 0, 2, false },
	{ EVENT_KVM_TDP_MMU_SPTE_CHANGED, "kvmmmu", "kvm_tdp_mmu_spte_changed",
	  { "as_id", "gfn", "level", "old_spte", "new_spte" }, 1, 2, false },
	{ EVENT_KVM_MMU_SPLIT_HUGE_PAGE, "kvmmmu", "kvm_mmu_split_huge_page",
	  { "gfn", "spte", "level", "errno" }, 0, 2, false },
	{ EVENT_FAST_PAGE_FAULT, "kvmmmu", "fast_page_fault",
	  { "vcpu_id", "cr2_or_gpa", "error_code", "old_spte", "new_spte" }, -1, -1, false },
};
/* clang-format on */

#define KVM_EVENTS_NR (sizeof(kvm_events) / sizeof(kvm_events[0]))

#endif /* HOST_KVM_EVENTS_INTERNAL_H */
