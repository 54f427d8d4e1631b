// SPDX-License-Identifier: GPL-2.0-or-later
/* ftrace text in its spellings, and what the events become. */
#include "import_test.h"

#define M1 "map m1 0x7f0000000000 64K rw anon private\n"
#define HEAD "  redis-server-77      [001] ..... "
#define MAPPED                                                                           \
	HEAD " 13.795766: sys_mmap(addr: 0, len: 10000, prot: 3, flags: 22, fd: "        \
	     "ffffffff, "                                                                \
	     "off: 0)\n" HEAD " 13.795770: sys_mmap -> 0x7f0000000000\n"
#define CALL(name, args, result)                                                         \
	HEAD " 14.000001: sys_" name "(" args ")\n" HEAD " 14.000002: sys_" name         \
	     " -> " result "\n"
#define FAULT_OF(who, address, code)                                                     \
	who " 15.000000: page_fault_user: address=" address                              \
	    " ip=0x401000 error_code=" code "\n"
#define FAULT(address, code) FAULT_OF(HEAD, address, code)

static const struct import_options quiet = { .no_origin = true };

static void check_text(const char *name, const char *text, const char *want)
{
	check_as(IMPORT_FTRACE, &quiet, name, text, 0, want);
}

static void spellings(void)
{
	check_text("tracefs", "# tracer: nop\n#\n" MAPPED, M1);
	check_text(
		"tracefs, latency of four characters, group, name with blanks and "
		"brackets",
		" my prog [x] -77      (     70) [001] ...1  13.7: sys_brk(brk: 0)\n"
		" my prog [x] -77      (     70) [001] ...1  13.8: sys_brk -> 0x1000\n",
		"heap heap 0x1000\n");
	check_text("perf script",
		   "redis-server 18181 [000]  1781.159301: syscalls:sys_enter_mmap: "
		   "addr: 0x00000000, "
		   "len: 0x00010000, prot: 0x00000003, flags: 0x00000022, fd: "
		   "0xffffffffffffffff, "
		   "off: 0x00000000\n"
		   "redis-server 18181 [000]  1781.159309:  syscalls:sys_exit_mmap: "
		   "0x7f0000000000\n"
		   "redis-server 18181 [000]  1781.160628:  exceptions:page_fault_user: "
		   "address=0x7f0000001008 ip=0x40 error_code=0x6\n",
		   M1 "touch m1+4K 4K w\n");
	check_text("perf script with pid/tid",
		   "x 5/6 [000] 1.1: syscalls:sys_enter_brk: brk: 0x0\n"
		   "x 5/6 [000] 1.2: syscalls:sys_exit_brk: 0x1000\n",
		   "heap heap 0x1000\n");
	check_text(
		"trace-cmd report",
		"cpus=2\nCPU 1 is empty\n"
		"     x-147   [000]    16.105328: sys_enter_mmap:   addr: 0x00000000, "
		"len: "
		"0x00010000, prot: 0x00000003, flags: 0x00000022, fd: 0xffffffff, off: "
		"0\n"
		"     x-147   [000] d..1.  16.105329: sys_exit_mmap:    0x7f0000000000\n",
		M1);
	check_text("raw_syscalls",
		   HEAD "1.0: sys_enter: NR 9 (0, 10000, 3, 22, ffffffff, 0)\n" HEAD
			"1.1: sys_exit: NR 9 = 139611588448256\n" HEAD
			"1.2: sys_enter: NR 39 (0, 0, 0, 0, 0, 0)\n" HEAD
			"1.3: sys_exit: NR 39 = 77\n",
		   "map m1 0x7ef9db22d000 64K rw anon private\n");
	tap_eq(find_call("syscall_39")->seen, 1, "unknown numbers are counted");
	check_text("unknown events", HEAD "1.0: sched_switch: prev_comm=x ==> y\n" MAPPED, M1);
	tap_eq(find_call("sched_switch")->seen, 1, "are counted");
	tap_eq(find_call("mmap")->seen, 1, "entry and exit count once");
}

/* They were lines that could not be read, and the report said nothing of events lost. */
static void lost_events(void)
{
	check_text("events lost, as tracefs says it",
		   "CPU:0 [LOST 12 EVENTS]\n" MAPPED "CPU:1 [LOST EVENTS]\n", M1);
	tap_eq(report.lost, 13, "... are counted, one where there is no number");
	check_text("events lost, as trace-cmd says it",
		   "CPU:1 [1808 EVENTS DROPPED]\n" MAPPED "CPU:1 [EVENTS DROPPED]\n", M1);
	tap_eq(report.lost, 1809, "... are counted");
	check_text("events lost, as perf script --show-lost-events says it",
		   MAPPED "  x  5078 [001] 24483.093741: PERF_RECORD_LOST lost 5298\n"
			  "  x  5078 [001] 24483.093742: PERF_RECORD_LOST_SAMPLES lost 2\n", M1);
	tap_eq(report.lost, 5300, "... are counted");
	tap_eq(report.nr_bad, 0, "... none is an unreadable line");
	check_text("events lost, in a recording of ours",
		   "# mmuscope recording 1\nCPU:0 [LOST 12 EVENTS]\n" MAPPED
		   "# lost 12 events on 1 CPUs\n# end of recording\n", M1);
	tap_eq(report.lost, 12, "... are counted once");
}

/* Every frame of "perf record -g" was reported as a line that cannot be read. */
static void call_chains(void)
{
	check_text("call chains of perf",
		   "x 6 [000] 1.1: syscalls:sys_enter_brk: brk: 0x0\n"
		   "\tffffffff821f2900 exc_page_fault+0x2f0 ([kernel.kallsyms])\n"
		   "\t            14f0 [unknown] (/usr/bin/x [000] 1.2: y: z)\n\n"
		   "x 6 [000] 1.3: syscalls:sys_exit_brk: 0x1000\n",
		   "heap heap 0x1000\n");
	tap_eq(report.nr_bad, 0, "... are passed over");
	check_text("call chains of the kernel",
		   "x-6 [000] .... 1.1: sys_brk(brk: 0)\nx-6 [000] .... 1.1: <stack trace>\n"
		   " => do_syscall_64\n => 0xffffffff81000c82\nx-6 [000] .... 1.3: sys_brk -> 0x1000\n",
		   "heap heap 0x1000\n");
	tap_eq(report.nr_bad, 0, "... are passed over");
}

/* The pid was taken from the thread's name. */
static void names_like_lines(void)
{
	check_text("a thread whose name looks like the start of a line",
		   "a-1 [000] 1.1: -77 [001] ..... 1.1: sys_brk(brk: 0)\n"
		   "a-1 [000] 1.1: -77 [001] ..... 1.2: sys_brk -> 0x1000\n", "heap heap 0x1000\n");
	check_text("a thread whose name has a processor's number",
		   "a-1 [000] -77 [001] ..... 1.1: sys_brk(brk: 0)\n"
		   "b-1 [000] -77 [001] ..... 1.2: sys_brk -> 0x1000\n", "heap heap 0x1000\n");
	tap_eq(report.threads, 1, "... is one thread");
}

static void calls(void)
{
	check_text(
		"the calls",
		MAPPED CALL("mprotect", "start: 7f0000002000, len: 2000, prot: 1", "0x0")
			CALL("madvise", "start: 7f0000000000, len_in: 1000, behavior: 4",
			     "0x0") CALL("mremap",
					 "addr: 7f0000000000, old_len: 10000, new_len: "
					 "20000, flags: 1, "
					 "new_addr: 0",
					 "0x7f1000000000")
				CALL("munmap", "addr: 7f1000000000, len: 1000", "0x0"),
		M1 "mprotect m1+8K 8K r\nmadvise m1 4K dontneed\n"
		   "mremap m1 64K 128K 0x7f1000000000\nmunmap 0x7f1000000000 4K\n");
	check_text("calls that failed",
		   MAPPED CALL("mprotect", "start: 7f000000f000, len: 2000, prot: 1",
			       "0xfffffffffffffff4")
			   CALL("munmap", "addr: 7f0000000001, len: 1000",
				"0xffffffffffffffea"),
		   M1 "mprotect m1+60K 8K r  # ENOMEM\n");
	tap_eq(report.failed, 1, "... are counted when nothing came of them");
	check_text("an exit whose entry is not there",
		   HEAD "1.0: sys_munmap -> 0x0\n" MAPPED, M1);
	check_text("execve",
		   MAPPED CALL("execve", "filename: 1, argv: 2, envp: 3", "0x0"),
		   M1 "exec\n");
	check_text("a child that was not recorded",
		   MAPPED HEAD "14.0: sys_clone(clone_flags: 1200011, newsp: 0)\n" HEAD
		   "14.0: task_newtask: pid=78 comm=x clone_flags=1200000 oom=0\n" HEAD
		   "14.1: sys_clone -> 0x4e\n", M1 "fork p1\n");
	tap_eq(report.unheard, 1, "... is counted");
	/* what vfork's child went on to do was left out */
	check_text("vfork and execve",
		   MAPPED HEAD "14.0: sys_vfork()\n" HEAD
		   "14.0: task_newtask: pid=78 comm=x clone_flags=4100 oom=0\n"
		   "  x-78 [001] ..... 14.1: sys_execve(filename: 1, argv: 2, envp: 3)\n"
		   "  x-78 [001] ..... 14.2: sys_execve -> 0x0\n" HEAD "14.3: sys_vfork -> 0x4e\n"
		   "  x-78 [001] ..... 14.4: sys_brk(brk: 0)\n  x-78 [001] ..... 14.5: sys_brk -> 0x1000\n",
		   M1 "switch blank\nfork p1  # a new program\nswitch p1\nheap heap 0x1000\n");
	check_text("KVM", CALL("ioctl", "fd: 3, cmd: ae01, arg: 0", "0x8"),
		   "vm vm0 tdp\n");
}

static void faults(void)
{
	check_text("neighbours are joined",
		   MAPPED FAULT("0x7f0000000000", "0x6") FAULT("0x7f0000001fff", "0x6")
			   FAULT("0x7f0000002000", "0x6") FAULT("0x7f0000008000", "0x4")
				   FAULT("0x7f000000a000", "0x4")
					   FAULT("0x7f000000c000", "0x4")
						   FAULT("0x7f000000a000", "0x7"),
		   M1
		   "touch m1 12K w\ntouch m1+32K 20K r stride=8K\ntouch m1+40K 4K w\n");
	tap_eq(report.touched, 7 * 4096, "... and counted");
	check_text("operations come in between",
		   MAPPED FAULT("0x7f0000000000", "0x6")
			   CALL("madvise",
				"start: 7f0000000000, len_in: 1000, behavior: 4", "0x0")
				   FAULT("0x7f0000001000", "0x6"),
		   M1 "touch m1 4K w\nmadvise m1 4K dontneed\ntouch m1+4K 4K w\n");
	check_text("outside and forbidden",
		   MAPPED FAULT("0x400000", "0x14") CALL(
			   "mprotect", "start: 7f0000000000, len: 1000, prot: 1", "0x0")
			   FAULT("0x7f0000000000", "0x7") FAULT("0x7f0000000000", "0x5"),
		   M1 "mprotect m1 4K r\ntouch m1 4K r\n");
	tap_eq(report.outside, 1, "... are counted");
	tap_eq(report.denied, 1, "... both");
	check_as(
		IMPORT_FTRACE,
		&(struct import_options){ .no_origin = true, .touch = IMPORT_TOUCH_NONE },
		"--touch none", MAPPED FAULT("0x7f0000000000", "0x6"), 0, M1);
}

static void processes(void)
{
	static const char log[] = MAPPED HEAD
		"14.0: sys_clone(clone_flags: 1200011, newsp: 0)\n" HEAD
		"14.1: task_newtask: pid=78 comm=redis-server clone_flags=1200000 "
		"oom=0\n" FAULT_OF("  redis-server-78 [001] ..... ", "0x7f0000000000",
				   "0x7") HEAD
		"14.2: sys_clone -> 0x4e\n" FAULT(
			"0x7f0000003000",
			"0x7") "  redis-server-78 [001] ..... 16.0: "
			       "sys_exit_group(error_code: 0)\n"
			       "  redis-server-78 [001] ..... 16.1: sched_process_exit: "
			       "comm=x pid=78 prio=120\n" FAULT_OF(
				       "  other-99 [001] ..... ", "0x7f0000000000",
				       "0x7");

	check_text("fork, faults of both, exit, a stranger", log,
		   M1 "fork p1\nswitch p1\ntouch m1 4K w\nswitch main\ntouch m1+12K 4K "
		      "w\nexit p1\n");
	tap_eq(report.elsewhere, 1, "... who is counted");
	check_text(
		"faults of one process wait while another calls",
		MAPPED HEAD "14.0: sys_fork()\n" HEAD "14.2: sys_fork -> 0x4e\n" FAULT_OF(
			"  x-78 [001] ..... ", "0x7f0000000000", "0x7")
			CALL("munmap", "addr: 7f0000000000, len: 10000", "0x0")
				FAULT_OF("  x-78 [001] ..... ", "0x7f0000001000", "0x7"),
		M1 "fork p1\nswitch p1\ntouch m1 4K w\nswitch main\nmunmap m1 "
		   "64K\nswitch p1\n"
		   "touch m1+4K 4K w\n");
	check_text("faults wait while a map of the same name comes",
		   MAPPED FAULT("0x7f0000000000", "0x6")
			   MAPPED FAULT("0x7f0000000000", "0x6"),
		   M1 "touch m1 4K w\nmap m2 0x7f0000000000 64K rw anon private fixed\ntouch "
		      "m2 4K w\n");
	check_text("clone3 makes a thread",
		   MAPPED CALL("clone3", "uargs: 7f, size: 58", "0x4e")
			   FAULT_OF("  x-78 [001] ..... ", "0x7f0000000000", "0x7"),
		   M1 "touch m1 4K w\n");
	check_text("unless task_newtask knows better",
		   MAPPED HEAD
		   "14.0: sys_clone3(uargs: 7f, size: 58)\n" HEAD
		   "14.1: task_newtask: pid=78 comm=x clone_flags=0 oom=0\n" HEAD
		   "14.2: sys_clone3 -> 0x4e\n" FAULT_OF("  x-78 [001] ..... ",
							 "0x7f0000000000", "0x7"),
		   M1 "fork p1\nswitch p1\ntouch m1 4K w\n");
	check_as(IMPORT_FTRACE,
		 &(struct import_options){ .no_origin = true, .comm = "x" },
		 "only threads of one name",
		 MAPPED "  x-9 [000] ..... 1.0: sys_brk(brk: 0)\n"
			"  x-9 [000] ..... 1.1: sys_brk -> 0x1000\n",
		 0, "heap heap 0x1000\n");
	check_text("KVM's own event stays as a comment",
		   MAPPED HEAD
		   "14.0: kvm_unmap_hva_range: mmu notifier unmap range: 0x1 -- 0x2\n",
		   M1);
	tap_eq(find_call("kvm_unmap_hva_range")->used, 1, "... and counts as used");
}

int main(void)
{
	spellings();
	calls();
	faults();
	processes();
	lost_events();
	call_chains();
	names_like_lines();
	return tap_done();
}
