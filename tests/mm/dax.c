// SPDX-License-Identifier: GPL-2.0-or-later
/* Device DAX: alignment, leaves of one level, what mprotect does to 1 GiB leaves. */
#include "mm_test.h"

static struct mm_file *device(struct test *t, uint64_t size, uint64_t align)
{
	struct mm_file *file = NULL;

	tap_eq(mm_file_create_dax(t->machine, size, align, &file), 0, "a device");
	return file;
}

static int map(struct test *t, struct mm_file *file, uint64_t addr, uint64_t len, int flags)
{
	return mm_mmap(t->mm, addr, len, RW, flags, file, 0);
}

static void test_alignment(void)
{
	static const uint64_t sizes[] = { 4 * K, 2 * M, G };
	struct mm_translation tr;
	struct mm_file *file;
	struct test t;
	unsigned int i;

	test_start(&t, "linux-6.12");
	tap_eq(mm_file_create_dax(t.machine, G, 64 * K, &file), -EINVAL, "no such alignment");
	for (i = 0; i < 3; i++) {
		file = device(&t, 2 * G, sizes[i]);
		tap_eq(map(&t, file, BASE, 2 * sizes[i], MAP_PRIVATE), -EINVAL, "only shared");
		tap_eq(map(&t, file, BASE, 2 * sizes[i], MAP_SHARED), 0, "aligned");
		tap_eq(mm_access(t.mm, BASE + sizes[i], 1, 1, MM_WRITE), 0, "fault");
		tap_eq(mm_translate(t.mm, BASE + sizes[i] + 4 * K - 1, &tr), 0, "is there");
		tap_eq(tr.level, i + 1, "leaf of the alignment's level");
		tap_ok(tr.writable, "writable at once");
		tap_eq(mm_translate(t.mm, BASE, &tr), -ENOENT, "no more than that");
		if (i) {
			tap_eq(map(&t, file, BASE + 4 * K, sizes[i], MAP_SHARED), -EINVAL,
			       "start not aligned");
			tap_eq(mm_munmap(t.mm, BASE + 4 * K, 4 * K), -EINVAL, "a page of a leaf");
			tap_eq(mm_mprotect(t.mm, BASE, 4 * K, PROT_READ), -EINVAL, "protected");
		}
		tap_eq(mm_munmap(t.mm, BASE, 2 * sizes[i]), 0, "unmapped");
		mm_file_put(file);
	}
	test_end(&t, "alignment: audit");
}

/* One leaf; mprotect to read. */
static void test_pud_leaf(const char *profile, bool bug)
{
	struct mm_translation tr;
	struct mm_file *file;
	struct test t;

	test_start(&t, profile);
	file = device(&t, 2 * G, G);
	map(&t, file, BASE, 2 * G, MAP_SHARED);
	mm_access(t.mm, BASE, 1, 1, MM_WRITE);
	test_forget(&t);
	tap_eq(mm_mprotect(t.mm, BASE, G, PROT_READ), 0, profile);
	if (bug) {
		tap_eq(mm_translate(t.mm, BASE, &tr), -ENOENT, "the leaf is gone");
		tap_eq(t.uncovered, 1, "and nobody was told");
		tap_eq(t.nr, 0, "no notification");
	} else {
		test_noted(&t, "notified", 1, MMU_NOTIFY_PROTECTION_VMA, BASE, BASE + G);
		tap_eq(mm_translate(t.mm, BASE, &tr), 0, "the leaf stays");
		tap_ok(!tr.writable && tr.level == 3, "read-only");
		tap_eq(t.uncovered, 0, "covered");
		test_forget(&t);
		mm_madvise(t.mm, BASE + 4 * K, 4 * K, MADV_DONTNEED);
		test_noted(&t, "a part of it: split", 2, MMU_NOTIFY_CLEAR, BASE + 4 * K,
			   BASE + 8 * K, MMU_NOTIFY_CLEAR, BASE, BASE + G);
		tap_eq(mm_translate(t.mm, BASE, &tr), -ENOENT, "to be faulted in again");
	}
	mm_file_put(file);
	test_end(&t, "1 GiB leaf: audit");
}

static void test_views(void)
{
	struct mm_translation one, two;
	struct mm_vma_info vma;
	struct mm_struct *child;
	struct mm_file *file;
	struct test t;

	test_start(&t, "linux-7.2");
	file = device(&t, 8 * M, 2 * M);
	mm_mmap(t.mm, BASE, 2 * M, RW, MAP_SHARED, file, 0);
	mm_mmap(t.mm, BASE + 2 * M, 2 * M, RW, MAP_SHARED, file, 2 * M);
	mm_mmap(t.mm, BASE + G, 2 * M, RW, MAP_SHARED, file, 2 * M);
	tap_ok(mm_vma_next(t.mm, BASE, &vma) && vma.end == BASE + 4 * M, "views of it merge");
	mm_access(t.mm, BASE + 2 * M, 1, 1, MM_READ);
	mm_access(t.mm, BASE + G, 1, 1, MM_READ);
	tap_ok(!mm_translate(t.mm, BASE + 2 * M, &one) && !mm_translate(t.mm, BASE + G, &two) &&
		       one.pfn == two.pfn,
	       "two views, one memory");
	tap_eq(mm_fork(t.mm, &child), 0, "fork");
	tap_eq(mm_translate(child, BASE + G, &two), -ENOENT, "left for the child to fault in");
	mm_destroy(child);
	mm_file_put(file);
	test_end(&t, "views: audit");
}

int main(void)
{
	test_alignment();
	test_pud_leaf("linux-6.1", true);
	test_pud_leaf("linux-6.12", false);
	test_pud_leaf("linux-7.2", false);
	test_views();
	return tap_done();
}
