/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A look at the model between two operations, or while one sends its events; nothing changes. */
#ifndef SIM_VIEW_H
#define SIM_VIEW_H

#include <stdint.h>

struct sim;

/** enum sim_view_kind - what a stretch of addresses is */
enum sim_view_kind {
	SIM_VIEW_VMA,	/* a VMA */
	SIM_VIEW_TABLE, /* primary entries of .level that point to tables */
	SIM_VIEW_LEAF,	/* primary entries of .level that map memory (anything but none) */
	SIM_VIEW_SLOT,	/* a memory slot of a VM */
	SIM_VIEW_SPTE,	/* leaf SPTEs of .level, by the host address that they map */
};

/**
 * struct sim_stretch - a stretch of the running process's addresses
 * @start, @end: bytes, half open
 * @level: 1 for 4 KiB (PTE), 2 for 2 MiB (PMD), 3 for 1 GiB (PUD), 4, 5
 */
struct sim_stretch {
	enum sim_view_kind kind;
	uint8_t level;
	uint64_t start;
	uint64_t end;
};

/**
 * sim_view_walk() - everything there is in the address space of the process that runs now, and in
 * the VMs over it. Cost: in proportion to the page tables that exist.
 */
void sim_view_walk(const struct sim *view,
		   void (*fn)(void *ctx, const struct sim_stretch *stretch), void *ctx);

/** sim_view_pid() - of the process that runs now, as events carry it. */
uint32_t sim_view_pid(const struct sim *view);

/**
 * sim_view_counters() - the counters so far, in the order of enum sim_counter. May be called from
 * an event sink, too.
 */
void sim_view_counters(const struct sim *view, uint64_t *ret_counters);

#endif /* SIM_VIEW_H */
