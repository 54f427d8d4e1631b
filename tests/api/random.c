// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Calls with every kind of argument, sane and insane: the library never crashes, its results are
 * 0 or a negative errno, and afterwards no invariant is broken.
 */
#include "api_test.h"

#define CALLS 20000

static uint64_t state;

static uint64_t next_random(void)
{
	uint64_t z = (state += 0x9e3779b97f4a7c15ull);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

static uint64_t below(uint64_t n)
{
	return next_random() % n;
}

static uint64_t address(void)
{
	switch (below(20)) {
	case 0:
		return next_random();
	case 1:
		return UINT64_MAX - below(3);
	case 2:
		return (1ull << 47) - below(3) * PAGE;
	case 3:
		return RAM + below(16 * MiB);
	}
	return RAM + below(4096) * PAGE;
}

static uint64_t length(void)
{
	switch (below(20)) {
	case 0:
		return next_random();
	case 1:
		return below(3);
	case 2:
		return below(8 * MiB);
	}
	return (1 + below(1024)) * PAGE;
}

struct world {
	struct ms_machine *machine;
	struct ms_mm *mm[3];
	struct ms_vm *vm[3];
	struct ms_file *file[3];
	int profile;
};

static int change(struct world *w, struct ms_mm *mm)
{
	static const int advices[] = {
		MADV_DONTNEED, MADV_FREE, MADV_COLD, MADV_PAGEOUT, MADV_HUGEPAGE, MADV_NOHUGEPAGE,
		MADV_REMOVE, MADV_MERGEABLE, MADV_DONTFORK, 22, 23, 24, 25, 999, -1,
	};

	switch (below(12)) {
	case 0:
		return ms_mm_map(mm, address(), length(), (int)below(9), (int)below(5),
				 w->file[below(3)], below(4) * PAGE);
	case 1:
	case 2:
		return ms_mm_map(mm, address(), length(), RW, MAP_PRIVATE, NULL, 0);
	case 3:
		return ms_mm_munmap(mm, address(), length());
	case 4:
	case 5:
		return ms_mm_mprotect(mm, address(), length(), (int)below(9));
	case 6:
	case 7:
		return ms_mm_madvise(mm, address(), length(),
				     advices[below(sizeof(advices) / sizeof(advices[0]))]);
	case 8:
		return ms_mm_mremap(mm, address(), length(), length(),
				    below(2) ? MREMAP_MAYMOVE | MREMAP_FIXED : (int)below(9),
				    address());
	case 9:
		return ms_mm_uffd_register(mm, address(), length());
	case 10:
		return ms_mm_uffd_writeprotect(mm, address(), length(), (int)below(2));
	}
	return ms_mm_uffd_unregister(mm, address(), length());
}

static int look_or_place(struct ms_mm *mm)
{
	struct ms_translation at = { .size = sizeof(at) };
	struct ms_vma vma = { .size = sizeof(vma) };

	switch (below(10)) {
	case 0:
		return ms_mm_translate(mm, address(), &at);
	case 1:
		return ms_mm_vma_next(mm, address(), &vma);
	case 2:
		return ms_mm_get_user_page(mm, address(), (enum ms_access)below(4), &at);
	case 3:
		return ms_mm_numa_hint(mm, address(), length());
	case 4:
		return ms_mm_numa_scan(mm);
	case 5:
		return ms_mm_mbind(mm, address(), length(), (enum ms_mpol)below(6), below(5),
				   (unsigned int)below(5));
	case 6:
		return ms_mm_move_pages(mm, address(), below(4 * MiB), (unsigned int)below(4));
	case 7:
		return ms_mm_clear_refs(mm, (unsigned int)below(7));
	case 8:
		return ms_mm_set_heap(mm, address());
	}
	return ms_mm_brk(mm, address());
}

static int live_and_die(struct world *w)
{
	unsigned int i = (unsigned int)below(3);
	int err;

	if (below(3))
		return ms_file_truncate(w->file[i], below(8) * PAGE + below(8));
	if (below(2))
		return ms_machine_set_thp(w->machine, (enum ms_thp)below(4));
	if (below(4))
		return ms_vm_set_memory(w->vm[i], (uint32_t)below(3), (uint32_t)below(4),
					below(3) * GiB, below(3) * 2 * MiB, RAM + below(4) * MiB);
	if (!i)
		return 0;
	err = ms_mm_destroy(w->mm[i]);
	if (!err)
		err = ms_mm_fork(w->mm[0], &w->mm[i]);
	return err ? err : ms_vm_create(w->mm[i], NULL, &w->vm[i]);
}

static int one_call(struct world *w)
{
	unsigned int i = (unsigned int)below(3);

	switch (below(8)) {
	case 0:
		return look_or_place(w->mm[i]);
	case 1:
	case 2:
		return ms_mm_touch(w->mm[i], address(), below(4 * MiB), 1 + below(MiB),
				   (enum ms_access)below(4));
	case 3:
		return ms_vm_access(w->vm[i], below(3) * GiB + below(4 * MiB), below(4 * MiB),
				    1 + below(MiB), (enum ms_access)below(4), NULL);
	case 4:
		return live_and_die(w);
	}
	return change(w, w->mm[i]);
}

static void build(struct world *w, uint64_t seed)
{
	struct ms_vm_options options = { .size = sizeof(options) };
	static const enum ms_file_kind kinds[] = {
		MS_FILE_SHMEM, MS_FILE_PAGE_CACHE, MS_FILE_HUGETLB
	};
	unsigned int i;

	state = seed;
	w->machine = new_machine(ms_profile_name((unsigned int)(seed % 4)));
	w->mm[0] = new_mm(w->machine);
	for (i = 0; i < 3; i++) {
		if (i)
			is(ms_mm_fork(w->mm[0], &w->mm[i]), 0, "fork");
		options.mmu = i + 1;
		is(ms_vm_create(w->mm[i], &options, &w->vm[i]), 0, "vm");
		is(ms_vm_set_memory(w->vm[i], 0, 0, GiB, 8 * MiB, RAM), 0, "memory");
		is(ms_file_create(w->machine, kinds[i], 8 * MiB, i == 2 ? 2 * MiB : 0, &w->file[i]),
		   0, "file");
	}
}

static void violated(void *ctx, unsigned int invariant, const char *text)
{
	(void)ctx;
	printf("# invariant %u: %s\n", invariant, text);
}

int main(void)
{
	uint64_t seed, positive = 0, violations = 0, i;

	for (seed = 1; seed <= 8; seed++) {
		struct world w;

		build(&w, seed);
		for (i = 0; i < CALLS; i++)
			positive += one_call(&w) > 0;
		is(ms_machine_audit(w.machine, violated, NULL, &violations), 0, "audit");
		tap_ok(!violations, "seed %llu, %s: %llu invariants broken",
		       (unsigned long long)seed, ms_machine_profile(w.machine),
		       (unsigned long long)violations);
		is(ms_machine_destroy(w.machine), 0, "destroy");
	}
	tap_eq(positive, 0, "results above 0");
	return tap_done();
}
