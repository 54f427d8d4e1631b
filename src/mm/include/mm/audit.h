/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Invariants 4, 6 and 7 on the primary side, and 5, as code. ARCHITECTURE.md lists them. */
#ifndef MM_AUDIT_H
#define MM_AUDIT_H

#include <stdint.h>

struct machine;

/**
 * typedef mm_audit_report - called once per violation
 * @invariant: its number
 * @text: one line that says what is wrong where
 */
typedef void mm_audit_report(void *ctx, unsigned int invariant, const char *text);

/**
 * mm_audit() - walk every table of every address space and compare with the counts.
 * Cost: in proportion to the entries in use.
 * Return: number of violations, or -ENOMEM.
 */
int64_t mm_audit(struct machine *machine, mm_audit_report *report, void *ctx);

/**
 * mm_audit_silence() - invariant 5 for the starts since the last call: how many PROTECTION_VMA
 * starts covered nothing populated at the profile's level. Reported as violations, too.
 */
uint64_t mm_audit_silence(struct machine *machine, mm_audit_report *report, void *ctx);

#endif /* MM_AUDIT_H */
