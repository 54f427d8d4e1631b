// SPDX-License-Identifier: GPL-2.0-or-later
/* Subscribers and intervals through the library. */
#include "api_test.h"

/* What a subscriber was told: 's' start, 'e' end, 'r' release, and the last range. */
struct diary {
	struct ms_mm *mm;
	struct ms_notifier *notifier;
	struct ms_machine *machine;
	char text[64];
	size_t len;
	struct ms_range range;
	int refused; /* what a forbidden call returned */
	int answer;
};

static void write_down(struct diary *diary, char c)
{
	if (diary->len < sizeof(diary->text) - 1)
		diary->text[diary->len++] = c;
}

static int range_start(void *ctx, const struct ms_range *range)
{
	struct diary *diary = ctx;

	write_down(diary, 's');
	diary->range = *range;
	diary->refused = ms_mm_munmap(diary->mm, RAM, PAGE);
	return diary->answer;
}

static void range_end(void *ctx, const struct ms_range *range)
{
	struct diary *diary = ctx;

	write_down(diary, range->start == diary->range.start ? 'e' : '?');
	diary->refused = ms_notifier_unregister(diary->notifier);
}

static void release(void *ctx)
{
	struct diary *diary = ctx;

	write_down(diary, 'r');
	diary->refused = ms_machine_destroy(diary->machine);
}

static const struct ms_notifier_ops ops = {
	.size = sizeof(ops), .range_start = range_start, .range_end = range_end, .release = release,
};

static bool read_back(struct diary *diary, const char *want, const char *name)
{
	bool same = tap_ok(!strcmp(diary->text, want), "%s: told \"%s\"", name, diary->text);

	memset(diary->text, 0, sizeof(diary->text));
	diary->len = 0;
	return same;
}

static void test_told(struct diary *diary)
{
	struct ms_mm *mm = diary->mm, *child;

	is(ms_mm_map(mm, RAM, 4 * MiB, RW, MAP_PRIVATE, NULL, 0), 0, "map");
	is(ms_mm_mprotect(mm, RAM, 4 * MiB, PROT_READ), 0, "mprotect of nothing");
	read_back(diary, "", "nothing is populated, nothing is sent");
	is(ms_mm_mprotect(mm, RAM, 4 * MiB, RW), 0, "mprotect back");
	is(ms_mm_touch(mm, RAM, MiB, PAGE, MS_WRITE), 0, "touch");
	read_back(diary, "", "faults send nothing");
	is(ms_mm_mprotect(mm, RAM, 4 * MiB, PROT_READ), 0, "mprotect");
	read_back(diary, "se", "mprotect");
	tap_eq(diary->range.start, RAM, "start");
	tap_eq(diary->range.end, RAM + 4 * MiB, "end");
	tap_eq(diary->range.event, MS_NOTIFY_PROTECTION_VMA, "event");
	tap_eq(diary->range.blockable, 1, "blockable");
	is(diary->refused, -EDEADLK, "callbacks may change nothing");
	is(ms_mm_mprotect(mm, RAM, 4 * MiB, RW), 0, "mprotect back");
	is(ms_mm_fork(mm, &child), 0, "fork");
	read_back(diary, "sese", "mprotect and fork");
	tap_eq(diary->range.event, MS_NOTIFY_PROTECTION_PAGE, "event of fork");
	is(ms_mm_touch(child, RAM, 1, 1, MS_WRITE), 0, "the child copies");
	read_back(diary, "", "nobody listens to the child");
	is(ms_mm_touch(mm, RAM, 1, 1, MS_WRITE), 0, "now it is ours alone");
	is(ms_mm_touch(mm, RAM + PAGE, 1, 1, MS_WRITE), 0, "this one is copied");
	read_back(diary, "se", "copy on write");
	tap_eq(diary->range.event, MS_NOTIFY_CLEAR, "event of the copy");
	is(ms_mm_destroy(child), 0, "exit");
	diary->answer = -EAGAIN;
	is(ms_mm_madvise(mm, RAM, PAGE, MADV_DONTNEED), 0, "no is no answer when blockable");
	read_back(diary, "se", "madvise");
	diary->answer = 0;
}

static void test_order(struct diary *diary)
{
	struct diary second = { .mm = diary->mm, .machine = diary->machine };

	is(ms_notifier_register(diary->mm, &ops, &second, &second.notifier), 0, "a second one");
	is(ms_mm_madvise(diary->mm, RAM, PAGE, MADV_DONTNEED), 0, "madvise");
	read_back(diary, "se", "the first");
	read_back(&second, "se", "the second");
	is(ms_notifier_unregister(second.notifier), 0, "unregister");
	read_back(&second, "r", "unregistering releases");
	is(second.refused, -EDEADLK, "not from there");
	is(ms_mm_madvise(diary->mm, RAM, PAGE, MADV_DONTNEED), 0, "madvise");
	read_back(&second, "", "gone");
	read_back(diary, "se", "the first is still there");
}

static int invalidate(void *ctx, const struct ms_range *range)
{
	unsigned int *nr = ctx;

	(void)range;
	++*nr;
	return 1;
}

static void test_interval(struct ms_mm *mm)
{
	const struct ms_interval_ops interval_ops = {
		.size = sizeof(interval_ops), .invalidate = invalidate,
	};
	const struct ms_interval_ops none = { .size = sizeof(none) };
	struct ms_interval *interval;
	unsigned int nr = 0;
	uint64_t sequence;

	is(ms_interval_insert(mm, RAM, MiB, &none, NULL, &interval), -EINVAL, "no callback");
	is(ms_interval_insert(mm, RAM, 0, &interval_ops, &nr, &interval), -EOVERFLOW, "empty");
	is(ms_interval_insert(mm, UINT64_MAX, 2, &interval_ops, &nr, &interval), -EOVERFLOW, "wraps");
	is(ms_interval_insert(mm, RAM + MiB, MiB, &interval_ops, &nr, &interval), 0, "insert");
	is(ms_mm_map(mm, RAM, 4 * MiB, RW, MAP_PRIVATE, NULL, 0), 0, "map over it");
	is(ms_mm_touch(mm, RAM, 4 * MiB, PAGE, MS_WRITE), 0, "touch");
	nr = 0;
	is(ms_interval_read_begin(interval, &sequence), 0, "begin reading");
	is(ms_mm_madvise(mm, RAM + 2 * MiB, MiB, MADV_DONTNEED), 0, "beside it");
	tap_eq(nr, 0, "not called");
	is(ms_interval_read_retry(interval, sequence), 0, "what was read holds");
	is(ms_mm_madvise(mm, RAM, 2 * MiB, MADV_DONTNEED), 0, "over it");
	tap_eq(nr, 1, "called");
	is(ms_interval_read_retry(interval, sequence), 1, "what was read is void");
	is(ms_interval_read_begin(interval, &sequence), 0, "begin again");
	is(ms_interval_remove(interval), 0, "remove");
	is(ms_interval_insert(mm, RAM, MiB, &interval_ops, &nr, &interval), 0, "one to be left behind");
}

/* From Linux 3.15 on, mprotect at address 0 starts and does not end. */
static void test_endless(void)
{
	const struct ms_interval_ops interval_ops = {
		.size = sizeof(interval_ops), .invalidate = invalidate,
	};
	struct ms_machine *machine = new_machine("linux-6.12");
	struct ms_mm *mm = new_mm(machine);
	struct ms_interval *interval;
	unsigned int nr = 0;
	uint64_t sequence, violations = 0;

	is(ms_interval_insert(mm, 0, MiB, &interval_ops, &nr, &interval), 0, "insert at 0");
	is(ms_mm_map(mm, 0, MiB, RW, MAP_PRIVATE, NULL, 0), 0, "map at 0");
	is(ms_mm_touch(mm, 0, PAGE, PAGE, MS_WRITE), 0, "touch");
	is(ms_mm_mprotect(mm, 0, MiB, PROT_READ), 0, "mprotect");
	is(ms_interval_read_begin(interval, &sequence), -EAGAIN, "a reader waits for ever");
	is(ms_interval_remove(interval), -EBUSY, "and so does a removal");
	is(ms_machine_audit(machine, NULL, NULL, &violations), 0, "audit");
	tap_ok(violations > 0, "finds it");
	is(ms_machine_destroy(machine), 0, "all of it goes away nevertheless");
}

int main(void)
{
	struct ms_machine *machine = new_machine("linux-6.12");
	struct diary diary = { .mm = new_mm(machine), .machine = machine };
	struct ms_notifier *none;

	is(ms_notifier_register(diary.mm, NULL, NULL, &none), -EINVAL, "no ops");
	is(ms_notifier_register(diary.mm, &ops, &diary, &diary.notifier), 0, "register");
	test_told(&diary);
	test_order(&diary);
	test_interval(diary.mm);
	memset(diary.text, 0, sizeof(diary.text));
	diary.len = 0;
	is(ms_mm_destroy(diary.mm), 0, "exit");
	read_back(&diary, "r", "exit releases, and the unmap behind it is not told");
	test_endless();
	is(ms_machine_destroy(machine), 0, "destroy");
	return tap_done();
}
