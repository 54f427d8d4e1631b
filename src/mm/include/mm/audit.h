/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Invariants 4, 6 and 7 on the primary side as code, and what the audit of 1 and 5 asks. */
#ifndef MM_AUDIT_H
#define MM_AUDIT_H

#include <stdbool.h>
#include <stdint.h>

struct machine;
struct mm_struct;

/**
 * typedef mm_audit_report - called once per violation
 * @invariant: its number
 * @text: one line that says what is wrong and where
 */
typedef void mm_audit_report(void *ctx, unsigned int invariant, const char *text);

/**
 * mm_audit() - walk every table of every address space and file, and compare with the counts: no
 * started notification without its end (4); entries that point to tables of the next level, leaves
 * that are some VMA's, as many tables reached as are in use, each record true of its table (6); map
 * counts of frames, and none that nothing holds (7). Call it between operations.
 * Cost: in proportion to the tables and frames in use.
 * Return: number of violations, or -ENOMEM.
 */
int64_t mm_audit(struct machine *machine, mm_audit_report *report, void *ctx);

/** mm_entry_used() - whether the entry of @level for @addr exists and is not none (5). */
bool mm_entry_used(const struct mm_struct *mm, uint64_t addr, unsigned int level);

#endif /* MM_AUDIT_H */
