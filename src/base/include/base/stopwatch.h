/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long something took that one thread did. On a machine with nothing else to do that is the
 * time on the clock; where others want the processors, too, it is the time that the thread had one.
 */
#ifndef BASE_STOPWATCH_H
#define BASE_STOPWATCH_H

#include <stdint.h>
#include <time.h>

/* Reading a thread's time is a system call: what is shorter than this is taken from the clock. */
#define STOPWATCH_SHORT_NS 50000u

/** struct stopwatch - when it began, by the clock and by the thread's time */
struct stopwatch {
	uint64_t clock;
	uint64_t thread;
};

/** stopwatch_read() - nanoseconds of a clock. */
static inline uint64_t stopwatch_read(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return t.tv_sec * UINT64_C(1000000000) + t.tv_nsec;
}

/** stopwatch_start() - the thread that reads it must be the one that started it. */
static inline void stopwatch_start(struct stopwatch *watch)
{
	watch->thread = stopwatch_read(CLOCK_THREAD_CPUTIME_ID);
	watch->clock = stopwatch_read(CLOCK_MONOTONIC);
}

/** stopwatch_ns() - nanoseconds since stopwatch_start(), of the same thread; it runs on. */
static inline uint64_t stopwatch_ns(const struct stopwatch *watch)
{
	uint64_t ns = stopwatch_read(CLOCK_MONOTONIC) - watch->clock, thread;

	if (ns < STOPWATCH_SHORT_NS)
		return ns;
	thread = stopwatch_read(CLOCK_THREAD_CPUTIME_ID) - watch->thread;
	return thread < ns ? thread : ns;
}

#endif /* BASE_STOPWATCH_H */
