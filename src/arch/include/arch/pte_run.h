/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changing a run of PTE-level entries at once: the hot loop of mprotect, in one body compiled for
 * the portable instruction set, AVX2 and AVX-512, chosen at run time.
 */
#ifndef ARCH_PTE_RUN_H
#define ARCH_PTE_RUN_H

#include <stdbool.h>
#include <stddef.h>

#include <arch/pgtable.h>

/**
 * struct pte_run - what happens to each present entry
 * @newprot: its new protection, as by pte_modify()
 * @add: bits or-ed in afterwards (_PAGE_RW for what may be written at once)
 * @saved_dirty: see pte_mkwrite()
 */
struct pte_run {
	pgprot_t newprot;
	uint64_t add;
	bool saved_dirty;
};

/**
 * struct pte_run_ops - one compiled variant
 * @usable: this processor can run it
 * @modify: change @nr entries from @pte on; entries that are not present stay as they are.
 *	Return: how many were present.
 */
struct pte_run_ops {
	const char *name;
	bool (*usable)(void);
	size_t (*modify)(pte_t *pte, size_t nr, const struct pte_run *run);
};

/** pte_run_variant() - variant number @index, slowest first; NULL behind the last. */
const struct pte_run_ops *pte_run_variant(unsigned int index);

/** pte_run_best() - the fastest that this processor can run. */
const struct pte_run_ops *pte_run_best(void);

#endif /* ARCH_PTE_RUN_H */
