// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the executor of `verify` brings along, for a comparison that counts every fault: slots of
 * its own with the guest's tables and its code. src/host/guest/guestvm.c, guestpaging.c and l1.c
 * are the originals; this room may not include them.
 */
#include "executor_internal.h"

#include <string.h>
#include <sys/mman.h>

#define OWN_SLOT 32000u
#define PAGED_SLOT 32001u
#define LOW_SLOT 32002u
#define OWN_PAGES 9u
#define REGION_PAGES 16u
/* Any place that no script maps. */
#define OWN_ADDR 0x7fffe0000000ull
#define OWN_DISTANCE (1ull << 20)

#define TABLE_FLAGS 7ull
#define LEAF_FLAGS 0xe7ull
#define OWN_TABLE 0x67ull /* accessed, dirty; and so are the pages */
#define NESTED_TABLE 0x27ull
#define NESTED_LEAF 0x67ull

/* Pages at EXECUTOR_PAGED_GPA, and at EXECUTOR_LOW_GPA. */
enum { PAGED_PML4, PAGED_PDPT, PAGED_PD, PAGED_PT, PAGED_PD_PAE, PAGED_PT_PAE, PAGED_CODE64,
       PAGED_CODE_PAE, PAGED_STACK };
enum { LOW_PT, LOW_CODE, LOW_STACK };

static uint64_t paged_page(unsigned int which)
{
	return EXECUTOR_PAGED_GPA + which * PAGE_SIZE;
}

static uint64_t low_page(unsigned int which)
{
	return EXECUTOR_LOW_GPA + which * PAGE_SIZE;
}

/* struct entry - of a table of the executor's */
struct entry {
	uint64_t at;
	uint64_t value;
};

static int load_entries(struct kvm *kvm, const struct entry *entries, size_t nr)
{
	int err = 0;
	size_t i;

	for (i = 0; i < nr && !err; i++)
		err = kvm_load_guest_entry(kvm, entries[i].at, entries[i].value);
	return err;
}

/* The identity in pages of 1 GiB, which with shadow paging KVM follows. */
static int load_flat(struct kvm *kvm)
{
	const uint64_t pml4 = executor_page(EXECUTOR_PML4), pdpt0 = executor_page(EXECUTOR_PDPT0);
	const struct entry top[] = {
		{ pml4, pdpt0 | TABLE_FLAGS },
		{ pml4 + 8, executor_page(EXECUTOR_PDPT1) | TABLE_FLAGS },
	};
	unsigned int i;
	int err = load_entries(kvm, top, 2);

	for (i = 0; i < 1024 && !err; i++)
		err = kvm_load_guest_entry(kvm, pdpt0 + 8 * i, (uint64_t)i << 30 | LEAF_FLAGS);
	return err;
}

/* What maps L2's own tables and code, to the same addresses in L1. */
static int load_nested(struct kvm *kvm)
{
	const uint64_t npt2 = executor_page(EXECUTOR_NPT2), npt1 = executor_page(EXECUTOR_NPT1);
	const unsigned int first = EXECUTOR_GPA / PAGE_SIZE % 512;
	const struct entry upper[] = {
		{ executor_page(EXECUTOR_NPT3) + 8 * 511, npt2 | NESTED_TABLE },
		{ npt2 + 8 * 511, npt1 | NESTED_TABLE },
	};
	unsigned int i;
	int err = load_entries(kvm, upper, 2);

	for (i = 0; i <= EXECUTOR_CODE && !err; i++)
		err = kvm_load_guest_entry(kvm, npt1 + 8 * (first + i), executor_page(i) | NESTED_LEAF);
	return err;
}

static int load_paged(struct kvm *kvm)
{
	const struct entry entries[] = {
		{ paged_page(PAGED_PML4), paged_page(PAGED_PDPT) | OWN_TABLE },
		{ paged_page(PAGED_PDPT), paged_page(PAGED_PD) | OWN_TABLE },
		{ paged_page(PAGED_PD), paged_page(PAGED_PT) | OWN_TABLE },
		{ paged_page(PAGED_PT), paged_page(PAGED_CODE64) | OWN_TABLE },
		{ paged_page(PAGED_PT) + 8, paged_page(PAGED_STACK) | OWN_TABLE },
		{ paged_page(PAGED_PD_PAE) + 8 * 511, paged_page(PAGED_PT_PAE) | OWN_TABLE },
		{ paged_page(PAGED_PT_PAE), paged_page(PAGED_CODE_PAE) | OWN_TABLE },
		{ paged_page(PAGED_PT_PAE) + 8, paged_page(PAGED_STACK) | OWN_TABLE },
	};

	return load_entries(kvm, entries, sizeof(entries) / sizeof(entries[0]));
}

/* Two entries of 4 bytes. */
static int load_low(struct kvm *kvm)
{
	return kvm_load_guest_entry(kvm, low_page(LOW_PT),
				    (low_page(LOW_STACK) | OWN_TABLE) << 32 |
					    low_page(LOW_CODE) | OWN_TABLE);
}

uint64_t sim_executor_entry(const struct sim_object *vm, unsigned int paging)
{
	if (vm->nested)
		return executor_page(EXECUTOR_NPT3) | NESTED_TABLE;
	switch (paging) {
	case SCRIPT_PAGING_LONG:
		return paged_page(PAGED_PDPT) | OWN_TABLE;
	case SCRIPT_PAGING_LA57:
		return paged_page(PAGED_PML4) | OWN_TABLE;
	case SCRIPT_PAGING_PAE:
		return paged_page(PAGED_PD_PAE) | 1;
	default:
		/* the upper half of 8 bytes */
		return (low_page(LOW_PT) | OWN_TABLE) << 32;
	}
}

static int map_own(struct sim *sim, struct sim_object *vm, uint64_t addr, uint64_t len)
{
	struct mm_file *file;
	int err = mm_file_create(sim->machine, len, true, &file);

	if (err)
		return err;
	err = mm_mmap(vm->mm, addr, len, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	mm_file_put(file);
	/* the NUMA scanner passes over what is the executor's */
	if (!err)
		err = mm_mbind(vm->mm, addr, len, MM_MPOL_BIND, 1, 0);
	return err ? err : mm_access(vm->mm, addr, len, PAGE_SIZE, MM_WRITE);
}

/* A slot of the executor's own, with what @load puts there; nobody hears of it. */
static int add_region(struct sim *sim, struct sim_object *vm, unsigned int slot, uint64_t gpa,
		      uint64_t pages, int (*load)(struct kvm *kvm))
{
	struct event_sink *sink = sim->events.sink;
	struct kvm_memory_region region = {
		.slot = slot,
		.guest_phys_addr = gpa,
		.memory_size = pages * PAGE_SIZE,
		.userspace_addr = OWN_ADDR + sim->nr_own * OWN_DISTANCE,
	};
	int err;

	sim->events.sink = NULL;
	err = map_own(sim, vm, region.userspace_addr, region.memory_size);
	if (!err)
		err = kvm_set_memory_region(vm->kvm, &region);
	if (!err && load)
		err = load(vm->kvm);
	sim->events.sink = sink;
	sim->nr_own++;
	return err;
}

int executor_write_page(struct sim *sim, struct sim_object *vm, uint64_t addr)
{
	struct event_sink *sink = sim->events.sink;
	int err;

	sim->events.sink = NULL;
	err = mm_access(vm->mm, addr, PAGE_SIZE, PAGE_SIZE, MM_WRITE);
	sim->events.sink = sink;
	return err;
}

int sim_executor_vcpu(struct sim *sim, struct sim_object *vm)
{
	struct sim_guest *guest = vm->guest;
	uint64_t addr = OWN_ADDR + sim->nr_own * OWN_DISTANCE;
	int err;

	if (!guest->followed || guest->own)
		return 0;
	err = add_region(sim, vm, OWN_SLOT, EXECUTOR_GPA, OWN_PAGES,
			 guest->shadow ? load_flat : vm->nested ? load_nested : NULL);
	if (!err && guest->shadow)
		err = kvm_set_sregs(vm->kvm, true, executor_page(EXECUTOR_PML4), KVM_PAGING_LONG);
	if (!err)
		guest->own = addr;
	guest->mode = EXECUTOR_FLAT;
	return err;
}

int executor_prepare_mode(struct sim *sim, struct sim_object *vm, unsigned int mode)
{
	bool low = mode == SCRIPT_PAGING_32 || mode == EXECUTOR_OFF;
	uint64_t *made = low ? &vm->guest->own_low : &vm->guest->own_paged;
	uint64_t addr = OWN_ADDR + sim->nr_own * OWN_DISTANCE;
	int err = 0;

	if (mode == EXECUTOR_FLAT)
		return 0;
	if (!*made)
		err = low ? add_region(sim, vm, LOW_SLOT, EXECUTOR_LOW_GPA, REGION_PAGES, load_low) :
			    add_region(sim, vm, PAGED_SLOT, EXECUTOR_PAGED_GPA, REGION_PAGES,
				       load_paged);
	else
		addr = *made;
	if (err)
		return err;
	*made = addr;
	/* the code of long mode is written anew, for its base */
	return mode > SCRIPT_PAGING_LA57 ?
		       0 : executor_write_page(sim, vm, addr + PAGED_CODE64 * PAGE_SIZE);
}

/* Where the model keeps a figure of KVM's. */
#define STAT(id, member) [EVENT_STAT_##id] = offsetof(struct kvm_stat, member)
static const size_t stat_offset[EVENT_STAT_NR] = {
	STAT(PAGES_4K, pages_4k),
	STAT(PAGES_2M, pages_2m),
	STAT(PAGES_1G, pages_1g),
	STAT(MMU_SHADOW_ZAPPED, mmu_shadow_zapped),
	STAT(MMU_CACHE_MISS, mmu_cache_miss),
	STAT(MMU_UNSYNC, mmu_unsync),
	STAT(MMU_PTE_WRITE, mmu_pte_write),
	STAT(MMU_PDE_ZAPPED, mmu_pde_zapped),
	STAT(MMU_FLOODED, mmu_flooded),
	STAT(MMU_RECYCLED, mmu_recycled),
	STAT(NX_LPAGE_SPLITS, nx_lpage_splits),
	STAT(MAX_MMU_RMAP_SIZE, max_mmu_rmap_size),
	STAT(REMOTE_TLB_FLUSH_REQUESTS, remote_tlb_flush),
	STAT(PF_TAKEN, pf_taken),
	STAT(PF_FIXED, pf_fixed),
	STAT(PF_EMULATE, pf_emulate),
	STAT(PF_SPURIOUS, pf_spurious),
	STAT(PF_FAST, pf_fast),
	STAT(PF_MMIO_SPTE_CREATED, pf_mmio_spte_created),
	STAT(PF_GUEST, pf_guest),
	STAT(INVLPG, invlpg),
};

void sim_executor_stats(struct sim *sim, const struct mm_struct *mm)
{
	unsigned int stat;
	size_t i;

	for (i = 0; i < sim->script->nr_names; i++) {
		struct sim_object *vm = &sim->objects[i];
		const char *stats;

		if (vm->kind != SIM_VM || vm->mm != mm || !vm->guest->followed)
			continue;
		stats = (const char *)kvm_get_stat(vm->kvm);
		for (stat = 0; stat < EVENT_STAT_NR; stat++) {
			uint64_t value = *(const uint64_t *)(stats + stat_offset[stat]);

			if (value != vm->guest->seen[stat])
				EVENT(&sim->events, EVENT_KVM_STAT, i, stat, value);
			vm->guest->seen[stat] = value;
		}
	}
}
