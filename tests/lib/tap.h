/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TAP output for the unit tests: one line per case, in the form that meson and
 * prove read. A test program calls tap_ok() per case and returns tap_done().
 */
#ifndef TESTS_LIB_TAP_H
#define TESTS_LIB_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

static unsigned int tap_count, tap_failed;

/* One case: prints "ok N - name" or "not ok N - name"; returns @cond. */
__attribute__((format(printf, 2, 3))) static inline bool tap_ok(bool cond, const char *fmt, ...)
{
	va_list ap;

	tap_count++;
	if (!cond)
		tap_failed++;
	printf("%s %u - ", cond ? "ok" : "not ok", tap_count);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
	return cond;
}

/* A case that could not be run, with the reason. */
static inline void tap_skip(const char *name, const char *reason)
{
	printf("ok %u - %s # SKIP %s\n", ++tap_count, name, reason);
}

/* Two 64-bit values that must be equal; both are printed when they are not. */
static inline bool tap_eq(unsigned long long got, unsigned long long want, const char *name)
{
	bool same = tap_ok(got == want, "%s", name);

	if (!same)
		printf("# got %llu (0x%llx), want %llu (0x%llx)\n", got, got, want, want);
	return same;
}

/* The plan line; the exit status of the test program. */
static inline int tap_done(void)
{
	printf("1..%u\n", tap_count);
	return tap_failed ? 1 : 0;
}

#endif /* TESTS_LIB_TAP_H */
