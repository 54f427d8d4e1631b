/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Executes a script on the model. */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <base/counter.h>
#include <base/event.h>
#include <base/strbuf.h>
#include <script/script.h>

/*
 * The counters, in this order, in every array of counters that this room hands out.
 * sim_counter_names[] has the names; sim_counter_help[] one line on each.
 */
enum sim_counter {
	SIM_NOTIFICATIONS,	/* mmu_notifier_invalidate_range_start: pairs started */
	SIM_BYTES_NOTIFIED,	/* sum of their lengths */
	SIM_BYTES_POPULATED,	/* bytes in them that a present primary entry maps at the start */
	SIM_FRAMES_COVERED,	/* guest frames in them, clipped to memslots */
	SIM_RMAP_SCANNED,	/* reverse-map heads looked at */
	SIM_RMAP_VISITED,	/* reverse-map heads visited */
	SIM_RMAP_LONGEST,	/* most heads scanned in one stretch without a chance to yield (maximum) */
	SIM_SPTES_ZAPPED,	/* leaf SPTEs zapped by notifications */
	SIM_REMOTE_TLB_FLUSH,	/* remote_tlb_flush */
	SIM_MMU_SHADOW_ZAPPED,	/* mmu_shadow_zapped */
	SIM_PAGES_4K,		/* pages_4k: leaf SPTEs now */
	SIM_PAGES_2M,		/* pages_2m */
	SIM_PAGES_1G,		/* pages_1g */
	SIM_PF_TAKEN,		/* pf_taken: guest faults handled */
	SIM_PF_FIXED,		/* pf_fixed: guest faults that installed an SPTE */
	SIM_PF_RETRIED,		/* guest faults that the retry rule sent back */
	SIM_MAX_MMU_RMAP_SIZE,	/* max_mmu_rmap_size (maximum) */
	SIM_PF_FAST,		/* pf_fast: of them, those that the lockless path finished */
	SIM_DIRTY_PAGES,	/* pages in the dirty logs that were read */
	SIM_PRIMARY_CHANGED,	/* primary leaf entries changed by the operations */
	SIM_PRIMARY_TABLES,	/* primary tables visited by them */
	SIM_PGFAULT,		/* pgfault: faults of the primary MMU */
	SIM_THP_FAULT_ALLOC,	/* thp_fault_alloc */
	SIM_THP_SPLIT_PMD,	/* thp_split_pmd */
	SIM_TLB_FLUSHES,	/* flushes of the CPU's TLB */
	SIM_AUDIT_VIOLATIONS,	/* invariants found broken (with audit) */
	SIM_COUNTER_NR
};
extern const char *const sim_counter_names[SIM_COUNTER_NR];
extern const char *const sim_counter_help[SIM_COUNTER_NR];

struct sim;

/**
 * struct sim_op_result - what one executed operation did
 * @op: the operation; @index: how many operations ran before it
 * @err: 0 or the negative errno that Linux would return
 * @delta: change of each counter (for maxima and for pages_*: the value after)
 * @ns: time that the operation itself took, with sim_options.timed; 0 else
 * @view: for <sim/view.h>, during the call
 */
struct sim_op_result {
	const struct script_op *op;
	uint64_t index;
	int err;
	const struct sim *view;
	uint64_t delta[SIM_COUNTER_NR];
	uint64_t ns;
};

/* What memory is taken for, in the order of sim_memory_names[]. */
enum sim_memory {
	SIM_MEMORY_PRIMARY,   /* page tables of the processes and of files, with their records */
	SIM_MEMORY_FRAMES,    /* records of frames and huge pages */
	SIM_MEMORY_VMAS,
	SIM_MEMORY_SECONDARY, /* page tables of the VMs, with their records */
	SIM_MEMORY_HEADS,     /* reverse-map heads in use */
	SIM_MEMORY_CHAINS,    /* descriptors of heads with more than one SPTE */
	SIM_MEMORY_NR
};
extern const char *const sim_memory_names[SIM_MEMORY_NR];

/* sim_options.designs: what no kernel does, in the order of script_design_names[]. */
enum {
	SIM_DESIGN_TIGHT = 1 << 0,	/* mprotect and NUMA hinting notify populated runs only */
	SIM_DESIGN_LAZY_UNMAP = 1 << 1, /* so do munmap, madvise and truncation */
	SIM_DESIGN_RMAP_INDEX = 1 << 2, /* an index over the reverse-map heads in use */
	SIM_DESIGN_NUMA_SKIP = 1 << 3,	/* NUMA hinting tells which pages became protnone */
};

/* Two runs so far apart at most are notified as one where nothing else is said. */
#define SIM_DEFAULT_RUN_GAP (4ull << 20)

/**
 * struct sim_options - how to run
 * @profile: a name of script_kernel_names[]; NULL is the default, linux-6.12
 * @designs: SIM_DESIGN_*, on top of the profile
 * @run_level: granularity of the runs that "tight" and "lazy-unmap" notify: 2 (PMD) or 3 (PUD);
 *	0 is 2
 * @run_gap: bytes between two runs that are notified as one; 0 only joins runs that touch
 * @levels: page-table levels of the primary MMU, 4 or 5; 0 is 4
 * @mmu: enum script_mmu for every VM of the script instead of its own; -1 as written
 * @audit: check invariants 1 to 8 after every operation
 * @numa_off: sysctl kernel.numa_balancing=0, as on the kernels that verify boots
 * @literal: scan reverse maps and tables entry by entry instead of counting
 * @timed: tell op_done how long each operation took, without parsing, counters and checks
 * @executor: as the executor of `verify` runs it: a guest has slots of its own for its tables and
 *	code at the end of 40 bits of guest-physical memory and (with paging off or tables of two
 *	levels) of 4 GiB, its accesses to them count, and each operation is followed by
 *	EVENT_KVM_STAT records of what it changed
 * @sink: listener for event records, NULL for none
 * @op_begin: called before each operation, with its number from 0; NULL for none. @view, for
 *	<sim/view.h>, is good until the operation is done.
 * @op_done: called after each operation; NULL for none. Only then are deltas computed.
 * @note: called with one line of text (no newline) for things worth telling on standard error: a
 *	system call that failed, an invariant broken; NULL for none
 */
struct sim_options {
	const char *profile;
	unsigned int designs;
	unsigned int run_level;
	uint64_t run_gap;
	unsigned int levels;
	int mmu;
	bool audit;
	bool literal;
	bool timed;
	bool numa_off;
	bool executor;
	struct event_sink *sink;
	void (*op_begin)(void *ctx, const struct script_op *op, uint64_t index,
			 const struct sim *view);
	void (*op_done)(void *ctx, const struct sim_op_result *result);
	void (*note)(void *ctx, const char *text);
	void *ctx;
};

/**
 * struct sim_result - the outcome
 * @ops: operations executed
 * @checked: expectations and budgets checked
 * @failed: how many of them did not hold
 * @violations: invariants found broken (with audit)
 * @failures: text for the user: script line, expected and actual side by side
 * @counters: totals over the run
 * @peak_bytes: memory of the model's own structures after the operation when it was largest
 * @peak_pages: 4 KiB pages populated then, 512 for a huge one
 * @memory: @peak_bytes by kind
 * @head_bytes, @index_bytes: memory that a kernel takes for the reverse-map heads of every VM, and
 *	for the index over them
 */
struct sim_result {
	uint64_t ops;
	uint64_t checked;
	uint64_t failed;
	uint64_t violations;
	struct strbuf failures;
	uint64_t counters[SIM_COUNTER_NR];
	uint64_t peak_bytes;
	uint64_t peak_pages;
	uint64_t memory[SIM_MEMORY_NR];
	uint64_t head_bytes;
	uint64_t index_bytes;
};

/**
 * sim_check() - everything that can be wrong with a script before it runs: addresses beyond the
 * address space, unknown counters, VM or process names used before they exist.
 * @diag: lines as script_parse() writes them
 * Return: 0 or -EINVAL.
 */
int sim_check(const struct script *script, const struct sim_options *options, struct strbuf *diag);

/**
 * sim_run() - execute a checked script.
 * @ret: to be released with sim_result_release(); valid (with what was done so far) on failure too
 * Return: 0 when it ran to its end, failed expectations included (see ret->failed);
 * -ENOMEM when the model ran out of memory; -EINVAL for an unknown profile.
 */
int sim_run(const struct script *script, const struct sim_options *options,
	    struct sim_result *ret);

/** sim_result_release() - what a result owns; a zeroed one is fine. */
void sim_result_release(struct sim_result *result);

/** sim_design_summary() - one line on design number @index of script_design_names[]. */
const char *sim_design_summary(unsigned int index);

/** sim_profile_summary() - one line on what a profile does; NULL for an unknown name. */
const char *sim_profile_summary(const char *profile);

#endif /* SIM_SIM_H */
