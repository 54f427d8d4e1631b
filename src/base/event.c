// SPDX-License-Identifier: GPL-2.0-or-later
#include <base/event.h>

#include <assert.h>
#include <string.h>

static const char *const notify_names[MMU_NOTIFY_NR] = {
	[MMU_NOTIFY_UNMAP] = "UNMAP",
	[MMU_NOTIFY_CLEAR] = "CLEAR",
	[MMU_NOTIFY_PROTECTION_VMA] = "PROTECTION_VMA",
	[MMU_NOTIFY_PROTECTION_PAGE] = "PROTECTION_PAGE",
	[MMU_NOTIFY_SOFT_DIRTY] = "SOFT_DIRTY",
	[MMU_NOTIFY_RELEASE] = "RELEASE",
	[MMU_NOTIFY_MIGRATE] = "MIGRATE",
	[MMU_NOTIFY_EXCLUSIVE] = "EXCLUSIVE",
};

const char *mmu_notify_name(unsigned int event)
{
	return event < MMU_NOTIFY_NR ? notify_names[event] : "?";
}

int mmu_notify_number(const char *name, size_t len)
{
	unsigned int event;

	for (event = 0; event < MMU_NOTIFY_NR; event++)
		if (strlen(notify_names[event]) == len && !memcmp(notify_names[event], name, len))
			return event;
	return -1;
}

static const char *const stat_names[EVENT_STAT_NR] = {
	[EVENT_STAT_PAGES_4K] = "pages_4k",
	[EVENT_STAT_PAGES_2M] = "pages_2m",
	[EVENT_STAT_PAGES_1G] = "pages_1g",
	[EVENT_STAT_MMU_SHADOW_ZAPPED] = "mmu_shadow_zapped",
	[EVENT_STAT_MMU_CACHE_MISS] = "mmu_cache_miss",
	[EVENT_STAT_MMU_UNSYNC] = "mmu_unsync",
	[EVENT_STAT_MMU_PTE_WRITE] = "mmu_pte_write",
	[EVENT_STAT_MMU_PDE_ZAPPED] = "mmu_pde_zapped",
	[EVENT_STAT_MMU_FLOODED] = "mmu_flooded",
	[EVENT_STAT_MMU_RECYCLED] = "mmu_recycled",
	[EVENT_STAT_NX_LPAGE_SPLITS] = "nx_lpage_splits",
	[EVENT_STAT_MAX_MMU_RMAP_SIZE] = "max_mmu_rmap_size",
	[EVENT_STAT_REMOTE_TLB_FLUSH_REQUESTS] = "remote_tlb_flush_requests",
	[EVENT_STAT_PF_TAKEN] = "pf_taken",
	[EVENT_STAT_PF_FIXED] = "pf_fixed",
	[EVENT_STAT_PF_EMULATE] = "pf_emulate",
	[EVENT_STAT_PF_SPURIOUS] = "pf_spurious",
	[EVENT_STAT_PF_FAST] = "pf_fast",
	[EVENT_STAT_PF_MMIO_SPTE_CREATED] = "pf_mmio_spte_created",
	[EVENT_STAT_PF_GUEST] = "pf_guest",
	[EVENT_STAT_INVLPG] = "invlpg",
};

const char *event_kvm_stat_name(unsigned int stat)
{
	return stat < EVENT_STAT_NR ? stat_names[stat] : "?";
}

int event_kvm_stat_number(const char *name, size_t len)
{
	unsigned int stat;

	for (stat = 0; stat < EVENT_STAT_NR; stat++)
		if (strlen(stat_names[stat]) == len && !memcmp(stat_names[stat], name, len))
			return stat;
	return -1;
}

void event_emit(struct event_source *source, enum event_id id, unsigned int nr_args,
		const uint64_t *args)
{
	struct event event = { .id = id, .pid = source->pid, .seq = source->seq++ };

	assert(source->sink && nr_args <= EVENT_ARGS);
	memcpy(event.arg, args, nr_args * sizeof(args[0]));
	source->sink->emit(source->sink, &event);
}

void event_mark(struct event_source *source, const char *text, size_t len)
{
	struct event event = {
		.id = EVENT_TRACING_MARK_WRITE,
		.pid = source->pid,
		.text = text,
		.text_len = len,
	};

	if (!event_on(source))
		return;
	event.seq = source->seq++;
	source->sink->emit(source->sink, &event);
}
