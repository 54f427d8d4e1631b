// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A guest under shadow paging: with paging off, or in the paging mode that its tables are
 * of. Its code, stack and descriptor tables are pages of the executor. With paging on
 * they are mapped at the end of the guest-virtual space by the executor's own tables, to
 * which each of the script's top tables has one entry; accessed and dirty bits are set
 * there from the start, so that nobody writes to the script's table because of it.
 */
#include "guestpaging_internal.h"

#include <errno.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#define PAGED_SLOT 32001
#define LOW_SLOT 32002
#define OWN_PAGES 16

/* Pages at GUEST_PAGED_GPA; */
enum {
	PAGE_PML4, /* below a five-level top table */
	PAGE_PDPT,
	PAGE_PD,
	PAGE_PT,
	PAGE_PD_PAE,
	PAGE_PT_PAE,
	PAGE_CODE64,
	PAGE_CODE_PAE,
	PAGE_STACK,
};
/* and at GUEST_LOW_GPA. */
enum { LOW_PT, LOW_CODE, LOW_STACK };

#define TABLE 0x67ull /* present, writable, user, accessed, dirty */
#define PAGE_RWX 0x67ull

/* Where the code is in its page, and the descriptor tables. */
enum {
	CODE_READ = 0x0,
	CODE_WRITE = 0x10,
	CODE_STORE = 0x20,
	CODE_CR3 = 0x30,
	CODE_INVLPG = 0x40,
	CODE_NOTHING = 0x50,
	CODE_PF = 0x60,
	CODE_IDT = 0x400,
	CODE_GDT = 0x600,
};
#define PORT_PF 0x11
#define PF_VECTOR 14
#define SCRATCH 0x100

#define CR0_PROTECTED 0x11ull
#define CR0_PAGING 0x80010000ull /* PG, WP */
#define CR4_PSE 0x10ull
#define CR4_PAE 0x20ull
#define CR4_LA57 0x1000ull
#define EFER_LONG 0x500ull
#define EFER_NX 0x800ull

/*
 * struct mode - how the vCPU runs
 * @base: address of the code page, the stack is behind it
 * @code: which page of the executor's memory the code is in, @low: of the region below 4G
 */
struct mode {
	uint64_t base;
	unsigned int code;
	bool low;
	uint64_t cr0, cr4, efer;
};

static const struct mode modes[] = {
	[SCRIPT_PAGING_LONG] = { 255ull << 39, PAGE_CODE64, false, CR0_PROTECTED | CR0_PAGING,
				 CR4_PAE, EFER_LONG | EFER_NX },
	[SCRIPT_PAGING_LA57] = { 255ull << 48, PAGE_CODE64, false, CR0_PROTECTED | CR0_PAGING,
				 CR4_PAE | CR4_LA57, EFER_LONG | EFER_NX },
	[SCRIPT_PAGING_PAE] = { 0xffe00000, PAGE_CODE_PAE, false, CR0_PROTECTED | CR0_PAGING,
				CR4_PAE, EFER_NX },
	[SCRIPT_PAGING_32] = { 0xffc00000, LOW_CODE, true, CR0_PROTECTED | CR0_PAGING, CR4_PSE,
			       0 },
	[GUEST_MODE_OFF] = { GUEST_LOW_GPA + LOW_CODE * GUEST_PAGE, LOW_CODE, true,
			     CR0_PROTECTED, 0, 0 },
};

/*
 * rdi: address, rsi: how often, rdx: distance. Every piece of code ends with an I/O exit.
 */
static const unsigned char read64[] = { 0x8a, 0x07, 0x48, 0x01, 0xd7, 0x48,
					0xff, 0xce, 0x75, 0xf6, 0xe6, 0x10 };
static const unsigned char write64[] = { 0xc6, 0x07, 0x01, 0x48, 0x01, 0xd7, 0x48,
					 0xff, 0xce, 0x75, 0xf5, 0xe6, 0x10 };
static const unsigned char store64[] = { 0x48, 0x89, 0x07, 0xe6, 0x10 };
static const unsigned char read32[] = { 0x8a, 0x07, 0x01, 0xd7, 0xff,
					0xce, 0x75, 0xf8, 0xe6, 0x10 };
static const unsigned char write32[] = { 0xc6, 0x07, 0x01, 0x01, 0xd7, 0xff,
					 0xce, 0x75, 0xf7, 0xe6, 0x10 };
static const unsigned char store32[] = { 0x89, 0x07, 0xe6, 0x10 };
/* the half with the present bit first, as the model does */
static const unsigned char store_pae[] = { 0x89, 0x07, 0x89, 0x57, 0x04, 0xe6, 0x10 };
static const unsigned char cr3[] = { 0x0f, 0x22, 0xd8, 0xe6, 0x10 };
static const unsigned char invlpg[] = { 0x0f, 0x01, 0x3f, 0xe6, 0x10 };
static const unsigned char nothing[] = { 0xe6, 0x10 };
static const unsigned char page_fault[] = { 0xe6, PORT_PF };

#define PUT(page, at, code) memcpy((page) + (at), (code), sizeof(code))

static void fill_code(unsigned char *page, uint64_t base, bool wide)
{
	const uint64_t gdt[] = { 0, wide ? 0x00af9b000000ffffull : 0x00cf9b000000ffffull,
				 0x00cf93000000ffffull };
	uint64_t handler = base + CODE_PF;
	uint64_t gate = (handler & 0xffff) | 8ull << 16 | 0x8eull << 40 |
			(handler >> 16 & 0xffff) << 48;
	uint64_t gate_high = handler >> 32;

	memcpy(page + CODE_GDT, gdt, sizeof(gdt));
	memcpy(page + CODE_IDT + PF_VECTOR * (wide ? 16 : 8), &gate, 8);
	if (wide)
		memcpy(page + CODE_IDT + PF_VECTOR * 16 + 8, &gate_high, 8);
	PUT(page, CODE_CR3, cr3);
	PUT(page, CODE_INVLPG, invlpg);
	PUT(page, CODE_NOTHING, nothing);
	PUT(page, CODE_PF, page_fault);
	if (wide) {
		PUT(page, CODE_READ, read64);
		PUT(page, CODE_WRITE, write64);
		PUT(page, CODE_STORE, store64);
	} else {
		PUT(page, CODE_READ, read32);
		PUT(page, CODE_WRITE, write32);
		PUT(page, CODE_STORE, store32);
	}
}

static uint64_t paged_gpa(unsigned int page)
{
	return GUEST_PAGED_GPA + page * GUEST_PAGE;
}

static void fill_paged(unsigned char *own)
{
	uint64_t *table[PAGE_CODE64];
	unsigned int i;

	for (i = 0; i < PAGE_CODE64; i++)
		table[i] = (uint64_t *)(own + i * GUEST_PAGE);
	table[PAGE_PML4][0] = paged_gpa(PAGE_PDPT) | TABLE;
	table[PAGE_PDPT][0] = paged_gpa(PAGE_PD) | TABLE;
	table[PAGE_PD][0] = paged_gpa(PAGE_PT) | TABLE;
	table[PAGE_PT][0] = paged_gpa(PAGE_CODE64) | PAGE_RWX;
	table[PAGE_PT][1] = paged_gpa(PAGE_STACK) | PAGE_RWX;
	table[PAGE_PD_PAE][511] = paged_gpa(PAGE_PT_PAE) | TABLE;
	table[PAGE_PT_PAE][0] = paged_gpa(PAGE_CODE_PAE) | PAGE_RWX;
	table[PAGE_PT_PAE][1] = paged_gpa(PAGE_STACK) | PAGE_RWX;
	/* two bases: the offset in the table is the same, only the upper bits differ */
	fill_code(own + PAGE_CODE64 * GUEST_PAGE, modes[SCRIPT_PAGING_LONG].base, true);
	fill_code(own + PAGE_CODE_PAE * GUEST_PAGE, modes[SCRIPT_PAGING_PAE].base, false);
	PUT(own + PAGE_CODE_PAE * GUEST_PAGE, CODE_STORE, store_pae);
}

static void fill_low(unsigned char *own)
{
	uint32_t *table = (uint32_t *)own;

	table[0] = (GUEST_LOW_GPA + LOW_CODE * GUEST_PAGE) | PAGE_RWX;
	table[1] = (GUEST_LOW_GPA + LOW_STACK * GUEST_PAGE) | PAGE_RWX;
	fill_code(own + LOW_CODE * GUEST_PAGE, modes[SCRIPT_PAGING_32].base, false);
}

uint64_t guest_own_entry(enum script_paging paging)
{
	switch (paging) {
	case SCRIPT_PAGING_LONG:
		return paged_gpa(PAGE_PDPT) | TABLE;
	case SCRIPT_PAGING_LA57:
		return paged_gpa(PAGE_PML4) | TABLE;
	case SCRIPT_PAGING_PAE:
		return paged_gpa(PAGE_PD_PAE) | 1;
	default:
		return (GUEST_LOW_GPA + LOW_PT * GUEST_PAGE) | TABLE;
	}
}

static int add_region(struct guest_vm *vm, unsigned int slot, uint64_t gpa,
		      void (*fill)(unsigned char *own), unsigned char **ret_own)
{
	void *own = mmap(NULL, OWN_PAGES * GUEST_PAGE, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	struct kvm_userspace_memory_region region = {
		.slot = slot,
		.guest_phys_addr = gpa,
		.memory_size = OWN_PAGES * GUEST_PAGE,
		.userspace_addr = (uintptr_t)own,
	};

	if (own == MAP_FAILED)
		return -errno;
	fill(own);
	if (ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &region))
		return -errno;
	*ret_own = own;
	return 0;
}

/* The memory that a mode needs, made at its first use. */
static int prepare_mode(struct guest_vm *vm, unsigned int mode)
{
	int err = 0;

	if (modes[mode].low && !vm->own_low)
		err = add_region(vm, LOW_SLOT, GUEST_LOW_GPA, fill_low, &vm->own_low);
	else if (!modes[mode].low && !vm->own_paged)
		err = add_region(vm, PAGED_SLOT, GUEST_PAGED_GPA, fill_paged, &vm->own_paged);
	if (!err && mode <= SCRIPT_PAGING_LA57)
		fill_code(vm->own_paged + PAGE_CODE64 * GUEST_PAGE, modes[mode].base, true);
	return err;
}

static struct kvm_segment segment(bool code, bool wide)
{
	return (struct kvm_segment){ .limit = 0xffffffff,
				     .selector = code ? 8 : 16,
				     .type = code ? 11 : 3,
				     .present = 1,
				     .s = 1,
				     .db = !wide,
				     .l = wide,
				     .g = 1 };
}

/* The vCPU's mode, with the top table @root when paging is on. */
static int set_mode(struct guest_vm *vm, unsigned int mode, uint64_t root)
{
	const struct mode *m = &modes[mode];
	bool wide = m->efer & EFER_LONG;
	struct kvm_sregs sregs;
	int err = prepare_mode(vm, mode);

	if (err)
		return err;
	if (ioctl(vm->vcpu_fd, KVM_GET_SREGS, &sregs))
		return -errno;
	sregs.cs = segment(true, wide);
	sregs.ds = sregs.es = sregs.ss = sregs.fs = sregs.gs = segment(false, false);
	sregs.gdt.base = m->base + CODE_GDT;
	sregs.gdt.limit = 23;
	sregs.idt.base = m->base + CODE_IDT;
	sregs.idt.limit = wide ? 255 : 127;
	sregs.cr0 = m->cr0;
	sregs.cr3 = root;
	sregs.cr4 = m->cr4;
	sregs.efer = m->efer;
	if (ioctl(vm->vcpu_fd, KVM_SET_SREGS, &sregs))
		return -errno;
	vm->mode = mode;
	vm->cr3 = root;
	return 0;
}

/* Run one piece of code. */
static int run_code(struct guest_vm *vm, unsigned int code, struct kvm_regs regs)
{
	int err;

	regs.rflags = 2;
	regs.rip = modes[vm->mode].base + code;
	regs.rsp = modes[vm->mode].base + 2 * GUEST_PAGE;
	if (ioctl(vm->vcpu_fd, KVM_SET_REGS, &regs))
		return -errno;
	err = guest_run(vm, KVM_EXIT_IO);
	if (!err && vm->port == PORT_PF)
		return -EACCES;
	return err;
}

static int run_exec(struct guest_vm *vm, uint64_t addr)
{
	struct kvm_guest_debug debug = { .control = KVM_GUESTDBG_ENABLE |
						    KVM_GUESTDBG_SINGLESTEP };
	struct kvm_regs regs = { .rflags = 2, .rip = addr };
	int err;

	regs.rsp = modes[vm->mode].base + 2 * GUEST_PAGE;
	regs.rax = modes[vm->mode].base + GUEST_PAGE + SCRATCH;
	if (ioctl(vm->vcpu_fd, KVM_SET_REGS, &regs) ||
	    ioctl(vm->vcpu_fd, KVM_SET_GUEST_DEBUG, &debug))
		return -errno;
	vm->port = 0;
	err = guest_run(vm, KVM_EXIT_DEBUG);
	debug.control = 0;
	(void)ioctl(vm->vcpu_fd, KVM_SET_GUEST_DEBUG, &debug);
	if (err && vm->port == PORT_PF)
		return -EACCES;
	/* the handler's first instruction, when a page fault was delivered */
	if (!err && vm->run->debug.arch.pc == modes[vm->mode].base + CODE_PF)
		return -EACCES;
	return err;
}

/* Paging by the address space that was loaded last. */
static int paging_on(struct guest_vm *vm)
{
	const struct guest_space *space =
		vm->paging_set ? guest_find_space(vm, vm->paging) : NULL;

	if (!space)
		return -EINVAL;
	return vm->mode == space->paging ? 0 : set_mode(vm, space->paging, space->root);
}

int guest_shadow_access(struct guest_vm *vm, const struct script_op *op)
{
	bool gva = op->flags & SCRIPT_GUEST_GVA;
	struct kvm_regs regs = { .rdi = script_op_gpa(op),
				 .rdx = op->step,
				 .rsi = (op->len - 1) / op->step + 1 };
	uint64_t at;
	int err = 0;

	if (gva)
		err = paging_on(vm);
	else if (vm->mode != GUEST_MODE_OFF)
		err = set_mode(vm, GUEST_MODE_OFF, 0);
	if (err)
		return err;
	if (op->access != SCRIPT_ACCESS_X)
		return run_code(vm, op->access == SCRIPT_ACCESS_W ? CODE_WRITE : CODE_READ, regs);
	for (at = 0; at < op->len && !err; at += op->step) {
		err = run_exec(vm, script_op_gpa(op) + at);
		if (op->len - at <= op->step)
			break;
	}
	return err;
}

int op_cr3(struct executor *ex, const struct script_op *op)
{
	struct guest_vm *vm = &ex->vm[op->name2];
	struct guest_space *space;
	int err = guest_vcpu(ex, vm);

	if (err)
		return err;
	space = guest_find_space(vm, script_op_gpa(op));
	if (!space || !guest_hva(vm, space->root))
		return -ENOENT;
	vm->paging = space->root;
	vm->paging_set = true;
	if (vm->mode == space->paging)
		return run_code(vm, CODE_CR3, (struct kvm_regs){ .rax = space->root });
	err = set_mode(vm, space->paging, space->root);
	return err ? err : run_code(vm, CODE_NOTHING, (struct kvm_regs){ 0 });
}

int op_invlpg(struct executor *ex, const struct script_op *op)
{
	struct guest_vm *vm = &ex->vm[op->name2];
	int err = guest_vcpu(ex, vm);

	if (!err)
		err = paging_on(vm);
	return err ? err : run_code(vm, CODE_INVLPG, (struct kvm_regs){ .rdi = op->addr });
}

int op_guest_remap(struct executor *ex, const struct script_op *op)
{
	struct guest_vm *vm = &ex->vm[op->name2];
	struct guest_space *space;
	uint64_t entry, value;
	int err = guest_vcpu(ex, vm);

	if (err)
		return err;
	space = guest_find_space(vm, script_op_tables(op));
	if (!space)
		return -ENOENT;
	err = guest_find_entry(vm, space, op, &entry);
	if (err)
		return err;
	err = paging_on(vm);
	value = guest_leaf(space, op, script_op_gpa(op));
	if (!err)
		err = run_code(vm, CODE_STORE,
			       (struct kvm_regs){ .rdi = script_op_via(op) + entry - space->root,
						  .rax = value,
						  .rdx = value >> 32 });
	return err ? err : guest_keep_entry(vm, space, entry, value);
}
