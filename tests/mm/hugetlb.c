// SPDX-License-Identifier: GPL-2.0-or-later
/* hugetlbfs: sizes, copy-on-write, and the ranges that table sharing makes wider. */
#include "mm_test.h"

static struct mm_file *hugetlb(struct test *t, uint64_t size, uint64_t page_size)
{
	struct mm_file *file = NULL;

	tap_eq(mm_file_create_hugetlb(t->machine, size, page_size, &file), 0, "a file");
	return file;
}

static void test_cow(uint64_t size, unsigned int level)
{
	struct mm_translation mine, other;
	struct mm_struct *child;
	struct mm_file *file;
	struct test t;

	test_start(&t, "linux-6.12");
	file = hugetlb(&t, 2 * size, size);
	tap_eq(mm_mmap(t.mm, BASE + 4 * K, size, RW, MAP_PRIVATE, file, 0), -EINVAL, "address");
	tap_eq(mm_mmap(t.mm, BASE, size + 4 * K, RW, MAP_PRIVATE, file, 0), 0, "length goes up");
	mm_access(t.mm, BASE + size, 1, 1, MM_WRITE);
	tap_ok(!mm_translate(t.mm, BASE + size, &mine) && mine.level == level && mine.writable,
	       "mapped by its own size");
	test_forget(&t);
	mm_fork(t.mm, &child);
	test_noted(&t, "fork tells the whole VMA", 1, MMU_NOTIFY_CLEAR, BASE, BASE + 2 * size);
	test_forget(&t);
	mm_access(t.mm, BASE + size, 1, 1, MM_WRITE);
	test_noted(&t, "a copy", 1, MMU_NOTIFY_CLEAR, BASE + size, BASE + 2 * size);
	tap_ok(!mm_translate(t.mm, BASE + size, &mine) &&
		       !mm_translate(child, BASE + size, &other) && mine.pfn != other.pfn,
	       "two pages");
	test_forget(&t);
	mm_access(child, BASE + size, 1, 1, MM_WRITE);
	tap_eq(t.nr, 0, "the last owner takes it over");
	mm_destroy(child);
	mm_file_put(file);
	test_end(&t, "copy-on-write: audit");
}

/* Nothing populated: hugetlb tells all the same, widened where 1 GiB blocks can be shared. */
static void test_widened(void)
{
	struct mm_file *file;
	struct test t;

	test_start(&t, "linux-6.1");
	file = hugetlb(&t, 4 * G, 2 * M);
	mm_mmap(t.mm, BASE, 4 * G, RW, MAP_SHARED, file, 0);
	test_forget(&t);
	mm_mprotect(t.mm, BASE, 4 * G, PROT_READ);
	test_noted(&t, "mprotect of nothing", 1, MMU_NOTIFY_PROTECTION_VMA, BASE, BASE + 4 * G);
	test_forget(&t);
	mm_madvise(t.mm, BASE + G + 2 * M, 2 * M, MADV_DONTNEED);
	test_noted(&t, "dontneed, widened; 6.1 tells twice", 2, MMU_NOTIFY_CLEAR, BASE + G,
		   BASE + 2 * G, MMU_NOTIFY_UNMAP, BASE + G, BASE + 2 * G);
	test_forget(&t);
	mm_munmap(t.mm, BASE + G, 2 * M);
	test_noted(&t, "unshared at the end of the hole", 3, MMU_NOTIFY_CLEAR, BASE + G,
		   BASE + 2 * G, MMU_NOTIFY_UNMAP, BASE + G, BASE + G + 2 * M, MMU_NOTIFY_UNMAP,
		   BASE + G, BASE + G + 2 * M);
	tap_eq(mm_munmap(t.mm, BASE, 4 * K), -EINVAL, "no part of a page");
	mm_file_put(file);
	test_end(&t, "widened: audit");
}

static void test_truncate(void)
{
	struct mm_translation tr;
	struct mm_file *file;
	struct test t;

	test_start(&t, "linux-7.2");
	file = hugetlb(&t, 8 * M, 2 * M);
	mm_mmap(t.mm, BASE, 8 * M, RW, MAP_SHARED, file, 0);
	mm_access(t.mm, BASE, 8 * M, 2 * M, MM_WRITE);
	tap_eq(mm_truncate(file, 3 * M), -EINVAL, "half a page");
	test_forget(&t);
	tap_eq(mm_truncate(file, 4 * M), 0, "truncate");
	test_noted(&t, "one round", 1, MMU_NOTIFY_CLEAR, BASE + 4 * M, BASE + 8 * M);
	tap_eq(mm_translate(t.mm, BASE + 4 * M, &tr), -ENOENT, "gone");
	tap_eq(mm_access(t.mm, BASE + 4 * M, 1, 1, MM_READ), -EFAULT, "behind the end");
	tap_eq(mm_access(t.mm, BASE + 2 * M, 1, 1, MM_READ), 0, "before the end");
	mm_file_put(file);
	test_end(&t, "truncate: audit");
}

int main(void)
{
	test_cow(2 * M, 2);
	test_cow(G, 3);
	test_widened();
	test_truncate();
	return tap_done();
}
