/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A named number, the common currency of executors, budgets and reports. */
#ifndef BASE_COUNTER_H
#define BASE_COUNTER_H

#include <stdint.h>

/**
 * struct counter - one figure
 * @name: KVM's own name where its binary statistics have one (mmu_shadow_zapped, ...)
 */
struct counter {
	const char *name;
	uint64_t value;
};

#endif /* BASE_COUNTER_H */
