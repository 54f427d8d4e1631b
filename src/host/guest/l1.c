// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A minimal L1 hypervisor (AMD SVM) inside a script's VM. L1 enters L2, which makes the
 * script's accesses in the same loops as L1 does and leaves by VMMCALL.
 *
 * L1's nested tables are the script's, in the script's memory. What L2 needs for itself
 * (its code, and its page tables, which are L1's: guest-virtual = guest-physical through
 * 1 GiB pages) lies at the same addresses in L1 and L2, in the executor's own slot. The
 * nested tables for it lie there, too; the script's top table gets one entry for them,
 * the second, with the accessed bit set so that nobody needs to write it. Everything else
 * that KVM does for them concerns frames of the own slot only, which the trace leaves
 * out.
 */
#include "guest_internal.h"

#include <errno.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>

#define EFER_SVME (1ull << 12)
#define EFER_L2 0x1500ull /* long mode, active; SVME */
#define MSR_VM_HSAVE_PA 0xc0010117

#define NPT_TABLE 0x27ull /* present, writable, user, accessed */
#define NPT_LEAF 0x67ull  /* the same, dirty */

/* Offsets in the control block: control area, save area. */
#define VMCB_EXCEPTIONS 0x008
#define VMCB_INTERCEPTS 0x00c
#define VMCB_SVM_INTERCEPTS 0x010
#define VMCB_ASID 0x058
#define VMCB_EXIT_CODE 0x070
#define VMCB_NESTED_PAGING 0x090
#define VMCB_NCR3 0x0b0
#define SAVE_ES 0x400
#define SAVE_CS 0x410
#define SAVE_SS 0x420
#define SAVE_DS 0x430
#define SAVE_LDTR 0x470
#define SAVE_TR 0x490
#define SAVE_EFER 0x4d0
#define SAVE_CR4 0x548
#define SAVE_CR3 0x550
#define SAVE_CR0 0x558
#define SAVE_DR7 0x560
#define SAVE_DR6 0x568
#define SAVE_RFLAGS 0x570
#define SAVE_RIP 0x578
#define SAVE_RSP 0x5d8
#define SAVE_RAX 0x5f8
#define SAVE_PAT 0x668

#define INTERCEPT_DEBUG (1u << 1) /* of the exceptions */
#define INTERCEPT_HLT (1u << 24)
#define INTERCEPT_SHUTDOWN (1u << 31)
#define INTERCEPT_VMRUN_VMMCALL 3u

#define EXIT_DEBUG 0x41
#define EXIT_SHUTDOWN 0x7f
#define EXIT_VMMCALL 0x81
#define EXIT_NPF 0x400

#define RFLAGS_FIXED 0x2ull
#define RFLAGS_TRAP 0x100ull
#define PAT_RESET 0x0007040600070406ull

/* L1: vmrun; stgi; out %al,$0x10 */
static const unsigned char code_enter[] = { 0x0f, 0x01, 0xd8, 0x0f, 0x01,
					    0xdc, 0xe6, 0x10 };
/* L1: mov %rsi,(%rdi); out %al,$0x10 */
static const unsigned char code_store[] = { 0x48, 0x89, 0x37, 0xe6, 0x10 };
/* L2: the loops of guestvm.c with vmmcall at the end, and vmmcall alone */
static const unsigned char code_read[] = { 0x8a, 0x07, 0x48, 0x01, 0xd7, 0x48, 0xff,
					   0xce, 0x75, 0xf6, 0x0f, 0x01, 0xd9 };
static const unsigned char code_write[] = { 0xc6, 0x07, 0x01, 0x48, 0x01, 0xd7, 0x48,
					    0xff, 0xce, 0x75, 0xf5, 0x0f, 0x01, 0xd9 };
static const unsigned char code_leave[] = { 0x0f, 0x01, 0xd9 };
#define CODE_ENTER 0x100
#define CODE_STORE 0x110
#define CODE_READ 0x120
#define CODE_WRITE 0x130
#define CODE_LEAVE 0x140

static uint64_t own_gpa(unsigned int page, unsigned int offset)
{
	return GUEST_OWN_GPA + page * GUEST_PAGE + offset;
}

static unsigned char *code_at(struct guest_vm *vm, unsigned int offset)
{
	return vm->own + GUEST_PAGE_CODE * GUEST_PAGE + offset;
}

static void put64(struct guest_vm *vm, unsigned int page, unsigned int offset,
		  uint64_t value)
{
	memcpy(vm->own + page * GUEST_PAGE + offset, &value, sizeof(value));
}

static unsigned int index_of(uint64_t addr, unsigned int level)
{
	return addr >> (12 + 9 * (level - 1)) & 511;
}

/* The executor's part of the nested tables, below the top one. */
static void fill_nested_tables(struct guest_vm *vm)
{
	uint64_t at;

	put64(vm, GUEST_PAGE_NPT3, 8 * index_of(GUEST_OWN_GPA, 3),
	      own_gpa(GUEST_PAGE_NPT2, 0) | NPT_TABLE);
	put64(vm, GUEST_PAGE_NPT2, 8 * index_of(GUEST_OWN_GPA, 2),
	      own_gpa(GUEST_PAGE_NPT1, 0) | NPT_TABLE);
	for (at = own_gpa(0, 0); at <= own_gpa(GUEST_PAGE_CODE, 0); at += GUEST_PAGE)
		put64(vm, GUEST_PAGE_NPT1, 8 * index_of(at, 1), at | NPT_LEAF);
}

uint64_t l1_own_entry(unsigned int *ret_index)
{
	*ret_index = index_of(GUEST_OWN_GPA, 4);
	return own_gpa(GUEST_PAGE_NPT3, 0) | NPT_TABLE;
}

int l1_prepare(struct guest_vm *vm)
{
	const struct kvm_msr_entry entry = { .index = MSR_VM_HSAVE_PA,
					     .data = own_gpa(GUEST_PAGE_HSAVE, 0) };
	_Alignas(struct kvm_msrs) char room[sizeof(struct kvm_msrs) + sizeof(entry)] = { 0 };
	struct kvm_msrs *msrs = (struct kvm_msrs *)room;
	struct kvm_sregs sregs;

	msrs->nmsrs = 1;
	memcpy(msrs->entries, &entry, sizeof(entry));
	fill_nested_tables(vm);
	memcpy(code_at(vm, CODE_ENTER), code_enter, sizeof(code_enter));
	memcpy(code_at(vm, CODE_STORE), code_store, sizeof(code_store));
	memcpy(code_at(vm, CODE_READ), code_read, sizeof(code_read));
	memcpy(code_at(vm, CODE_WRITE), code_write, sizeof(code_write));
	memcpy(code_at(vm, CODE_LEAVE), code_leave, sizeof(code_leave));
	if (ioctl(vm->vcpu_fd, KVM_GET_SREGS, &sregs))
		return -errno;
	sregs.efer |= EFER_SVME;
	if (ioctl(vm->vcpu_fd, KVM_SET_SREGS, &sregs))
		return -errno;
	return ioctl(vm->vcpu_fd, KVM_SET_MSRS, msrs) == 1 ? 0 : -EIO;
}

static void put_segment(struct guest_vm *vm, unsigned int at, uint16_t selector,
			uint16_t attributes, uint32_t limit)
{
	put64(vm, GUEST_PAGE_VMCB, at,
	      (uint64_t)limit << 32 | (uint64_t)attributes << 16 | selector);
	put64(vm, GUEST_PAGE_VMCB, at + 8, 0);
}

/* The whole control block anew: L2 in long mode at @rip. */
static void fill_vmcb(struct guest_vm *vm, uint64_t rip, uint64_t rflags, uint64_t rax)
{
	const struct {
		unsigned int at;
		uint64_t value;
	} fields[] = {
		{ VMCB_EXCEPTIONS,
		  INTERCEPT_DEBUG | (uint64_t)(INTERCEPT_HLT | INTERCEPT_SHUTDOWN) << 32 },
		{ VMCB_SVM_INTERCEPTS, INTERCEPT_VMRUN_VMMCALL },
		{ VMCB_ASID, 1 },
		{ VMCB_NESTED_PAGING, 1 },
		{ VMCB_NCR3, vm->ncr3 },
		{ SAVE_EFER, EFER_L2 },
		{ SAVE_CR4, 0x20 },
		{ SAVE_CR3, own_gpa(GUEST_PAGE_PML4, 0) },
		{ SAVE_CR0, 0x80000011 },
		{ SAVE_DR7, 0x400 },
		{ SAVE_DR6, 0xffff0ff0 },
		{ SAVE_RFLAGS, rflags },
		{ SAVE_RIP, rip },
		{ SAVE_RSP, own_gpa(GUEST_PAGE_CODE, GUEST_PAGE) },
		{ SAVE_RAX, rax },
		{ SAVE_PAT, PAT_RESET },
	};
	size_t i;

	memset(vm->own + GUEST_PAGE_VMCB * GUEST_PAGE, 0, GUEST_PAGE);
	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		put64(vm, GUEST_PAGE_VMCB, fields[i].at, fields[i].value);
	put_segment(vm, SAVE_ES, 16, 0xc93, UINT32_MAX);
	put_segment(vm, SAVE_CS, 8, 0xa9b, UINT32_MAX);
	put_segment(vm, SAVE_SS, 16, 0xc93, UINT32_MAX);
	put_segment(vm, SAVE_DS, 16, 0xc93, UINT32_MAX);
	put_segment(vm, SAVE_LDTR, 0, 0x082, 0xffff);
	put_segment(vm, SAVE_TR, 0, 0x08b, 0xffff);
}

static uint64_t exit_code(const struct guest_vm *vm)
{
	uint64_t code;

	memcpy(&code, vm->own + GUEST_PAGE_VMCB * GUEST_PAGE + VMCB_EXIT_CODE,
	       sizeof(code));
	return code;
}

/* What L1 found when L2 had left. */
static int exit_errno(uint64_t code)
{
	switch (code) {
	case EXIT_VMMCALL:
	case EXIT_DEBUG:
		return 0;
	case EXIT_NPF:
		return -EACCES;
	case EXIT_SHUTDOWN: /* an instruction that KVM cannot emulate: there is no slot */
		return -ENOENT;
	default:
		return -EIO;
	}
}

/* KVM_RUN came back while L2 ran: L2 leaves now. */
static void leave_l2(struct guest_vm *vm)
{
	struct kvm_regs regs;

	if (ioctl(vm->vcpu_fd, KVM_GET_REGS, &regs))
		return;
	regs.rip = own_gpa(GUEST_PAGE_CODE, CODE_LEAVE);
	regs.rflags = RFLAGS_FIXED;
	if (!ioctl(vm->vcpu_fd, KVM_SET_REGS, &regs))
		(void)guest_run(vm, KVM_EXIT_IO);
}

/* One VMRUN, with what @regs holds for L2. */
static int enter_l2(struct guest_vm *vm, struct kvm_regs *regs)
{
	int err;

	regs->rflags = RFLAGS_FIXED;
	regs->rax = own_gpa(GUEST_PAGE_VMCB, 0);
	regs->rip = own_gpa(GUEST_PAGE_CODE, CODE_ENTER);
	if (ioctl(vm->vcpu_fd, KVM_SET_REGS, regs))
		return -errno;
	err = guest_run(vm, KVM_EXIT_IO);
	if (err)
		leave_l2(vm);
	return err ? err : exit_errno(exit_code(vm));
}

/* L1 single-steps one instruction of L2 at each target, as guest_exec() does with L1. */
static int exec_l2(struct guest_vm *vm, const struct script_op *op)
{
	uint64_t scratch = own_gpa(GUEST_PAGE_CODE, GUEST_SCRATCH), at;
	struct kvm_regs regs = { 0 };
	int err = 0;

	for (at = 0; at < op->len && !err; at += op->step) {
		fill_vmcb(vm, script_op_gpa(op) + at, RFLAGS_FIXED | RFLAGS_TRAP, scratch);
		err = enter_l2(vm, &regs);
		if (op->len - at <= op->step)
			break;
	}
	return err;
}

int l1_guest(struct guest_vm *vm, const struct script_op *op)
{
	struct kvm_regs regs = { .rdi = script_op_gpa(op),
				 .rdx = op->step,
				 .rsi = (op->len - 1) / op->step + 1 };

	if (!vm->ncr3)
		return -EINVAL;
	if (op->access == SCRIPT_ACCESS_X)
		return exec_l2(vm, op);
	fill_vmcb(vm,
		  own_gpa(GUEST_PAGE_CODE,
			  op->access == SCRIPT_ACCESS_W ? CODE_WRITE : CODE_READ),
		  RFLAGS_FIXED, 0);
	return enter_l2(vm, &regs);
}

int l1_vmrun(struct guest_vm *vm)
{
	struct kvm_regs regs = { 0 };

	fill_vmcb(vm, own_gpa(GUEST_PAGE_CODE, CODE_LEAVE), RFLAGS_FIXED, 0);
	return enter_l2(vm, &regs);
}

int l1_store(struct guest_vm *vm, uint64_t gpa, uint64_t value)
{
	struct kvm_regs regs = { .rflags = RFLAGS_FIXED,
				 .rdi = gpa,
				 .rsi = value,
				 .rip = own_gpa(GUEST_PAGE_CODE, CODE_STORE) };

	return ioctl(vm->vcpu_fd, KVM_SET_REGS, &regs) ? -errno
						       : guest_run(vm, KVM_EXIT_IO);
}
