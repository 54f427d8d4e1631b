/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of the library share: a machine with a process, and a diary of what it was told. */
#ifndef TESTS_API_API_TEST_H
#define TESTS_API_API_TEST_H

#include <mmuscope/mmuscope.h>
#include <tap.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define RAM 0x100000000000ull
#define PAGE 4096ull
#define MiB (1ull << 20)
#define GiB (1ull << 30)
#define RW (PROT_READ | PROT_WRITE)

static inline struct ms_machine *new_machine(const char *profile)
{
	const struct ms_machine_options options = { .size = sizeof(options), .profile = profile };
	struct ms_machine *machine;

	if (ms_machine_create(&options, &machine))
		abort();
	return machine;
}

static inline struct ms_mm *new_mm(struct ms_machine *machine)
{
	struct ms_mm *mm;

	if (ms_mm_create(machine, &mm))
		abort();
	return mm;
}

static inline uint64_t machine_counter(struct ms_machine *machine, const char *name)
{
	uint64_t value;

	if (ms_machine_counter(machine, name, &value))
		abort();
	return value;
}

static inline bool is(int got, int want, const char *name)
{
	return tap_eq((unsigned long long)got, (unsigned long long)want, name);
}

#endif /* TESTS_API_API_TEST_H */
