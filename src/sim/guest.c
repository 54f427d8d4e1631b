// SPDX-License-Identifier: GPL-2.0-or-later
/* Operations of a guest: its accesses, its own page tables, CR3. */
#include "sim_internal.h"

static struct sim_object *vm_of(struct sim *sim, const struct script_op *op)
{
	struct sim_object *vm = &sim->objects[op->name2];

	return vm->kind == SIM_VM ? vm : NULL;
}

static int access_gva(struct kvm *kvm, const struct script_op *op, unsigned int access)
{
	uint64_t at;
	int err = 0;

	for (at = 0; at < op->len && !err; at += op->step) {
		err = kvm_guest_access_gva(kvm, script_op_gpa(op) + at, access);
		if (op->step > UINT64_MAX - at)
			break;
	}
	return err;
}

int sim_op_guest(struct sim *sim, const struct script_op *op)
{
	static const unsigned int kinds[] = {
		[SCRIPT_ACCESS_R] = KVM_ACCESS_READ,
		[SCRIPT_ACCESS_W] = KVM_ACCESS_WRITE,
		[SCRIPT_ACCESS_X] = KVM_ACCESS_EXEC,
	};
	struct sim_object *vm = vm_of(sim, op);

	if (!vm)
		return -EBADF;
	if (op->flags & SCRIPT_GUEST_L2)
		return sim_l2_access(sim, op, kinds[op->access]);
	if (vm->guest->followed)
		return sim_executor_guest(sim, vm, op, kinds[op->access]);
	if (op->flags & SCRIPT_GUEST_GVA)
		return access_gva(vm->kvm, op, kinds[op->access]);
	return kvm_guest_access_range(vm->kvm, script_op_gpa(op), op->len, op->step,
				      kinds[op->access], NULL);
}

int sim_find_space(struct sim *sim, struct sim_object *vm, uint64_t root, bool make,
		   struct kvm_guest_tables **ret_tables)
{
	struct sim_space *space;
	size_t i;
	int err;

	for (i = 0; i < sim->nr_spaces; i++)
		if (sim->spaces[i].kvm == vm->kvm && sim->spaces[i].tables.root == root)
			break;
	if (i == sim->nr_spaces && !make)
		return -ENOENT;
	if (i == sim->nr_spaces) {
		err = mem_grow(&sim->spaces, &sim->cap_spaces, i + 1, sizeof(*space));
		if (err)
			return err;
		space = &sim->spaces[sim->nr_spaces++];
		*space = (struct sim_space){
			.kvm = vm->kvm,
			.tables = { .root = root, .next = root + 4096, .end = UINT64_MAX },
		};
	}
	*ret_tables = &sim->spaces[i].tables;
	return 0;
}

unsigned int sim_leaf_level(uint64_t page_size)
{
	return page_size == 1ull << 30 ? 3 : page_size > 4096 ? 2 : 1;
}

uint64_t sim_entry_flags(const struct script_op *op)
{
	return (op->prot & SCRIPT_PROT_W ? KVM_GPTE_WRITABLE : 0) |
	       (op->prot & SCRIPT_PROT_X ? 0 : KVM_GPTE_NX) |
	       (op->flags & SCRIPT_GPTE_USER ? KVM_GPTE_USER : 0) |
	       (op->flags & SCRIPT_GPTE_ACCESSED ? KVM_GPTE_ACCESSED : 0) |
	       (op->flags & SCRIPT_GPTE_DIRTY ? KVM_GPTE_DIRTY : 0);
}

static const enum kvm_guest_paging formats[SCRIPT_PAGING_NR] = {
	[SCRIPT_PAGING_LONG] = KVM_PAGING_LONG,
	[SCRIPT_PAGING_LA57] = KVM_PAGING_LA57,
	[SCRIPT_PAGING_PAE] = KVM_PAGING_PAE,
	[SCRIPT_PAGING_32] = KVM_PAGING_32,
};

unsigned int sim_script_paging(enum kvm_guest_paging format)
{
	unsigned int paging = 0;

	while (formats[paging] != format)
		paging++;
	return paging;
}

/* The loader of real guests begins with the top entry for what is the executor's. */
static int make_space(struct sim *sim, struct sim_object *vm, const struct script_op *op,
		      struct kvm_guest_tables **ret_tables)
{
	static const unsigned int own_entry[SCRIPT_PAGING_NR] = { 255 * 8, 255 * 8, 3 * 8, 511 * 8 };
	uint64_t root = script_op_tables(op);
	int err = sim_find_space(sim, vm, root, false, ret_tables);

	if (!err)
		return (*ret_tables)->paging == formats[op->paging] ? 0 : -EINVAL;
	err = kvm_load_guest_entry(vm->kvm, root + own_entry[op->paging],
				   vm->guest->followed ? sim_executor_entry(vm, op->paging) : 0);
	if (!err)
		err = sim_find_space(sim, vm, root, true, ret_tables);
	if (!err)
		(*ret_tables)->paging = formats[op->paging];
	return err;
}

int sim_map_guest_range(struct sim_object *vm, struct kvm_guest_tables *tables,
			const struct script_op *op, uint64_t flags)
{
	/* one by one where each has the same target */
	uint64_t step = op->flags & SCRIPT_GPTE_SAME ? op->page_size : op->len, at;
	int err = 0;

	for (at = 0; at < op->len && !err; at += step)
		err = kvm_guest_map(vm->kvm, tables, op->addr + at, script_op_gpa(op), step,
				    sim_leaf_level(op->page_size), flags);
	return err;
}

int sim_op_guest_map(struct sim *sim, const struct script_op *op)
{
	struct sim_object *vm = vm_of(sim, op);
	struct kvm_guest_tables *tables;
	int err;

	if (!vm)
		return -EBADF;
	if (vm->nested)
		return -EINVAL;
	err = make_space(sim, vm, op, &tables);
	return err ? err : sim_map_guest_range(vm, tables, op, sim_entry_flags(op));
}

/* Before an operation that needs the guest to run with tables of its own. */
static int shadow_vcpu(struct sim *sim, struct sim_object *vm)
{
	if (!vm)
		return -EBADF;
	return vm->guest->shadow ? sim_executor_vcpu(sim, vm) : -EINVAL;
}

int sim_op_guest_remap(struct sim *sim, const struct script_op *op)
{
	struct sim_object *vm = vm_of(sim, op);
	unsigned int level = sim_leaf_level(op->page_size);
	struct kvm_guest_tables *tables;
	uint64_t entry, at, value = 0;
	int err = shadow_vcpu(sim, vm);

	if (!err)
		err = sim_find_space(sim, vm, script_op_tables(op), false, &tables);
	if (!err)
		err = kvm_guest_find_entry(vm->kvm, tables, op->addr, level, &entry);
	if (err)
		return err;
	at = script_op_via(op) + entry - tables->root;
	if (op->prot)
		value = kvm_guest_leaf(tables, script_op_gpa(op), level, sim_entry_flags(op));
	return vm->guest->followed ? sim_executor_store(sim, vm, at, value) :
				     kvm_guest_store(vm->kvm, at, value);
}

int sim_op_cr3(struct sim *sim, const struct script_op *op)
{
	struct sim_object *vm = vm_of(sim, op);
	struct kvm_guest_tables *tables;
	int err = shadow_vcpu(sim, vm);

	if (!err)
		err = sim_find_space(sim, vm, script_op_gpa(op), false, &tables);
	if (err)
		return err;
	return vm->guest->followed ? sim_executor_cr3(sim, vm, tables->root, tables->paging) :
				     kvm_load_cr3(vm->kvm, tables->root, tables->paging);
}

int sim_op_invlpg(struct sim *sim, const struct script_op *op)
{
	struct sim_object *vm = vm_of(sim, op);
	int err = shadow_vcpu(sim, vm);

	if (err)
		return err;
	return vm->guest->followed ? sim_executor_invlpg(sim, vm, op->addr) :
				     kvm_invlpg(vm->kvm, op->addr);
}

void sim_forget_spaces(struct sim *sim, const struct kvm *kvm)
{
	size_t i = 0;

	while (i < sim->nr_spaces)
		if (sim->spaces[i].kvm == kvm)
			sim->spaces[i] = sim->spaces[--sim->nr_spaces];
		else
			i++;
}
