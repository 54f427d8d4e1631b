// SPDX-License-Identifier: GPL-2.0-or-later
/* Guests of guests: L1's nested tables, VMRUN, L2's accesses. */
#include "sim_internal.h"

/* Index of the top entry where the executor on real kernels puts its own memory. */
#define OWN_ENTRY 1

static int nested_vm(struct sim *sim, const struct script_op *op, struct sim_object **ret_vm)
{
	struct sim_object *vm = &sim->objects[op->name2];

	if (vm->kind != SIM_VM)
		return -EBADF;
	if (!vm->nested)
		return -EINVAL;
	*ret_vm = vm;
	return sim_executor_vcpu(sim, vm);
}

/* Tables that are new have their top one written to. */
static int get_tables(struct sim *sim, struct sim_object *vm, const struct script_op *op,
		      struct kvm_guest_tables **ret_tables)
{
	uint64_t root = script_op_tables(op);
	int err = sim_find_space(sim, vm, root, false, ret_tables);

	if (err == -ENOENT)
		err = kvm_load_guest_entry(vm->kvm, root + 8 * OWN_ENTRY,
					   vm->guest->followed ? sim_executor_entry(vm, 0) : 0);
	return err ? err : sim_find_space(sim, vm, root, true, ret_tables);
}

int sim_l2_map(struct sim *sim, const struct script_op *op)
{
	struct kvm_guest_tables *tables;
	struct sim_object *vm;
	int err = nested_vm(sim, op, &vm);

	if (!err)
		err = get_tables(sim, vm, op, &tables);
	if (err)
		return err;
	if (!vm->ncr3)
		vm->ncr3 = script_op_tables(op);
	return sim_map_guest_range(vm, tables, op, sim_entry_flags(op) | KVM_GPTE_USER);
}

int sim_l2_remap(struct sim *sim, const struct script_op *op)
{
	unsigned int level = sim_leaf_level(op->page_size);
	struct kvm_guest_tables *tables;
	struct sim_object *vm;
	uint64_t entry, value = 0;
	int err = nested_vm(sim, op, &vm);

	if (!err)
		err = sim_find_space(sim, vm, script_op_tables(op), false, &tables);
	if (!err)
		err = kvm_guest_find_entry(vm->kvm, tables, op->addr, level, &entry);
	if (err)
		return err;
	if (op->prot)
		value = kvm_guest_leaf(tables, script_op_gpa(op), level,
				       sim_entry_flags(op) | KVM_GPTE_USER);
	return vm->guest->followed ? sim_executor_l1_store(vm, entry, value) :
				     kvm_guest_store(vm->kvm, entry, value);
}

int sim_vmrun(struct sim *sim, const struct script_op *op)
{
	struct kvm_guest_tables *tables;
	struct sim_object *vm;
	int err = nested_vm(sim, op, &vm);

	if (!err && op->flags & SCRIPT_GPTE_TABLES)
		err = get_tables(sim, vm, op, &tables);
	if (err)
		return err;
	if (op->flags & SCRIPT_GPTE_TABLES)
		vm->ncr3 = script_op_tables(op);
	if (!vm->ncr3)
		return -EINVAL;
	return vm->guest->followed ? sim_executor_vmrun(sim, vm) : kvm_set_cr3(vm->kvm, vm->ncr3);
}

int sim_l2_access(struct sim *sim, const struct script_op *op, unsigned int access)
{
	struct sim_object *vm;
	int err = nested_vm(sim, op, &vm);
	uint64_t at;

	if (!err && !vm->ncr3)
		err = -EINVAL;
	if (err)
		return err;
	if (vm->guest->followed)
		return sim_executor_l2(sim, vm, op, access);
	err = kvm_set_cr3(vm->kvm, vm->ncr3);
	for (at = 0; at < op->len && !err; at += op->step) {
		err = kvm_guest_access_gva(vm->kvm, script_op_gpa(op) + at, access);
		if (op->len - at <= op->step)
			break;
	}
	return err;
}
