// SPDX-License-Identifier: GPL-2.0-or-later
/* One function per operation: the script's terms become calls of the model. */
#include "sim_internal.h"

#include <string.h>

#include <base/mman.h>

static int prot_bits(uint8_t prot)
{
	return (prot & SCRIPT_PROT_R ? PROT_READ : 0) | (prot & SCRIPT_PROT_W ? PROT_WRITE : 0) |
	       (prot & SCRIPT_PROT_X ? PROT_EXEC : 0);
}

static enum mm_access access_kind(uint8_t access)
{
	if (access == SCRIPT_ACCESS_W)
		return MM_WRITE;
	return access == SCRIPT_ACCESS_X ? MM_EXEC : MM_READ;
}

static struct sim_object *object_of(struct sim *sim, uint32_t name)
{
	assert(name < sim->script->nr_names);
	return &sim->objects[name];
}

static void object_release(struct sim *sim, struct sim_object *object)
{
	uint32_t pid = object->pid;

	if (object->kind == SIM_MAP)
		mm_file_put(object->file);
	if (object->kind == SIM_VM && object->kvm) {
		kvm_release(object->kvm);
		sim_keep_kvm(sim, object->kvm);
		sim_forget_spaces(sim, object->kvm);
		LIST_REMOVE(object, live);
		mem_free(object->guest);
		kvm_destroy(object->kvm);
	}
	if (object->kind == SIM_DEVICE) {
		if (object->device->notifier.subscriptions &&
		    mmu_interval_notifier_remove(&object->device->notifier) == -EBUSY)
			mmu_interval_notifier_abandon(mm_notifiers(object->mm));
		mem_free(object->device);
	}
	memset(object, 0, sizeof(*object));
	object->pid = pid;
}

/* The object behind a map: another map's, a new one, or none for private anonymous memory. */
static int map_file(struct sim *sim, const struct script_op *op, struct mm_file **ret_file)
{
	struct sim_object *other;

	*ret_file = NULL;
	if (op->flags & SCRIPT_MAP_OF) {
		other = object_of(sim, op->name2);
		if (other->kind != SIM_MAP || !other->file)
			return -EBADF;
		mm_file_get(other->file);
		*ret_file = other->file;
		return 0;
	}
	if (op->kind == SCRIPT_KIND_ANON)
		return 0;
	if (op->kind == SCRIPT_KIND_HUGETLB)
		return mm_file_create_hugetlb(sim->machine, op->addr2 + op->len, op->page_size,
					      ret_file);
	if (op->kind == SCRIPT_KIND_DAX)
		return mm_file_create_dax(sim->machine, op->addr2 + op->len, op->page_size,
					  ret_file);
	return mm_file_create(sim->machine, op->addr2 + op->len, op->kind == SCRIPT_KIND_SHMEM,
			      ret_file);
}

static int op_map(struct sim *sim, const struct script_op *op)
{
	struct mm_struct *mm = sim->process->mm;
	struct sim_object *object = object_of(sim, op->name);
	int flags = MAP_FIXED | (op->flags & SCRIPT_MAP_SHARED ? MAP_SHARED : MAP_PRIVATE);
	struct mm_file *file;
	int err = map_file(sim, op, &file);

	if (err)
		return err;
	if (!file)
		flags |= MAP_ANONYMOUS;
	if (op->flags & SCRIPT_MAP_NORESERVE)
		flags |= MAP_NORESERVE;
	if (op->flags & SCRIPT_MAP_CACHED)
		err = mm_file_read(file, op->addr2, op->addr2 + op->len);
	if (err) {
		mm_file_put(file);
		return err;
	}
	err = mm_mmap(mm, op->addr, op->len, prot_bits(op->prot), flags, file, op->addr2);
	object_release(sim, object);
	object->kind = SIM_MAP;
	object->file = file;
	if (!err && (op->flags & SCRIPT_MAP_POPULATE) && (op->prot))
		err = mm_populate(mm, op->addr, op->len,
				  op->prot & SCRIPT_PROT_W && !(op->flags & SCRIPT_MAP_SHARED));
	if (!err && (op->flags & SCRIPT_MAP_HUGE))
		err = mm_madvise(mm, op->addr, op->len, MADV_HUGEPAGE);
	if (!err && (op->flags & SCRIPT_MAP_NOHUGE))
		err = mm_madvise(mm, op->addr, op->len, MADV_NOHUGEPAGE);
	return err;
}

static int op_truncate(struct sim *sim, const struct script_op *op)
{
	struct sim_object *object = object_of(sim, op->name2);

	if (object->kind != SIM_MAP || !object->file)
		return -EBADF;
	return mm_truncate(object->file, op->len);
}

static int op_mremap(struct sim *sim, const struct script_op *op)
{
	int flags = 0;

	if (!(op->flags & SCRIPT_MREMAP_IN_PLACE))
		flags = MREMAP_MAYMOVE | MREMAP_FIXED;
	if (op->flags & SCRIPT_MREMAP_DONTUNMAP)
		flags |= MREMAP_DONTUNMAP;
	return mm_mremap(sim->process->mm, op->addr, op->len, op->len2, flags, op->addr2);
}

static void process_start(struct sim *sim, struct sim_object *object, struct mm_struct *mm)
{
	object->kind = SIM_PROCESS;
	object->mm = mm;
	object->pid = ++sim->last_pid;
	mm_notifiers(mm)->pid = object->pid;
	mm_observe(mm);
	LIST_INSERT_HEAD(&sim->live, object, live);
}

static void release_all(struct sim *sim, const struct mm_struct *mm, enum sim_object_kind kind)
{
	size_t i;

	for (i = 0; i < sim->script->nr_names; i++)
		if (sim->objects[i].kind == kind && sim->objects[i].mm == mm)
			object_release(sim, &sim->objects[i]);
}

/* An address space goes, and tells the VMs in it; their descriptors are closed later. */
static void mm_end(struct sim *sim, struct mm_struct *mm)
{
	size_t i;

	release_all(sim, mm, SIM_DEVICE);
	for (i = 0; i < sim->nr_slots; i++)
		if (sim->slots[i].mm == mm)
			sim->slots[i].len = 0;
	sim_keep_mm(sim, mm);
	mm_destroy(mm);
	release_all(sim, mm, SIM_VM);
}

static void process_end(struct sim *sim, struct sim_object *object)
{
	mm_end(sim, object->mm);
	LIST_REMOVE(object, live);
	object->mm = NULL;
}

/*
 * Linux: exec_mmap() of begin_new_exec(), then the descriptors that close. The new program's own
 * memory is no more of the script than that of its first process.
 */
static int op_exec(struct sim *sim)
{
	struct sim_object *process = sim->process;
	struct mm_struct *mm;
	int err = mm_create(sim->machine, &mm);

	if (err)
		return err;
	mm_end(sim, process->mm);
	process->mm = mm;
	mm_notifiers(mm)->pid = process->pid;
	mm_observe(mm);
	return 0;
}

static int op_fork(struct sim *sim, const struct script_op *op)
{
	struct sim_object *object = object_of(sim, op->name);
	struct mm_struct *child;
	int err;

	if (object->kind == SIM_PROCESS && object->mm)
		return -EEXIST;
	err = mm_fork(sim->process->mm, &child);
	if (!err)
		process_start(sim, object, child);
	return err;
}

static int op_switch(struct sim *sim, const struct script_op *op)
{
	struct sim_object *object = object_of(sim, op->name2);

	if (object->kind != SIM_PROCESS || !object->mm)
		return -ESRCH;
	sim->process = object;
	sim->events.pid = object->pid;
	return 0;
}

static int op_exit(struct sim *sim, const struct script_op *op)
{
	struct sim_object *object = object_of(sim, op->name2);

	if (object->kind != SIM_PROCESS || !object->mm || object == sim->process ||
	    object == sim->main)
		return -ESRCH;
	process_end(sim, object);
	return 0;
}

static int op_forkwait(struct sim *sim)
{
	return mm_forkwait(sim->process->mm);
}

static enum kvm_mmu_kind mmu_kind(const struct sim *sim, const struct script_op *op)
{
	static const enum kvm_mmu_kind kinds[SCRIPT_MMU_NR] = {
		[SCRIPT_MMU_TDP] = KVM_MMU_TDP,
		[SCRIPT_MMU_DIRECT] = KVM_MMU_DIRECT,
		[SCRIPT_MMU_SHADOW] = KVM_MMU_SHADOW,
		[SCRIPT_MMU_NESTED] = KVM_MMU_NESTED,
	};

	return kinds[sim->options->mmu >= 0 ? sim->options->mmu : op->mmu];
}

static int op_vm(struct sim *sim, const struct script_op *op)
{
	struct sim_object *object = object_of(sim, op->name);
	struct kvm_config config = {
		.mmu = mmu_kind(sim, op),
		.profile = kvm_profile_find(sim->profile->name),
		.mm = sim->process->mm,
		.events = &sim->events,
		.literal = sim->options->literal,
		.rmap_index = sim->options->designs & SIM_DESIGN_RMAP_INDEX,
		.no_tdp_mmu = op->flags & SCRIPT_VM_NO_TDP_MMU,
	};
	struct sim_guest *guest;
	struct kvm *kvm;
	int err;

	if (object->kind == SIM_VM)
		return -EEXIST;
	guest = mem_zalloc(sizeof(*guest));
	if (!guest)
		return -ENOMEM;
	err = kvm_create(&config, &kvm);
	if (err) {
		mem_free(guest);
		return err;
	}
	if (op->flags & (SCRIPT_VM_MANUAL_PROTECT | SCRIPT_VM_INITIALLY_SET))
		kvm_enable_dirty_log_protect(kvm, op->flags & SCRIPT_VM_INITIALLY_SET);
	object->kind = SIM_VM;
	object->guest = guest;
	guest->seen[0] = UINT64_MAX; /* told in any case, as the executor does */
	guest->shadow = config.mmu == KVM_MMU_SHADOW;
	guest->followed = sim->options->executor;
	/* its vCPUs; under verify none has a thread of its own */
	if (!sim->options->executor)
		mm_set_threaded(sim->process->mm);
	object->kvm = kvm;
	object->nested = config.mmu == KVM_MMU_NESTED;
	object->ncr3 = 0;
	if (object->nested)
		kvm_set_l1_nx(kvm, true);
	object->mm = sim->process->mm;
	LIST_INSERT_HEAD(&sim->live, object, live);
	return 0;
}

/* Remember the slot for the audit. */
static int remember_slot(struct sim *sim, struct sim_object *vm, const struct script_op *op)
{
	struct sim_slot *slot = NULL;
	size_t i;
	int err;

	for (i = 0; i < sim->nr_slots; i++)
		if (sim->slots[i].kvm == vm->kvm && sim->slots[i].slot == op->slot)
			slot = &sim->slots[i];
	if (!slot) {
		err = mem_grow(&sim->slots, &sim->cap_slots, sim->nr_slots + 1,
			       sizeof(sim->slots[0]));
		if (err)
			return err;
		slot = &sim->slots[sim->nr_slots++];
	}
	*slot = (struct sim_slot){
		.kvm = vm->kvm,
		.mm = vm->mm,
		.slot = op->slot,
		.gpa = script_op_gpa(op),
		.addr = op->addr,
		.len = op->flags & SCRIPT_MEMSLOT_DELETE ? 0 : op->len,
	};
	return 0;
}

static int op_memslot(struct sim *sim, const struct script_op *op)
{
	struct sim_object *vm = object_of(sim, op->name2);
	struct kvm_memory_region region = {
		.slot = op->slot,
		.flags = (op->flags & SCRIPT_MEMSLOT_READONLY ? KVM_MEM_READONLY : 0) |
			 (op->flags & SCRIPT_MEMSLOT_DIRTY_LOG ? KVM_MEM_LOG_DIRTY_PAGES : 0),
		.guest_phys_addr = script_op_gpa(op),
		.memory_size = op->flags & SCRIPT_MEMSLOT_DELETE ? 0 : op->len,
		.userspace_addr = op->addr,
	};
	int err;

	if (vm->kind != SIM_VM)
		return -EBADF;
	err = kvm_set_memory_region(vm->kvm, &region);
	return err ? err : remember_slot(sim, vm, op);
}

static int op_dirty_log(struct sim *sim, const struct script_op *op)
{
	struct sim_object *vm = object_of(sim, op->name2);
	struct kvm_dirty_log log;
	int err;

	if (vm->kind != SIM_VM)
		return -EBADF;
	err = kvm_get_dirty_log(vm->kvm, op->slot, &log);
	if (err)
		return err;
	sim->dirty_pages += log.pages;
	EVENT(&sim->events, EVENT_KVM_DIRTY_LOG, op->name2, op->slot, log.pages, log.hash);
	return 0;
}

/* The ioctl counts in frames; a length that ends inside one means all of it. */
static int op_clear_dirty_log(struct sim *sim, const struct script_op *op)
{
	struct sim_object *vm = object_of(sim, op->name2);

	if (vm->kind != SIM_VM)
		return -EBADF;
	return kvm_clear_dirty_log(vm->kvm, op->slot, op->addr2 / PAGE_SIZE,
				   op->len / PAGE_SIZE + (op->len % PAGE_SIZE != 0));
}

static bool device_invalidate(struct mmu_interval_notifier *sub,
			      const struct mmu_notifier_range *range, unsigned long cur_seq)
{
	struct sim_device *device = (struct sim_device *)sub;

	(void)range;
	mmu_interval_set_seq(sub, cur_seq);
	device->invalidations++;
	return true;
}

static const struct mmu_interval_notifier_ops device_ops = { .invalidate = device_invalidate };

static int op_device(struct sim *sim, const struct script_op *op)
{
	struct sim_object *object = object_of(sim, op->name);
	struct mm_struct *mm = sim->process->mm;
	struct sim_device *device;
	int err;

	if (object->kind == SIM_DEVICE)
		return -EEXIST;
	device = mem_zalloc(sizeof(*device));
	if (!device)
		return -ENOMEM;
	err = mmu_interval_notifier_insert(&device->notifier, mm_notifiers(mm), op->addr, op->len,
					   &device_ops);
	if (err) {
		mem_free(device);
		return err;
	}
	object->kind = SIM_DEVICE;
	object->device = device;
	object->mm = mm;
	return 0;
}

static int op_sysctl(struct sim *sim, const struct script_op *op)
{
	static const enum thp_mode modes[SCRIPT_THP_NR] = {
		[SCRIPT_THP_NEVER] = THP_NEVER,
		[SCRIPT_THP_MADVISE] = THP_MADVISE,
		[SCRIPT_THP_ALWAYS] = THP_ALWAYS,
	};

	if (op->sysctl == SCRIPT_SYSCTL_THP)
		machine_set_thp(sim->machine, modes[op->count]);
	else
		machine_set_shmem_thp(sim->machine, modes[op->count]);
	return 0;
}

static int op_uffd(struct mm_struct *mm, const struct script_op *op)
{
	if (op->flags == SCRIPT_UFFD_REGISTER)
		return mm_uffd_register(mm, op->addr, op->len);
	if (op->flags == SCRIPT_UFFD_UNREGISTER)
		return mm_uffd_unregister(mm, op->addr, op->len);
	return mm_uffd_writeprotect(mm, op->addr, op->len, op->flags == SCRIPT_UFFD_WP);
}

static int op_numa_scan(struct mm_struct *mm, const struct script_op *op)
{
	uint64_t i;
	int err = 0;

	for (i = 0; i < op->count && !err; i++)
		err = mm_numa_scan(mm);
	return err;
}

static int op_age(struct mm_struct *mm, const struct script_op *op)
{
	struct mmu_notifier_mm *nmm = mm_notifiers(mm);
	uint64_t end = op->addr + op->len;
	int young;

	if (op->policy == SCRIPT_AGE_TEST)
		young = mmu_notifier_test_young(nmm, op->addr);
	else if (op->policy == SCRIPT_AGE_CLEAR)
		young = mmu_notifier_clear_young(nmm, op->addr, end);
	else
		young = mmu_notifier_clear_flush_young(nmm, op->addr, end);
	return young ? 0 : -ENODATA;
}

static int op_mbind(struct mm_struct *mm, const struct script_op *op)
{
	static const enum mm_mpol modes[SCRIPT_MPOL_NR] = {
		[SCRIPT_MPOL_DEFAULT] = MM_MPOL_DEFAULT,
		[SCRIPT_MPOL_BIND] = MM_MPOL_BIND,
		[SCRIPT_MPOL_PREFERRED] = MM_MPOL_PREFERRED,
		[SCRIPT_MPOL_INTERLEAVE] = MM_MPOL_INTERLEAVE,
		[SCRIPT_MPOL_LOCAL] = MM_MPOL_LOCAL,
	};
	unsigned int flags = (op->flags & SCRIPT_MBIND_MOVE ? MM_MBIND_MOVE : 0) |
			     (op->flags & SCRIPT_MBIND_STRICT ? MM_MBIND_STRICT : 0);

	return mm_mbind(mm, op->addr, op->len, modes[op->policy], op->nodes, flags);
}

static int execute_memory(struct sim *sim, const struct script_op *op)
{
	struct mm_struct *mm = sim->process->mm;

	switch (op->code) {
	case OP_TOUCH:
		return mm_access(mm, op->addr, op->len, op->step, access_kind(op->access));
	case OP_MPROTECT:
		return mm_mprotect(mm, op->addr, op->len, prot_bits(op->prot));
	case OP_MUNMAP:
		return mm_munmap(mm, op->addr, op->len);
	case OP_MADVISE:
		return mm_madvise(mm, op->addr, op->len, script_advice_number(op->advice));
	case OP_TRUNCATE:
		return op_truncate(sim, op);
	case OP_MREMAP:
		return op_mremap(sim, op);
	case OP_HEAP:
		return mm_set_heap(mm, op->addr);
	case OP_BRK:
		return mm_brk(mm, op->addr);
	case OP_KSM:
		return machine_ksm(sim->machine, op->count);
	case OP_NUMA_SCAN:
		return op_numa_scan(mm, op);
	case OP_MBIND:
		return op_mbind(mm, op);
	case OP_MOVE_PAGES:
		return mm_move_pages(mm, op->addr, op->len,
				     op->nodes ? __builtin_ctzll(op->nodes) : 0);
	case OP_UFFD:
		return op_uffd(mm, op);
	case OP_CLEAR_REFS:
		return mm_clear_refs(mm, op->count);
	case OP_PAGEMAP_SCAN:
		return mm_pagemap_scan(mm, op->addr, op->len, op->flags & SCRIPT_SCAN_WP);
	case OP_NUMA_HINT:
		return mm_numa_hint(mm, op->addr, op->len);
	case OP_PIN:
		return mm_pin(mm, op->addr, op->len);
	case OP_AGE:
		return op_age(mm, op);
	case OP_MAP:
		return op_map(sim, op);
	}
	return -ENOSYS;
}

int sim_execute(struct sim *sim, const struct script_op *op)
{
	switch (op->code) {
	case OP_FORK:
		return op_fork(sim, op);
	case OP_SWITCH:
		return op_switch(sim, op);
	case OP_EXIT:
		return op_exit(sim, op);
	case OP_FORKWAIT:
		return op_forkwait(sim);
	case OP_EXEC:
		return op_exec(sim);
	case OP_VM:
		return op_vm(sim, op);
	case OP_MEMSLOT:
		return op_memslot(sim, op);
	case OP_DIRTY_LOG:
		return op_dirty_log(sim, op);
	case OP_CLEAR_DIRTY_LOG:
		return op_clear_dirty_log(sim, op);
	case OP_GUEST:
		return sim_op_guest(sim, op);
	case OP_GUEST_MAP:
		return sim_op_guest_map(sim, op);
	case OP_GUEST_REMAP:
		return sim_op_guest_remap(sim, op);
	case OP_CR3:
		return sim_op_cr3(sim, op);
	case OP_INVLPG:
		return sim_op_invlpg(sim, op);
	case OP_L2_MAP:
		return sim_l2_map(sim, op);
	case OP_L2_REMAP:
		return sim_l2_remap(sim, op);
	case OP_VMRUN:
		return sim_vmrun(sim, op);
	case OP_DEVICE:
		return op_device(sim, op);
	case OP_SYSCTL:
		return op_sysctl(sim, op);
	}
	return execute_memory(sim, op);
}

void sim_teardown(struct sim *sim)
{
	size_t i;

	sim->nr_slots = 0;
	if (sim->machine)
		machine_end(sim->machine);
	for (i = 0; sim->objects && i < sim->script->nr_names; i++) {
		struct sim_object *object = &sim->objects[i];

		if (object->kind == SIM_VM || object->kind == SIM_DEVICE)
			object_release(sim, object);
	}
	while (!LIST_EMPTY(&sim->live)) {
		struct sim_object *object = LIST_FIRST(&sim->live);

		LIST_REMOVE(object, live);
		object->mm = mm_destroy(object->mm);
	}
	for (i = 0; sim->objects && i < sim->script->nr_names; i++)
		if (sim->objects[i].kind == SIM_MAP)
			object_release(sim, &sim->objects[i]);
	mem_free(sim->objects);
	mem_free(sim->slots);
	mem_free(sim->spaces);
	mem_free(sim->seen);
	machine_destroy(sim->machine);
}
