// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One loop without branches, so that the compiler turns it into vector code; the dirty-bit
 * treatment is a constant of each call, not a test in the loop.
 */
#include <arch/pte_run.h>

/* clang makes vectors at every level, and has no preferred width as an attribute. */
#ifdef __clang__
#define TARGET_AVX512 target("avx512f")
#else
#pragma GCC optimize("O3")
#define TARGET_AVX512 target("avx512f,prefer-vector-width=512")
#endif

#define ALWAYS_INLINE static inline __attribute__((always_inline))

ALWAYS_INLINE uint64_t modify_one(uint64_t old, const struct pte_run *run, bool saved_dirty)
{
	uint64_t present = ((old & _PAGE_PRESENT) | ((old >> 8) & 1)) & 1;
	uint64_t live = -present;
	uint64_t val = (old & _PAGE_CHG_MASK) | (run->newprot.val & ~_PAGE_CHG_MASK);
	uint64_t flip = -((old ^ run->newprot.val) & _PAGE_PRESENT);

	val ^= flip & PTE_PFN_MASK;
	val |= run->add;
	if (saved_dirty)
		val = pte_move_dirty(val);
	return (val & live) | (old & ~live);
}

ALWAYS_INLINE size_t modify_run(pte_t *pte, size_t nr, const struct pte_run *run,
				bool saved_dirty)
{
	const struct pte_run copy = *run;
	uint64_t present = 0;
	size_t i;

	for (i = 0; i < nr; i++) {
		uint64_t old = pte[i].val;

		present += (old & _PAGE_PRESENT) | ((old >> 8) & 1);
		pte[i].val = modify_one(old, &copy, saved_dirty);
	}
	return present;
}

static bool always(void)
{
	return true;
}

static size_t modify_portable(pte_t *pte, size_t nr, const struct pte_run *run)
{
	return run->saved_dirty ? modify_run(pte, nr, run, true) :
				  modify_run(pte, nr, run, false);
}

#ifdef __x86_64__
static bool have_avx2(void)
{
	return __builtin_cpu_supports("avx2");
}

static bool have_avx512(void)
{
	return __builtin_cpu_supports("avx512f");
}

__attribute__((target("avx2"))) static size_t modify_avx2(pte_t *pte, size_t nr,
							  const struct pte_run *run)
{
	return run->saved_dirty ? modify_run(pte, nr, run, true) :
				  modify_run(pte, nr, run, false);
}

__attribute__((TARGET_AVX512)) static size_t
modify_avx512(pte_t *pte, size_t nr, const struct pte_run *run)
{
	return run->saved_dirty ? modify_run(pte, nr, run, true) :
				  modify_run(pte, nr, run, false);
}
#endif

static const struct pte_run_ops variants[] = {
	{ "portable", always, modify_portable },
#ifdef __x86_64__
	{ "avx2", have_avx2, modify_avx2 },
	{ "avx512", have_avx512, modify_avx512 },
#endif
};

#define NR_VARIANTS (sizeof(variants) / sizeof(variants[0]))

const struct pte_run_ops *pte_run_variant(unsigned int index)
{
	return index < NR_VARIANTS ? &variants[index] : NULL;
}

const struct pte_run_ops *pte_run_best(void)
{
	static const struct pte_run_ops *best;
	unsigned int i;

	if (best)
		return best;
	for (i = NR_VARIANTS - 1; !variants[i].usable(); i--)
		continue;
	best = &variants[i];
	return best;
}
