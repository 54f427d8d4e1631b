// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * System calls made by another process, which is stopped before its first instruction. It steps
 * over a "syscall" of its vDSO: writing one into its text would be a copy on write, and an
 * anon_vma that each fork would have to copy. The path that it opens lies below its stack.
 */
#include "record_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/kvm.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>

#include <base/mem.h>

#define MAX_VDSO (64u << 10)
#define PATH_BELOW_STACK 4096
/* Where programs do not expect their own descriptors. */
#define HIGH_FD 900

/*
 * struct victim - the process that makes our calls
 * @regs: as it was stopped
 * @insn: where a syscall instruction is
 * @stopped: SIGSTOP came meanwhile, which no mask holds back
 */
struct victim {
	pid_t pid;
	struct user_regs_struct regs;
	uint64_t insn;
	bool stopped;
};

/* One step, which is one system call. */
static int step(struct victim *victim)
{
	int status;

	for (;;) {
		if (ptrace(PTRACE_SINGLESTEP, victim->pid, NULL, NULL))
			return -errno;
		while (waitpid(victim->pid, &status, __WALL) < 0)
			if (errno != EINTR)
				return -errno;
		if (!WIFSTOPPED(status))
			return -ESRCH;
		if (WSTOPSIG(status) != SIGSTOP)
			return WSTOPSIG(status) == SIGTRAP ? 0 : -EPROTO;
		victim->stopped = true;
	}
}

/* Return: what the call returned; or the negative errno of ptrace(), which looks the same. */
static long remote_call(struct victim *victim, long nr, long a, long b, long c)
{
	struct user_regs_struct regs = victim->regs;
	int err;

	regs.rip = victim->insn;
	regs.rax = nr;
	regs.rdi = a;
	regs.rsi = b;
	regs.rdx = c;
	regs.r10 = 0;
	regs.orig_rax = -1;
	if (ptrace(PTRACE_SETREGS, victim->pid, NULL, &regs))
		return -errno;
	err = step(victim);
	if (err)
		return err;
	if (ptrace(PTRACE_GETREGS, victim->pid, NULL, &regs))
		return -errno;
	return (long)regs.rax;
}

static int poke_string(pid_t pid, uint64_t addr, const char *text)
{
	size_t len = strlen(text) + 1, at;

	for (at = 0; at < len; at += sizeof(long)) {
		long word = 0;

		memcpy(&word, text + at, len - at < sizeof(word) ? len - at : sizeof(word));
		if (ptrace(PTRACE_POKEDATA, pid, (void *)(addr + at), (void *)word))
			return -errno;
	}
	return 0;
}

static long make_vm(struct victim *victim, const char *device)
{
	uint64_t path = (victim->regs.rsp - PATH_BELOW_STACK) & ~7ull;
	long kvm, vm, high, err = poke_string(victim->pid, path, device);

	if (err)
		return err;
	kvm = remote_call(victim, SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC);
	if (kvm < 0)
		return kvm;
	vm = remote_call(victim, SYS_ioctl, kvm, KVM_CREATE_VM, 0);
	err = remote_call(victim, SYS_close, kvm, 0, 0);
	if (vm < 0 || err < 0)
		return vm < 0 ? vm : err;
	high = remote_call(victim, SYS_fcntl, vm, F_DUPFD_CLOEXEC, HIGH_FD);
	return high < 0 ? 0 : remote_call(victim, SYS_close, vm, 0, 0);
}

/* [start, end) of the vDSO, which every process has. */
static int find_vdso(pid_t pid, uint64_t *ret_start, uint64_t *ret_end)
{
	char path[64], line[512];
	int err = -ENOENT;
	FILE *maps;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	maps = fopen(path, "re");
	if (!maps)
		return -errno;
	while (err && fgets(line, sizeof(line), maps))
		if (strstr(line, "[vdso]") &&
		    sscanf(line, "%" SCNx64 "-%" SCNx64, ret_start, ret_end) == 2)
			err = 0;
	fclose(maps);
	return err;
}

static int find_syscall(pid_t pid, uint64_t *ret_insn)
{
	static const unsigned char insn[] = { 0x0f, 0x05 };
	struct iovec local, remote;
	uint64_t start, end;
	const char *at;
	ssize_t n;
	char *text;
	int err = find_vdso(pid, &start, &end);

	if (err)
		return err;
	text = mem_alloc(MAX_VDSO);
	if (!text)
		return -ENOMEM;
	local = (struct iovec){ text, end - start < MAX_VDSO ? end - start : MAX_VDSO };
	remote = (struct iovec){ (void *)start, local.iov_len };
	n = process_vm_readv(pid, &local, 1, &remote, 1, 0);
	at = n > 0 ? memmem(text, n, insn, sizeof(insn)) : NULL;
	if (at)
		*ret_insn = start + (at - text);
	else
		err = n < 0 ? -errno : -ENOENT;
	mem_free(text);
	return err;
}

/* Signals wait until the process is its own again: a call of ours must not take one from it. */
static long make_vm_undisturbed(struct victim *victim, const char *device)
{
	uint64_t all = UINT64_MAX, mask;
	long ret;

	if (ptrace(PTRACE_GETSIGMASK, victim->pid, sizeof(mask), &mask) ||
	    ptrace(PTRACE_SETSIGMASK, victim->pid, sizeof(all), &all))
		return -errno;
	ret = make_vm(victim, device);
	if (ptrace(PTRACE_SETSIGMASK, victim->pid, sizeof(mask), &mask))
		return -errno;
	if (victim->stopped)
		kill(victim->pid, SIGSTOP);
	return ret;
}

int inject_vm(pid_t pid, const char *device)
{
	struct victim victim = { .pid = pid };
	long ret = find_syscall(pid, &victim.insn);

	if (ret)
		return ret;
	if (ptrace(PTRACE_GETREGS, pid, NULL, &victim.regs))
		return -errno;
	ret = make_vm_undisturbed(&victim, device);
	if (ptrace(PTRACE_SETREGS, pid, NULL, &victim.regs))
		return -errno;
	return ret < 0 ? (int)ret : 0;
}
