/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A machine with one address space, and what it notified, for the tests of the mm room. */
#ifndef MM_TEST_H
#define MM_TEST_H

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <base/event.h>
#include <base/mman.h>
#include <mm/audit.h>
#include <mm/mm.h>
#include <mm/secondary.h>

#include <tap.h>

#define K (UINT64_C(1) << 10)
#define M (UINT64_C(1) << 20)
#define G (UINT64_C(1) << 30)
#define BASE UINT64_C(0x100000000000)
#define RW (PROT_READ | PROT_WRITE)
#define MAX_NOTES 64

struct note {
	uint64_t event;
	uint64_t start;
	uint64_t end;
};

struct test {
	struct event_source events;
	struct event_sink sink;
	struct machine *machine;
	struct mm_struct *mm;
	struct note notes[MAX_NOTES];
	unsigned int nr;
	unsigned int uncovered; /* changes that no started notification covers */
};

static inline void test_emit(struct event_sink *sink, const struct event *event)
{
	struct test *t = (struct test *)((char *)sink - offsetof(struct test, sink));

	if (event->id != EVENT_MMU_NOTIFIER_INVALIDATE_RANGE_START || t->nr == MAX_NOTES)
		return;
	t->notes[t->nr++] = (struct note){ event->arg[0], event->arg[1], event->arg[2] };
}

static inline void test_before_change(void *ctx, struct mm_struct *mm, uint64_t start,
				      uint64_t end)
{
	struct test *t = ctx;
	unsigned int i;

	(void)mm;
	for (i = 0; i < t->nr; i++)
		if (t->notes[i].start <= start && end <= t->notes[i].end)
			return;
	t->uncovered++;
}

static inline void test_start(struct test *t, const char *profile)
{
	struct machine_config config = {
		.profile = mm_profile_find(profile),
		.geo = pt_geometry_x86(4),
		.thp = THP_NEVER,
		.before_change = test_before_change,
		.ctx = t,
	};

	memset(t, 0, sizeof(*t));
	t->sink.emit = test_emit;
	t->events.sink = &t->sink;
	config.events = &t->events;
	if (machine_create(&config, &t->machine) || mm_create(t->machine, &t->mm))
		tap_ok(false, "a machine of %s", profile);
	else
		mm_observe(t->mm);
}

static inline void test_print(void *ctx, unsigned int invariant, const char *text)
{
	(void)ctx;
	printf("# invariant %u: %s\n", invariant, text);
}

static inline void test_end(struct test *t, const char *name)
{
	tap_eq(mm_audit(t->machine, test_print, NULL), 0, name);
	machine_destroy(t->machine);
}

static inline void test_forget(struct test *t)
{
	t->nr = 0;
	t->uncovered = 0;
}

/* Exactly the @nr notifications that follow, each as event, start, end. */
static inline void test_noted(const struct test *t, const char *name, unsigned int nr, ...)
{
	bool same = t->nr == nr;
	unsigned int i;
	va_list ap;

	va_start(ap, nr);
	for (i = 0; i < nr && same; i++) {
		same = t->notes[i].event == (uint64_t)va_arg(ap, int);
		same = va_arg(ap, uint64_t) == t->notes[i].start && same;
		same = va_arg(ap, uint64_t) == t->notes[i].end && same;
	}
	va_end(ap);
	tap_ok(same, "%s", name);
	for (i = 0; i < t->nr && !same; i++)
		printf("# got %s [%#llx, %#llx)\n", mmu_notify_name(t->notes[i].event),
		       (unsigned long long)t->notes[i].start,
		       (unsigned long long)t->notes[i].end);
}

#endif /* MM_TEST_H */
