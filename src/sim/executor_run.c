// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A guest operation as the executor of `verify` makes it: the code it runs is fetched before and
 * between the accesses of the script, the processor walks the executor's tables, and a page fault
 * that the guest gets is delivered through its descriptor tables and its stack.
 */
#include "executor_internal.h"

#define HALF (1ull << 39)
/* Below, a guest under shadow paging runs without paging. */
#define FLAT_START (1ull << 32)

/* Where each mode's code is in the guest's addresses; its stack is the page behind it. */
static const uint64_t code_at[] = {
	[SCRIPT_PAGING_LONG] = 255ull << 39,
	[SCRIPT_PAGING_LA57] = 255ull << 48,
	[SCRIPT_PAGING_PAE] = 0xffe00000,
	[SCRIPT_PAGING_32] = 0xffc00000,
	[EXECUTOR_OFF] = EXECUTOR_LOW_GPA + PAGE_SIZE,
};

static int set_mode(struct sim *sim, struct sim_object *vm, unsigned int mode, uint64_t root)
{
	static const enum kvm_guest_paging formats[SCRIPT_PAGING_NR] = {
		[SCRIPT_PAGING_LONG] = KVM_PAGING_LONG,
		[SCRIPT_PAGING_LA57] = KVM_PAGING_LA57,
		[SCRIPT_PAGING_PAE] = KVM_PAGING_PAE,
		[SCRIPT_PAGING_32] = KVM_PAGING_32,
	};
	int err = executor_prepare_mode(sim, vm, mode);

	if (err)
		return err;
	if (mode == EXECUTOR_FLAT)
		err = kvm_set_sregs(vm->kvm, true, executor_page(EXECUTOR_PML4), KVM_PAGING_LONG);
	else
		err = kvm_set_sregs(vm->kvm, mode != EXECUTOR_OFF, root,
				    mode == EXECUTOR_OFF ? KVM_PAGING_LONG : formats[mode]);
	if (!err)
		vm->guest->mode = mode;
	return err;
}

/* One access by the addresses of the vCPU's mode. */
static int access_now(struct sim_object *vm, uint64_t addr, unsigned int access)
{
	if (vm->guest->mode == EXECUTOR_OFF)
		return kvm_guest_access(vm->kvm, addr, access);
	return kvm_guest_access_gva(vm->kvm, addr, access);
}

/* "add %al,(%rax)" of the script's memory: a page of the executor's is read, then written to. */
static int scratch(struct sim_object *vm, uint64_t addr,
		   int (*access)(struct sim_object *vm, uint64_t addr, unsigned int access))
{
	int err = access(vm, addr, KVM_ACCESS_READ);

	return err ? err : access(vm, addr, KVM_ACCESS_WRITE);
}

static int fetch_code(struct sim_object *vm)
{
	return access_now(vm, code_at[vm->guest->mode], KVM_ACCESS_EXEC);
}

/* The processor delivers a page fault; what the guest's handler returns is -EACCES. */
static int deliver_fault(struct sim_object *vm)
{
	uint64_t code = code_at[vm->guest->mode];
	int err = access_now(vm, code, KVM_ACCESS_READ);

	if (!err)
		err = access_now(vm, code + PAGE_SIZE, KVM_ACCESS_WRITE);
	if (!err)
		err = fetch_code(vm);
	return err == -ENOMEM ? err : -EACCES;
}

/* The code goes on behind an access that returned @err. */
static int behind(struct sim_object *vm, int err)
{
	if (err == -EACCES && vm->guest->mode != EXECUTOR_OFF)
		return deliver_fault(vm);
	return err ? err : fetch_code(vm);
}

static int run_accesses(struct sim_object *vm, const struct script_op *op, unsigned int access)
{
	uint64_t at, addr = script_op_gpa(op);
	int err = access == KVM_ACCESS_EXEC ? 0 : fetch_code(vm);

	for (at = 0; at < op->len && !err; at += op->step) {
		err = access_now(vm, addr + at, access);
		if (!err && access == KVM_ACCESS_EXEC)
			err = scratch(vm, code_at[vm->guest->mode] + PAGE_SIZE, access_now);
		else
			err = behind(vm, err);
		if (op->len - at <= op->step)
			break;
	}
	return err;
}

int sim_executor_paging_on(struct sim *sim, struct sim_object *vm)
{
	struct kvm_guest_tables *tables;
	unsigned int paging;
	int err = -EINVAL;

	if (vm->guest->paging_set)
		err = sim_find_space(sim, vm, vm->guest->paging, false, &tables);
	if (err)
		return -EINVAL;
	paging = sim_script_paging(tables->paging);
	return vm->guest->mode == paging ? 0 : set_mode(sim, vm, paging, tables->root);
}

static int shadow_guest(struct sim *sim, struct sim_object *vm, const struct script_op *op,
			unsigned int access)
{
	int err = 0;

	if (op->flags & SCRIPT_GUEST_GVA)
		err = sim_executor_paging_on(sim, vm);
	else if (vm->guest->mode != EXECUTOR_OFF)
		err = set_mode(sim, vm, EXECUTOR_OFF, 0);
	return err ? err : run_accesses(vm, op, access);
}

/* The processor's walk of the flat tables; with shadow paging KVM does that. */
static int walk_flat(struct sim_object *vm, uint64_t gpa)
{
	const unsigned int access = KVM_ACCESS_WRITE | KVM_ACCESS_PAGING;
	int err;

	if (vm->guest->shadow)
		return 0;
	err = kvm_guest_access(vm->kvm, executor_page(EXECUTOR_PML4), access);
	if (!err)
		err = kvm_guest_access(
			vm->kvm, executor_page(gpa < HALF ? EXECUTOR_PDPT0 : EXECUTOR_PDPT1), access);
	return err;
}

static int access_flat(struct sim_object *vm, uint64_t gpa, unsigned int access)
{
	int err = walk_flat(vm, gpa);

	if (err)
		return err;
	return vm->guest->shadow ? kvm_guest_access_gva(vm->kvm, gpa, access) :
				   kvm_guest_access(vm->kvm, gpa, access);
}

/* One access of the script. */
static int access_one(struct sim_object *vm, uint64_t gpa, unsigned int access)
{
	int err = access_flat(vm, gpa, access);

	if (!err && access == KVM_ACCESS_EXEC)
		err = scratch(vm, executor_page(EXECUTOR_CODE), access_flat);
	return err;
}

static int flat_guest(struct sim *sim, struct sim_object *vm, const struct script_op *op,
		      unsigned int access)
{
	uint64_t gpa = script_op_gpa(op), at;
	int err = 0;

	if (vm->guest->mode != EXECUTOR_FLAT)
		err = set_mode(sim, vm, EXECUTOR_FLAT, 0);
	if (err)
		return err;
	if (gpa + op->len > EXECUTOR_GPA || gpa + op->len < op->len)
		return -ENOENT;
	if (access != KVM_ACCESS_EXEC)
		err = access_flat(vm, executor_page(EXECUTOR_CODE), KVM_ACCESS_EXEC);
	for (at = 0; at < op->len && !err; at += op->step) {
		err = access_one(vm, gpa + at, access);
		if (op->len - at <= op->step)
			break;
	}
	return err;
}

int sim_executor_guest(struct sim *sim, struct sim_object *vm, const struct script_op *op,
		       unsigned int access)
{
	int err = sim_executor_vcpu(sim, vm);

	if (err)
		return err;
	if (op->flags & SCRIPT_GUEST_GVA && !vm->guest->shadow)
		return -EINVAL;
	if (vm->guest->shadow &&
	    (op->flags & SCRIPT_GUEST_GVA || script_op_gpa(op) + op->len <= FLAT_START))
		return shadow_guest(sim, vm, op, access);
	return flat_guest(sim, vm, op, access);
}

int sim_executor_cr3(struct sim *sim, struct sim_object *vm, uint64_t cr3,
		     enum kvm_guest_paging format)
{
	unsigned int paging = sim_script_paging(format);
	int err;

	vm->guest->paging = cr3;
	vm->guest->paging_set = true;
	if (vm->guest->mode == paging) {
		err = fetch_code(vm);
		if (!err)
			err = kvm_load_cr3(vm->kvm, cr3, format);
	} else {
		err = set_mode(sim, vm, paging, cr3);
	}
	return err ? err : fetch_code(vm);
}

int sim_executor_store(struct sim *sim, struct sim_object *vm, uint64_t addr, uint64_t value)
{
	int err = sim_executor_paging_on(sim, vm);

	if (!err)
		err = fetch_code(vm);
	if (!err)
		err = behind(vm, kvm_guest_store(vm->kvm, addr, value));
	return err;
}

int sim_executor_invlpg(struct sim *sim, struct sim_object *vm, uint64_t addr)
{
	int err = sim_executor_paging_on(sim, vm);

	if (!err)
		err = fetch_code(vm);
	if (!err)
		err = behind(vm, kvm_invlpg(vm->kvm, addr));
	return err;
}

/* L1's own code. */
static int fetch_l1(struct sim_object *vm)
{
	return access_flat(vm, executor_page(EXECUTOR_CODE), KVM_ACCESS_EXEC);
}

int sim_executor_l1_store(struct sim_object *vm, uint64_t gpa, uint64_t value)
{
	int err = fetch_l1(vm);

	if (!err)
		err = walk_flat(vm, gpa);
	if (!err)
		err = kvm_guest_store(vm->kvm, gpa, value);
	return err ? err : fetch_l1(vm);
}

/* L2 walks the same flat tables, at its own addresses. */
static int access_l2(struct sim_object *vm, uint64_t addr, unsigned int access)
{
	const unsigned int paging = KVM_ACCESS_WRITE | KVM_ACCESS_PAGING;
	int err = kvm_guest_access_gva(vm->kvm, executor_page(EXECUTOR_PML4), paging);

	if (!err)
		err = kvm_guest_access_gva(
			vm->kvm, executor_page(addr < HALF ? EXECUTOR_PDPT0 : EXECUTOR_PDPT1),
			paging);
	return err ? err : kvm_guest_access_gva(vm->kvm, addr, access);
}

static int fetch_l2(struct sim_object *vm)
{
	return access_l2(vm, executor_page(EXECUTOR_CODE), KVM_ACCESS_EXEC);
}

/* L1 enters L2 and is there again when @run is done: a page fault of L2's is L1's to see. */
static int enter_l2(struct sim *sim, struct sim_object *vm, const struct script_op *op,
		    unsigned int access,
		    int (*run)(struct sim_object *vm, const struct script_op *op,
			       unsigned int access))
{
	/* the executor fills the control block */
	int err = executor_write_page(sim, vm, vm->guest->own + EXECUTOR_VMCB * PAGE_SIZE), back;

	if (!err)
		err = fetch_l1(vm);
	if (!err)
		err = kvm_set_cr3(vm->kvm, vm->ncr3);
	if (err)
		return err;
	err = run(vm, op, access);
	if (err && err != -EACCES)
		return err;
	back = fetch_l1(vm);
	return back ? back : err;
}

static int run_nothing(struct sim_object *vm, const struct script_op *op, unsigned int access)
{
	(void)op;
	(void)access;
	return fetch_l2(vm);
}

static int run_l2(struct sim_object *vm, const struct script_op *op, unsigned int access)
{
	uint64_t at;
	int err = fetch_l2(vm);

	for (at = 0; at < op->len && !err; at += op->step) {
		err = access_l2(vm, script_op_gpa(op) + at, access);
		if (!err)
			err = fetch_l2(vm);
		if (op->len - at <= op->step)
			break;
	}
	return err;
}

/* One instruction of the script's memory. */
static int run_l2_exec(struct sim_object *vm, const struct script_op *op, unsigned int access)
{
	int err = access_l2(vm, op->addr, access);

	return err ? err : scratch(vm, executor_page(EXECUTOR_CODE), access_l2);
}

int sim_executor_vmrun(struct sim *sim, struct sim_object *vm)
{
	return enter_l2(sim, vm, NULL, 0, run_nothing);
}

int sim_executor_l2(struct sim *sim, struct sim_object *vm, const struct script_op *op,
		    unsigned int access)
{
	struct script_op one = *op;
	uint64_t at;
	int err = 0;

	if (access != KVM_ACCESS_EXEC)
		return enter_l2(sim, vm, op, access, run_l2);
	for (at = 0; at < op->len && !err; at += op->step) {
		one.addr = script_op_gpa(op) + at;
		err = enter_l2(sim, vm, &one, access, run_l2_exec);
		if (op->len - at <= op->step)
			break;
	}
	return err;
}
