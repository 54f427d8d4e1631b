/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest program: /init of the booted kernel, and the executor of the scripts there.
 *
 * Life of a script: init parses it, forks its first process, which makes the system calls
 * and writes marks to trace_marker; init waits, turns the trace into lines and sends
 * those to the host. The processes of a script share one page with init (struct shared),
 * so that init knows how far they came whatever happens to them.
 *
 * Everything of this program lies in the last GiB below the stack's end (the heap of the
 * C library excepted: one page at two thirds of the address space). A script that maps
 * there is refused.
 */
#ifndef HOST_GUEST_INTERNAL_H
#define HOST_GUEST_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

#include <base/event.h>
#include <base/strbuf.h>
#include <script/script.h>

#define GUEST_MAX_PROCS 32
#define GUEST_PAGE 4096ul
#define HUGETLB_MEMFD "hugetlb" /* name of memory files on hugetlbfs */
/* Guest-physical bits of the emulated machine, and where a guest's own memory lies. */
#define GUEST_PHYS_BITS 40
#define GUEST_OWN_GPA ((1ull << GUEST_PHYS_BITS) - 16 * GUEST_PAGE)

/* ---- wire.c: lines to the host ---- */

/* wire_open() - get at the debug port. Return: 0 or a negative errno. */
int wire_open(void);
/* wire_printf() - add to the pending output, which wire_flush() or a full buffer sends.
 */
__attribute__((format(printf, 1, 2))) void wire_printf(const char *fmt, ...);
void wire_flush(void);

/* ---- files.c: small files of /proc, /sys and the like ---- */

/* put_file() - write @text to an existing file. Return: 0 or a negative errno. */
int put_file(const char *path, const char *text);
__attribute__((format(printf, 2, 3))) int put_filef(const char *path, const char *fmt,
						    ...);
/* get_file() - the whole of a file. Return: 0 or a negative errno. */
int get_file(const char *path, struct strbuf *out);
/* get_number() - the unsigned decimal number that a file starts with. */
int get_number(const char *path, uint64_t *ret_value);

/* ---- setup.c: the machine ---- */

/* setup_mounts(), setup_modules(): bring the kernel up; setup_settings(): before each
 * script */
int setup_mounts(void);
int setup_module(const char *name, const char *params);
int setup_kvm(enum script_mmu mmu, bool tdp_mmu);
void setup_settings(void);
int setup_sysctl(enum script_sysctl which, uint64_t value);

/*
 * khugepaged_setup() - once; huge pages are allowed. khugepaged_settle(): wait until it sleeps,
 * after a change of what is allowed.
 */
void khugepaged_setup(void);
void khugepaged_settle(void);

/* setup_dax() - make the DAX devices, once; dax_path(): the one that maps pages of a size
 */
int setup_dax(void);
const char *dax_path(uint64_t page_size);

/* ---- kcall.c: functions of the kernel without a system call ---- */

/* kcall_prepare() - learn addresses and offsets, once, before the processes are forked.
 */
int kcall_prepare(void);
/* kcall_numa_hint() - change_prot_numa() on each VMA's part of [start, end). */
int kcall_numa_hint(uint64_t start, uint64_t end);
/*
 * kcall_age() - mmu_notifier_clear_flush_young() and the like, @how: SCRIPT_AGE_*, of [start, end).
 * Return: 0; -ENODATA: no secondary MMU has accessed it.
 */
int kcall_age(unsigned int how, uint64_t start, uint64_t end);
/* kcall_numa_scan() - one task_numa_work() of the calling process. */
int kcall_numa_scan(void);

/* ---- ftrace.c: the kernel's own account ---- */

/* ftrace_setup() - kprobes on the notifier pair. Return: 0 or a negative errno. */
int ftrace_setup(void);
/* ftrace_mark() - a line into the trace; usable in any process. */
void ftrace_mark(const char *text, size_t len);

/**
 * struct ranges - the addresses that a script ever maps; only events that touch them
 * count
 */
struct ranges {
	struct {
		uint64_t start, end;
	} * range;
	size_t nr;
	size_t cap;
};

/* ranges_touch() - true when one of the ranges overlaps [@start, @end). */
bool ranges_touch(const struct ranges *ranges, uint64_t start, uint64_t end);
/* ranges_of_maps() - every address that the script may ever have mapped, or asks KVM about. */
int ranges_of_maps(const struct script *script, struct ranges *ranges);
/* ranges_of_slots() - the guest-physical ranges of the script's memslots. */
int ranges_of_slots(const struct script *script, struct ranges *slots);
/*
 * ranges_reserved() - the executor's own maps must stay what they are.
 * Return: 0; -EADDRINUSE when @maps has one of them, which *@ret_start and *@ret_end tell.
 */
int ranges_reserved(const struct ranges *maps, uint64_t *ret_start, uint64_t *ret_end);

/*
 * ftrace_begin() - forget what was traced; from now on what touches @maps counts.
 * @slots: guest-physical ranges of the script's memslots
 */
void ftrace_begin(const struct ranges *maps, const struct ranges *slots);
/* ftrace_marker() - the descriptor of ftrace_mark(); ftrace_set_marker(): inherited by an exec. */
int ftrace_marker(void);
void ftrace_set_marker(int fd);
/* ftrace_in_maps() - does what ftrace_begin() was told to count touch [@start, @end)? */
bool ftrace_in_maps(uint64_t start, uint64_t end);
/* ftrace_drain() - send what is in the trace now. Return: 0 or a negative errno. */
int ftrace_drain(void);
/* ftrace_lost() - events that the kernel had no room for since ftrace_begin() */
uint64_t ftrace_lost(void);

/* ---- kvmtrace.c: KVM's tracepoints ---- */

/* kvmtrace_set() - switch them on or off; off is needed before KVM can be unloaded. */
int kvmtrace_set(bool on);
/* kvmtrace_kind() - which part of what they say is the executor's own depends on it. */
void kvmtrace_kind(enum script_mmu mmu);
/* kvmtrace_line() - one of their lines in the trace, "kN: ...", by process @proc. */
void kvmtrace_line(const char *line, unsigned int proc, const struct ranges *maps,
		   const struct ranges *slots);

/* ---- runner.c: the processes of one script ---- */

enum shared_state { STATE_RUNNING, STATE_DONE };

/**
 * struct shared - what init and a script's processes share
 * @turn: whose turn it is (futex); processes are numbered from 0
 * @state: enum shared_state
 * @executed: operations begun
 * @emptied: of them, those that want the LRU batches empty
 * @cursor: where the script is; belongs to the process whose turn it is
 * @proc: name 0 is that of the first process, SCRIPT_MAIN
 */
struct shared {
	uint32_t turn;
	uint32_t state;
	uint64_t executed;
	uint64_t emptied;
	uint32_t nr_procs;
	struct script_cursor cursor;
	struct {
		pid_t pid;
		uint32_t name;
		uint32_t ready;
		uint32_t quit;
		int err;
	} proc[GUEST_MAX_PROCS];
};

/* The page whose MADV_DONTNEED, after a mark "M n addr", tells which mm process n has. */
extern char probe_page[];

/*
 * runner_run() - execute one script in fresh processes and send its lines.
 * Return: false when a process of it cannot be ended, so that the machine is no longer as
 * it was.
 */
bool runner_run(const struct script *script, unsigned int number, unsigned int limit_ms);

struct executor;

/*
 * runner_prepare() - the executor of this image, without any object or VM of the script.
 * Return: it; NULL: no memory.
 */
struct executor *runner_prepare(const struct script *script, struct shared *shared);
/*
 * runner_observe() - a VM without memory: it registers KVM's notifier, without which the kernel
 * calls none. Then one notification of a known range tells init this process's mm.
 */
int runner_observe(struct executor *ex);
/* runner_hide_own() - numa_hide_own(), for a script with the NUMA scanner. */
int runner_hide_own(const struct executor *ex);
/* runner_go_on() - the operation that runs has returned @err: the rest of the script. */
_Noreturn void runner_go_on(struct executor *ex, int err);

/* ---- exec.c ---- */

#define EXEC_RESUME "resume" /* the first argument of the new image */
/* op_exec() - returns only when it fails. */
int op_exec(struct executor *ex);
/* exec_resume() - the new image of op_exec(), which was given @arg. */
_Noreturn void exec_resume(const char *arg);

/*
 * Pages of a guest's own memory, at GUEST_OWN_GPA: its page tables and code; of a nested
 * one also L1's control block, host save area and nested tables for this memory.
 */
enum {
	GUEST_PAGE_PML4,
	GUEST_PAGE_PDPT0,
	GUEST_PAGE_PDPT1,
	GUEST_PAGE_CODE,
	GUEST_PAGE_VMCB,
	GUEST_PAGE_HSAVE,
	GUEST_PAGE_NPT3,
	GUEST_PAGE_NPT2,
	GUEST_PAGE_NPT1,
	GUEST_PAGE_NR
};
#define GUEST_SCRATCH 0x800 /* in the page of code: data that "x" accesses may write */

/* ---- ops.c, touch.c, guestvm.c: operations; all return 0 or a negative errno ---- */

/* struct guest_table - what was written to one table of a guest */
struct guest_table {
	LIST_ENTRY(guest_table) link;
	uint64_t gpa;
	unsigned char bytes[GUEST_PAGE];
};
#define GUEST_TABLE_HASH 256

/* struct guest_space - an address space: its top table, where its next table goes */
struct guest_space {
	uint64_t root;
	uint64_t next;
	unsigned int paging;
};

/* Modes of a vCPU under shadow paging; the others are enum script_paging. */
#define GUEST_MODE_OFF SCRIPT_PAGING_NR      /* paging is off */
#define GUEST_MODE_FLAT (GUEST_MODE_OFF + 1) /* the executor's own tables */
#define GUEST_MODE_LOST (GUEST_MODE_OFF + 2) /* KVM has reset the vCPU */

/**
 * struct guest_stats - KVM's figures of a VM or a vCPU
 * @fd: their file, 0 for none
 * @at: where in it each is, 0 where this kernel or this file has none
 * @value: what each was when it was last read
 * @exits_at: where the number of exits is, 0 for nowhere
 */
struct guest_stats {
	int fd;
	uint64_t at[EVENT_STAT_NR];
	uint64_t value[EVENT_STAT_NR];
	uint64_t exits_at;
};

/**
 * struct guest_vm - one VM of a script
 * @fd, @vcpu_fd: descriptors, -1 for none; the vCPU is made when the guest first runs
 * @run: the vCPU's shared page
 * @own: the guest's own memory, once there is a vCPU
 * @slots: where the script's memory slots are; a deleted one has length 0
 * @nested: the guest is an L1 hypervisor
 * @ncr3: L1's nested tables at the next VMRUN, 0: none
 * @mmu: the VM's kind
 * @port: of the latest I/O exit
 * @tables_at, @spaces: see guesttables.c
 * @paging: top table of the address space that was loaded last, if one was
 * @mode: how the vCPU runs now
 * @cr3: its top table
 * @own_paged, @own_low: see guestpaging.c
 */
struct guest_vm {
	int fd;
	int vcpu_fd;
	struct kvm_run *run;
	struct guest_stats stats;
	struct guest_stats vcpu_stats;
	unsigned char *own;
	struct guest_slot {
		uint32_t id;
		uint64_t gpa, len, hva;
	} * slots;
	size_t nr_slots;
	size_t cap_slots;
	bool nested;
	uint64_t ncr3;
	enum script_mmu mmu;
	unsigned int port;
	LIST_HEAD(, guest_table) tables_at[GUEST_TABLE_HASH];
	struct guest_space *spaces;
	size_t nr_spaces;
	size_t cap_spaces;
	uint64_t paging;
	bool paging_set;
	unsigned int mode;
	uint64_t cr3;
	unsigned char *own_paged;
	unsigned char *own_low;
};

/**
 * struct executor - state of one process of a script
 * @self: its number
 * @number: of the script; @shared_fd: the memory of @shared
 * @obj_fd: descriptor of the object behind each map, by name index, -1 for none
 * @obj_base: where in the object the map starts
 * @dax_next: where in each DAX device the next map starts, by log2 of the page size
 * @vm: each VM by name index
 */
struct executor {
	const struct script *script;
	struct shared *shared;
	uint32_t self;
	unsigned int number;
	int shared_fd;
	int kvm_fd;
	int observer_fd;
	int *obj_fd;
	uint64_t *obj_base;
	struct guest_vm *vm;
	int uffd;
	uint64_t dax_next[64];
};

int op_execute(struct executor *ex, const struct script_op *op);
int op_touch(const struct script_op *op);
int op_numa_hint(const struct script_op *op);
int op_numa_scan(const struct script_op *op);
int op_age(const struct script_op *op);
/*
 * numa_hide_own() - the scanner is to pass over what the process has mapped so far, less what the
 * script maps. Return: 0, or a negative errno when the maps cannot be read.
 */
int numa_hide_own(void);
int op_mbind(const struct script_op *op);
int op_move_pages(const struct script_op *op);
int op_uffd(struct executor *ex, const struct script_op *op);
int op_pagemap_scan(const struct script_op *op);
int op_ksm(const struct script_op *op);
int op_pin(const struct script_op *op);
/* pin_forget() - in a forked child: what the parent has pinned is not its own. */
void pin_forget(void);
int op_vm(struct executor *ex, const struct script_op *op);
int op_memslot(struct executor *ex, const struct script_op *op);
int op_dirty_log(struct executor *ex, const struct script_op *op);
int op_clear_dirty_log(struct executor *ex, const struct script_op *op);
/* enable_dirty_log_protect() - of a VM; @flags: SCRIPT_VM_*. Return: 0 or a negative errno. */
int enable_dirty_log_protect(int fd, unsigned int flags);
int op_guest(struct executor *ex, const struct script_op *op);
int op_guest_map(struct executor *ex, const struct script_op *op);
int op_guest_remap(struct executor *ex, const struct script_op *op);
int op_cr3(struct executor *ex, const struct script_op *op);
int op_invlpg(struct executor *ex, const struct script_op *op);
int op_l2_map(struct executor *ex, const struct script_op *op);
int op_l2_remap(struct executor *ex, const struct script_op *op);
int op_vmrun(struct executor *ex, const struct script_op *op);
int touch_setup(void);
/* touch_store() - 8 bytes; -EFAULT where the mapping does not allow it. */
int touch_store(void *at, uint64_t value);
/* touch_store32() - 4 bytes. */
int touch_store32(void *at, uint32_t value);

/* guest_vcpu() - make the vCPU of a shadow guest. Return: 0; -EINVAL: another kind. */
int guest_vcpu(struct executor *ex, struct guest_vm *vm);
/* guest_shadow_access() - accesses of a guest under shadow paging; as op_guest(). */
int guest_shadow_access(struct guest_vm *vm, const struct script_op *op);

/*
 * guest_run() - run the vCPU until the exit @wanted. Return: 0; -ENOENT: there is no
 * slot, or a write to a read-only one; -EFAULT: the host's mapping does not allow it;
 * -EAGAIN: the access does not complete.
 */
int guest_run(struct guest_vm *vm, uint32_t wanted);
/* guest_hva() - where guest-physical memory is mapped in this process; 0: nowhere. */
uint64_t guest_hva(const struct guest_vm *vm, uint64_t gpa);
/* guest_l1() - make the vCPU of an L1 hypervisor. Return: 0; -EINVAL: the guest is none. */
int guest_l1(struct executor *ex, struct guest_vm *vm);

/* ---- l1.c: the L1 hypervisor of nested guests ---- */

/* l1_prepare() - code, tables, EFER.SVME, host save area; before the vCPU first runs. */
int l1_prepare(struct guest_vm *vm);
/* l1_own_entry() - the entry that a top nested table needs for L2's own memory. */
uint64_t l1_own_entry(unsigned int *ret_index);
/*
 * l1_guest() - L2's accesses, in one VMRUN (one for each where code is executed).
 * Return: as op_guest(); -EACCES: L1's nested tables do not allow it.
 */
int l1_guest(struct guest_vm *vm, const struct script_op *op);
/* l1_vmrun() - L1 enters L2, which leaves at once. */
int l1_vmrun(struct guest_vm *vm);
/* l1_store() - L1 writes 8 bytes. */
int l1_store(struct guest_vm *vm, uint64_t gpa, uint64_t value);

/* ---- kvmstat.c ---- */

/* kvmstat_open() - the figures of a VM or a vCPU. Return: 0 or a negative errno. */
int kvmstat_open(struct guest_stats *stats, int fd);
void kvmstat_close(struct guest_stats *stats);
/* kvmstat_exits() - how often the vCPU has left the guest; 0 where that is unknown. */
uint64_t kvmstat_exits(const struct guest_stats *stats);
/* kvmstat_mark() - a mark for each figure of the process's VMs that has changed. */
void kvmstat_mark(struct executor *ex);

#endif /* HOST_GUEST_INTERNAL_H */
