/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A machine: what address spaces share, that is frames, files and settings, and the kernel that it
 * runs. Everything else is made from one.
 */
#ifndef MMUSCOPE_MACHINE_H
#define MMUSCOPE_MACHINE_H

#include <mmuscope/base.h>
#include <mmuscope/event.h>

MS_BEGIN_DECLS

struct ms_machine;
struct ms_file;

/** enum ms_thp - transparent_hugepage/enabled */
enum ms_thp { MS_THP_NEVER = 0, MS_THP_MADVISE = 1, MS_THP_ALWAYS = 2 };

/**
 * struct ms_machine_options - how to build a machine
 * @size: sizeof(struct ms_machine_options)
 * @profile: a name of ms_profile_name(); NULL is "linux-6.12"
 * @designs: MS_DESIGN_* or-ed
 * @levels: page-table levels, 4 or 5; 0 is 4
 * @run_level: granularity of the runs of the designs: 2 (2 MiB entries) or 3 (1 GiB); 0 is 2
 * @literal: not 0: walk reverse maps head by head instead of through an index; same counts, slower
 * @run_gap: the designs notify two runs that are at most this many bytes apart as one
 */
struct ms_machine_options {
	size_t size;
	const char *profile;
	uint32_t designs;
	uint32_t levels;
	uint32_t run_level;
	uint32_t literal;
	uint64_t run_gap;
};

/**
 * ms_machine_create() - a machine without processes; transparent huge pages are as
 * transparent_hugepage/enabled = madvise and shmem_enabled = never.
 * Return: 0; -EINVAL: no such profile, design or level; -E2BIG: unknown options; -ENOMEM.
 */
MS_API int ms_machine_create(const struct ms_machine_options *options,
			     struct ms_machine **ret_machine);

/**
 * ms_machine_destroy() - free a machine with all it owns; as ms_mm_destroy() of each address space
 * first. NULL is fine.
 * Return: 0; -EDEADLK from a callback.
 */
MS_API int ms_machine_destroy(struct ms_machine *machine);

/** ms_machine_profile() - name of the kernel that a machine runs. Callback safe. */
MS_API const char *ms_machine_profile(const struct ms_machine *machine);

/**
 * ms_machine_set_thp() - write transparent_hugepage/enabled.
 * Return: 0; -EINVAL; -EDEADLK.
 */
MS_API int ms_machine_set_thp(struct ms_machine *machine, enum ms_thp mode);

/**
 * ms_machine_set_shmem_thp() - write transparent_hugepage/shmem_enabled.
 * Return: 0; -EINVAL; -EDEADLK.
 */
MS_API int ms_machine_set_shmem_thp(struct ms_machine *machine, enum ms_thp mode);

/**
 * ms_machine_ksm() - let ksmd make @passes full passes over mergeable memory (mm/ksm.c).
 * Return: 0; -ENOMEM; -EDEADLK.
 */
MS_API int ms_machine_ksm(struct ms_machine *machine, uint64_t passes);

/**
 * ms_machine_on_event() - call @fn for every record from now on; NULL: nobody listens.
 * Return: 0; -EDEADLK.
 */
MS_API int ms_machine_on_event(struct ms_machine *machine, ms_event_fn *fn, void *ctx);

/**
 * ms_machine_counter() - a counter of ms_counter_name(), over all processes and VMs, those that
 * are gone included; maxima and the "now" counters over those that exist.
 * Return: 0; -ENOENT: no such counter. Callback safe.
 */
MS_API int ms_machine_counter(const struct ms_machine *machine, const char *name,
			      uint64_t *ret_value);

/**
 * ms_machine_bytes() - bytes that page tables and frame records take now; @ret_peak, which may be
 * NULL: the most ever. Callback safe.
 */
MS_API uint64_t ms_machine_bytes(const struct ms_machine *machine, uint64_t *ret_peak);

/**
 * ms_machine_exhausted() - has the model itself, not the kernel that it models, run out of memory?
 * From then on results may differ from that kernel's.
 * Return: 1: yes; 0: no. Callback safe.
 */
MS_API int ms_machine_exhausted(const struct ms_machine *machine);

/** ms_violation_fn - one broken invariant: its number and one line of text. */
typedef void ms_violation_fn(void *ctx, unsigned int invariant, const char *text);

/**
 * ms_machine_audit() - walk all tables and check the invariants: no VM maps what the process must
 * not access (2), no guest fault ignored an invalidation (3), every notification has ended (4),
 * tables, reverse maps and counts agree (6), frames are counted right (7). The numbers are those of
 * the manual page of mmuscope-run(1), --audit. Cost: in proportion to what is populated.
 * @fn: called for each violation; may be NULL
 * @ret_violations: how many; may be NULL
 * Return: 0, violations or not; -ENOMEM; -EDEADLK.
 */
MS_API int ms_machine_audit(struct ms_machine *machine, ms_violation_fn *fn, void *ctx,
			    uint64_t *ret_violations);

/**
 * enum ms_file_kind - what can be mapped beside anonymous memory
 * @MS_FILE_PAGE_CACHE: a file on a disk
 * @MS_FILE_SHMEM: tmpfs, memfd, shared anonymous memory; the only one subject to shmem_thp
 * @MS_FILE_HUGETLB: hugetlbfs with pages of @page_size: 2 MiB or 1 GiB
 * @MS_FILE_DAX: a DAX device that maps entries of @page_size: 4 KiB, 2 MiB or 1 GiB
 */
enum ms_file_kind {
	MS_FILE_PAGE_CACHE = 0,
	MS_FILE_SHMEM = 1,
	MS_FILE_HUGETLB = 2,
	MS_FILE_DAX = 3
};

/**
 * ms_file_create() - an object of @size bytes, to be mapped with ms_mm_map(). Accesses behind its
 * end fail.
 * @page_size: for HUGETLB and DAX; 0 else
 * Return: 0; -EINVAL: kind or page size; -EFBIG: larger than 64 PiB; -ENOSPC: devices of more
 * than 1 PiB together; -ENOMEM; -EDEADLK.
 */
MS_API int ms_file_create(struct ms_machine *machine, enum ms_file_kind kind, uint64_t size,
			  uint64_t page_size, struct ms_file **ret_file);

/**
 * ms_file_truncate() - ftruncate() to @size bytes. What was mapped behind it is unmapped, with
 * notifications.
 * Return: 0; -EINVAL: a device, or not whole pages of hugetlbfs; -EFBIG; -ENOMEM; -EDEADLK.
 */
MS_API int ms_file_truncate(struct ms_file *file, uint64_t size);

/**
 * ms_file_close() - no more maps will be made of @file; what is mapped stays so. NULL is fine.
 * Return: 0; -EDEADLK.
 */
MS_API int ms_file_close(struct ms_file *file);

MS_END_DECLS

#endif /* MMUSCOPE_MACHINE_H */
