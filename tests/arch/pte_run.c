// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The vector variants of a run of entries against the functions for one entry, on every
 * combination of bits that an entry can have, for every protection and at every length and
 * alignment of a run. What this processor cannot execute is skipped by name.
 */
#include <stdlib.h>
#include <string.h>

#include <arch/pte_run.h>

#include "tap.h"

/* Every bit with a meaning; the frames are chosen apart. */
static const uint64_t bits[] = {
	_PAGE_PRESENT, _PAGE_RW,      _PAGE_USER,	_PAGE_PWT,	   _PAGE_PCD,
	_PAGE_ACCESSED, _PAGE_DIRTY,  _PAGE_GLOBAL,	_PAGE_SPECIAL,	   _PAGE_UFFD_WP,
	_PAGE_SOFT_DIRTY, _PAGE_SAVED_DIRTY, _PAGE_NX,
};
#define NR_BITS (sizeof(bits) / sizeof(bits[0]))

static const uint64_t frames[] = { 0, 1ull << 12, 0x000ffffffffff000, 0x0005a5a5a5a5a000 };
#define NR_FRAMES (sizeof(frames) / sizeof(frames[0]))
#define NR_STATES ((1u << NR_BITS) * NR_FRAMES)

static pte_t state(unsigned int i)
{
	pte_t pte = { frames[i % NR_FRAMES] };
	unsigned int b;

	for (b = 0; b < NR_BITS; b++)
		if (i / NR_FRAMES & 1u << b)
			pte.val |= bits[b];
	return pte;
}

static pte_t expected(pte_t old, const struct pte_run *run)
{
	pte_t new;

	if (!pte_present(old))
		return old;
	new = pte_set(pte_modify(old, run->newprot, false), run->add);
	return run->saved_dirty ? (pte_t){ pte_move_dirty(new.val) } : new;
}

static size_t differ(const struct pte_run_ops *ops, const struct pte_run *run, pte_t *entries)
{
	size_t wrong = 0, present = 0, i, changed;

	for (i = 0; i < NR_STATES; i++) {
		entries[i] = state(i);
		present += pte_present(entries[i]);
	}
	changed = ops->modify(entries, NR_STATES, run);
	for (i = 0; i < NR_STATES; i++)
		wrong += entries[i].val != expected(state(i), run).val;
	return wrong + (changed != present);
}

/* Nothing outside the run is touched, however it lies. */
static size_t differ_short(const struct pte_run_ops *ops, const struct pte_run *run)
{
	pte_t entries[64];
	size_t wrong = 0, from, nr, i;

	for (from = 0; from < 9; from++)
		for (nr = 0; nr < 40; nr++) {
			for (i = 0; i < 64; i++)
				entries[i] = state(i * 997 % NR_STATES);
			ops->modify(entries + from, nr, run);
			for (i = 0; i < 64; i++) {
				pte_t old = state(i * 997 % NR_STATES);
				bool inside = i >= from && i < from + nr;

				wrong += entries[i].val !=
					 (inside ? expected(old, run) : old).val;
			}
		}
	return wrong;
}

static void test_variant(const struct pte_run_ops *ops, pte_t *entries)
{
	const pgprot_t prots[] = { PAGE_NONE, PAGE_SHARED, PAGE_SHARED_EXEC, PAGE_READONLY,
				   PAGE_READONLY_EXEC };
	const uint64_t adds[] = { 0, _PAGE_RW };
	size_t wrong = 0, wrong_short = 0;
	unsigned int i;

	for (i = 0; i < 20; i++) {
		const struct pte_run run = {
			.newprot = prots[i / 4],
			.add = adds[i & 1],
			.saved_dirty = i & 2,
		};

		wrong += differ(ops, &run, entries);
		wrong_short += differ_short(ops, &run);
	}
	tap_eq(wrong, 0, ops->name);
	tap_ok(!wrong_short, "%s: short runs at every offset", ops->name);
}

int main(void)
{
	pte_t *entries = malloc(NR_STATES * sizeof(*entries));
	const struct pte_run_ops *ops;
	unsigned int i;

	if (!entries)
		return 1;
	for (i = 0; (ops = pte_run_variant(i)); i++) {
		if (ops->usable())
			test_variant(ops, entries);
		else
			tap_skip(ops->name, "this processor cannot execute it");
	}
	tap_ok(i >= 1 && !strcmp(pte_run_variant(0)->name, "portable"), "a portable one is there");
	tap_ok(pte_run_best()->usable(), "the best one is usable");
	free(entries);
	return tap_done();
}
