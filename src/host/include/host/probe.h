/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Measures what changes of a process's memory cost on the running kernel, with and without a
 * guest over it. Needs /dev/kvm and no other right.
 *
 * What is measured is a shape: a region, pages touched in it in a pattern, and one system call
 * over all of it. host_probe_script() writes the same shape as a script, whose counts on the
 * model are what the measured time has to be explained with.
 *
 * Before each timed call as much memory is read as the last-level cache holds twice: a
 * notification meets its heads and entries cold. The thread stays on one processor meanwhile, and
 * has real-time priority during the call where that is permitted.
 *
 * Nothing on the machine is changed, but for host_probe_trace(), which says what it changes.
 */
#ifndef HOST_PROBE_H
#define HOST_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <base/strbuf.h>

/* Where the region lies, and its first guest-physical address, here and in the script. */
#define HOST_PROBE_ADDR 0x200000000000ull
#define HOST_PROBE_GPA (4ull << 30)
/* The guest can touch pages in this many bytes from the start of the region. */
#define HOST_PROBE_GUEST_BYTES (4ull << 30)
/* It can have a page at so many virtual addresses in this many bytes from there. */
#define HOST_PROBE_ALIASES 8
#define HOST_PROBE_ALIAS_BYTES (4ull << 20)

enum host_probe_op {
	HOST_PROBE_MPROTECT, /* mprotect(PROT_READ) of a writable region */
	HOST_PROBE_DONTNEED, /* madvise(MADV_DONTNEED) */
	HOST_PROBE_MUNMAP,
	HOST_PROBE_REFAULT, /* the guest touches its pages again after an mprotect and back */
	HOST_PROBE_OP_NR
};
extern const char *const host_probe_op_names[HOST_PROBE_OP_NR];

/**
 * struct host_probe_shape - what to measure
 * @op: the call
 * @len: bytes of the region and of the memslot over it; a multiple of 1 GiB
 * @first, @nr, @stride: @nr pages are written by the CPU at @first, @first + @stride, ...; all
 *	multiples of 4 KiB and inside of the region
 * @vm: there is a guest with a memslot over the region
 * @guest: the guest has touched each of the pages (one SPTE each); they lie in the first
 *	HOST_PROBE_GUEST_BYTES
 * @aliases: 0, or the guest has touched each page at so many virtual addresses (up to
 *	HOST_PROBE_ALIASES), which under shadow paging are as many SPTEs on its reverse-map head; the
 *	pages lie in the first HOST_PROBE_ALIAS_BYTES; not for HOST_PROBE_REFAULT
 */
struct host_probe_shape {
	enum host_probe_op op;
	uint64_t len;
	uint64_t first;
	uint64_t nr;
	uint64_t stride;
	bool vm;
	bool guest;
	unsigned int aliases;
};

/**
 * struct host_probe_times - samples of one shape; nanoseconds
 * @nr: how many samples
 * @quarter, @median, @three_quarters: of the wall-clock times
 * @best: what the call takes when nobody disturbs it: the lower quartile of the wall-clock times,
 *	or the median of the thread's CPU times where that is less. Not a minimum: a hypervisor that
 *	takes a processor away is booked late, and so at times too much, and a call that finds its
 *	heads in a cache is no undisturbed one. Of several rounds: the median.
 * @noise: half of the distance between the quartiles of the rounds' @best, as a fraction of it
 * @sptes, @zapped: 4 KiB SPTEs that existed before the last call, and that it took away, as the
 *	kernel counts them (KVM_GET_STATS_FD); @counted: the kernel does
 */
struct host_probe_times {
	unsigned int nr;
	double best;
	double quarter;
	double median;
	double three_quarters;
	double noise;
	bool counted;
	uint64_t sptes;
	uint64_t zapped;
};

/** enum host_probe_mmu - how KVM translates guest addresses, as its parameters say */
enum host_probe_mmu {
	HOST_PROBE_MMU_TDP,	/* two-dimensional paging with the TDP MMU */
	HOST_PROBE_MMU_DIRECT,	/* two-dimensional paging without it: reverse maps */
	HOST_PROBE_MMU_SHADOW,	/* no two-dimensional paging */
};

/**
 * struct host_probe_info - the machine
 * @release: uname -r up to the first '-', no more: the rest often names the machine's owner
 * @cpu: "model name" of /proc/cpuinfo
 * @module: kvm_intel, kvm_amd, another one, or "" when none is to be seen
 * @mmu_source: the parameter that @mmu was read from, or "no parameter enables npt or ept"
 * @realtime: the latest sample had real-time priority
 * @evict: bytes read before each sample
 * @memory: the limit that was asked for, or the one that was chosen
 */
struct host_probe_info {
	char release[32];
	char cpu[96];
	unsigned int cpus;
	char module[32];
	enum host_probe_mmu mmu;
	char mmu_source[64];
	bool realtime;
	uint64_t evict;
	uint64_t memory;
};

/**
 * struct host_probe_options - all zero is a good start
 * @device: NULL is /dev/kvm
 * @memory: never allocate more bytes than this, the kernel's part included; 0 is a quarter of
 *	what is available, at most 2 GiB
 */
struct host_probe_options {
	const char *device;
	uint64_t memory;
};

struct host_probe;

/**
 * host_probe_open() - get ready; nothing is allocated yet but the memory to read.
 * Return: 0; -EOPNOTSUPP when there is no KVM to be had (@diag says why and how to get it);
 * -ENOMEM; another negative errno with a line in @diag.
 */
int host_probe_open(const struct host_probe_options *options, struct strbuf *diag,
		    struct host_probe **ret_probe);

/** host_probe_close() - NULL is fine; returns NULL. */
struct host_probe *host_probe_close(struct host_probe *probe);

/** host_probe_get_info() - valid as long as @probe. */
const struct host_probe_info *host_probe_get_info(const struct host_probe *probe);

/**
 * host_probe_bytes() - memory that a shape takes at most: its pages and their tables, and in the
 * kernel 10 bytes per page of the memslot (a reverse-map head and a write-tracking count:
 * arch/x86/kvm/mmu/page_track.c, x86.c:kvm_arch_prepare_memory_region in 6.12), shadow pages,
 * and what is read before each sample.
 */
uint64_t host_probe_bytes(const struct host_probe *probe, const struct host_probe_shape *shape);

/**
 * host_probe_estimate() - seconds that @samples of a shape take, roughly.
 * @fresh: the guest of the shape before has another length or is none
 */
double host_probe_estimate(const struct host_probe *probe, const struct host_probe_shape *shape,
			   unsigned int samples, bool fresh);

/**
 * host_probe_measure() - take @samples (1 to 1000) samples of a shape.
 *
 * The guest of the last shape is kept for a next one of the same length.
 * Return: 0; -EINVAL for a shape that is none; -E2BIG for one over the memory limit; -EOPNOTSUPP
 * when the guest does not run here; the negative errno of a system call that failed.
 */
int host_probe_measure(struct host_probe *probe, const struct host_probe_shape *shape,
		       unsigned int samples, struct host_probe_times *ret_times);

/**
 * host_probe_summarise() - the times of @nr samples of one round (at least 1); sorts them.
 * @cpu, @wall: nanoseconds
 * @times: the times and @nr are filled in, the rest stays
 */
void host_probe_summarise(double *cpu, double *wall, unsigned int nr, struct host_probe_times *times);

#define HOST_PROBE_MAX_ROUNDS 9

/**
 * host_probe_merge() - what several rounds of samples of one shape say together.
 *
 * Where its pages and heads lie in physical memory is part of what a call takes, and it is the
 * same for all samples of a round: a shape is measured in several rounds with others in between.
 * @nr: 1 to HOST_PROBE_MAX_ROUNDS
 */
void host_probe_merge(const struct host_probe_times *rounds, unsigned int nr,
		      struct host_probe_times *ret_times);

/**
 * host_probe_trace() - the lengths of the notifications of one mprotect, as kvm_unmap_hva_range
 * tells them: of a 4 GiB region with pages touched at 1 GiB + 2 MiB.
 *
 * Makes an instance in tracefs for that and removes it again.
 * @ret_start, @ret_end: first notification, relative to the region
 * Return: 0; -EACCES, -ENOENT or another negative errno where tracefs is not to be had.
 */
int host_probe_trace(struct host_probe *probe, uint64_t *ret_start, uint64_t *ret_end);

/** host_probe_script() - append the shape as a script; its last operation is the measured one. */
void host_probe_script(const struct host_probe_shape *shape, const char *mmu, struct strbuf *out);

#endif /* HOST_PROBE_H */
