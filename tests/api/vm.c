// SPDX-License-Identifier: GPL-2.0-or-later
/* Virtual machines through the library. */
#include "api_test.h"

static uint64_t counter(const struct ms_vm *vm, const char *name)
{
	uint64_t value = UINT64_MAX;

	tap_ok(!ms_vm_counter(vm, name, &value), "%s", name);
	return value;
}

static void test_kind(enum ms_mmu mmu, bool rmap)
{
	const struct ms_vm_options options = { .size = sizeof(options), .mmu = mmu };
	struct ms_machine *machine = new_machine("linux-6.12");
	struct ms_mm *mm = new_mm(machine);
	unsigned int level = 0;
	uint64_t done, spte;
	struct ms_vm *vm;

	ms_mm_map(mm, RAM, 16 * MiB, RW, MAP_PRIVATE, NULL, 0);
	is(ms_vm_create(mm, &options, &vm), 0, "create");
	is(ms_vm_access(vm, GiB, 1, 1, MS_READ, NULL), -ENOENT, "no memory yet");
	is(ms_vm_set_memory(vm, 0, 0, GiB, 16 * MiB, RAM), 0, "memory");
	is(ms_vm_set_memory(vm, 1, 0, GiB + MiB, MiB, RAM), -EEXIST, "overlaps");
	is(ms_vm_set_memory(vm, 1, 0, GiB + 1, MiB, RAM), -EINVAL, "unaligned");
	is(ms_vm_set_memory(vm, 1, 8, 2 * GiB, MiB, RAM), -EINVAL, "unknown flag");
	is(ms_vm_lookup(vm, GiB, &spte, &level), -ENOENT, "nothing mapped");
	is(ms_vm_access(vm, GiB, 18 * MiB, MiB, MS_WRITE, &done), -ENOENT, "writes, two too far");
	tap_eq(done, 16, "those in memory were done");
	is(ms_vm_lookup(vm, GiB + MiB, &spte, &level), 0, "mapped now");
	tap_eq(level, 1, "by 4 KiB");
	tap_eq(counter(vm, "pages_4k"), 16, "SPTEs");
	is(ms_mm_mprotect(mm, RAM, 16 * MiB, PROT_READ), 0, "mprotect");
	tap_eq(counter(vm, "pages_4k"), 0, "zapped");
	tap_eq(counter(vm, "sptes_zapped"), 16, "all of them");
	tap_eq(counter(vm, "remote_tlb_flush") > 0, 1, "flushed");
	tap_eq(counter(vm, "rmap_scanned") > 4096, rmap, "reverse maps");
	is(ms_vm_access(vm, GiB, 1, 1, MS_WRITE, NULL), -EFAULT, "not writable any more");
	is(ms_vm_access(vm, GiB, 1, 1, MS_READ, NULL), 0, "but readable");
	is(ms_vm_access(vm, GiB, 1, 0, MS_READ, NULL), -EINVAL, "steps of 0");
	is(ms_vm_access(vm, UINT64_MAX, 2, 1, MS_READ, NULL), -EINVAL, "wraps");
	tap_eq(machine_counter(machine, "sptes_zapped"), 16, "the machine's counter");
	is(ms_vm_destroy(vm), 0, "destroy");
	tap_eq(machine_counter(machine, "sptes_zapped"), 16, "remembers");
	is(ms_machine_audit(machine, NULL, NULL, &done), 0, "audit");
	tap_eq(done, 0, "no invariant is broken");
	ms_machine_destroy(machine);
}

static void test_names(void)
{
	struct ms_machine *machine = new_machine(NULL);
	struct ms_vm_options options = { .size = sizeof(options), .mmu = 5 };
	struct ms_mm *mm = new_mm(machine);
	unsigned int i;
	struct ms_vm *vm;
	const char *name;
	uint64_t value;

	is(ms_vm_create(mm, &options, &vm), -EINVAL, "no such MMU");
	is(ms_vm_create(mm, NULL, &vm), 0, "the default");
	for (i = 0; (name = ms_vm_counter_name(i)); i++)
		is(ms_vm_counter(vm, name, &value), 0, name);
	tap_ok(i >= 20, "counters");
	is(ms_vm_counter(vm, "none", &value), -ENOENT, "an unknown one");
	is(ms_vm_counter(vm, NULL, &value), -ENOENT, "none at all");
	is(ms_mm_destroy(mm), 0, "the VM ends with its process");
	is(ms_vm_destroy(NULL), 0, "nothing");
	ms_machine_destroy(machine);
}

int main(void)
{
	test_kind(MS_MMU_TDP, false);
	test_kind(MS_MMU_DIRECT, true);
	test_kind(MS_MMU_SHADOW, true);
	test_kind(MS_MMU_NESTED, false);
	test_names();
	return tap_done();
}
