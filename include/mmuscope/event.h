/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Event records: everything that the model does, in order, with the names and the print formats of
 * Linux's tracepoints where one exists. Records are made only if somebody listens.
 *
 * Names and numbers:
 *	mmu_notifier_invalidate_range_start, _end	event (enum ms_notify), start, end
 *	mmu_notifier_release				-
 *	kvm_unmap_hva_range, kvm_age_hva		start, end
 *	kvm_test_age_hva, kvm_set_spte_hva		address
 *	kvm_page_fault					vcpu, rip, address, error code
 *	kvm_mmu_set_spte				gfn, spte, level, address of the spte
 *	kvm_tdp_mmu_spte_changed			as_id, gfn, level, old spte, new spte
 *	kvm_mmu_get_page, kvm_mmu_prepare_zap_page	gfn, role, root count, flags, generation
 *	tlb_flush					reason, pages
 *	tracing_mark_write				no numbers; "FILE:LINE: text" of a script
 * Others may be added.
 */
#ifndef MMUSCOPE_EVENT_H
#define MMUSCOPE_EVENT_H

#include <mmuscope/base.h>

MS_BEGIN_DECLS

/* One record; valid during the callback that shows it. */
struct ms_event;

/** ms_event_fn - called for each record. */
typedef void ms_event_fn(void *ctx, const struct ms_event *event);

/* Numbers of a record, used or not. */
#define MS_EVENT_NUMBERS 6

/** ms_event_name() - name of the tracepoint of a record. Callback safe. */
MS_API const char *ms_event_name(const struct ms_event *event);

/**
 * ms_event_pid() - process that a record is of: 1 for a machine's or a script's first. Callback
 * safe.
 */
MS_API uint32_t ms_event_pid(const struct ms_event *event);

/** ms_event_sequence() - position of a record in the stream, from 0. Callback safe. */
MS_API uint64_t ms_event_sequence(const struct ms_event *event);

/**
 * ms_event_number() - number @index of a record, in the order that event.h lists; 0 for those
 * that it does not have.
 * Return: 0; -EINVAL when @index is not below MS_EVENT_NUMBERS. Callback safe.
 */
MS_API int ms_event_number(const struct ms_event *event, unsigned int index, uint64_t *ret_number);

/**
 * ms_event_format() - a record as text, as ftrace prints it: "NAME: payload", without a newline.
 * @buf: at most @size bytes are written, the last of them 0; may be NULL when @size is 0
 * Return: the length of the whole text without the 0, as snprintf(); -ENOMEM. Callback safe.
 */
MS_API int ms_event_format(const struct ms_event *event, char *buf, size_t size);

MS_END_DECLS

#endif /* MMUSCOPE_EVENT_H */
