// SPDX-License-Identifier: GPL-2.0-or-later
/* The audit finds what is broken on purpose: entries that change behind the model's back. */
#include "mm_test.h"

#include <arch/pgtable.h>

/* The entry of @level for @addr, by the tables that a look at them gives. */
static uint64_t *entry_of(struct test *t, uint64_t addr, unsigned int level)
{
	const struct pt_geometry *geo = pt_geometry_x86(4);
	uint64_t *table = (uint64_t *)mm_table(t->machine, mm_pgd(t->mm));
	unsigned int l;

	for (l = geo->levels; l > level; l--) {
		pte_t entry = { table[pt_index(geo, l, addr)] };

		table = (uint64_t *)mm_table(t->machine, pte_table_pfn(entry));
	}
	return &table[pt_index(geo, level, addr)];
}

struct found {
	unsigned int by[9];
	bool outside; /* an entry where no VMA is */
	char text[200];
};

static void note_found(void *ctx, unsigned int invariant, const char *text)
{
	struct found *found = ctx;

	found->by[invariant]++;
	found->outside |= strstr(text, "no VMA") != NULL;
	snprintf(found->text, sizeof(found->text), "%s", text);
}

/*
 * @entry becomes @val, the audit must find @invariant broken, and an entry outside of every VMA only
 * where there is one (@outside); then all is as before.
 */
static void expect(struct test *t, uint64_t *entry, uint64_t val, unsigned int invariant,
		   bool outside, const char *what)
{
	struct found found = { .text = "nothing" };
	uint64_t before = *entry;
	int64_t nr;

	*entry = val;
	nr = mm_audit(t->machine, note_found, &found);
	*entry = before;
	if (!tap_ok(nr > 0 && found.by[invariant] && found.outside == outside, "%s", what))
		printf("# %lld found, the last: %s\n", (long long)nr, found.text);
}

int main(void)
{
	uint64_t *first, *second, *empty, *far, *pmd, *hole;
	struct mm_file *file = NULL;
	struct test t;
	int err;

	test_start(&t, "linux-6.12");
	err = mm_mmap(t.mm, BASE, 4 * M, RW, MAP_PRIVATE | MAP_ANONYMOUS, NULL, 0);
	if (!err)
		err = mm_file_create(t.machine, 4 * M, true, &file);
	if (!err)
		err = mm_mmap(t.mm, BASE + 8 * M, 2 * M, RW, MAP_SHARED, file, 0);
	if (!err)
		err = mm_access(t.mm, BASE, 16 * K, 4 * K, MM_WRITE);
	if (!err)
		err = mm_access(t.mm, BASE + 2 * M, 8 * K, 4 * K, MM_WRITE);
	if (!err)
		err = mm_access(t.mm, BASE + 8 * M, 8 * K, 4 * K, MM_WRITE);
	if (!err)
		err = mm_madvise(t.mm, BASE + 2 * M, 2 * M, MADV_DONTNEED);
	tap_eq(err, 0, "anonymous memory, an empty table, an object");
	tap_eq(mm_audit(t.machine, test_print, NULL), 0, "nothing is broken");

	first = entry_of(&t, BASE, 1);
	second = entry_of(&t, BASE + 4 * K, 1);
	empty = entry_of(&t, BASE + 2 * M, 1);
	far = entry_of(&t, BASE + M, 1);
	pmd = entry_of(&t, BASE + 8 * M, 2);
	hole = entry_of(&t, BASE + 6 * M, 2);
	expect(&t, first, 0, 6, false, "an entry less than its table counts");
	expect(&t, first, 0, 7, false, "a frame that nothing maps");
	expect(&t, first, *second, 7, false, "two entries for one frame");
	expect(&t, first, *first + (UINT64_C(1) << 30), 7, false, "a frame that was never handed out");
	expect(&t, first, *first | _PAGE_SAVED_DIRTY, 6, false, "two places for the dirty bit");
	expect(&t, first, *first & ~_PAGE_DIRTY, 6, false, "a clean page where all are dirty");
	expect(&t, far, *first, 6, false, "an entry outside of those in use");
	expect(&t, empty, *first, 6, false, "an entry in an empty table");
	expect(&t, pmd, 0, 6, false, "a table that nothing points to");
	expect(&t, hole, *pmd, 6, true, "a table that two entries point to");
	expect(&t, hole, *pmd, 7, true, "its frames, too");
	tap_eq(mm_audit(t.machine, test_print, NULL), 0, "nothing is broken any more");
	mm_file_put(file);
	machine_destroy(t.machine);
	return tap_done();
}
