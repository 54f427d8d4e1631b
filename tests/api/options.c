// SPDX-License-Identifier: GPL-2.0-or-later
/* Structures of older and of newer programs, and the names that the library knows. */
#include "api_test.h"

/* A program that was compiled with a later header. */
struct newer_options {
	struct ms_machine_options known;
	uint64_t news[4];
};

static void test_machine_options(void)
{
	struct newer_options newer = { .known = { .size = sizeof(newer), .profile = "linux-6.1" } };
	struct ms_machine_options options = { .size = sizeof(options) };
	struct ms_machine *machine;

	is(ms_machine_create(NULL, &machine), 0, "no options");
	ms_machine_destroy(machine);
	is(ms_machine_create(&newer.known, &machine), 0, "a newer program that asks for nothing new");
	tap_ok(!strcmp(ms_machine_profile(machine), "linux-6.1"), "gets what it knows");
	ms_machine_destroy(machine);
	newer.news[3] = 1;
	is(ms_machine_create(&newer.known, &machine), -E2BIG, "a newer program that does");
	/* an older program, whose structure ended behind the profile */
	options.designs = ~0u;
	options.size = offsetof(struct ms_machine_options, designs);
	is(ms_machine_create(&options, &machine), 0, "an older program");
	ms_machine_destroy(machine);
	options.size = sizeof(options);
	is(ms_machine_create(&options, &machine), -EINVAL, "unknown designs");
	options.designs = 0;
	options.levels = 3;
	is(ms_machine_create(&options, &machine), -EINVAL, "three levels");
	options.levels = 5;
	options.profile = "linux-2.4";
	is(ms_machine_create(&options, &machine), -EINVAL, "unknown profile");
	options.profile = "linux-7.2";
	is(ms_machine_create(&options, &machine), 0, "five levels");
	ms_machine_destroy(machine);
	options.size = 3;
	is(ms_machine_create(&options, &machine), -EINVAL, "no size");
}

static void test_outputs(void)
{
	struct ms_machine *machine = new_machine(NULL);
	struct ms_mm *mm = new_mm(machine);
	struct { struct ms_vma vma; uint64_t news; } newer = { .vma.size = sizeof(newer), .news = 7 };
	struct ms_vma older = { .size = offsetof(struct ms_vma, flags), .flags = 77 };

	ms_mm_map(mm, RAM, MiB, RW, MAP_PRIVATE, NULL, 0);
	is(ms_mm_vma_next(mm, 0, &newer.vma), 0, "a newer structure");
	tap_eq(newer.vma.end, RAM + MiB, "is filled");
	tap_eq(newer.news, 0, "and zero behind");
	is(ms_mm_vma_next(mm, 0, &older), 0, "an older structure");
	tap_eq(older.end, RAM + MiB, "is filled");
	tap_eq(older.flags, 77, "and no further");
	older.size = 1;
	is(ms_mm_vma_next(mm, 0, &older), -EINVAL, "no size");
	ms_machine_destroy(machine);
}

static void test_names(void)
{
	unsigned int i;
	const char *name;

	for (i = 0; (name = ms_profile_name(i)); i++)
		tap_ok(ms_profile_summary(name) != NULL, "%s has a summary", name);
	tap_ok(i >= 4, "profiles");
	tap_ok(!ms_profile_summary("linux-2.4") && !ms_profile_summary(NULL), "no such profile");
	tap_ok(!strcmp(ms_notify_name(MS_NOTIFY_SOFT_DIRTY), "SOFT_DIRTY"), "name of an event");
	tap_ok(!strcmp(ms_notify_name(99), "?"), "no such event");
	tap_ok(!ms_counter_help("none") && !ms_counter_help(NULL), "no such counter");
}

static void test_version(void)
{
	char text[40];

	snprintf(text, sizeof(text), "%d.%d.%d", MS_VERSION_MAJOR, MS_VERSION_MINOR,
		 MS_VERSION_MICRO);
	tap_ok(!strcmp(ms_version(), text), "headers %s, library %s", text, ms_version());
	tap_ok(ms_verified_kernels() != NULL, "verified on: %s", ms_verified_kernels());
}

int main(void)
{
	test_machine_options();
	test_outputs();
	test_names();
	test_version();
	return tap_done();
}
