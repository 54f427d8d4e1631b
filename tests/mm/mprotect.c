// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every mprotect and munmap range over a small layout with a hole, against bytes: one per page for
 * its rights, one for whether it is populated. The bytes know no page table and no VMA.
 */
#include "mm_test.h"

#include <stdlib.h>

#define PAGES 9
#define HOLE 5
#define PAGE 4096

/* The layout lies across a 2 MiB and a 1 GiB boundary. */
#define START (BASE + G - 4 * PAGE)

struct oracle {
	bool mapped[PAGES];
	int prot[PAGES];
	bool populated[PAGES];
};

static uint64_t page_addr(unsigned int page)
{
	return START + page * PAGE;
}

static void layout(struct test *t, struct oracle *o)
{
	unsigned int i;

	memset(o, 0, sizeof(*o));
	for (i = 0; i < PAGES; i++) {
		if (i == HOLE)
			continue;
		o->mapped[i] = true;
		o->prot[i] = i == 2 ? PROT_READ : RW;
		mm_mmap(t->mm, page_addr(i), PAGE, o->prot[i], MAP_PRIVATE | MAP_ANONYMOUS, NULL, 0);
		if (i % 3 == 1)
			continue;
		o->populated[i] = true;
		mm_access(t->mm, page_addr(i), PAGE, PAGE, o->prot[i] == RW ? MM_WRITE : MM_READ);
	}
}

static int oracle_mprotect(struct oracle *o, unsigned int from, unsigned int to, int prot)
{
	for (; from < to; from++) {
		if (from >= PAGES || !o->mapped[from])
			return -ENOMEM;
		o->prot[from] = prot;
	}
	return 0;
}

static int oracle_munmap(struct oracle *o, unsigned int from, unsigned int to)
{
	for (; from < to && from < PAGES; from++)
		o->mapped[from] = o->populated[from] = false;
	return 0;
}

/* What is there without an access: populated pages with rights are translated, others not. */
static bool same_tables(struct test *t, const struct oracle *o)
{
	struct mm_translation tr;
	unsigned int i;

	for (i = 0; i < PAGES; i++) {
		bool want = o->populated[i] && o->prot[i] != PROT_NONE;
		int err = mm_translate(t->mm, page_addr(i), &tr);

		if ((err == 0) != want || (!err && tr.writable && !(o->prot[i] & PROT_WRITE)))
			return false;
		want = o->populated[i];
		if ((mm_next_populated(t->mm, page_addr(i), page_addr(i) + 1) == page_addr(i)) !=
		    want)
			return false;
	}
	return true;
}

static bool same_accesses(struct test *t, const struct oracle *o)
{
	unsigned int i;

	for (i = 0; i < PAGES; i++) {
		int read = mm_access(t->mm, page_addr(i), 1, PAGE, MM_READ);
		int write = mm_access(t->mm, page_addr(i), 1, PAGE, MM_WRITE);

		if ((read == 0) != (o->mapped[i] && o->prot[i]) ||
		    (write == 0) != (o->mapped[i] && (o->prot[i] & PROT_WRITE)))
			return false;
	}
	return true;
}

static bool same_vmas(struct test *t, const struct oracle *o)
{
	struct mm_vma_info vma;
	unsigned int i;

	for (i = 0; i < PAGES; i++) {
		bool in = mm_vma_next(t->mm, page_addr(i), &vma) && vma.start <= page_addr(i);

		/* PROT_READ, PROT_WRITE and VM_READ, VM_WRITE are the same bits */
		if (in != o->mapped[i] || (in && (vma.flags & 7) != (unsigned int)o->prot[i]))
			return false;
	}
	return true;
}

static unsigned int one(const char *profile, unsigned int from, unsigned int to, int prot)
{
	struct oracle o;
	struct test t;
	int got, want;
	bool same;

	test_start(&t, profile);
	layout(&t, &o);
	test_forget(&t);
	if (prot < 0) {
		got = mm_munmap(t.mm, page_addr(from), (to - from) * PAGE);
		want = oracle_munmap(&o, from, to);
	} else {
		got = mm_mprotect(t.mm, page_addr(from), (to - from) * PAGE, prot);
		want = oracle_mprotect(&o, from, to, prot);
	}
	same = got == want && !t.uncovered && same_tables(&t, &o) && same_vmas(&t, &o) &&
	       same_accesses(&t, &o) && !mm_audit(t.machine, test_print, NULL);
	if (!same)
		printf("# %s: pages [%u, %u) prot %d: got %d, want %d\n", profile, from, to, prot,
		       got, want);
	machine_destroy(t.machine);
	return !same;
}

int main(void)
{
	static const int prots[] = { -1, PROT_NONE, PROT_READ, RW };
	const struct mm_profile *profile;
	unsigned int i, p, from, to;

	for (i = 0; (profile = mm_profile_at(i)); i++)
		for (p = 0; p < 4; p++) {
			unsigned int bad = 0;

			for (from = 0; from < PAGES; from++)
				for (to = from + 1; to <= PAGES + 1; to++)
					bad += one(profile->name, from, to, prots[p]);
			tap_eq(bad, 0, profile->name);
		}
	return tap_done();
}
