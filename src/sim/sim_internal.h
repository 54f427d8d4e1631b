/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the sim room share: the state of one run. */
#ifndef SIM_INTERNAL_H
#define SIM_INTERNAL_H

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include <base/event.h>
#include <base/mem.h>
#include <base/strbuf.h>
#include <kvm/kvm.h>
#include <mm/mm.h>
#include <mm/profile.h>
#include <mm/secondary.h>
#include <notifier/notifier.h>
#include <script/script.h>
#include <sim/sim.h>

/* What a name of the script stands for now. */
enum sim_object_kind { SIM_NOTHING, SIM_MAP, SIM_PROCESS, SIM_VM, SIM_DEVICE };

/**
 * struct sim_device - a device that mirrors [start, end) through an interval notifier
 */
struct sim_device {
	struct mmu_interval_notifier notifier;
	uint64_t invalidations;
};

/**
 * struct sim_guest - what belongs to a VM beside its struct kvm
 * @shadow: with shadow paging
 * @followed: sim_options.executor
 * @own: where the executor's own slot is, which comes with the vCPU; 0: not yet
 * @own_paged, @own_low: where its slots for guests with tables of their own are; 0: not yet
 * @mode: how the vCPU runs: enum script_paging, or see executor_internal.h
 * @paging: top table of the address space that was loaded last, if @paging_set
 * @seen: KVM's figures as they were last told
 */
struct sim_guest {
	bool shadow;
	bool followed;
	bool paging_set;
	unsigned int mode;
	uint64_t paging;
	uint64_t own;
	uint64_t own_paged;
	uint64_t own_low;
	uint64_t seen[EVENT_STAT_NR];
};

/**
 * struct sim_object - an object by name
 * @file: of a map, its object, with one reference; NULL for private anonymous memory
 * @mm, @pid: of a process; NULL once it has exited
 * @kvm, @guest: of a VM; @mm is its process
 * @nested: of a VM: it is an L1 hypervisor; @ncr3: its nested tables at the next VMRUN, 0: none
 */
struct sim_object {
	LIST_ENTRY(sim_object) live; /* processes and VMs that exist */
	enum sim_object_kind kind;
	uint32_t pid;
	struct mm_file *file;
	struct mm_struct *mm;
	struct kvm *kvm;
	struct sim_guest *guest;
	struct sim_device *device;
	bool nested;
	uint64_t ncr3;
};

/* A memory slot as the script set it, for the audit of invariant 1. */
struct sim_slot {
	struct kvm *kvm;
	struct mm_struct *mm;
	uint32_t slot;
	uint64_t gpa;
	uint64_t addr;
	uint64_t len;
};

/* An address space of a guest with page tables of its own. */
struct sim_space {
	struct kvm *kvm;
	struct kvm_guest_tables tables;
};

/* A notification seen during the running operation. */
struct sim_seen {
	struct mm_struct *mm;
	uint64_t start;
	uint64_t end;
	uint8_t event;
	bool ended;
};

struct sim {
	const struct script *script;
	const struct sim_options *options;
	struct sim_result *result;
	const struct mm_profile *profile;
	struct event_source events;
	struct event_sink tee;
	struct machine *machine;
	struct sim_object *objects;	/* by name index */
	LIST_HEAD(, sim_object) live;
	struct sim_object *process;	/* the running one */
	struct sim_object *main;
	uint32_t last_pid;
	struct sim_slot *slots;
	size_t nr_slots, cap_slots;
	struct sim_space *spaces;
	size_t nr_spaces, cap_spaces;
	struct sim_seen *seen;
	size_t nr_seen, cap_seen;
	const struct script_op *op;	/* the running one */
	uint64_t gone[SIM_COUNTER_NR];	/* counts of what was destroyed */
	uint64_t rmap_longest;
	uint64_t dirty_pages; /* in all logs read */
	unsigned int nr_own; /* slots of the executor's own */
	bool oom;
};

/* ops.c: execute one operation; 0, or the negative errno that Linux returns. */
int sim_execute(struct sim *sim, const struct script_op *op);
/* Everything that operations made. */
void sim_teardown(struct sim *sim);

/* executor.c: make the vCPU, and the slot that comes with it, once. 0 or -ENOMEM. */
int sim_executor_vcpu(struct sim *sim, struct sim_object *vm);
/* The 8 bytes that a top table of format @paging, or of L1's nested tables, has for the executor. */
uint64_t sim_executor_entry(const struct sim_object *vm, unsigned int paging);
/* EVENT_KVM_STAT for each figure of the VMs of @mm that has changed. */
void sim_executor_stats(struct sim *sim, const struct mm_struct *mm);

/*
 * executor_run.c: operations as the executor of `verify` makes them, with the accesses to its own
 * tables and code. Results as sim_execute().
 */
int sim_executor_guest(struct sim *sim, struct sim_object *vm, const struct script_op *op,
		       unsigned int access);
/* Paging by the address space that was loaded last; -EINVAL: none was. */
int sim_executor_paging_on(struct sim *sim, struct sim_object *vm);
int sim_executor_cr3(struct sim *sim, struct sim_object *vm, uint64_t cr3,
		     enum kvm_guest_paging format);
int sim_executor_store(struct sim *sim, struct sim_object *vm, uint64_t addr, uint64_t value);
int sim_executor_invlpg(struct sim *sim, struct sim_object *vm, uint64_t addr);
int sim_executor_l1_store(struct sim_object *vm, uint64_t gpa, uint64_t value);
int sim_executor_vmrun(struct sim *sim, struct sim_object *vm);
int sim_executor_l2(struct sim *sim, struct sim_object *vm, const struct script_op *op,
		    unsigned int access);

/* guest.c */
int sim_op_guest(struct sim *sim, const struct script_op *op);
int sim_op_guest_map(struct sim *sim, const struct script_op *op);
int sim_op_guest_remap(struct sim *sim, const struct script_op *op);
int sim_op_cr3(struct sim *sim, const struct script_op *op);
int sim_op_invlpg(struct sim *sim, const struct script_op *op);
/* The guest tables with their top one at @root. Return: 0, -ENOENT unless @make, -ENOMEM. */
int sim_find_space(struct sim *sim, struct sim_object *vm, uint64_t root, bool make,
		   struct kvm_guest_tables **ret_tables);
unsigned int sim_leaf_level(uint64_t page_size);
/* enum script_paging of a format. */
unsigned int sim_script_paging(enum kvm_guest_paging format);
uint64_t sim_entry_flags(const struct script_op *op);
/* The loader maps op's range with entries of rights @flags (KVM_GPTE_*). As kvm_guest_map(). */
int sim_map_guest_range(struct sim_object *vm, struct kvm_guest_tables *tables,
			const struct script_op *op, uint64_t flags);

/* nested.c: operations on guests of guests; as sim_execute(). */
int sim_l2_map(struct sim *sim, const struct script_op *op);
int sim_l2_remap(struct sim *sim, const struct script_op *op);
int sim_vmrun(struct sim *sim, const struct script_op *op);
int sim_l2_access(struct sim *sim, const struct script_op *op, unsigned int access);
/* A VM is about to go. */
void sim_forget_spaces(struct sim *sim, const struct kvm *kvm);

/* run.c: PT_LEVEL_PMD or PT_LEVEL_PUD */
unsigned int sim_run_level(const struct sim_options *options);

/* counters.c */
void sim_counters(const struct sim *sim, uint64_t *ret_counters);
/* A VM or an address space is about to go: keep its counts. */
void sim_keep_kvm(struct sim *sim, struct kvm *kvm);
void sim_keep_mm(struct sim *sim, struct mm_struct *mm);

/* memory.c: after an operation; remembers the most */
void sim_memory_note(struct sim *sim);

/* expect.c */
void sim_check_expectations(struct sim *sim, const struct script_op *op, int err);
void sim_check_assert(struct sim *sim, const struct script_op *op);

/* audit.c */
void sim_before_change(void *ctx, struct mm_struct *mm, uint64_t start, uint64_t end);
void sim_audit_start(struct sim *sim, const struct sim_seen *seen);
void sim_audit(struct sim *sim);
__attribute__((format(printf, 2, 3))) void sim_note(struct sim *sim, const char *fmt, ...);

#endif /* SIM_INTERNAL_H */
