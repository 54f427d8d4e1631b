/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A KVM virtual machine: memory slots, secondary page tables, and how they follow the process's.
 * Guest-physical addresses are bytes.
 */
#ifndef MMUSCOPE_VM_H
#define MMUSCOPE_VM_H

#include <mmuscope/base.h>
#include <mmuscope/mm.h>

MS_BEGIN_DECLS

struct ms_vm;

/**
 * struct ms_vm_options - how to make a VM
 * @size: sizeof(struct ms_vm_options)
 * @mmu: enum ms_mmu
 */
struct ms_vm_options {
	size_t size;
	uint32_t mmu;
	uint32_t reserved;
};

/**
 * ms_vm_create() - make a VM without memory, subscribed to @mm (KVM_CREATE_VM).
 * Return: 0; -EINVAL; -E2BIG; -ENOMEM; -EDEADLK.
 */
MS_API int ms_vm_create(struct ms_mm *mm, const struct ms_vm_options *options,
			struct ms_vm **ret_vm);

/** ms_vm_destroy() - unsubscribe, zap everything, free. NULL is fine. Return: 0; -EDEADLK. */
MS_API int ms_vm_destroy(struct ms_vm *vm);

/* ms_vm_set_memory(): the guest cannot write */
#define MS_MEMORY_READONLY (1u << 1)

/**
 * ms_vm_set_memory() - set a memory slot (KVM_SET_USER_MEMORY_REGION): guest-physical
 * [@gpa, @gpa + @len) is [@addr, @addr + @len) of the process. @len 0 deletes the slot.
 * @slot: number; bits 16 and up are the address space
 * Return: 0; -EINVAL: alignment, flags, number, or a change that KVM does not allow; -EEXIST:
 * overlaps another slot; -EBUSY: a notification has not ended; -ENOMEM; -EDEADLK.
 */
MS_API int ms_vm_set_memory(struct ms_vm *vm, uint32_t slot, uint32_t flags, uint64_t gpa,
			    uint64_t len, uint64_t addr);

/**
 * ms_vm_access() - the guest accesses memory: @gpa, @gpa + @step, ... below @gpa + @len,
 * guest-physical addresses, up to the first that fails.
 * @step: bytes, not 0
 * @ret_done: accesses that succeeded, set on failure, too; may be NULL
 * Return: 0; -ENOENT: no slot there; -EFAULT: the process may not access it; -EAGAIN: an
 * invalidation has not ended (the vCPU of a real kernel spins); -EINVAL; -ENOMEM; -EDEADLK.
 */
MS_API int ms_vm_access(struct ms_vm *vm, uint64_t gpa, uint64_t len, uint64_t step,
			enum ms_access access, uint64_t *ret_done);

/**
 * ms_vm_counter_name() - name number @index of a VM's counters, those of KVM's binary statistics
 * where one exists (pages_4k, remote_tlb_flush, mmu_shadow_zapped, pf_taken, ...); NULL behind the
 * last. Callback safe.
 */
MS_API const char *ms_vm_counter_name(unsigned int index);

/**
 * ms_vm_counter() - the value of a counter now.
 * Return: 0; -ENOENT: no such counter. Callback safe.
 */
MS_API int ms_vm_counter(const struct ms_vm *vm, const char *name, uint64_t *ret_value);

/**
 * ms_vm_lookup() - what the guest's hardware would find for @gpa of address space 0, changing
 * nothing.
 * @ret_spte: the leaf entry in the hardware's format
 * @ret_level: 1: 4 KiB, 2: 2 MiB, 3: 1 GiB
 * Return: 0; -ENOENT: not mapped. Callback safe.
 */
MS_API int ms_vm_lookup(const struct ms_vm *vm, uint64_t gpa, uint64_t *ret_spte,
			unsigned int *ret_level);

MS_END_DECLS

#endif /* MMUSCOPE_VM_H */
