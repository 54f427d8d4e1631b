// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * userfaultfd, soft-dirty bits, page-out, migration, merging, the NUMA scanner: the notifications
 * that booted kernels sent for the same operations.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include <mm/audit.h>
#include <mm/mm.h>
#include <mm/profile.h>
#include <mm/secondary.h>
#include <notifier/notifier.h>
#include <tap.h>

#define K (UINT64_C(1) << 10)
#define M (UINT64_C(1) << 20)
#define G (UINT64_C(1) << 30)
#define A (UINT64_C(16) << 40)
#define B (UINT64_C(17) << 40)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE)

static struct world {
	struct event_sink sink;
	struct event_source events;
	struct machine *machine;
	struct mm_struct *mm;
	char text[4096]; /* the starts since the last check: "CLEAR 0+4K " by offset from A */
} world;

static void record(struct event_sink *sink, const struct event *event)
{
	size_t len = strlen(world.text);

	(void)sink;
	if (event->id != EVENT_MMU_NOTIFIER_INVALIDATE_RANGE_START)
		return;
	snprintf(world.text + len, sizeof(world.text) - len, "%s %llx-%llx ",
		 mmu_notify_name(event->arg[0]), (unsigned long long)(event->arg[1] - A),
		 (unsigned long long)(event->arg[2] - A));
}

static void begin(const char *profile, enum thp_mode thp)
{
	struct machine_config config = {
		.profile = mm_profile_find(profile),
		.geo = pt_geometry_x86(4),
		.events = &world.events,
		.thp = thp,
	};

	world.sink.emit = record;
	world.events = (struct event_source){ .sink = &world.sink, .pid = 1 };
	world.text[0] = 0;
	if (machine_create(&config, &world.machine) || mm_create(world.machine, &world.mm))
		tap_ok(false, "no memory");
	mm_observe(world.mm);
}

static void broken(void *ctx, unsigned int invariant, const char *text)
{
	(void)ctx;
	printf("# invariant %u: %s\n", invariant, text);
}

static void end(const char *name)
{
	tap_ok(mm_audit(world.machine, broken, NULL) == 0, "%s: the audit finds nothing", name);
	machine_destroy(world.machine);
}

/* What was sent since the last check must be @want. */
static void sent(const char *want, const char *name)
{
	if (!tap_ok(!strcmp(world.text, want), "%s", name))
		printf("# sent '%s', want '%s'\n", world.text, want);
	world.text[0] = 0;
}

static void test_uffd(void)
{
	begin("linux-6.12", THP_NEVER);
	mm_mmap(world.mm, A, 4 * G, PROT_READ | PROT_WRITE, ANON, NULL, 0);
	mm_access(world.mm, A, 64 * K, 4 * K, MM_WRITE);
	tap_ok(mm_uffd_writeprotect(world.mm, A, 4 * K, true) == -ENOENT, "not registered");
	tap_ok(!mm_uffd_register(world.mm, A, 1 * G), "register");
	tap_ok(!mm_uffd_writeprotect(world.mm, A, 64 * K, true), "write-protect");
	sent("PROTECTION_VMA 0-10000 ", "write protection sends a PROTECTION_VMA");
	tap_ok(mm_access(world.mm, A, 4 * K, 4 * K, MM_WRITE) == -EFAULT, "a write fails");
	tap_ok(!mm_access(world.mm, A, 4 * K, 4 * K, MM_READ), "a read does not");
	tap_ok(!mm_uffd_writeprotect(world.mm, A, 4 * K, false), "lift it");
	tap_ok(!mm_access(world.mm, A, 4 * K, 4 * K, MM_WRITE), "the write succeeds");
	tap_ok(!mm_uffd_unregister(world.mm, A, 4 * G), "unregister");
	tap_ok(!mm_access(world.mm, A, 64 * K, 4 * K, MM_WRITE), "nothing is protected");
	end("userfaultfd");
}

/* Of an object every slice is notified: it gets all its tables. */
static void test_uffd_object(const char *profile, const char *want)
{
	struct mm_file *file;

	begin(profile, THP_NEVER);
	mm_file_create(world.machine, 2 * G, true, &file);
	mm_mmap(world.mm, A, 2 * G, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	mm_file_put(file);
	mm_uffd_register(world.mm, A, 2 * G);
	mm_uffd_writeprotect(world.mm, A + 512 * K, 1 * G, true);
	sent(want, profile);
	tap_ok(mm_access(world.mm, A + 4 * M, 4 * K, 4 * K, MM_WRITE) == -EFAULT,
	       "a page that was not mapped is protected");
	tap_ok(!mm_madvise(world.mm, A + 4 * M, 4 * K, MADV_DONTNEED), "dontneed");
	tap_ok(mm_access(world.mm, A + 4 * M, 4 * K, 4 * K, MM_WRITE) == -EFAULT,
	       "it stays so when it is dropped");
	end(profile);
}

static void test_soft_dirty(void)
{
	begin("linux-7.2", THP_NEVER);
	mm_mmap(world.mm, A, 1 * G, PROT_READ | PROT_WRITE, ANON, NULL, 0);
	mm_access(world.mm, A, 64 * K, 4 * K, MM_WRITE);
	mm_clear_refs(world.mm, 1);
	tap_ok(mm_clear_refs(world.mm, 6) == -EINVAL, "6 is nothing");
	sent("", "1 sends nothing");
	mm_clear_refs(world.mm, 4);
	tap_ok(!strncmp(world.text, "SOFT_DIRTY ", 11), "4 sends a SOFT_DIRTY");
	world.text[0] = 0;
	mm_access(world.mm, A, 64 * K, 4 * K, MM_WRITE);
	sent("", "pages of one's own are written without a copy");
	mm_pagemap_scan(world.mm, A, 8 * K, true);
	sent("PROTECTION_VMA 0-2000 ", "PAGEMAP_SCAN");
	end("soft-dirty");
}

static void test_migration(void)
{
	begin("linux-6.1", THP_NEVER);
	mm_mmap(world.mm, A, 64 * M, PROT_READ | PROT_WRITE, ANON, NULL, 0);
	mm_access(world.mm, A, 8 * K, 4 * K, MM_WRITE);
	mm_move_pages(world.mm, A, 64 * K, 0);
	sent("", "they are there");
	mm_move_pages(world.mm, A, 64 * K, 1);
	sent("CLEAR 0-1000 CLEAR 1000-2000 ", "moved");
	mm_mbind(world.mm, A, 1 * M, MM_MPOL_BIND, 1, MM_MBIND_MOVE);
	sent("CLEAR 0-200000 CLEAR 0-1000 CLEAR 1000-2000 ", "mbind splits, then moves");
	mm_mbind(world.mm, A, 64 * M, MM_MPOL_DEFAULT, 0, 0);
	sent("", "the policies are one again");
	tap_ok(mm_mbind(world.mm, A + 60 * M, 8 * M, MM_MPOL_BIND, 1, 0) == -EFAULT, "a hole");
	tap_ok(mm_mbind(world.mm, A, 1 * M, MM_MPOL_BIND, 4, 0) == -EINVAL, "no such node");
	end("migration");
}

static void test_pageout(void)
{
	struct mm_file *file;

	begin("linux-6.12", THP_NEVER);
	mm_file_create(world.machine, 1 * M, true, &file);
	mm_mmap(world.mm, A, 1 * M, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	mm_file_put(file);
	mm_mmap(world.mm, B, 1 * M, PROT_READ | PROT_WRITE, ANON, NULL, 0);
	mm_access(world.mm, A, 8 * K, 4 * K, MM_WRITE);
	mm_access(world.mm, B, 8 * K, 4 * K, MM_WRITE);
	mm_madvise(world.mm, B, 1 * M, MADV_PAGEOUT);
	sent("", "anonymous pages stay: there is no swap");
	mm_madvise(world.mm, A, 1 * M, MADV_PAGEOUT);
	sent("CLEAR 0-1000 CLEAR 1000-2000 ", "pages of objects are unmapped");
	end("pageout");
}

static void test_ksm(void)
{
	begin("linux-6.1", THP_NEVER);
	mm_mmap(world.mm, A, 1 * M, PROT_READ | PROT_WRITE, ANON, NULL, 0);
	mm_access(world.mm, A, 12 * K, 4 * K, MM_WRITE);
	mm_madvise(world.mm, A, 1 * M, MADV_MERGEABLE);
	machine_ksm(world.machine, 1);
	sent("", "the first pass looks");
	machine_ksm(world.machine, 1);
	sent("CLEAR 1000-2000 CLEAR 0-1000 CLEAR 0-1000 CLEAR 2000-3000 CLEAR 2000-3000 ",
	     "the second merges");
	machine_ksm(world.machine, 1);
	sent("", "the third finds nothing");
	mm_access(world.mm, A, 4 * K, 4 * K, MM_WRITE);
	sent("CLEAR 0-1000 ", "a write copies");
	mm_madvise(world.mm, A, 1 * M, MADV_UNMERGEABLE);
	sent("CLEAR 1000-2000 CLEAR 2000-3000 ", "unmerged");
	end("ksm");
}

static void test_numa_scan(const char *profile, const char *third)
{
	begin(profile, THP_NEVER);
	mm_mmap(world.mm, A, 64 * M, PROT_READ | PROT_WRITE, ANON, NULL, 0);
	mm_mmap(world.mm, A + 1 * G, 64 * M, PROT_READ | PROT_WRITE, ANON, NULL, 0);
	mm_mmap(world.mm, A + 2 * G, 64 * M, PROT_NONE, ANON, NULL, 0);
	mm_access(world.mm, A, 4 * K, 4 * K, MM_WRITE);
	mm_access(world.mm, A + 1 * G, 4 * K, 4 * K, MM_WRITE);
	mm_numa_scan(world.mm);
	mm_numa_scan(world.mm);
	sent("PROTECTION_VMA 0-4000000 PROTECTION_VMA 40000000-44000000 "
	     "PROTECTION_VMA 0-4000000 PROTECTION_VMA 40000000-44000000 ", "two rounds");
	mm_numa_scan(world.mm);
	sent(third, profile);
	end(profile);
}

int main(void)
{
	test_uffd();
	test_uffd_object("linux-6.1", "PROTECTION_VMA 80000-40000000 "
				      "PROTECTION_VMA 40000000-40080000 ");
	test_uffd_object("linux-6.12", "PROTECTION_VMA 80000-40080000 ");
	test_soft_dirty();
	test_migration();
	test_pageout();
	test_ksm();
	test_numa_scan("linux-6.1",
		       "PROTECTION_VMA 0-4000000 PROTECTION_VMA 40000000-44000000 ");
	test_numa_scan("linux-6.12", "PROTECTION_VMA 0-4000000 ");
	return tap_done();
}
