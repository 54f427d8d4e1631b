// SPDX-License-Identifier: GPL-2.0-or-later
#include <base/mem.h>

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define HUGE_PAGE (2u << 20)
/* From here on memory is asked for in huge pages, up to here in steps of some pages. */
#define FIRST_ADVICE (256u << 10)
#define STEP (64u << 10)

#ifndef MADV_POPULATE_WRITE /* since Linux 5.14 */
#define MADV_POPULATE_WRITE 23
#endif

static atomic_uint_least64_t nr_asked, nr_live;
static atomic_uint_least64_t fail_at;
static atomic_size_t refused;

size_t mem_refused(void)
{
	return atomic_load(&refused);
}

void mem_refuse(size_t size)
{
	atomic_store(&refused, size);
}

void mem_fail_at(uint64_t nth)
{
	atomic_store(&fail_at, nth ? atomic_load(&nr_asked) + nth : 0);
}

uint64_t mem_count(void)
{
	return atomic_load(&nr_asked);
}

uint64_t mem_live(void)
{
	return atomic_load(&nr_live);
}

int mem_fail_now(void)
{
	uint64_t n = atomic_fetch_add_explicit(&nr_asked, 1, memory_order_relaxed) + 1;

	return n == atomic_load_explicit(&fail_at, memory_order_relaxed);
}

static void *count_live(void *p, size_t size)
{
	if (p)
		atomic_fetch_add_explicit(&nr_live, 1, memory_order_relaxed);
	else
		mem_refuse(size);
	return p;
}

void *mem_alloc(size_t size)
{
	return count_live(mem_fail_now() ? NULL : malloc(size ? size : 1), size);
}

void *mem_zalloc(size_t size)
{
	return count_live(mem_fail_now() ? NULL : calloc(1, size ? size : 1), size);
}

int mem_grow(void *array, size_t *cap, size_t want, size_t elem_size)
{
	void *old, *new;
	size_t n = *cap ? *cap : 8;

	/* 'array' is the address of a typed pointer: copy it, do not alias it */
	memcpy(&old, array, sizeof(old));
	if (want <= *cap)
		return 0;
	while (n < want) {
		if (n > SIZE_MAX / 2 / elem_size) {
			mem_refuse(SIZE_MAX);
			return -ENOMEM;
		}
		n *= 2;
	}
	new = mem_fail_now() ? NULL : realloc(old, n * elem_size);
	if (!new || !old)
		count_live(new, n * elem_size);
	if (!new)
		return -ENOMEM;
	memcpy(array, &new, sizeof(new));
	*cap = n;
	return 0;
}

char *mem_strndup(const char *s, size_t len)
{
	char *copy = mem_alloc(len + 1);

	if (!copy)
		return NULL;
	memcpy(copy, s, len);
	copy[len] = '\0';
	return copy;
}

void mem_free(void *p)
{
	if (!p)
		return;
	atomic_fetch_sub_explicit(&nr_live, 1, memory_order_relaxed);
	free(p);
}

/* To whole pages, whatever their size is here. */
static size_t round_up(size_t size)
{
	return (size + STEP - 1) & ~(size_t)(STEP - 1);
}

static void unmap(char *from, char *to)
{
	if (from < to)
		munmap(from, to - from);
}

/* A large region lies so that huge pages begin where they are asked for first. */
static void *map(size_t size)
{
	size_t more = size > 2 * HUGE_PAGE && size < SIZE_MAX - HUGE_PAGE ? HUGE_PAGE : 0;
	char *p = mmap(NULL, size + more, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	char *base = p;

	if (p == MAP_FAILED)
		return NULL;
	if (more)
		base = (char *)(((uintptr_t)p + FIRST_ADVICE + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE) -
		       FIRST_ADVICE;
	unmap(p, base);
	if (more)
		unmap(base + round_up(size), p + size + more);
	return base;
}

static int reserve(struct region *ret_region, size_t size)
{
	void *p = count_live(map(size), size);

	if (!p)
		return -ENOMEM;
	ret_region->base = p;
	ret_region->size = size;
	ret_region->next_advice = 0;
	return 0;
}

int region_reserve(struct region *ret_region, size_t size)
{
	assert(size > 0);
	if (!mem_fail_now())
		return reserve(ret_region, size);
	mem_refuse(size);
	return -ENOMEM;
}

int region_reserve_most(struct region *ret_region, size_t unit, uint64_t *nr)
{
	unsigned int shift;

	if (mem_fail_now()) {
		mem_refuse(*nr * unit);
		return -ENOMEM;
	}
	for (shift = 0; shift <= 9 && *nr >> shift; shift += 3) {
		if (reserve(ret_region, (*nr >> shift) * unit))
			continue;
		*nr >>= shift;
		return 0;
	}
	return -ENOMEM;
}

void region_expect(struct region *region, size_t offset, size_t len)
{
	uintptr_t start = (uintptr_t)region->base + offset, end;

	assert(offset <= region->size);
	if (len > region->size - offset)
		len = region->size - offset;
	end = (start + len) & ~(uintptr_t)(HUGE_PAGE - 1);
	start = (start + HUGE_PAGE - 1) & ~(uintptr_t)(HUGE_PAGE - 1);
	if (start < end)
		(void)madvise((void *)start, end - start, MADV_HUGEPAGE);
}

/* One call for what would be a page fault for every page of it. */
static void populate(struct region *region, size_t from, size_t to)
{
	from &= ~(size_t)(STEP - 1);
	if (to > region->size)
		to = region->size;
	if (from < to)
		(void)madvise((char *)region->base + from, to - from, MADV_POPULATE_WRITE);
}

void __region_used(struct region *region, size_t used)
{
	size_t next = used + used / 2 + STEP, from;

	if (used >= FIRST_ADVICE) {
		from = FIRST_ADVICE + (used - FIRST_ADVICE) / HUGE_PAGE * HUGE_PAGE;
		next = from + (used / HUGE_PAGE + 1) * HUGE_PAGE;
		region_expect(region, from, next - from);
		region->next_advice = next;
		return;
	}
	next = next < FIRST_ADVICE ? next & ~(size_t)(STEP - 1) : FIRST_ADVICE;
	populate(region, used, next);
	region->next_advice = next;
}

void region_discard(struct region *region, size_t offset, size_t len)
{
	assert(offset + len <= region->size);
	if (len)
		(void)madvise((char *)region->base + offset, len, MADV_DONTNEED);
}

void region_release(struct region *region)
{
	if (!region->base)
		return;
	munmap(region->base, region->size);
	atomic_fetch_sub_explicit(&nr_live, 1, memory_order_relaxed);
	region->base = NULL;
	region->size = 0;
}
