// SPDX-License-Identifier: GPL-2.0-or-later
/* Plain loops over memory: the limits that the model's loops are held against. */
#include <host/bench.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>

#include <base/stopwatch.h>

#ifndef __clang__
#pragma GCC optimize("O3")
#endif

#define ALWAYS_INLINE static inline __attribute__((always_inline))

typedef void loop_fn(uint64_t *words, size_t nr, uint64_t value);

ALWAYS_INLINE void modify(uint64_t *words, size_t nr, uint64_t add)
{
	size_t i;

	for (i = 0; i < nr; i++)
		words[i] = (words[i] ^ add) | 1;
}

ALWAYS_INLINE void fill(uint64_t *words, size_t nr, uint64_t first)
{
	size_t i;

	for (i = 0; i < nr; i++)
		words[i] = first + i;
}

static void modify_portable(uint64_t *words, size_t nr, uint64_t add)
{
	modify(words, nr, add);
}

static void fill_portable(uint64_t *words, size_t nr, uint64_t first)
{
	fill(words, nr, first);
}

#ifdef __x86_64__
__attribute__((target("avx2"))) static void modify_avx2(uint64_t *words, size_t nr, uint64_t add)
{
	modify(words, nr, add);
}

__attribute__((target("avx2"))) static void fill_avx2(uint64_t *words, size_t nr, uint64_t first)
{
	fill(words, nr, first);
}

#ifdef __clang__
#define TARGET_AVX512 target("avx512f")
#else
#define TARGET_AVX512 target("avx512f,prefer-vector-width=512")
#endif

__attribute__((TARGET_AVX512)) static void modify_avx512(uint64_t *words, size_t nr, uint64_t add)
{
	modify(words, nr, add);
}

__attribute__((TARGET_AVX512)) static void fill_avx512(uint64_t *words, size_t nr, uint64_t first)
{
	fill(words, nr, first);
}
#endif

static loop_fn *widest(loop_fn *portable, loop_fn *avx2, loop_fn *avx512)
{
#ifdef __x86_64__
	if (__builtin_cpu_supports("avx512f"))
		return avx512;
	if (__builtin_cpu_supports("avx2"))
		return avx2;
#else
	(void)avx2;
	(void)avx512;
#endif
	return portable;
}

const char *host_bench_vectors(void)
{
#ifdef __x86_64__
	if (__builtin_cpu_supports("avx512f"))
		return "AVX-512";
	if (__builtin_cpu_supports("avx2"))
		return "AVX2";
#endif
	return "no vectors";
}

static double timed(loop_fn *loop, uint64_t *words, size_t nr, uint64_t value)
{
	struct stopwatch watch;

	stopwatch_start(&watch);
	loop(words, nr, value);
	return stopwatch_ns(&watch);
}

#ifndef __x86_64__
#define modify_avx2 modify_portable
#define modify_avx512 modify_portable
#define fill_avx2 fill_portable
#define fill_avx512 fill_portable
#endif

double host_loop_modify(uint64_t *words, size_t nr, uint64_t add)
{
	return timed(widest(modify_portable, modify_avx2, modify_avx512), words, nr, add << 1);
}

double host_loop_fill(uint64_t *words, size_t nr, uint64_t first)
{
	return timed(widest(fill_portable, fill_avx2, fill_avx512), words, nr, first);
}

double host_loop_lines(const char *text, size_t len, uint64_t *ret_lines)
{
	struct stopwatch watch;
	uint64_t lines = 0;
	char *line = NULL;
	size_t cap = 0;
	FILE *in;

	stopwatch_start(&watch);
	in = fmemopen((void *)text, len, "r");
	if (!in)
		return -errno;
	while (getline(&line, &cap, in) >= 0)
		lines++;
	free(line);
	fclose(in);
	*ret_lines = lines;
	return stopwatch_ns(&watch);
}
