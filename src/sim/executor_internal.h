/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the executor of `verify` has in each guest, and how its guests run. */
#ifndef SIM_EXECUTOR_INTERNAL_H
#define SIM_EXECUTOR_INTERNAL_H

#include "sim_internal.h"

/* The flat tables and code; those of guests with tables of their own; and below 4 GiB. */
#define EXECUTOR_GPA ((1ull << 40) - 16 * PAGE_SIZE)
#define EXECUTOR_PAGED_GPA (EXECUTOR_GPA - 16 * PAGE_SIZE)
#define EXECUTOR_LOW_GPA ((1ull << 32) - 16 * PAGE_SIZE)

/* Pages at EXECUTOR_GPA. */
enum { EXECUTOR_PML4, EXECUTOR_PDPT0, EXECUTOR_PDPT1, EXECUTOR_CODE, EXECUTOR_VMCB,
       EXECUTOR_HSAVE, EXECUTOR_NPT3, EXECUTOR_NPT2, EXECUTOR_NPT1 };

/* How the vCPU runs, beside enum script_paging: with paging off, or by the flat tables. */
#define EXECUTOR_OFF SCRIPT_PAGING_NR
#define EXECUTOR_FLAT (SCRIPT_PAGING_NR + 1)

static inline uint64_t executor_page(unsigned int which)
{
	return EXECUTOR_GPA + which * PAGE_SIZE;
}

/* executor.c: the slot that a mode's code and tables are in, at its first use. */
int executor_prepare_mode(struct sim *sim, struct sim_object *vm, unsigned int mode);
/* The process writes to the page at @addr, in one of its slots; nobody hears of it. */
int executor_write_page(struct sim *sim, struct sim_object *vm, uint64_t addr);

#endif /* SIM_EXECUTOR_INTERNAL_H */
