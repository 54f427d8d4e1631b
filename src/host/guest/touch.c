// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * CPU accesses that may fail. Each kind of access is one instruction with a known
 * address; the handler of SIGSEGV and SIGBUS continues at touch_failed when one of them
 * faulted.
 */
#include "guest_internal.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <ucontext.h>

#define EFLAGS_TF 0x100

int touch_read(const void *at);
int touch_write(void *at);
int touch_exec(const void *at, void *scratch);
int touch_store_8(void *at, uint64_t value);
int touch_store_4(void *at, uint32_t value);
extern const char touch_read_insn[], touch_write_insn[], touch_store_insn[],
	touch_store4_insn[],
	touch_failed[], touch_exec_done[];

/*
 * touch_exec() jumps to its target with the trap flag set, so that exactly one
 * instruction runs there: "add %al,(%rax)" or the like out of data, hence %rax points at
 * scratch memory.
 */
__asm__(".pushsection .text\n"
	"touch_read:\n"
	"touch_read_insn:\n"
	"	movb (%rdi), %al\n"
	"	xorl %eax, %eax\n"
	"	ret\n"
	"touch_write:\n"
	"touch_write_insn:\n"
	"	movb $1, (%rdi)\n"
	"	xorl %eax, %eax\n"
	"	ret\n"
	"touch_store_8:\n"
	"touch_store_insn:\n"
	"	movq %rsi, (%rdi)\n"
	"	xorl %eax, %eax\n"
	"	ret\n"
	"touch_store_4:\n"
	"touch_store4_insn:\n"
	"	movl %esi, (%rdi)\n"
	"	xorl %eax, %eax\n"
	"	ret\n"
	"touch_exec:\n"
	"	movq %rsi, %rax\n"
	"	pushfq\n"
	"	orl $0x100, (%rsp)\n"
	"	popfq\n"
	"	jmp *%rdi\n"
	"touch_exec_done:\n"
	"	xorl %eax, %eax\n"
	"	ret\n"
	"touch_failed:\n"
	"	movl $1, %eax\n"
	"	ret\n"
	".popsection\n");

static uint64_t exec_target;
static char scratch[64] __attribute__((aligned(64)));

static void on_fault(int sig, siginfo_t *info, void *arg)
{
	greg_t *regs = ((ucontext_t *)arg)->uc_mcontext.gregs;
	uint64_t rip = regs[REG_RIP];

	(void)info;
	if (sig == SIGTRAP) {
		/* the first trap comes when the jump is made, the second after the
		 * instruction */
		if (rip == exec_target)
			return;
		regs[REG_EFL] &= ~EFLAGS_TF;
		regs[REG_RIP] = (uintptr_t)touch_exec_done;
		return;
	}
	if (rip == (uintptr_t)touch_read_insn || rip == (uintptr_t)touch_write_insn ||
	    rip == (uintptr_t)touch_store_insn || rip == (uintptr_t)touch_store4_insn ||
	    (exec_target && rip == exec_target)) {
		regs[REG_EFL] &= ~EFLAGS_TF;
		regs[REG_RIP] = (uintptr_t)touch_failed;
		return;
	}
	signal(sig, SIG_DFL);
}

int touch_setup(void)
{
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_sigaction = on_fault;
	action.sa_flags = SA_SIGINFO;
	if (sigaction(SIGSEGV, &action, NULL) || sigaction(SIGBUS, &action, NULL) ||
	    sigaction(SIGTRAP, &action, NULL) || sigaction(SIGILL, &action, NULL))
		return -errno;
	return 0;
}

static int touch_one(uint64_t addr, unsigned int access)
{
	int failed;

	if (access == SCRIPT_ACCESS_R)
		return touch_read((const void *)addr);
	if (access == SCRIPT_ACCESS_W)
		return touch_write((void *)addr);
	exec_target = addr;
	failed = touch_exec((const void *)addr, scratch);
	exec_target = 0;
	return failed;
}

int touch_store(void *at, uint64_t value)
{
	return touch_store_8(at, value) ? -EFAULT : 0;
}

int op_touch(const struct script_op *op)
{
	uint64_t step = op->step ? op->step : GUEST_PAGE;
	uint64_t at;
	int failed = 0;

	for (at = 0; at < op->len; at += step) {
		failed |= touch_one(op->addr + at, op->access);
		if (op->len - at <= step)
			break;
	}
	return failed ? -EFAULT : 0;
}

int touch_store32(void *at, uint32_t value)
{
	return touch_store_4(at, value) ? -EFAULT : 0;
}
