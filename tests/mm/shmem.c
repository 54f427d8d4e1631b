// SPDX-License-Identifier: GPL-2.0-or-later
/* Huge pages of shmem, holes and truncation, MADV_COLLAPSE. */
#include "mm_test.h"

static struct mm_file *shmem(struct test *t, uint64_t size)
{
	struct mm_file *file = NULL;

	machine_set_shmem_thp(t->machine, THP_ALWAYS);
	tap_eq(mm_file_create(t->machine, size, true, &file), 0, "an object");
	return file;
}

static void test_hole(void)
{
	struct mm_translation a, b;
	struct mm_file *file;
	struct test t;

	test_start(&t, "linux-6.12");
	file = shmem(&t, 4 * M);
	mm_mmap(t.mm, BASE, 4 * M, RW, MAP_SHARED, file, 0);
	mm_mmap(t.mm, BASE + G + 4 * K, 2 * M, RW, MAP_SHARED, file, 4 * K);
	mm_access(t.mm, BASE, 1, 1, MM_WRITE);
	mm_access(t.mm, BASE + G + 4 * K, 1, 1, MM_READ);
	tap_ok(!mm_translate(t.mm, BASE, &a) && a.level == 2, "one entry for 2 MiB");
	tap_ok(!mm_translate(t.mm, BASE + 4 * K, &a) &&
		       !mm_translate(t.mm, BASE + G + 4 * K, &b) && a.pfn == b.pfn,
	       "the same page by a small entry elsewhere");
	test_forget(&t);
	mm_madvise(t.mm, BASE, 4 * K, MADV_REMOVE);
	test_noted(&t, "hole, split of the entry, split of the page", 4, MMU_NOTIFY_CLEAR, BASE,
		   BASE + 4 * K, MMU_NOTIFY_CLEAR, BASE, BASE + 2 * M, MMU_NOTIFY_CLEAR, BASE,
		   BASE + 2 * M, MMU_NOTIFY_CLEAR, BASE + G + 4 * K, BASE + G + 2 * M);
	mm_access(t.mm, BASE, 8 * K, 4 * K, MM_READ);
	tap_ok(!mm_translate(t.mm, BASE + 4 * K, &b) && a.pfn == b.pfn && b.level == 1,
	       "the rest stays in memory, small");
	mm_file_put(file);
	test_end(&t, "hole: audit");
}

static void test_truncate(void)
{
	struct mm_file *file;
	struct test t;

	test_start(&t, "linux-6.1");
	file = shmem(&t, 8 * M);
	mm_mmap(t.mm, BASE, 8 * M, RW, MAP_SHARED, file, 0);
	mm_mmap(t.mm, BASE + G, 8 * M, RW, MAP_PRIVATE, file, 0);
	test_forget(&t);
	tap_eq(mm_truncate(file, 4 * M), 0, "shorter");
	test_noted(&t, "two rounds over the VMAs", 4, MMU_NOTIFY_CLEAR, BASE + 4 * M, BASE + 8 * M,
		   MMU_NOTIFY_CLEAR, BASE + G + 4 * M, BASE + G + 8 * M, MMU_NOTIFY_CLEAR,
		   BASE + 4 * M, BASE + 8 * M, MMU_NOTIFY_CLEAR, BASE + G + 4 * M,
		   BASE + G + 8 * M);
	test_forget(&t);
	tap_eq(mm_truncate(file, 8 * M), 0, "longer");
	tap_eq(t.nr, 0, "tells nobody");
	mm_file_put(file);
	test_end(&t, "truncate: audit");
}

static void test_collapse(const char *profile, bool readonly)
{
	struct mm_translation tr;
	struct test t;

	test_start(&t, profile);
	mm_mmap(t.mm, BASE, 4 * M, RW, MAP_PRIVATE | MAP_ANONYMOUS, NULL, 0);
	mm_access(t.mm, BASE, 64 * K, 4 * K, MM_WRITE);
	test_forget(&t);
	tap_eq(mm_madvise(t.mm, BASE, 2 * M, MADV_COLLAPSE), 0, profile);
	test_noted(&t, "one block", 1, MMU_NOTIFY_CLEAR, BASE, BASE + 2 * M);
	tap_ok(!mm_translate(t.mm, BASE, &tr) && tr.level == 2, "mapped by one entry");
	mm_access(t.mm, BASE + 2 * M, 64 * K, 4 * K, MM_WRITE);
	mm_mprotect(t.mm, BASE, 4 * M, PROT_READ);
	tap_eq(mm_madvise(t.mm, BASE + 2 * M, 2 * M, MADV_COLLAPSE), readonly ? 0 : -EINVAL,
	       "nothing writable");
	test_end(&t, "collapse: audit");
}

int main(void)
{
	test_hole();
	test_truncate();
	test_collapse("linux-6.1", false);
	test_collapse("linux-6.12", false);
	test_collapse("linux-7.2", true);
	return tap_done();
}
