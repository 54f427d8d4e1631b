// SPDX-License-Identifier: GPL-2.0-or-later
/* L1's nested page tables: the loader writes them, L1 rewrites them and enters L2 with them. */
#include "guest_internal.h"
#include "guestpaging_internal.h"

#include <errno.h>

int op_l2_map(struct executor *ex, const struct script_op *op)
{
	struct guest_vm *vm = &ex->vm[op->name2];
	struct guest_space *space;
	int err = guest_l1(ex, vm);

	if (!err)
		err = guest_get_space(vm, op, &space);
	if (err)
		return err;
	if (!vm->ncr3)
		vm->ncr3 = space->root;
	return guest_map_range(vm, space, op);
}

int op_l2_remap(struct executor *ex, const struct script_op *op)
{
	struct guest_vm *vm = &ex->vm[op->name2];
	struct guest_space *space = NULL;
	uint64_t entry, value;
	int err = guest_l1(ex, vm);

	if (!err)
		space = guest_find_space(vm, script_op_tables(op));
	if (!err && !space)
		err = -ENOENT;
	if (!err)
		err = guest_find_entry(vm, space, op, &entry);
	if (err)
		return err;
	value = guest_leaf(space, op, script_op_gpa(op));
	err = l1_store(vm, entry, value);
	return err ? err : guest_keep_entry(vm, space, entry, value);
}

int op_vmrun(struct executor *ex, const struct script_op *op)
{
	struct guest_vm *vm = &ex->vm[op->name2];
	struct guest_space *space;
	int err = guest_l1(ex, vm);

	if (!err && op->flags & SCRIPT_GPTE_TABLES) {
		err = guest_get_space(vm, op, &space);
		if (!err)
			vm->ncr3 = space->root;
	}
	if (!err && !vm->ncr3)
		err = -EINVAL;
	return err ? err : l1_vmrun(vm);
}
