/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The payload of each record as a list of pieces, used by the writer and the parser alike. */
#ifndef TRACE_PAYLOAD_INTERNAL_H
#define TRACE_PAYLOAD_INTERNAL_H

#include <stdint.h>

#include <base/event.h>

/* How the number after a piece's text is printed. */
enum conv {
	CONV_NONE,
	CONV_HEX,	/* %llx */
	CONV_0X,	/* 0x%llx */
	CONV_0X14,	/* %#016lx */
	CONV_0X16,	/* 0x%016llx */
	CONV_DEC,	/* %u */
	CONV_INT,	/* %d */
	CONV_STAT,	/* enum event_kvm_stat by name */
	CONV_NOTIFY,	/* MMU_NOTIFY_* by name */
	CONV_ROLE,	/* union kvm_mmu_page_role */
	CONV_SYNC,	/* bit 0: unsync or sync */
	CONV_CREATED,	/* bit 1: new or existing */
	CONV_SPTE_PERM, /* rwxu of an spte; nothing to read back */
	CONV_PFERR,	/* names of the error code's bits; nothing to read back */
	CONV_REASON,	/* name of a TLB flush's reason; nothing to read back */
};

struct piece {
	const char *text;
	uint8_t len;
	uint8_t conv;
	uint8_t arg;
};

/* The last piece of each list has CONV_NONE. */
extern const struct piece *const trace_payload[EVENT_NR];

struct trace_flag {
	uint32_t mask;
	const char *name;
};

/* PFERR_* bits as arch/x86/kvm/mmu/mmutrace.h names them; ends with a mask of 0. */
extern const struct trace_flag trace_pferr_flags[];
/* enum tlb_flush_reason as include/trace/events/tlb.h names them. */
#define TRACE_TLB_REASONS 5
extern const char *const trace_tlb_reasons[TRACE_TLB_REASONS];
extern const char *const trace_role_access[8];

/* No payload but that of a mark is longer. */
#define PAYLOAD_MAX 512

#endif /* TRACE_PAYLOAD_INTERNAL_H */
