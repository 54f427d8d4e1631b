// SPDX-License-Identifier: GPL-2.0-or-later
#include <trace/trace.h>

#include <string.h>

#include "payload_internal.h"

#define P(text, conv, arg) { text, sizeof(text) - 1, conv, arg }
#define END(text) P(text, CONV_NONE, 0)

/* One payload: the list of its pieces. */
#define PAYLOAD(...) ((const struct piece[]){ __VA_ARGS__ })

#define NOTIFIER_PAYLOAD                                                                       \
	PAYLOAD(P("event=", CONV_NOTIFY, 0), P(" start=", CONV_0X, 1), P(" end=", CONV_0X, 2), \
		END(""))

#define PAGE_PIECES                                                                            \
	P("sp gen ", CONV_DEC, 4), P(" gfn ", CONV_HEX, 0), P(" ", CONV_ROLE, 1),              \
		P(" root ", CONV_DEC, 2), P(" ", CONV_SYNC, 3)

#define PAGE_PAYLOAD PAYLOAD(PAGE_PIECES, END(""))
#define GPA_PAYLOAD PAYLOAD(P("gpa ", CONV_HEX, 0), END(""))

const struct piece *const trace_payload[EVENT_NR] = {
	[EVENT_TRACING_MARK_WRITE] = PAYLOAD(END("")),
	[EVENT_MMU_NOTIFIER_INVALIDATE_RANGE_START] = NOTIFIER_PAYLOAD,
	[EVENT_MMU_NOTIFIER_INVALIDATE_RANGE_END] = NOTIFIER_PAYLOAD,
	[EVENT_MMU_NOTIFIER_RELEASE] = PAYLOAD(END("")),
	[EVENT_KVM_UNMAP_HVA_RANGE] =
		PAYLOAD(P("mmu notifier unmap range: ", CONV_0X14, 0), P(" -- ", CONV_0X14, 1),
			END("")),
	[EVENT_KVM_AGE_HVA] = PAYLOAD(P("mmu notifier age hva: ", CONV_0X14, 0),
				      P(" -- ", CONV_0X14, 1), END("")),
	[EVENT_KVM_TEST_AGE_HVA] =
		PAYLOAD(P("mmu notifier test age hva: ", CONV_0X14, 0), END("")),
	[EVENT_KVM_SET_SPTE_HVA] = PAYLOAD(P("mmu notifier set pte hva: ", CONV_0X14, 0), END("")),
	[EVENT_KVM_PAGE_FAULT] = PAYLOAD(P("vcpu ", CONV_DEC, 0), P(" rip ", CONV_0X, 1),
					 P(" address ", CONV_0X16, 2),
					 P(" error_code ", CONV_0X, 3), END("")),
	[EVENT_KVM_MMU_GET_PAGE] = PAYLOAD(PAGE_PIECES, P(" ", CONV_CREATED, 3), END("")),
	[EVENT_KVM_MMU_PREPARE_ZAP_PAGE] = PAGE_PAYLOAD,
	[EVENT_KVM_MMU_SYNC_PAGE] = PAGE_PAYLOAD,
	[EVENT_KVM_MMU_UNSYNC_PAGE] = PAGE_PAYLOAD,
	[EVENT_KVM_MMU_SET_SPTE] = PAYLOAD(P("gfn ", CONV_HEX, 0), P(" spte ", CONV_HEX, 1),
					   P(" (", CONV_SPTE_PERM, 1), P(") level ", CONV_INT, 2),
					   P(" at ", CONV_HEX, 3), END("")),
	[EVENT_KVM_MMU_SPTE_REQUESTED] = PAYLOAD(P("gfn ", CONV_HEX, 0), P(" pfn ", CONV_HEX, 1),
						 P(" level ", CONV_INT, 2), END("")),
	[EVENT_KVM_TDP_MMU_SPTE_CHANGED] =
		PAYLOAD(P("as id ", CONV_INT, 0), P(" gfn ", CONV_HEX, 1), P(" level ", CONV_INT, 2),
			P(" old_spte ", CONV_HEX, 3), P(" new_spte ", CONV_HEX, 4), END("")),
	[EVENT_KVM_MMU_SPLIT_HUGE_PAGE] =
		PAYLOAD(P("gfn ", CONV_HEX, 0), P(" spte ", CONV_HEX, 1), P(" level ", CONV_INT, 2),
			P(" errno ", CONV_INT, 3), END("")),
	[EVENT_KVM_MMU_PAGETABLE_WALK] = PAYLOAD(P("addr ", CONV_HEX, 0), P(" pferr ", CONV_HEX, 1),
						 P(" ", CONV_PFERR, 1), END("")),
	[EVENT_KVM_MMU_PAGING_ELEMENT] =
		PAYLOAD(P("pte ", CONV_HEX, 0), P(" level ", CONV_DEC, 1), END("")),
	[EVENT_KVM_MMU_SET_ACCESSED_BIT] = GPA_PAYLOAD,
	[EVENT_KVM_MMU_SET_DIRTY_BIT] = GPA_PAYLOAD,
	[EVENT_FAST_PAGE_FAULT] =
		PAYLOAD(P("vcpu ", CONV_DEC, 0), P(" gva ", CONV_HEX, 1), P(" error_code ", CONV_HEX, 2),
			P(" old ", CONV_0X, 3), P(" new ", CONV_HEX, 4), P(" fixed ", CONV_DEC, 5),
			END("")),
	[EVENT_KVM_DIRTY_LOG] = PAYLOAD(P("vm ", CONV_DEC, 0), P(" slot ", CONV_DEC, 1),
					P(" pages ", CONV_DEC, 2), P(" hash ", CONV_HEX, 3), END("")),
	[EVENT_KVM_STAT] = PAYLOAD(P("vm ", CONV_DEC, 0), P(" ", CONV_STAT, 1), P(" ", CONV_DEC, 2),
				   END("")),
	[EVENT_TLB_FLUSH] = PAYLOAD(P("pages:", CONV_INT, 1), P(" reason:", CONV_REASON, 0),
				    P(" (", CONV_INT, 0), END(")")),
};

const struct trace_flag trace_pferr_flags[] = {
	{ 1 << 0, "P" }, { 1 << 1, "W" }, { 1 << 2, "U" }, { 1 << 3, "RSVD" }, { 1 << 4, "F" }, { 0 },
};

const char *const trace_tlb_reasons[TRACE_TLB_REASONS] = {
	"flush on task switch", "remote shootdown", "local shootdown", "local mm shootdown",
	"remote ipi send",
};

const char *const trace_role_access[8] = { "---", "--x", "w--", "w-x", "-u-", "-ux", "wu-", "wux" };

static const char *const names[EVENT_NR] = {
	[EVENT_TRACING_MARK_WRITE] = "tracing_mark_write",
	[EVENT_MMU_NOTIFIER_INVALIDATE_RANGE_START] = "mmu_notifier_invalidate_range_start",
	[EVENT_MMU_NOTIFIER_INVALIDATE_RANGE_END] = "mmu_notifier_invalidate_range_end",
	[EVENT_MMU_NOTIFIER_RELEASE] = "mmu_notifier_release",
	[EVENT_KVM_UNMAP_HVA_RANGE] = "kvm_unmap_hva_range",
	[EVENT_KVM_AGE_HVA] = "kvm_age_hva",
	[EVENT_KVM_TEST_AGE_HVA] = "kvm_test_age_hva",
	[EVENT_KVM_SET_SPTE_HVA] = "kvm_set_spte_hva",
	[EVENT_KVM_PAGE_FAULT] = "kvm_page_fault",
	[EVENT_KVM_MMU_GET_PAGE] = "kvm_mmu_get_page",
	[EVENT_KVM_MMU_PREPARE_ZAP_PAGE] = "kvm_mmu_prepare_zap_page",
	[EVENT_KVM_MMU_SYNC_PAGE] = "kvm_mmu_sync_page",
	[EVENT_KVM_MMU_UNSYNC_PAGE] = "kvm_mmu_unsync_page",
	[EVENT_KVM_MMU_SET_SPTE] = "kvm_mmu_set_spte",
	[EVENT_KVM_MMU_SPTE_REQUESTED] = "kvm_mmu_spte_requested",
	[EVENT_KVM_TDP_MMU_SPTE_CHANGED] = "kvm_tdp_mmu_spte_changed",
	[EVENT_KVM_MMU_SPLIT_HUGE_PAGE] = "kvm_mmu_split_huge_page",
	[EVENT_KVM_MMU_PAGETABLE_WALK] = "kvm_mmu_pagetable_walk",
	[EVENT_KVM_MMU_PAGING_ELEMENT] = "kvm_mmu_paging_element",
	[EVENT_KVM_MMU_SET_ACCESSED_BIT] = "kvm_mmu_set_accessed_bit",
	[EVENT_KVM_MMU_SET_DIRTY_BIT] = "kvm_mmu_set_dirty_bit",
	[EVENT_FAST_PAGE_FAULT] = "fast_page_fault",
	[EVENT_KVM_DIRTY_LOG] = "kvm_dirty_log",
	[EVENT_KVM_STAT] = "kvm_stat",
	[EVENT_TLB_FLUSH] = "tlb_flush",
};

const char *trace_event_name(enum event_id id)
{
	return (unsigned int)id < EVENT_NR ? names[id] : "?";
}

int trace_event_id(const char *name, size_t len)
{
	unsigned int id;

	for (id = 0; id < EVENT_NR; id++)
		if (strlen(names[id]) == len && !memcmp(names[id], name, len))
			return id;
	return -1;
}
