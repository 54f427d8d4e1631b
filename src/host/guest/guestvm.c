// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Virtual machines of a script, through /dev/kvm.
 *
 * The guest is a loop of a few instructions in long mode, with guest-virtual =
 * guest-physical through 1 GiB pages. Its tables and code lie in a slot of their own at
 * the end of the guest-physical space; their memory is the executor's, so that no
 * notification of it counts.
 */
#include "guest_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

#include <base/mem.h>

#define OWN_SLOT 32000
#define OWN_PAGES GUEST_PAGE_NR
#define OWN_GPA GUEST_OWN_GPA
#define GUEST_LIMIT_MS 3000
#define GUEST_STUCK_EXITS 1000 /* so many with nothing done: the access never completes */
#define MAX_CPUID 128

#define PTE_TABLE 0x7ull        /* present, writable, user */
#define PTE_LEAF (0xe7ull)      /* the same, accessed, dirty, large */
#define CR0_PAGED 0x80000011ull /* PG, ET, PE */
#define CR4_PAE 0x20ull
#define EFER_LONG 0x500ull /* LME, LMA */
#define EFER_NX 0x800ull

/*
 * rdi: address, rsi: how often, rdx: distance; ends with an I/O exit. Offsets 0 and 0x10.
 *	1: movb (%rdi),%al or movb $1,(%rdi)
 *	   add %rdx,%rdi; dec %rsi; jnz 1b; out %al,$0x10
 */
static const unsigned char code_read[] = { 0x8a, 0x07, 0x48, 0x01, 0xd7, 0x48,
					   0xff, 0xce, 0x75, 0xf6, 0xe6, 0x10 };
static const unsigned char code_write[] = { 0xc6, 0x07, 0x01, 0x48, 0x01, 0xd7, 0x48,
					    0xff, 0xce, 0x75, 0xf5, 0xe6, 0x10 };
#define CODE_READ 0x0
#define CODE_WRITE 0x10

int op_vm(struct executor *ex, const struct script_op *op)
{
	struct guest_vm *vm = &ex->vm[op->name];
	char text[16];
	int fd, err;

	if (vm->fd >= 0)
		return -EEXIST;
	fd = ioctl(ex->kvm_fd, KVM_CREATE_VM, 0);
	if (fd < 0)
		return -errno;
	vm->fd = fd;
	err = kvmstat_open(&vm->stats, fd);
	if (!err && op->flags & (SCRIPT_VM_MANUAL_PROTECT | SCRIPT_VM_INITIALLY_SET))
		err = enable_dirty_log_protect(fd, op->flags);
	if (err)
		return err;
	vm->nested = op->mmu == SCRIPT_MMU_NESTED;
	vm->mmu = op->mmu;
	vm->mode = GUEST_MODE_FLAT;
	/* KVM's tracepoints fire per VM: the observer is no longer needed */
	if (ex->observer_fd >= 0)
		close(ex->observer_fd);
	ex->observer_fd = -1;
	ftrace_mark(text, snprintf(text, sizeof(text), "V %u", ex->self + 1));
	return 0;
}

/* Where the guest's memory lies in this process, for the loader of its tables. */
static int remember_slot(struct guest_vm *vm,
			 const struct kvm_userspace_memory_region *region)
{
	size_t i;

	for (i = 0; i < vm->nr_slots; i++)
		if (vm->slots[i].id == region->slot)
			break;
	if (i == vm->nr_slots &&
	    mem_grow(&vm->slots, &vm->cap_slots, i + 1, sizeof(*vm->slots)))
		return -ENOMEM;
	vm->nr_slots += i == vm->nr_slots;
	vm->slots[i] = (struct guest_slot){ .id = region->slot,
					    .gpa = region->guest_phys_addr,
					    .len = region->memory_size,
					    .hva = region->userspace_addr };
	return 0;
}

int op_memslot(struct executor *ex, const struct script_op *op)
{
	struct kvm_userspace_memory_region region = {
		.slot = op->slot,
		.flags = (op->flags & SCRIPT_MEMSLOT_READONLY ? KVM_MEM_READONLY : 0) |
			 (op->flags & SCRIPT_MEMSLOT_DIRTY_LOG ? KVM_MEM_LOG_DIRTY_PAGES : 0),
		.guest_phys_addr = script_op_gpa(op),
		.memory_size = op->flags & SCRIPT_MEMSLOT_DELETE ? 0 : op->len,
		.userspace_addr = op->addr,
	};

	struct guest_vm *vm = &ex->vm[op->name2];

	if (vm->fd < 0)
		return -EBADF;
	if (ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &region))
		return -errno;
	return remember_slot(vm, &region);
}

uint64_t guest_hva(const struct guest_vm *vm, uint64_t gpa)
{
	size_t i;

	for (i = 0; i < vm->nr_slots; i++)
		if (gpa - vm->slots[i].gpa < vm->slots[i].len)
			return vm->slots[i].hva + (gpa - vm->slots[i].gpa);
	return 0;
}

static void fill_own_memory(unsigned char *own)
{
	uint64_t *pml4 = (uint64_t *)(own + GUEST_PAGE_PML4 * GUEST_PAGE);
	uint64_t *pdpt = (uint64_t *)(own + GUEST_PAGE_PDPT0 * GUEST_PAGE);
	unsigned char *code = own + GUEST_PAGE_CODE * GUEST_PAGE;
	unsigned int i;

	pml4[0] = (OWN_GPA + GUEST_PAGE_PDPT0 * GUEST_PAGE) | PTE_TABLE;
	pml4[1] = (OWN_GPA + GUEST_PAGE_PDPT1 * GUEST_PAGE) | PTE_TABLE;
	for (i = 0; i < 1024; i++)
		pdpt[i] = ((uint64_t)i << 30) | PTE_LEAF;
	memcpy(code + CODE_READ, code_read, sizeof(code_read));
	memcpy(code + CODE_WRITE, code_write, sizeof(code_write));
}

static int add_own_memory(struct guest_vm *vm)
{
	void *own = mmap(NULL, OWN_PAGES * GUEST_PAGE, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	struct kvm_userspace_memory_region region = {
		.slot = OWN_SLOT,
		.guest_phys_addr = OWN_GPA,
		.memory_size = OWN_PAGES * GUEST_PAGE,
		.userspace_addr = (uintptr_t)own,
	};

	if (own == MAP_FAILED)
		return -errno;
	fill_own_memory(own);
	vm->own = own;
	return ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &region) ? -errno : 0;
}

static int set_cpuid(struct executor *ex, struct guest_vm *vm)
{
	static union {
		struct kvm_cpuid2 head;
		char room[sizeof(struct kvm_cpuid2) +
			  MAX_CPUID * sizeof(struct kvm_cpuid_entry2)];
	} cpuid;

	cpuid.head.nent = MAX_CPUID;
	if (ioctl(ex->kvm_fd, KVM_GET_SUPPORTED_CPUID, &cpuid) ||
	    ioctl(vm->vcpu_fd, KVM_SET_CPUID2, &cpuid))
		return -errno;
	return 0;
}

static int set_long_mode(struct guest_vm *vm)
{
	const struct kvm_segment data = { .limit = 0xffffffff,
					  .selector = 16,
					  .type = 3,
					  .present = 1,
					  .s = 1,
					  .db = 1,
					  .g = 1 };
	const struct kvm_segment code = { .limit = 0xffffffff,
					  .selector = 8,
					  .type = 11,
					  .present = 1,
					  .s = 1,
					  .l = 1,
					  .g = 1 };
	struct kvm_sregs sregs;

	if (ioctl(vm->vcpu_fd, KVM_GET_SREGS, &sregs))
		return -errno;
	sregs.cs = code;
	sregs.ds = sregs.es = sregs.ss = sregs.fs = sregs.gs = data;
	sregs.cr0 = CR0_PAGED;
	sregs.cr3 = OWN_GPA + GUEST_PAGE_PML4 * GUEST_PAGE;
	sregs.cr4 = CR4_PAE;
	sregs.efer = EFER_LONG | (vm->nested ? EFER_NX : 0);
	return ioctl(vm->vcpu_fd, KVM_SET_SREGS, &sregs) ? -errno : 0;
}

static int make_vcpu(struct executor *ex, struct guest_vm *vm)
{
	int size = ioctl(ex->kvm_fd, KVM_GET_VCPU_MMAP_SIZE, 0), err;

	if (size < 0)
		return -errno;
	err = add_own_memory(vm);
	if (err)
		return err;
	vm->vcpu_fd = ioctl(vm->fd, KVM_CREATE_VCPU, 0);
	if (vm->vcpu_fd < 0)
		return -errno;
	vm->run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, vm->vcpu_fd, 0);
	if (vm->run == MAP_FAILED)
		return -errno;
	err = kvmstat_open(&vm->vcpu_stats, vm->vcpu_fd);
	if (!err)
		err = set_cpuid(ex, vm);
	if (!err)
		err = set_long_mode(vm);
	return err || !vm->nested ? err : l1_prepare(vm);
}

int guest_l1(struct executor *ex, struct guest_vm *vm)
{
	if (vm->fd < 0)
		return -EBADF;
	if (!vm->nested)
		return -EINVAL;
	return vm->vcpu_fd < 0 ? make_vcpu(ex, vm) : 0;
}

int guest_vcpu(struct executor *ex, struct guest_vm *vm)
{
	if (vm->fd < 0)
		return -EBADF;
	if (vm->mmu != SCRIPT_MMU_SHADOW)
		return -EINVAL;
	return vm->vcpu_fd < 0 ? make_vcpu(ex, vm) : 0;
}

static void on_alarm(int sig)
{
	(void)sig;
}

/* A vCPU that does not come back is stopped by a signal. */
static void set_alarm(unsigned int ms)
{
	const struct sigaction action = { .sa_handler = on_alarm };
	const struct itimerval value = { .it_value = { ms / 1000, ms % 1000 * 1000 } };

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &value, NULL);
}

/* An exit in the middle of an instruction is over only when KVM has seen the answer to
 * it. */
static void finish_exit(struct guest_vm *vm)
{
	uint32_t reason = vm->run->exit_reason;

	vm->run->immediate_exit = 1;
	(void)ioctl(vm->vcpu_fd, KVM_RUN, 0);
	vm->run->immediate_exit = 0;
	vm->run->exit_reason = reason;
}

static int run_for_a_time(struct guest_vm *vm)
{
	int err;

	set_alarm(GUEST_LIMIT_MS);
	err = ioctl(vm->vcpu_fd, KVM_RUN, 0) ? -errno : 0;
	set_alarm(0);
	return err;
}

/*
 * Many accesses take their time where the machine is slow, and so does one. One that never ends
 * faults again and again while the vCPU stands still.
 */
static int run_while_it_moves(struct guest_vm *vm)
{
	struct kvm_regs before = { 0 }, now = { 0 };
	uint64_t exits = kvmstat_exits(&vm->vcpu_stats), latest;
	int err;

	(void)ioctl(vm->vcpu_fd, KVM_GET_REGS, &before);
	for (;;) {
		err = run_for_a_time(vm);
		if (err != -EINTR || ioctl(vm->vcpu_fd, KVM_GET_REGS, &now))
			return err;
		latest = kvmstat_exits(&vm->vcpu_stats);
		if (memcmp(&before, &now, sizeof(now)))
			exits = latest;
		else if (latest - exits >= GUEST_STUCK_EXITS)
			return err;
		before = now;
	}
}

int guest_run(struct guest_vm *vm, uint32_t wanted)
{
	int err = run_while_it_moves(vm);

	vm->port = !err && vm->run->exit_reason == KVM_EXIT_IO ? vm->run->io.port : 0;
	if (!err)
		finish_exit(vm);
	if (err)
		return err == -EINTR ? -EAGAIN : err;
	if (vm->run->exit_reason == wanted)
		return 0;
	switch (vm->run->exit_reason) {
	case KVM_EXIT_MMIO:
	case KVM_EXIT_INTERNAL_ERROR:
		return -ENOENT;
	case KVM_EXIT_SHUTDOWN:
		vm->mode = GUEST_MODE_LOST;
		return -EIO;
	default:
		return -EIO;
	}
}

/* On, the instruction at the current %rip is the only one to run. */
static int set_debug(struct guest_vm *vm, bool on)
{
	const struct kvm_guest_debug debug = {
		.control = on ? KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP : 0,
	};

	return ioctl(vm->vcpu_fd, KVM_SET_GUEST_DEBUG, &debug) ? -errno : 0;
}

/*
 * One instruction is executed at each target: "add %al,(%rax)" out of zeros, or the like
 * out of what a write left there; %rax points at scratch memory.
 */
static int guest_exec(struct guest_vm *vm, const struct script_op *op)
{
	struct kvm_regs regs = { .rflags = 2,
				 .rax = OWN_GPA + GUEST_PAGE_CODE * GUEST_PAGE + GUEST_SCRATCH };
	uint64_t at;
	int err = 0;

	for (at = 0; at < op->len && !err; at += op->step) {
		regs.rip = script_op_gpa(op) + at;
		err = ioctl(vm->vcpu_fd, KVM_SET_REGS, &regs) ? -errno
							      : set_debug(vm, true);
		if (!err)
			err = guest_run(vm, KVM_EXIT_DEBUG);
		if (op->len - at <= op->step)
			break;
	}
	(void)set_debug(vm, false);
	return err;
}

int op_guest(struct executor *ex, const struct script_op *op)
{
	struct guest_vm *vm = &ex->vm[op->name2];
	struct kvm_regs regs = { .rflags = 2,
				 .rdi = script_op_gpa(op),
				 .rdx = op->step,
				 .rsi = (op->len - 1) / op->step + 1 };
	int err = vm->fd < 0 ? -EBADF : vm->vcpu_fd < 0 ? make_vcpu(ex, vm) : 0;

	if (err)
		return err;
	if (op->flags & SCRIPT_GUEST_L2)
		return vm->nested ? l1_guest(vm, op) : -EINVAL;
	if (op->flags & SCRIPT_GUEST_GVA)
		return vm->mmu == SCRIPT_MMU_SHADOW ? guest_shadow_access(vm, op) : -EINVAL;
	if (vm->mmu == SCRIPT_MMU_SHADOW && script_op_gpa(op) + op->len <= 1ull << 32)
		return guest_shadow_access(vm, op);
	if (vm->mode != GUEST_MODE_FLAT) {
		err = set_long_mode(vm);
		if (err)
			return err;
		vm->mode = GUEST_MODE_FLAT;
	}
	if (script_op_gpa(op) + op->len > OWN_GPA ||
	    script_op_gpa(op) + op->len < op->len)
		return -ENOENT;
	if (op->access == SCRIPT_ACCESS_X)
		return guest_exec(vm, op);
	regs.rip = OWN_GPA + GUEST_PAGE_CODE * GUEST_PAGE +
		   (op->access == SCRIPT_ACCESS_W ? CODE_WRITE : CODE_READ);
	return ioctl(vm->vcpu_fd, KVM_SET_REGS, &regs) ? -errno
						       : guest_run(vm, KVM_EXIT_IO);
}
