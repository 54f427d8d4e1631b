// SPDX-License-Identifier: GPL-2.0-or-later
/* Every allocation of a user's session fails once: -ENOMEM, no leak, and all can be destroyed. */
#include "api_test.h"

#include <base/mem.h>

static int invalidate(void *ctx, const struct ms_range *range)
{
	(void)ctx;
	(void)range;
	return 1;
}

static int use_mm(struct ms_machine *machine, struct ms_mm *mm)
{
	const struct ms_notifier_ops ops = { .size = sizeof(ops) };
	const struct ms_interval_ops interval_ops = {
		.size = sizeof(interval_ops), .invalidate = invalidate,
	};
	struct ms_notifier *notifier;
	struct ms_interval *interval;
	struct ms_file *file;
	struct ms_mm *child;
	int err = ms_notifier_register(mm, &ops, NULL, &notifier);

	if (!err)
		err = ms_interval_insert(mm, RAM, MiB, &interval_ops, NULL, &interval);
	if (!err)
		err = ms_file_create(machine, MS_FILE_SHMEM, 4 * MiB, 0, &file);
	if (!err)
		err = ms_mm_map(mm, RAM, 4 * MiB, RW, MAP_SHARED, file, 0);
	if (!err)
		err = ms_mm_map(mm, RAM + 4 * MiB, 4 * MiB, RW, MAP_SHARED, NULL, 0);
	if (!err)
		err = ms_mm_map(mm, RAM + 8 * MiB, 4 * MiB, RW, MAP_PRIVATE, NULL, 0);
	if (!err)
		err = ms_mm_touch(mm, RAM, 12 * MiB, MiB, MS_WRITE);
	if (!err)
		err = ms_mm_fork(mm, &child);
	return err ? err : ms_mm_touch(child, RAM, 12 * MiB, MiB, MS_WRITE);
}

static int use_vm(struct ms_mm *mm)
{
	const struct ms_vm_options options = { .size = sizeof(options), .mmu = MS_MMU_SHADOW };
	struct ms_vm *vm;
	int err = ms_vm_create(mm, &options, &vm);

	if (!err)
		err = ms_vm_set_memory(vm, 0, 0, GiB, 12 * MiB, RAM);
	if (!err)
		err = ms_vm_access(vm, GiB, 12 * MiB, MiB, MS_WRITE, NULL);
	return err ? err : ms_mm_munmap(mm, RAM + PAGE, 6 * MiB);
}

static int use_script(void)
{
	static const char text[] = "map a 0x10000000 1M rw anon private\ntouch a 4K w\nmunmap a 1M\n";
	struct ms_script *script;
	struct ms_run *run;
	int err = ms_script_parse("x", text, strlen(text), NULL, NULL, &script);

	if (err)
		return err;
	err = ms_script_run(script, NULL, &run);
	ms_script_free(script);
	if (!err)
		ms_run_free(run);
	return err;
}

static int session(void)
{
	struct ms_machine *machine;
	struct ms_mm *mm;
	int err = ms_machine_create(NULL, &machine);

	if (err)
		return err;
	err = ms_mm_create(machine, &mm);
	if (!err)
		err = use_mm(machine, mm);
	if (!err)
		err = use_vm(mm);
	if (!err)
		err = use_script();
	ms_machine_destroy(machine);
	return err;
}

int main(void)
{
	uint64_t before = mem_count(), live = mem_live(), nr, i, wrong = 0, leaks = 0;

	is(session(), 0, "with enough memory");
	nr = mem_count() - before;
	tap_ok(nr > 30, "it allocates %llu times", (unsigned long long)nr);
	for (i = 1; i <= nr; i++) {
		int err;

		mem_fail_at(i);
		err = session();
		mem_fail_at(0);
		if (err != -ENOMEM && err)
			printf("# allocation %llu: %d\n", (unsigned long long)i, err);
		wrong += err && err != -ENOMEM;
		leaks += mem_live() != live;
	}
	tap_eq(wrong, 0, "errors other than -ENOMEM");
	tap_eq(leaks, 0, "leaks");
	is(session(), 0, "and again with enough memory");
	return tap_done();
}
