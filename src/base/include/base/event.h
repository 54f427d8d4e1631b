/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Event records: the one output form of the model and of a real kernel's trace.
 *
 * The names are those of Linux's tracepoints where one exists. A record carries plain numbers;
 * what each means is listed here, how it is printed is the trace room's business. Records are
 * made only when somebody listens: test event_on() before building one.
 */
#ifndef BASE_EVENT_H
#define BASE_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * enum event_id - what happened; the arguments arg[] in order after each name
 *
 * hva and other ranges are half-open byte addresses; gfn and pfn are frame numbers; level is 1
 * for 4 KiB, 2 for 2 MiB, 3 for 1 GiB; role is what KVM keeps in role.word (see the kvm room);
 * access is a set of EVENT_ACCESS_* bits.
 */
enum event_id {
	EVENT_TRACING_MARK_WRITE,		     /* text */
	EVENT_MMU_NOTIFIER_INVALIDATE_RANGE_START,   /* event, start, end */
	EVENT_MMU_NOTIFIER_INVALIDATE_RANGE_END,     /* event, start, end */
	EVENT_MMU_NOTIFIER_RELEASE,		     /* - */
	EVENT_KVM_UNMAP_HVA_RANGE,		     /* start, end */
	EVENT_KVM_AGE_HVA,			     /* start, end */
	EVENT_KVM_TEST_AGE_HVA,			     /* hva */
	EVENT_KVM_SET_SPTE_HVA,			     /* hva (Linux 6.1 only) */
	EVENT_KVM_PAGE_FAULT,			     /* vcpu, rip, address, error_code */
	EVENT_KVM_MMU_GET_PAGE,			     /* gfn, role, root_count, flags (bit 0 unsync, bit 1 created), mmu_valid_gen */
	EVENT_KVM_MMU_PREPARE_ZAP_PAGE,		     /* as KVM_MMU_GET_PAGE */
	EVENT_KVM_MMU_SYNC_PAGE,		     /* as KVM_MMU_GET_PAGE */
	EVENT_KVM_MMU_UNSYNC_PAGE,		     /* as KVM_MMU_GET_PAGE */
	EVENT_KVM_MMU_SET_SPTE,			     /* gfn, spte, level, address of the spte */
	EVENT_KVM_MMU_SPTE_REQUESTED,		     /* gfn, pfn, level */
	EVENT_KVM_TDP_MMU_SPTE_CHANGED,		     /* as_id, gfn, level, old_spte, new_spte */
	EVENT_KVM_MMU_SPLIT_HUGE_PAGE,		     /* gfn, spte, level, errno */
	EVENT_KVM_MMU_PAGETABLE_WALK,		     /* addr, pferr */
	EVENT_KVM_MMU_PAGING_ELEMENT,		     /* pte, level */
	EVENT_KVM_MMU_SET_ACCESSED_BIT,		     /* gpa */
	EVENT_KVM_MMU_SET_DIRTY_BIT,		     /* gpa */
	EVENT_FAST_PAGE_FAULT,			     /* vcpu, address, error_code, old, new spte, fixed */
	EVENT_KVM_DIRTY_LOG,			     /* VM as below, slot, pages, hash over their numbers */
	EVENT_KVM_STAT,				     /* VM (see below), enum event_kvm_stat, value */
	EVENT_TLB_FLUSH,			     /* reason, pages */
	EVENT_NR
};

/**
 * enum event_kvm_stat - KVM's binary statistics that the model has, too
 *
 * No tracepoint: a record is made after an operation for each figure that the operation changed.
 * Its VM is the index of the VM's name in the script. Those from EVENT_STAT_VCPU on are the
 * vCPU's, the others the VM's.
 */
enum event_kvm_stat {
	EVENT_STAT_PAGES_4K,
	EVENT_STAT_PAGES_2M,
	EVENT_STAT_PAGES_1G,
	EVENT_STAT_MMU_SHADOW_ZAPPED,
	EVENT_STAT_MMU_CACHE_MISS,
	EVENT_STAT_MMU_UNSYNC,
	EVENT_STAT_MMU_PTE_WRITE,
	EVENT_STAT_MMU_PDE_ZAPPED,
	EVENT_STAT_MMU_FLOODED,
	EVENT_STAT_MMU_RECYCLED,
	EVENT_STAT_NX_LPAGE_SPLITS,
	EVENT_STAT_MAX_MMU_RMAP_SIZE,
	EVENT_STAT_REMOTE_TLB_FLUSH_REQUESTS,
	EVENT_STAT_VCPU,
	EVENT_STAT_PF_TAKEN = EVENT_STAT_VCPU,
	EVENT_STAT_PF_FIXED,
	EVENT_STAT_PF_EMULATE,
	EVENT_STAT_PF_SPURIOUS,
	EVENT_STAT_PF_FAST,
	EVENT_STAT_PF_MMIO_SPTE_CREATED,
	EVENT_STAT_PF_GUEST,
	EVENT_STAT_INVLPG,
	EVENT_STAT_NR
};

/** event_kvm_stat_name() - "pages_4k" for EVENT_STAT_PAGES_4K; "?" out of range. */
const char *event_kvm_stat_name(unsigned int stat);
/** event_kvm_stat_number() - the number of a name; -1 when there is none. */
int event_kvm_stat_number(const char *name, size_t len);

/** enum mmu_notifier_event_nr - Linux's numbers of MMU_NOTIFY_* (include/linux/mmu_notifier.h) */
enum mmu_notifier_event_nr {
	MMU_NOTIFY_UNMAP = 0,
	MMU_NOTIFY_CLEAR,
	MMU_NOTIFY_PROTECTION_VMA,
	MMU_NOTIFY_PROTECTION_PAGE,
	MMU_NOTIFY_SOFT_DIRTY,
	MMU_NOTIFY_RELEASE,
	MMU_NOTIFY_MIGRATE,
	MMU_NOTIFY_EXCLUSIVE,
	MMU_NOTIFY_NR
};

/** mmu_notify_name() - "PROTECTION_VMA" for MMU_NOTIFY_PROTECTION_VMA; "?" out of range. */
const char *mmu_notify_name(unsigned int event);
/** mmu_notify_number() - the number of a name without MMU_NOTIFY_; -1 when there is none. */
int mmu_notify_number(const char *name, size_t len);

#define EVENT_ARGS 6

/**
 * struct event - one record
 * @pid: the process that caused it: 1 for the script's first process, then 2, 3, ...
 * @seq: position in the stream, from 0; also the time stamp in microseconds when written as text
 * @arg: see enum event_id
 * @text: for EVENT_TRACING_MARK_WRITE only; valid during the call
 * @text_len: bytes of @text
 */
struct event {
	enum event_id id;
	uint32_t pid;
	uint64_t seq;
	uint64_t arg[EVENT_ARGS];
	const char *text;
	size_t text_len;
};

/**
 * struct event_sink - who listens
 * @emit: called for each record, in order, from one thread; must not call back into the model
 *
 * A sink that fails (disk full) remembers its error and swallows the rest; who made the sink
 * asks for the error at the end.
 */
struct event_sink {
	void (*emit)(struct event_sink *sink, const struct event *event);
};

/**
 * struct event_source - what a room that makes records holds
 * @sink: NULL when nobody listens
 * @seq: records made so far
 * @pid: the process now running
 */
struct event_source {
	struct event_sink *sink;
	uint64_t seq;
	uint32_t pid;
};

/** event_on() - true when a record would be heard. */
static inline bool event_on(const struct event_source *source)
{
	return source->sink != NULL;
}

/** event_emit() - send one record with up to EVENT_ARGS numbers; @source must be on. */
void event_emit(struct event_source *source, enum event_id id, unsigned int nr_args,
		const uint64_t *args);

/** event_mark() - send an EVENT_TRACING_MARK_WRITE; nothing when nobody listens. */
void event_mark(struct event_source *source, const char *text, size_t len);

#define EVENT(source, id, ...)                                                                 \
	do {                                                                                   \
		if (event_on(source)) {                                                        \
			const uint64_t event_args_[] = { __VA_ARGS__ };                        \
			event_emit(source, id, sizeof(event_args_) / sizeof(event_args_[0]),   \
				   event_args_);                                               \
		}                                                                              \
	} while (0)

#endif /* BASE_EVENT_H */
