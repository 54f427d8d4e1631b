// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A guest of 16 GiB with one page in every 1 GiB: what does mprotect cost each of KVM's MMUs?
 *
 *	cc -o vm vm.c $(pkg-config --cflags --libs mmuscope)
 */
#define _GNU_SOURCE
#include <mmuscope/mmuscope.h>

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define RAM 0x100000000000ull
#define GiB (1ull << 30)

static uint64_t counter(const struct ms_vm *vm, const char *name)
{
	uint64_t value = 0;

	if (ms_vm_counter(vm, name, &value))
		fprintf(stderr, "no counter is called %s\n", name);
	return value;
}

/* The guest boots, so to speak, and the process protects its memory. */
static int experiment(struct ms_mm *mm, enum ms_mmu mmu, struct ms_vm **ret_vm)
{
	const struct ms_vm_options options = { .size = sizeof(options), .mmu = mmu };
	uint64_t done;
	int err;

	err = ms_mm_map(mm, RAM, 16 * GiB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE,
			NULL, 0);
	if (!err)
		err = ms_vm_create(mm, &options, ret_vm);
	if (!err)
		err = ms_vm_set_memory(*ret_vm, 0, 0, 4 * GiB, 16 * GiB, RAM);
	if (!err)
		err = ms_vm_access(*ret_vm, 4 * GiB, 16 * GiB, GiB, MS_WRITE, &done);
	if (!err)
		err = ms_mm_mprotect(mm, RAM, 16 * GiB, PROT_READ);
	return err;
}

static int show(const char *name, enum ms_mmu mmu)
{
	struct ms_machine *machine;
	struct ms_vm *vm;
	struct ms_mm *mm;
	int err = ms_machine_create(NULL, &machine);

	if (err)
		return err;
	err = ms_mm_create(machine, &mm);
	if (!err)
		err = experiment(mm, mmu, &vm);
	if (!err)
		printf("%-7s %12llu %10llu %8llu %8llu\n", name,
		       (unsigned long long)counter(vm, "rmap_scanned"),
		       (unsigned long long)counter(vm, "tdp_walked"),
		       (unsigned long long)counter(vm, "sptes_zapped"),
		       (unsigned long long)counter(vm, "remote_tlb_flush"));
	ms_machine_destroy(machine); /* and all it owns */
	return err;
}

int main(void)
{
	int err;

	printf("MMU     HEADS SCANNED TDP WALKED   ZAPPED  FLUSHES\n");
	err = show("tdp", MS_MMU_TDP);
	if (!err)
		err = show("direct", MS_MMU_DIRECT);
	if (!err)
		err = show("shadow", MS_MMU_SHADOW);
	if (err)
		fprintf(stderr, "vm: %s\n", strerror(-err));
	return err != 0;
}
