// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Numbers that wrap around the end of the address space, one allocation that fails and the calls
 * behind it, and markers of userfaultfd under the design "tight".
 */
#include "mm_test.h"

#include <base/mem.h>
#include <mm/profile.h>

static uint64_t faults(const struct test *t)
{
	return machine_stat(t->machine)->pgfault;
}

static int map_anon(struct test *t, uint64_t addr, uint64_t len)
{
	return mm_mmap(t->mm, addr, len, RW, MAP_PRIVATE | MAP_ANONYMOUS, NULL, 0);
}

/* Linux compares with the break before it rounds: this is no shrink. */
static void brk_beyond_everything(void)
{
	struct mm_vma_info vma;
	struct test t;

	test_start(&t, "linux-6.12");
	tap_eq(map_anon(&t, BASE, M), 0, "a map below the heap");
	tap_eq(mm_set_heap(t.mm, BASE + G), 0, "a heap");
	tap_eq(mm_brk(t.mm, BASE + G + M), 0, "the heap grows");
	test_forget(&t);
	tap_eq(mm_brk(t.mm, UINT64_MAX - 2047), -ENOMEM, "brk to the last page of 2^64 is refused");
	tap_eq(mm_brk(t.mm, UINT64_MAX), -ENOMEM, "brk to the last byte, too");
	tap_ok(!t.nr && mm_vma_next(t.mm, BASE, &vma) && vma.start == BASE,
	       "nothing was unmapped for it");
	test_end(&t, "brk: no invariant is broken");
}

static void strides_that_wrap(void)
{
	struct test t;

	test_start(&t, "linux-6.12");
	tap_eq(map_anon(&t, BASE, 4 * M), 0, "4 MiB");
	tap_eq(mm_access(t.mm, BASE, 4 * M, -2 * M, MM_WRITE), 0, "a stride of 2^64 - 2 MiB");
	tap_eq(faults(&t), 1, "is one access");
	tap_eq(mm_next_populated(t.mm, 0, BASE), BASE, "and none below the range");
	tap_eq(mm_access(t.mm, UINT64_MAX - 65535, 65535, 64 * K, MM_WRITE), -EFAULT,
	       "accesses up to 2^64 come to an end");
	tap_eq(mm_access(t.mm, 0, UINT64_MAX, 1ull << 63, MM_READ), -EFAULT,
	       "and those over everything");
	tap_eq(mm_pagemap_scan(t.mm, 0, UINT64_MAX, true), -EFAULT,
	       "a scan of everything is refused");
	test_end(&t, "strides: no invariant is broken");
}

/* A huge page that a child shares is written to while there is no memory for its table. */
static void write_after_no_memory(const char *profile)
{
	struct mm_struct *child;
	struct test t;
	int err;

	test_start(&t, profile);
	machine_set_thp(t.machine, THP_ALWAYS);
	err = map_anon(&t, BASE, 4 * M);
	if (!err)
		err = mm_access(t.mm, BASE, 4 * M, 2 * M, MM_WRITE);
	if (!err)
		err = mm_fork(t.mm, &child);
	tap_eq(err, 0, profile);
	mem_fail_at(1);
	tap_eq(mm_access(t.mm, BASE, K, K, MM_WRITE), -ENOMEM, "no memory to split for a write");
	mem_fail_at(0);
	tap_ok(machine_oom(t.machine), "which the machine remembers");
	tap_eq(mm_access(t.mm, BASE, K, K, MM_WRITE), 0, "the same write with memory");
	tap_eq(mm_access(t.mm, BASE + 2 * M, K, K, MM_WRITE), 0, "and the next");
	tap_eq(mm_madvise(t.mm, BASE, 2 * M, MADV_COLLAPSE), 0, "collapsing");
	test_end(&t, "no memory: no invariant is broken");
}

/* Every page that a script can have needs memory: the first one that there is none for. */
static void pages_can_be_missing(void)
{
	struct test t;
	uint64_t n;
	int err = -ENOMEM;

	test_start(&t, "linux-6.12");
	tap_eq(map_anon(&t, BASE, 4 * M), 0, "4 MiB of small pages");
	tap_eq(mm_access(t.mm, BASE, 8 * K, 4 * K, MM_WRITE), 0, "two are there");
	tap_eq(mm_madvise(t.mm, BASE, 4 * K, MADV_DONTNEED), 0, "one was freed");
	for (n = 1; n < 100 && err; n++) {
		mem_fail_at(n);
		err = mm_access(t.mm, BASE, 32 * K, 4 * K, MM_WRITE);
		mem_fail_at(0);
		if (err && err != -ENOMEM)
			break;
	}
	tap_ok(!err && n > 2, "%llu allocations failed, one by one", (unsigned long long)n - 2);
	test_end(&t, "missing pages: no invariant is broken");
}

/* What tight leaves out has nothing in it, but uffd-wp puts markers there. */
static void tight_leaves_markers(bool hugetlb)
{
	struct machine_config config = {
		.profile = mm_profile_find("linux-6.12"),
		.design = { .tight = true, .run_level = 2, .run_gap = 2 * M },
		.geo = pt_geometry_x86(4),
		.thp = THP_NEVER,
	};
	struct test t;
	struct mm_file *file;
	int err;

	memset(&t, 0, sizeof(t));
	t.sink.emit = test_emit;
	t.events.sink = &t.sink;
	config.events = &t.events;
	if (machine_create(&config, &t.machine) || mm_create(t.machine, &t.mm)) {
		tap_ok(false, "a machine");
		return;
	}
	mm_observe(t.mm);
	err = hugetlb ? mm_file_create_hugetlb(t.machine, 8 * M, 2 * M, &file) :
			mm_file_create(t.machine, 8 * M, true, &file);
	if (!err)
		err = mm_mmap(t.mm, BASE, 8 * M, RW, MAP_SHARED, file, 0);
	if (!err)
		err = mm_uffd_register(t.mm, BASE, 8 * M);
	tap_eq(err, 0, hugetlb ? "hugetlb memory, registered" : "an object, registered");
	tap_eq(mm_uffd_writeprotect(t.mm, BASE, 4 * M, true), 0, "4 MiB of it are protected");
	tap_eq(mm_access(t.mm, BASE, K, K, MM_WRITE), -EFAULT, "a write there is refused");
	tap_eq(mm_access(t.mm, BASE + 4 * M, K, K, MM_WRITE), 0, "one behind is not");
	tap_ok(t.nr == 1, "one notification was sent");
	mm_file_put(file);
	test_end(&t, "markers: no invariant is broken");
}

int main(void)
{
	brk_beyond_everything();
	strides_that_wrap();
	write_after_no_memory("linux-6.1");
	write_after_no_memory("linux-6.12");
	write_after_no_memory("linux-7.2");
	pages_can_be_missing();
	tight_leaves_markers(false);
	tight_leaves_markers(true);
	return tap_done();
}
