// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the executor of `verify` brings along, for a comparison that counts every fault: the
 * guest's own slot with its tables and its code, and the accesses to them that each guest
 * operation makes first. src/host/guest/guestvm.c is the original; this room may not include it.
 */
#include "sim_internal.h"

#include <string.h>
#include <sys/mman.h>

#define OWN_SLOT 32000u
#define OWN_PAGES 9u
#define OWN_GPA ((1ull << 40) - 16 * PAGE_SIZE)
/* Any place that no script maps. */
#define OWN_ADDR 0x7fffe0000000ull
#define OWN_DISTANCE (1ull << 20)
#define HALF (1ull << 39)
/* Below, a guest under shadow paging runs without paging, or the script has tables for it. */
#define FLAT_START (1ull << 32)

enum { PAGE_PML4, PAGE_PDPT0, PAGE_PDPT1, PAGE_CODE };

#define TABLE_FLAGS 7ull
#define LEAF_FLAGS 0xe7ull

static bool leaves_flat_mode(const struct script_op *op)
{
	switch (op->code) {
	case OP_GUEST:
		return op->flags & (SCRIPT_GUEST_GVA | SCRIPT_GUEST_L2) ||
		       script_op_gpa(op) + op->len <= FLAT_START;
	case OP_GUEST_MAP:
	case OP_GUEST_REMAP:
	case OP_CR3:
	case OP_INVLPG:
		return true;
	default:
		return false;
	}
}

bool sim_follows_executor(const struct script *script, uint32_t vm)
{
	const struct script_op *op;
	bool shadow = false;
	size_t i;

	for (i = 0; i < script->nr_ops; i++) {
		op = &script->ops[i];
		if (op->code == OP_VM && op->name == vm && op->mmu == SCRIPT_MMU_NESTED)
			return false;
		shadow |= op->code == OP_VM && op->name == vm && op->mmu == SCRIPT_MMU_SHADOW;
	}
	for (i = 0; i < script->nr_ops && shadow; i++)
		if (script->ops[i].name2 == vm && leaves_flat_mode(&script->ops[i]))
			return false;
	return true;
}

static uint64_t own_page(unsigned int which)
{
	return OWN_GPA + which * PAGE_SIZE;
}

static int map_own(struct sim *sim, struct sim_object *vm, uint64_t addr)
{
	struct mm_file *file;
	int err = mm_file_create(sim->machine, OWN_PAGES * PAGE_SIZE, true, &file);

	if (err)
		return err;
	err = mm_mmap(vm->mm, addr, OWN_PAGES * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
		      file, 0);
	mm_file_put(file);
	/* the NUMA scanner passes over what is the executor's */
	if (!err)
		err = mm_mbind(vm->mm, addr, OWN_PAGES * PAGE_SIZE, MM_MPOL_BIND, 1, 0);
	return err ? err : mm_access(vm->mm, addr, OWN_PAGES * PAGE_SIZE, PAGE_SIZE, MM_WRITE);
}

/* The identity in pages of 1 GiB, which with shadow paging KVM follows. */
static int load_tables(struct kvm *kvm)
{
	unsigned int i;
	int err;

	err = kvm_load_guest_entry(kvm, own_page(PAGE_PML4), own_page(PAGE_PDPT0) | TABLE_FLAGS);
	if (!err)
		err = kvm_load_guest_entry(kvm, own_page(PAGE_PML4) + 8,
					   own_page(PAGE_PDPT1) | TABLE_FLAGS);
	for (i = 0; i < 1024 && !err; i++)
		err = kvm_load_guest_entry(kvm, own_page(PAGE_PDPT0) + 8 * i,
					   (uint64_t)i << 30 | LEAF_FLAGS);
	return err ? err : kvm_set_cr3(kvm, own_page(PAGE_PML4));
}

static int make_own(struct sim *sim, struct sim_object *vm)
{
	struct event_sink *sink = sim->events.sink;
	struct kvm_memory_region region = {
		.slot = OWN_SLOT,
		.guest_phys_addr = OWN_GPA,
		.memory_size = OWN_PAGES * PAGE_SIZE,
		.userspace_addr = OWN_ADDR + sim->nr_own * OWN_DISTANCE,
	};
	int err;

	sim->events.sink = NULL;
	err = map_own(sim, vm, region.userspace_addr);
	if (!err)
		err = kvm_set_memory_region(vm->kvm, &region);
	if (!err && vm->guest->shadow)
		err = load_tables(vm->kvm);
	sim->events.sink = sink;
	sim->nr_own++;
	vm->guest->own = !err;
	return err;
}

/* The processor's walk of the guest's tables; with shadow paging KVM does that. */
static int walk_own(struct sim_object *vm, uint64_t gpa)
{
	int err;

	if (vm->guest->shadow)
		return 0;
	err = kvm_guest_access(vm->kvm, own_page(PAGE_PML4), KVM_ACCESS_WRITE | KVM_ACCESS_PAGING);
	if (!err)
		err = kvm_guest_access(vm->kvm, own_page(gpa < HALF ? PAGE_PDPT0 : PAGE_PDPT1),
				       KVM_ACCESS_WRITE | KVM_ACCESS_PAGING);
	return err;
}

static int access_own(struct sim_object *vm, uint64_t gpa, unsigned int access)
{
	int err = walk_own(vm, gpa);

	if (err)
		return err;
	return vm->guest->shadow ? kvm_guest_access_gva(vm->kvm, gpa, access) :
				   kvm_guest_access(vm->kvm, gpa, access);
}

/* One access of the script; an instruction fetched there writes to the scratch page. */
static int access_one(struct sim_object *vm, uint64_t gpa, unsigned int access)
{
	int err = access_own(vm, gpa, access);

	if (!err && access == KVM_ACCESS_EXEC)
		err = access_own(vm, own_page(PAGE_CODE), KVM_ACCESS_WRITE);
	return err;
}

int sim_executor_guest(struct sim *sim, struct sim_object *vm, const struct script_op *op,
		       unsigned int access)
{
	uint64_t gpa = script_op_gpa(op), at;
	int err = vm->guest->own ? 0 : make_own(sim, vm);

	if (err)
		return err;
	if (gpa + op->len > OWN_GPA || gpa + op->len < op->len)
		return -ENOENT;
	if (access != KVM_ACCESS_EXEC)
		err = access_own(vm, own_page(PAGE_CODE), KVM_ACCESS_EXEC);
	for (at = 0; at < op->len && !err; at += op->step) {
		err = access_one(vm, gpa + at, access);
		if (op->len - at <= op->step)
			break;
	}
	return err;
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
