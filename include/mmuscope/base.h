/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every header of libmmuscope uses: names, versions, rules.
 *
 * Rules of the whole library
 * - Functions that can fail return 0 or a negative errno value. Outputs are named ret_..., and are
 *   untouched on failure unless it is said otherwise. Nothing prints, nothing exits. Memory that
 *   runs out is -ENOMEM like any other error, and what was made before stays usable.
 * - Addresses and lengths are bytes, ranges are half open: [start, end).
 * - Structures with options begin with their size: set it to sizeof(), and everything that you do
 *   not know to 0. A later library takes an older, smaller structure; an older library refuses a
 *   newer one with -E2BIG only if it sets something that the library does not know. A NULL pointer
 *   means a structure of zeros.
 * - An object belongs to the one that it was made from: a machine owns address spaces and files, an
 *   address space its VMs and subscriptions. Destroying the owner destroys them.
 * - One machine with all it owns may be used by one thread at a time. Different machines are
 *   independent of each other.
 * - A callback may call only what is marked "callback safe". Everything else refuses with -EDEADLK
 *   and does nothing.
 * - Names that end in _fn are callback types; their ctx is the pointer given with them.
 */
#ifndef MMUSCOPE_BASE_H
#define MMUSCOPE_BASE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define MS_BEGIN_DECLS extern "C" {
#define MS_END_DECLS }
#else
#define MS_BEGIN_DECLS
#define MS_END_DECLS
#endif

#if defined(__GNUC__) || defined(__clang__)
#define MS_API __attribute__((visibility("default")))
#else
#define MS_API
#endif

MS_BEGIN_DECLS

/* What the program is compiled with; ms_version() is what it runs with. */
#define MS_VERSION_MAJOR 0
#define MS_VERSION_MINOR 1
#define MS_VERSION_MICRO 0

/**
 * enum ms_notify - why a range is notified: Linux's MMU_NOTIFY_* (include/linux/mmu_notifier.h),
 * the same numbers
 */
enum ms_notify {
	MS_NOTIFY_UNMAP = 0,
	MS_NOTIFY_CLEAR = 1,
	MS_NOTIFY_PROTECTION_VMA = 2,
	MS_NOTIFY_PROTECTION_PAGE = 3,
	MS_NOTIFY_SOFT_DIRTY = 4,
	MS_NOTIFY_RELEASE = 5,
	MS_NOTIFY_MIGRATE = 6,
	MS_NOTIFY_EXCLUSIVE = 7
};

/**
 * enum ms_design - what no kernel does, as bits on top of a profile
 * @MS_DESIGN_TIGHT: mprotect and NUMA hinting notify runs of populated entries only
 * @MS_DESIGN_LAZY_UNMAP: so do munmap, madvise and truncation
 * @MS_DESIGN_RMAP_INDEX: KVM finds the reverse-map heads in use through an index
 * @MS_DESIGN_NUMA_SKIP: NUMA hinting tells which pages became inaccessible
 */
enum ms_design {
	MS_DESIGN_TIGHT = 1 << 0,
	MS_DESIGN_LAZY_UNMAP = 1 << 1,
	MS_DESIGN_RMAP_INDEX = 1 << 2,
	MS_DESIGN_NUMA_SKIP = 1 << 3
};

/**
 * enum ms_mmu - KVM's page tables
 * @MS_MMU_DEFAULT: TDP for a VM made by ms_vm_create(); as the script says for ms_script_run()
 * @MS_MMU_TDP: the TDP MMU (npt=1 tdp_mmu=1)
 * @MS_MMU_DIRECT: tables by guest-physical address with reverse maps (npt=1 tdp_mmu=0)
 * @MS_MMU_SHADOW: shadow paging (npt=0)
 * @MS_MMU_NESTED: as TDP for the guest, shadow pages for its own guests
 */
enum ms_mmu {
	MS_MMU_DEFAULT = 0,
	MS_MMU_TDP = 1,
	MS_MMU_DIRECT = 2,
	MS_MMU_SHADOW = 3,
	MS_MMU_NESTED = 4
};

/** enum ms_access - how memory is accessed */
enum ms_access { MS_READ = 0, MS_WRITE = 1, MS_EXEC = 2 };

/** ms_message_fn - one line of text without a newline; valid during the call. */
typedef void ms_message_fn(void *ctx, const char *text);

/** ms_version() - version of the library in use: "MAJOR.MINOR.MICRO". Callback safe. */
MS_API const char *ms_version(void);

/**
 * ms_verified_kernels() - the kernels that this version was compared with, event by event, and
 * found equal: "6.1.0-56-cloud-amd64, ..."; "" if none. Callback safe.
 */
MS_API const char *ms_verified_kernels(void);

/**
 * ms_profile_name() - name number @index of the kernels that can be modelled, oldest first:
 * "linux-6.12"; NULL behind the last. Callback safe.
 */
MS_API const char *ms_profile_name(unsigned int index);

/** ms_profile_summary() - one line on a profile; NULL for an unknown name. Callback safe. */
MS_API const char *ms_profile_summary(const char *profile);

/** ms_notify_name() - name of an event of enum ms_notify: "PROTECTION_VMA"; "?" for none of them.
 * Callback safe. */
MS_API const char *ms_notify_name(unsigned int event);

/**
 * ms_counter_name() - name number @index of the counters of machines and scripts; NULL behind the
 * last. Later versions have more, in any order. Callback safe.
 */
MS_API const char *ms_counter_name(unsigned int index);

/**
 * ms_counter_help() - one line on what a counter counts; NULL for an unknown name. Callback safe.
 */
MS_API const char *ms_counter_help(const char *name);

MS_END_DECLS

#endif /* MMUSCOPE_BASE_H */
