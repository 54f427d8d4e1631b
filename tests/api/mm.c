// SPDX-License-Identifier: GPL-2.0-or-later
/* Address spaces and files through the library. */
#include "api_test.h"

static void test_translation(struct ms_mm *mm)
{
	struct ms_translation at = { .size = sizeof(at) };

	is(ms_mm_map(mm, RAM, 4 * MiB, RW, MAP_PRIVATE, NULL, 0), 0, "map");
	is(ms_mm_translate(mm, RAM, &at), -ENOENT, "nothing is populated");
	is(ms_mm_touch(mm, RAM, 1, 1, MS_READ), 0, "read");
	is(ms_mm_translate(mm, RAM + 5, &at), 0, "the zero page is there");
	is(at.writable, 0, "and read-only");
	is(ms_mm_touch(mm, RAM, 1, 1, MS_WRITE), 0, "write");
	is(ms_mm_translate(mm, RAM, &at), 0, "a page of its own");
	is(at.writable, 1, "and writable");
	tap_eq(at.level, 1, "of 4 KiB");
	is(ms_mm_mprotect(mm, RAM, 4 * MiB, PROT_READ), 0, "mprotect");
	is(ms_mm_touch(mm, RAM, 1, 1, MS_WRITE), -EFAULT, "no writing any more");
	is(ms_mm_get_user_page(mm, RAM, MS_WRITE, &at), -EFAULT, "nor by a secondary MMU");
	is(ms_mm_get_user_page(mm, RAM + MiB, MS_READ, &at), 0, "which may read");
	is(ms_mm_munmap(mm, RAM, 4 * MiB), 0, "munmap");
	is(ms_mm_translate(mm, RAM, &at), -ENOENT, "nothing is left");
}

static void test_vmas(struct ms_mm *mm)
{
	struct ms_vma vma = { .size = sizeof(vma) };

	is(ms_mm_vma_next(mm, 0, &vma), -ENOENT, "no VMA");
	is(ms_mm_map(mm, RAM, 4 * MiB, RW, MAP_PRIVATE, NULL, 0), 0, "map");
	is(ms_mm_mprotect(mm, RAM + MiB, MiB, PROT_READ), 0, "protect the second MiB");
	is(ms_mm_vma_next(mm, RAM + MiB, &vma), 0, "its VMA");
	tap_eq(vma.start, RAM + MiB, "starts there");
	tap_eq(vma.end, RAM + 2 * MiB, "and ends there");
	tap_eq(vma.flags & 3, 1, "is readable only");
	is(ms_mm_vma_next(mm, RAM + 4 * MiB, &vma), -ENOENT, "nothing behind");
	is(ms_mm_munmap(mm, RAM, 4 * MiB), 0, "munmap");
}

static void test_refusals(struct ms_mm *mm)
{
	is(ms_mm_map(mm, RAM + 1, PAGE, RW, MAP_PRIVATE, NULL, 0), -EINVAL, "map unaligned");
	is(ms_mm_map(mm, RAM, 0, RW, MAP_PRIVATE, NULL, 0), -EINVAL, "map nothing");
	is(ms_mm_map(mm, RAM, PAGE, RW, 0, NULL, 0), -EINVAL, "neither private nor shared");
	is(ms_mm_map(mm, RAM, PAGE, 64, MAP_PRIVATE, NULL, 0), -EINVAL, "unknown protection");
	is(ms_mm_map(mm, 1ull << 50, PAGE, RW, MAP_PRIVATE, NULL, 0), -ENOMEM, "beyond the tables");
	is(ms_mm_munmap(mm, UINT64_MAX - PAGE, 2 * PAGE), -EINVAL, "a range that wraps");
	is(ms_mm_mprotect(mm, RAM, PAGE, PROT_READ), -ENOMEM, "mprotect of a hole");
	is(ms_mm_touch(mm, RAM, PAGE, 0, MS_READ), -EINVAL, "steps of 0");
	is(ms_mm_touch(mm, RAM, PAGE, 1, (enum ms_access)9), -EINVAL, "unknown access");
	is(ms_mm_touch(mm, RAM, PAGE, UINT64_MAX, MS_READ), -EFAULT, "nothing mapped");
	is(ms_mm_mremap(mm, RAM, PAGE, PAGE, MREMAP_FIXED, RAM), -EINVAL, "mremap: flags");
	is(ms_mm_mbind(mm, RAM, PAGE, (enum ms_mpol)7, 1, 0), -EINVAL, "mbind: mode");
	is(ms_mm_clear_refs(mm, 9), -EINVAL, "clear_refs: value");
}

static void test_files(struct ms_machine *machine, struct ms_mm *mm)
{
	struct ms_machine *other = new_machine(NULL);
	struct ms_mm *child, *stranger = new_mm(other);
	struct ms_translation here = { .size = sizeof(here) }, there = { .size = sizeof(there) };
	struct ms_file *file;

	is(ms_file_create(machine, MS_FILE_HUGETLB, 4 * MiB, 3, &file), -EINVAL, "page size");
	is(ms_file_create(machine, MS_FILE_SHMEM, 1ull << 60, 0, &file), -EFBIG, "too large");
	is(ms_file_create(machine, (enum ms_file_kind)9, PAGE, 0, &file), -EINVAL, "kind");
	is(ms_file_create(machine, MS_FILE_SHMEM, 4 * MiB, 0, &file), 0, "shmem");
	is(ms_mm_map(stranger, RAM, PAGE, RW, MAP_SHARED, file, 0), -EINVAL, "another machine's");
	is(ms_mm_map(mm, RAM, 4 * MiB, RW, MAP_SHARED, file, 0), 0, "map it");
	is(ms_mm_fork(mm, &child), 0, "fork");
	tap_eq(ms_mm_pid(child), ms_mm_pid(mm) + 1, "the next pid");
	is(ms_mm_touch(mm, RAM, 2 * MiB, PAGE, MS_WRITE), 0, "one writes");
	is(ms_mm_touch(child, RAM, 2 * MiB, PAGE, MS_READ), 0, "the other reads");
	is(ms_mm_translate(mm, RAM, &here), 0, "mapped here");
	is(ms_mm_translate(child, RAM, &there), 0, "mapped there");
	tap_eq(here.pfn, there.pfn, "the same frame");
	is(ms_file_truncate(file, MiB), 0, "truncate");
	is(ms_mm_translate(child, RAM + MiB, &there), -ENOENT, "gone there");
	is(ms_mm_touch(mm, RAM + MiB, 1, 1, MS_READ), -EFAULT, "SIGBUS here");
	is(ms_file_close(file), 0, "close");
	is(ms_mm_touch(mm, RAM, 1, 1, MS_READ), 0, "still mapped");
	is(ms_mm_destroy(child), 0, "exit");
	is(ms_mm_map(mm, RAM, PAGE, RW, MAP_SHARED, NULL, 0), 0, "shared anonymous memory");
	is(ms_mm_touch(mm, RAM, 1, 1, MS_WRITE), 0, "is memory");
	is(ms_machine_destroy(other), 0, "the other machine");
}

static void test_counters(struct ms_machine *machine)
{
	uint64_t value, peak = 0;
	unsigned int nr = 0;
	const char *name;

	for (; (name = ms_counter_name(nr)); nr++)
		if (ms_machine_counter(machine, name, &value) || !ms_counter_help(name))
			tap_ok(false, "%s is a counter", name);
	tap_ok(nr >= 20, "counters");
	is(ms_machine_counter(machine, "none", &value), -ENOENT, "an unknown one");
	tap_ok(machine_counter(machine, "pgfault") > 512, "faults were counted");
	tap_ok(ms_machine_bytes(machine, &peak) <= peak && peak, "bytes");
	is(ms_machine_exhausted(machine), 0, "memory is left");
	is(ms_machine_audit(machine, NULL, NULL, &value), 0, "audit");
	tap_eq(value, 0, "no invariant is broken");
}

static void test_thp(struct ms_machine *machine, struct ms_mm *mm)
{
	struct ms_translation at = { .size = sizeof(at) };

	is(ms_machine_set_thp(machine, (enum ms_thp)3), -EINVAL, "no such mode");
	is(ms_machine_set_thp(machine, MS_THP_ALWAYS), 0, "always");
	is(ms_mm_map(mm, 2 * RAM, 4 * MiB, RW, MAP_PRIVATE, NULL, 0), 0, "map");
	is(ms_mm_touch(mm, 2 * RAM, 1, 1, MS_WRITE), 0, "touch");
	is(ms_mm_translate(mm, 2 * RAM + MiB, &at), 0, "a MiB further");
	tap_eq(at.level, 2, "a huge page");
	is(ms_machine_set_thp(machine, MS_THP_MADVISE), 0, "back");
}

int main(void)
{
	struct ms_machine *machine = new_machine(NULL);
	struct ms_mm *mm = new_mm(machine);

	tap_ok(!strcmp(ms_machine_profile(machine), "linux-6.12"), "the default profile");
	tap_ok(ms_mm_machine(mm) == machine, "the process knows its machine");
	test_translation(mm);
	test_vmas(mm);
	test_refusals(mm);
	test_files(machine, mm);
	test_thp(machine, mm);
	test_counters(machine);
	is(ms_machine_destroy(machine), 0, "destroy all");
	is(ms_machine_destroy(NULL), 0, "and nothing");
	return tap_done();
}
