/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the library's face share: the handles, and the guard against callbacks. */
#ifndef API_INTERNAL_H
#define API_INTERNAL_H

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include <base/event.h>
#include <base/mem.h>
#include <kvm/kvm.h>
#include <mm/mm.h>
#include <mm/secondary.h>
#include <mmuscope/mmuscope.h>
#include <notifier/notifier.h>
#include <sim/sim.h>

/* version.c, made by the build */
extern const char mmuscope_version[];
extern const char mmuscope_verified[];

/* First byte behind every range that the model is asked about, and behind every file. */
#define API_ADDRESS_END (UINT64_C(1) << 57)
#define API_FILE_END (UINT64_C(1) << 56)

/**
 * struct ms_machine
 * @inside: depth of callbacks: while not 0, nothing may be changed
 * @gone: counts of processes and VMs that are gone
 * @exhausted: a VM ran out of memory (the machine itself remembers its own)
 */
struct ms_machine {
	struct machine *machine;
	struct event_source events;
	struct event_sink sink;
	ms_event_fn *on_event;
	void *event_ctx;
	const struct kvm_profile *kvm_profile;
	LIST_HEAD(, ms_mm) mms;
	LIST_HEAD(, ms_file) files;
	uint64_t gone[SIM_COUNTER_NR];
	unsigned int inside;
	uint32_t last_pid;
	bool rmap_index;
	bool literal;
	bool exhausted;
};

struct ms_file {
	LIST_ENTRY(ms_file) link;
	struct ms_machine *machine;
	struct mm_file *file;
};

struct ms_mm {
	LIST_ENTRY(ms_mm) link;
	struct ms_machine *machine;
	struct mm_struct *mm;
	uint32_t pid;
	LIST_HEAD(, ms_vm) vms;
	LIST_HEAD(, ms_notifier) notifiers;
	LIST_HEAD(, ms_interval) intervals;
};

struct ms_vm {
	LIST_ENTRY(ms_vm) link;
	struct ms_mm *mm;
	struct kvm *kvm;
};

struct ms_notifier {
	struct mmu_notifier sub;
	LIST_ENTRY(ms_notifier) link;
	struct ms_mm *mm;
	struct ms_notifier_ops ops;
	void *ctx;
};

struct ms_interval {
	struct mmu_interval_notifier sub;
	LIST_ENTRY(ms_interval) link;
	struct ms_mm *mm;
	struct ms_interval_ops ops;
	void *ctx;
};

/* A record on its way to the user: struct ms_event is only ever a struct event. */
static inline const struct ms_event *api_event(const struct event *event)
{
	return (const struct ms_event *)event;
}

/**
 * api_options() - copy the user's structure, which begins with its size, over @known.
 * @known_size: bytes of @known, which is all zeros
 * @user: NULL leaves the zeros
 * Return: 0; -EINVAL: a size that holds not even itself; -E2BIG: it is larger and says something
 * that we do not know.
 */
int api_options(void *known, size_t known_size, const void *user);

/**
 * api_output() - copy @known, which begins with its size, to the user's structure: as many bytes as
 * that one says, no more than there are.
 * Return: 0; -EINVAL for a size that holds not even itself.
 */
int api_output(void *user, const void *known, size_t known_size);

/** api_enter() - an operation begins, by process @pid. Return: 0; -EDEADLK inside a callback. */
static inline int api_enter(struct ms_machine *machine, uint32_t pid)
{
	if (machine->inside)
		return -EDEADLK;
	machine->events.pid = pid;
	return 0;
}

static inline int api_enter_mm(struct ms_mm *mm)
{
	return api_enter(mm->machine, mm->pid);
}

/** api_enter_range() - as api_enter_mm(), and -EINVAL for a range that is out of all bounds. */
static inline int api_enter_range(struct ms_mm *mm, uint64_t addr, uint64_t len)
{
	int err = api_enter_mm(mm);

	if (err)
		return err;
	return addr < API_ADDRESS_END && len < API_ADDRESS_END - addr ? 0 : -EINVAL;
}

/* Destroying what an address space or a machine owns; no guard. */
void api_mm_free(struct ms_mm *mm);
void api_vm_free(struct ms_vm *vm);
void api_notifiers_free(struct ms_mm *mm);
void api_intervals_free(struct ms_mm *mm);

/* counters.c: before they go, the counts of a VM and of an address space are kept. */
void api_keep_vm(struct ms_vm *vm);
void api_keep_mm(struct ms_mm *mm);
/* Index of a counter of sim_counter_names[]; -1 for none. */
int api_counter_index(const char *name);

#endif /* API_INTERNAL_H */
