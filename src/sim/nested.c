// SPDX-License-Identifier: GPL-2.0-or-later
/* Guests of guests: L1's nested tables, VMRUN, L2's accesses. */
#include "sim_internal.h"

#include <string.h>

/* Tables below one top table: where the next one goes. */
struct sim_tables {
	SLIST_ENTRY(sim_tables) link;
	struct kvm_guest_tables area;
};

/* The executor on real kernels puts the entry for its own memory there. */
#define OWN_ENTRY 1

void sim_tables_release(struct sim_object *vm)
{
	struct sim_tables *tables;

	while ((tables = SLIST_FIRST(&vm->tables))) {
		SLIST_REMOVE_HEAD(&vm->tables, link);
		mem_free(tables);
	}
}

/* The area of the tables below @root. The loader writes to a new one's top table. */
static int get_tables(struct sim_object *vm, uint64_t root, struct sim_tables **ret_tables)
{
	struct sim_tables *tables;
	int err;

	SLIST_FOREACH (tables, &vm->tables, link)
		if (tables->area.root == root)
			break;
	if (!tables) {
		err = kvm_load_guest_entry(vm->kvm, root + 8 * OWN_ENTRY, 0);
		if (err)
			return err;
		tables = mem_zalloc(sizeof(*tables));
		if (!tables)
			return -ENOMEM;
		tables->area = (struct kvm_guest_tables){
			.root = root, .next = root + PAGE_SIZE, .end = SCRIPT_L2_GPA_END
		};
		SLIST_INSERT_HEAD(&vm->tables, tables, link);
	}
	*ret_tables = tables;
	return 0;
}

static int nested_vm(struct sim *sim, const struct script_op *op, struct sim_object **ret_vm)
{
	struct sim_object *vm = &sim->objects[op->name2];

	if (vm->kind != SIM_VM)
		return -EBADF;
	if (!vm->nested)
		return -EINVAL;
	*ret_vm = vm;
	return 0;
}

int sim_l2_map(struct sim *sim, const struct script_op *op)
{
	unsigned int level = op->page_size >> 30 ? 3 : op->page_size >> 21 ? 2 : 1;
	uint64_t flags = KVM_GPTE_USER;
	struct sim_tables *tables;
	struct sim_object *vm;
	int err = nested_vm(sim, op, &vm);

	if (!err)
		err = get_tables(vm, script_op_nested_tables(op), &tables);
	if (err)
		return err;
	if (!vm->has_ncr3)
		vm->ncr3 = script_op_nested_tables(op);
	vm->has_ncr3 = true;
	flags |= op->prot & SCRIPT_PROT_W ? KVM_GPTE_WRITABLE : 0;
	flags |= op->prot & SCRIPT_PROT_X ? 0 : KVM_GPTE_NX;
	flags |= op->flags & (SCRIPT_L2_ACCESSED | SCRIPT_L2_DIRTY) ? KVM_GPTE_ACCESSED : 0;
	flags |= op->flags & SCRIPT_L2_DIRTY ? KVM_GPTE_DIRTY : 0;
	flags |= op->prot ? 0 : KVM_GPTE_ABSENT;
	if (op->code == OP_L2_REMAP)
		return kvm_guest_map_live(vm->kvm, &tables->area, op->addr, op->addr2, op->len,
					  level, flags);
	return kvm_guest_map(vm->kvm, &tables->area, op->addr, op->addr2, op->len, level, flags);
}

int sim_vmrun(struct sim *sim, const struct script_op *op)
{
	struct sim_tables *tables;
	struct sim_object *vm;
	int err = nested_vm(sim, op, &vm);

	if (!err && op->flags & SCRIPT_L2_TABLES) {
		err = get_tables(vm, script_op_nested_tables(op), &tables);
		if (!err)
			vm->ncr3 = script_op_nested_tables(op);
		vm->has_ncr3 |= !err;
	}
	if (err)
		return err;
	return vm->has_ncr3 ? kvm_set_cr3(vm->kvm, vm->ncr3) : -EINVAL;
}

int sim_l2_access(struct sim *sim, const struct script_op *op, unsigned int access)
{
	struct sim_object *vm;
	int err = nested_vm(sim, op, &vm);
	uint64_t at;

	if (!err && !vm->has_ncr3)
		err = -EINVAL;
	if (!err)
		err = kvm_set_cr3(vm->kvm, vm->ncr3);
	for (at = 0; at < op->len && !err; at += op->step) {
		err = kvm_guest_access_gva(vm->kvm, script_op_gpa(op) + at, access);
		if (op->len - at <= op->step)
			break;
	}
	return err;
}
