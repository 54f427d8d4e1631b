// SPDX-License-Identifier: GPL-2.0-or-later
/* Every allocation of an import fails once: an error, nothing else, and nothing leaks. */
#include "import_test.h"

#include <base/mem.h>

#include <errno.h>
#include <stdlib.h>
#include <zstd.h>

static const char strace_log[] =
	"1 execve(\"/x\", [\"x\"], 0x7f /* 9 vars */) = 0\n1 brk(NULL) = 0x9000\n"
	"1 brk(0xb000) = 0xb000\n"
	"1 mmap(NULL, 65536, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x100000\n"
	"1 mprotect(0x104000, 4096, PROT_NONE) = 0\n1 mprotect(0x200000, 4096, "
	"PROT_NONE) = 0\n"
	"1 ioctl(3, KVM_CREATE_VM, 0) = 8\n1 ioctl(8, KVM_SET_USER_MEMORY_REGION, "
	"{slot=0, flags=0, "
	"guest_phys_addr=0, memory_size=8192, userspace_addr=0x300000}) = 0\n"
	"1 mremap(0x100000, 4096, 8192, 1) = 0x400000\n1 fork() = 2\n2 munmap(0x101000, "
	"4096) = 0\n"
	"1 vfork( <unfinished ...>\n3 execve(\"/y\", [], NULL) = 0\n1 <... vfork "
	"resumed>) = 3\n"
	"3 mmap(NULL, 65536, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x100000\n"
	"4 munmap(0x102000, 4096) = 0\n2 +++ exited with 0 +++\n1 exit_group(0) = ?\n";

static const char ftrace_log[] =
	"  x-7 [000] ..... 1.000001: sys_mmap(addr: 0, len: 10000, prot: 3, flags: 22, "
	"fd: 0, off: 0)\n"
	"  x-7 [000] ..... 1.000002: sys_mmap -> 0x7f0000000000\n"
	"  x-7 [000] d.... 1.000003: page_fault_user: address=0x7f0000001010 ip=0x1 "
	"error_code=0x6\n"
	"  x-7 [000] ..... 1.000004: task_newtask: pid=8 comm=x clone_flags=0 "
	"oom_score_adj=0\n"
	"  x-8 [000] d.... 1.000005: page_fault_user: address=0x7f0000001010 ip=0x1 "
	"error_code=0x7\n"
	"  x-8 [000] ..... 1.000006: sys_execve(filename: 1, argv: 2, envp: 3)\n"
	"  x-8 [000] ..... 1.000007: sys_execve -> 0x0\n"
	"  x-8 [000] ..... 1.000008: sys_mmap(addr: 0, len: 4000000, prot: 3, flags: 22, "
	"fd: 0, off: 0)\n"
	"  x-8 [000] ..... 1.000009: sys_mmap -> 0x7e0000000000\n"
	"  x-8 [000] ..... 1.000010: kvm_page_fault: vcpu 0 rip 0x1 address 0x1000 error_code 0x6\n"
	"  x-8 [000] ..... 1.000011: kvm_unmap_hva_range: mmu notifier unmap range: 0x1000 -- 0x2000\n"
	"  x-8 [000] ..... 1.000012: sys_vfork()\n"
	"  x-8 [000] ..... 1.000013: task_newtask: pid=9 comm=x clone_flags=4100 oom_score_adj=0\n"
	"  x-9 [000] ..... 1.000014: sys_execve(filename: 1, argv: 2, envp: 3)\n"
	"  x-9 [000] ..... 1.000015: sys_execve -> 0x0\n";

static const char proc_maps[] =
	"00400000-00452000 r-xp 00000000 08:02 173521      /usr/bin/a\n"
	"00e03000-00e24000 rw-p 00000000 00:00 0           [heap]\n"
	"7f1000000000-7f1000002000 rw-s 00001000 00:05 77  /dev/shm/x\n";

struct keep {
	const char *text;
	size_t len;
	enum import_format format;
};

static int drop_write(void *ctx, const char *data, size_t len)
{
	(void)ctx;
	(void)data;
	(void)len;
	return 0;
}

static int run(const struct keep *keep)
{
	struct import_memory memory = { keep->text, keep->len, 0 };
	struct import_source source = import_source_memory(&memory);
	struct import_sink sink = { drop_write, NULL };

	if (keep->format == IMPORT_FTRACE)
		return import_ftrace(NULL, &source, &sink, &report);
	if (keep->format == IMPORT_PROC)
		return import_proc(NULL, &source, &sink, &report);
	return import_strace(NULL, &source, &sink, &report);
}

static void every_allocation(const char *name, const struct keep *keep)
{
	uint64_t before = mem_count(), nr, i;
	bool right = true;

	tap_eq(run(keep), 0, name);
	nr = mem_count() - before;
	for (i = 1; i <= nr; i++) {
		mem_fail_at(i);
		right = right && run(keep) == -ENOMEM && !mem_live();
		mem_fail_at(0);
	}
	tap_ok(right && nr > 5, "%s: each of %llu allocations can fail", name,
	       (unsigned long long)nr);
	tap_eq(run(keep), 0, "... and then it works again");
}

int main(void)
{
	static char packed[2048];
	const struct keep strace = { strace_log, strlen(strace_log), IMPORT_STRACE };
	const struct keep ftrace = { ftrace_log, strlen(ftrace_log), IMPORT_FTRACE };
	const struct keep proc = { proc_maps, strlen(proc_maps), IMPORT_PROC };
	const struct keep zstd = {
		packed, ZSTD_compress(packed, sizeof(packed), strace_log, strlen(strace_log), 3),
		IMPORT_STRACE
	};

	every_allocation("strace", &strace);
	every_allocation("ftrace", &ftrace);
	every_allocation("proc", &proc);
	every_allocation("compressed strace", &zstd);
	tap_eq(mem_live(), 0, "nothing leaks");
	return tap_done();
}
