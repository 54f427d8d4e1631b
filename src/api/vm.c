// SPDX-License-Identifier: GPL-2.0-or-later
/* Virtual machines. */
#include "api_internal.h"

#include <string.h>

static_assert(MS_MEMORY_READONLY == KVM_MEM_READONLY, "flags of memory slots");

static const struct {
	const char *name;
	size_t offset;
} vm_counters[] = {
#define VM_COUNTER(name) { #name, offsetof(struct kvm_stat, name) }
	VM_COUNTER(pages_4k),
	VM_COUNTER(pages_2m),
	VM_COUNTER(pages_1g),
	VM_COUNTER(pf_taken),
	VM_COUNTER(pf_fixed),
	VM_COUNTER(pf_spurious),
	VM_COUNTER(pf_emulate),
	VM_COUNTER(pf_retried),
	VM_COUNTER(mmu_shadow_zapped),
	VM_COUNTER(mmu_cache_miss),
	VM_COUNTER(mmu_unsync),
	VM_COUNTER(mmu_pte_write),
	VM_COUNTER(max_mmu_rmap_size),
	VM_COUNTER(remote_tlb_flush),
	VM_COUNTER(invalidations),
	VM_COUNTER(frames_covered),
	VM_COUNTER(rmap_scanned),
	VM_COUNTER(rmap_visited),
	VM_COUNTER(rmap_longest),
	VM_COUNTER(tdp_walked),
	VM_COUNTER(sptes_zapped),
	VM_COUNTER(tables),
#undef VM_COUNTER
};

#define NR_VM_COUNTERS (sizeof(vm_counters) / sizeof(vm_counters[0]))

static int vm_make(struct ms_mm *mm, uint32_t mmu, struct kvm **ret_kvm)
{
	static const enum kvm_mmu_kind kinds[] = {
		[MS_MMU_DEFAULT] = KVM_MMU_TDP,
		[MS_MMU_TDP] = KVM_MMU_TDP,
		[MS_MMU_DIRECT] = KVM_MMU_DIRECT,
		[MS_MMU_SHADOW] = KVM_MMU_SHADOW,
		[MS_MMU_NESTED] = KVM_MMU_NESTED,
	};
	struct kvm_config config = {
		.profile = mm->machine->kvm_profile,
		.mm = mm->mm,
		.events = &mm->machine->events,
		.literal = mm->machine->literal,
		.rmap_index = mm->machine->rmap_index,
	};

	if (mmu > MS_MMU_NESTED)
		return -EINVAL;
	config.mmu = kinds[mmu];
	return kvm_create(&config, ret_kvm);
}

int ms_vm_create(struct ms_mm *mm, const struct ms_vm_options *options, struct ms_vm **ret_vm)
{
	struct ms_vm_options known = { 0 };
	struct ms_vm *vm;
	int err = api_enter_mm(mm);

	if (!err)
		err = api_options(&known, sizeof(known), options);
	if (err)
		return err;
	vm = mem_zalloc(sizeof(*vm));
	if (!vm)
		return -ENOMEM;
	err = vm_make(mm, known.mmu, &vm->kvm);
	if (err) {
		mem_free(vm);
		return err;
	}
	vm->mm = mm;
	mm_set_threaded(mm->mm); /* its vCPUs */
	LIST_INSERT_HEAD(&mm->vms, vm, link);
	*ret_vm = vm;
	return 0;
}

void api_vm_free(struct ms_vm *vm)
{
	api_keep_vm(vm);
	LIST_REMOVE(vm, link);
	kvm_destroy(vm->kvm);
	mem_free(vm);
}

int ms_vm_destroy(struct ms_vm *vm)
{
	int err;

	if (!vm)
		return 0;
	err = api_enter_mm(vm->mm);
	if (!err)
		api_vm_free(vm);
	return err;
}

/* The machine remembers that its memory ran out. */
static int vm_error(struct ms_vm *vm, int err)
{
	if (err == -ENOMEM)
		vm->mm->machine->exhausted = true;
	return err;
}

int ms_vm_set_memory(struct ms_vm *vm, uint32_t slot, uint32_t flags, uint64_t gpa, uint64_t len,
		     uint64_t addr)
{
	struct kvm_memory_region region = {
		.slot = slot,
		.flags = flags,
		.guest_phys_addr = gpa,
		.memory_size = len,
		.userspace_addr = addr,
	};
	int err = api_enter_range(vm->mm, addr, len);

	if (!err && (flags & ~MS_MEMORY_READONLY))
		err = -EINVAL;
	return err ? err : vm_error(vm, kvm_set_memory_region(vm->kvm, &region));
}

int ms_vm_access(struct ms_vm *vm, uint64_t gpa, uint64_t len, uint64_t step,
		 enum ms_access access, uint64_t *ret_done)
{
	static const unsigned int kinds[] = {
		[MS_READ] = KVM_ACCESS_READ,
		[MS_WRITE] = KVM_ACCESS_WRITE,
		[MS_EXEC] = KVM_ACCESS_EXEC,
	};
	int err = api_enter_range(vm->mm, gpa, len);

	if (ret_done)
		*ret_done = 0;
	if (err)
		return err;
	if (!step || (unsigned int)access > MS_EXEC)
		return -EINVAL;
	return vm_error(vm, kvm_guest_access_range(vm->kvm, gpa, len, step, kinds[access],
						   ret_done));
}

const char *ms_vm_counter_name(unsigned int index)
{
	return index < NR_VM_COUNTERS ? vm_counters[index].name : NULL;
}

int ms_vm_counter(const struct ms_vm *vm, const char *name, uint64_t *ret_value)
{
	const char *stat = (const char *)kvm_get_stat(vm->kvm);
	size_t i;

	for (i = 0; i < NR_VM_COUNTERS; i++) {
		if (!name || strcmp(vm_counters[i].name, name))
			continue;
		memcpy(ret_value, stat + vm_counters[i].offset, sizeof(*ret_value));
		return 0;
	}
	return -ENOENT;
}

int ms_vm_lookup(const struct ms_vm *vm, uint64_t gpa, uint64_t *ret_spte, unsigned int *ret_level)
{
	struct kvm_mapping mapping;
	int err = gpa < API_ADDRESS_END ? kvm_lookup(vm->kvm, 0, gpa, &mapping) : -ENOENT;

	if (err)
		return err;
	*ret_spte = mapping.spte;
	*ret_level = mapping.level;
	return 0;
}
