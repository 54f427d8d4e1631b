/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the benchmarks compare the model with: the running kernel's own system calls, plain loops
 * over memory, programs started and files read. All times are nanoseconds as base/stopwatch.h takes
 * them.
 *
 * Everything that is mapped here belongs to this process and goes with host_area_unmap().
 */
#ifndef HOST_BENCH_H
#define HOST_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** host_bench_memory() - bytes that can be used without swapping (MemAvailable); 0 if unknown. */
uint64_t host_bench_memory(void);

/** host_bench_maps() - VMAs that this process may still make (vm.max_map_count), at most 2^20. */
uint64_t host_bench_maps(void);

/** struct host_area - anonymous private memory of this process in pages of 4 KiB */
struct host_area {
	char *base;
	uint64_t len;
};

/**
 * host_area_map() - @len bytes, readable and writable, without huge pages.
 * @populate: write to each page
 * Return: 0 or a negative errno; @ret_area is untouched on failure.
 */
int host_area_map(uint64_t len, bool populate, struct host_area *ret_area);
/**
 * host_area_fresh() - memory that nobody has written to yet, in huge pages where the kernel has
 * them. Return: as host_area_map().
 */
int host_area_fresh(uint64_t len, struct host_area *ret_area);
/** host_area_unmap() - an area that is all zero is fine. */
void host_area_unmap(struct host_area *area);

/**
 * host_area_protect() - one mprotect of [@offset, @offset + @len), timed.
 * @write: PROT_READ | PROT_WRITE, else PROT_READ
 * Return: 0 or the negative errno of mprotect.
 */
int host_area_protect(struct host_area *area, uint64_t offset, uint64_t len, bool write,
		      double *ret_ns);

/**
 * host_loop_modify() - change every word once in place: the least that any walk over entries in
 * memory can cost. Vector code as wide as the processor has.
 * @add: differs from call to call, so that each call changes every word
 * Return: its time.
 */
double host_loop_modify(uint64_t *words, size_t nr, uint64_t add);

/** host_bench_vectors() - the vector code in use: "AVX-512", "AVX2" or "no vectors". */
const char *host_bench_vectors(void);

/** host_loop_fill() - write every word once, counting up from @first. Return: its time. */
double host_loop_fill(uint64_t *words, size_t nr, uint64_t first);

/**
 * host_loop_lines() - the lines of @text, read one by one through a stream as getline() does.
 * @ret_lines: how many
 * Return: its time, or a negative errno.
 */
double host_loop_lines(const char *text, size_t len, uint64_t *ret_lines);

/**
 * host_bench_spawn() - start a program, wait for its end.
 * @stdin_text: what it reads from standard input; its output goes to /dev/null
 * @ret_ns: processor time of the program, its start included
 * Return: its exit status, 128 + N after signal N, or a negative errno.
 */
int host_bench_spawn(const char *const argv[], const char *stdin_text, double *ret_ns);

/**
 * host_bench_child() - run @work in a process of its own, for the memory that it takes.
 * @result: @len bytes that @work fills in; here afterwards
 * @ret_resident: the most bytes that the child had in memory
 * Return: what @work returned (0 or a negative errno); -ENOMEM too when the kernel killed it.
 */
int host_bench_child(int (*work)(void *ctx, void *result), void *ctx, void *result, size_t len,
		     uint64_t *ret_resident);

#endif /* HOST_BENCH_H */
