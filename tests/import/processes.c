// SPDX-License-Identifier: GPL-2.0-or-later
/* Threads, processes and programs of a strace log. */
#include "import_test.h"

#define ANON(at)                                                                         \
	" mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) "     \
	"= " at "\n"
#define MAP(name, at) "map " name " " at " 4K rw anon private\n"
#define FORK                                                                             \
	"clone(child_stack=NULL, flags=CLONE_CHILD_CLEARTID|SIGCHLD, child_tidptr=0x7f)"
#define THREAD "clone(child_stack=0x7f00, flags=CLONE_VM|CLONE_FS|CLONE_THREAD, tls=0x7f)"
#define THREAD3 "clone3({flags=CLONE_VM|CLONE_THREAD, stack=0x7f00, stack_size=0x100}"

static void threads(void)
{
	check("a thread shares the maps",
	      "1" ANON("0x1000") "1 " THREAD " = 2\n2 munmap(0x1000, 4096) = 0\n"
				 "2 +++ exited with 0 +++\n1" ANON("0x3000"),
	      BLANK MAP("m1", "0x1000") "munmap m1 4K\n" MAP("m2", "0x3000"));
	tap_eq(report.threads, 2, "two threads");
	tap_eq(report.processes, 1, "one process");
	check("clone3",
	      "1" ANON("0x1000") "1 " THREAD3 " => {parent_tid=[2]}, 88) = 2\n"
				 "2 munmap(0x1000, 4096) = 0\n",
	      BLANK MAP("m1", "0x1000") "munmap m1 4K\n");
	check("a thread at work before clone3 is over",
	      "1" ANON("0x1000") "1 " THREAD3
				 " <unfinished ...>\n2 munmap(0x1000, 4096) = 0\n"
				 "1 <... clone3 resumed> => {parent_tid=[2]}, 88) = 2\n",
	      BLANK MAP("m1", "0x1000") "munmap m1 4K\n");
	check("threads whose start is not shown",
	      "1" ANON("0x1000") "2 munmap(0x1000, 4096) = 0\n",
	      BLANK MAP("m1", "0x1000") "munmap m1 4K\n");
	tap_eq(report.assumed_threads, 1, "... are counted");
}

static void forks(void)
{
	check("fork",
	      "1" ANON("0x1000") "1 " FORK " = 2\n2 munmap(0x1000, 4096) = 0\n"
				 "1 mprotect(0x1000, 4096, PROT_READ) = 0\n2 "
				 "exit_group(0) = ?\n"
				 "2 +++ exited with 0 +++\n1 munmap(0x1000, 4096) = 0\n",
	      BLANK MAP("m1", "0x1000") "fork p1\nswitch p1\nmunmap m1 4K\nswitch main\n"
					"mprotect m1 4K r\nexit p1\nmunmap m1 4K\n");
	tap_eq(report.processes, 2, "two processes");
	check("the child works before fork is over",
	      "1" ANON("0x1000") "1 clone(child_stack=NULL, "
				 "flags=CLONE_CHILD_CLEARTID|SIGCHLD "
				 "<unfinished ...>\n2 munmap(0x1000, 4096) = 0\n"
				 "1 <... clone resumed>, child_tidptr=0x7f) = 2\n",
	      BLANK MAP("m1", "0x1000") "fork p1\nswitch p1\nmunmap m1 4K\n");
	check("a process ends while the script is in it",
	      "1" ANON("0x1000") "1 fork() = 2\n2 munmap(0x1000, 4096) = 0\n"
	      "2 +++ exited with 0 +++\n1 munmap(0x1000, 4096) = 0\n",
	      BLANK MAP("m1", "0x1000") "fork p1\nswitch p1\nmunmap m1 4K\nswitch main\n"
	      "exit p1\nmunmap m1 4K\n");
	check("the first process ends before the last",
	      "1" ANON("0x1000") "1 fork() = 2\n1 +++ exited with 0 +++\n"
	      "2 munmap(0x1000, 4096) = 0\n2 +++ exited with 0 +++\n",
	      BLANK MAP("m1", "0x1000") "fork p1\nswitch p1\nmunmap m1 4K\nswitch main\n"
	      "exit p1\n");
	check("fork that failed",
	      "1" ANON("0x1000") "1 fork() = -1 EAGAIN (Resource temporarily "
				 "unavailable)\n",
	      BLANK MAP("m1", "0x1000"));
	check("without -o: messages inside calls, numbers that come and go",
	      ANON("0x1000") "clone(child_stack=NULL, flags=SIGCHLDstrace: Process 2 "
			     "attached\n"
			     ", child_tidptr=0x7f) = 2\n[pid 2] munmap(0x1000, 4096) = "
			     "0\n"
			     "[pid 1] mprotect(0x1000, 4096, PROT_READ) = 0\n[pid 2] +++ "
			     "exited with 0 +++\n"
			     "munmap(0x1000, 4096) = 0\n",
	      MAP("m1", "0x1000") "fork p1\nswitch p1\nmunmap m1 4K\nswitch main\n"
				  "mprotect m1 4K r\nexit p1\nmunmap m1 4K\n");
}

static void programs(void)
{
	check("execve at the start",
	      "1 execve(\"/bin/x\", [\"x\"], 0x7f /* 9 vars */) = 0\n1" ANON("0x1000"),
	      BLANK MAP("m1", "0x1000"));
	check("execve that failed",
	      "1" ANON("0x1000") "1 execve(\"/x\", [], NULL) = -1 ENOENT (No)\n"
				 "1 munmap(0x1000, 4096) = 0\n",
	      BLANK MAP("m1", "0x1000") "munmap m1 4K\n");
	check("fork and execve",
	      "1" ANON("0x1000") "1 fork() = 2\n2 execve(\"/x\", [], NULL) = 0\n2" ANON(
		      "0x3000") "2 munmap(0x3000, 4096) = 0\n",
	      BLANK MAP("m1", "0x1000") "fork p1\nswitch p1\nexec\n" MAP("m2", "0x3000")
		"munmap m2 4K\n");
	check("fork and execve without an empty process to start from",
	      ANON("0x1000") "fork() = 2\n[pid 2] execve(\"/x\", [], NULL) = 0\n[pid 2]" ANON(
		      "0x3000"),
	      MAP("m1", "0x1000") "fork p1\nswitch p1\nexec\n" MAP("m2", "0x3000"));
	check("vfork and execve",
	      "1" ANON("0x1000") "1 vfork( <unfinished ...>\n2 execve(\"/x\", [], NULL) "
				 "= 0\n"
				 "1 <... vfork resumed>) = 2\n2" ANON(
					 "0x3000") "1 munmap(0x1000, 4096) = 0\n"
						   "2 +++ exited with 0 +++\n",
	      BLANK MAP("m1", "0x1000") "switch blank\nfork p1  # a new program\nswitch "
					"p1\n" MAP("m2", "0x3000") "switch main\nmunmap "
								   "m1 4K\nexit p1\n");
	check("vfork and execve without an empty process to start from",
	      ANON("0x1000") "vfork() = 2\n[pid 2] execve(\"/x\", [], NULL) = 0\n[pid "
			     "2]" ANON("0x3000"),
	      MAP("m1", "0x1000"));
	tap_eq(report.elsewhere, 1, "... is counted");
	check("a thread that runs another program",
	      "1" ANON("0x1000") "1 " THREAD
				 " = 2\n2 execve(\"/x\", [], NULL <unfinished ...>\n"
				 "1 +++ superseded by execve in pid 2 +++\n1 <... execve "
				 "resumed>) = 0\n1" ANON("0x3000"),
	      BLANK MAP("m1", "0x1000") "exec\n" MAP("m2", "0x3000"));
}

static void filters(void)
{
	struct import_options options = { .touch = IMPORT_TOUCH_NONE,
					  .no_origin = true,
					  .pid = 2 };
	const char *log =
		"1" ANON("0x1000") "1 brk(NULL) = 0x9000\n1 brk(0xa000) = 0xa000\n1 " FORK
				   " = 2\n1 munmap(0x1000, 4096) = 0\n2" ANON(
					   "0x3000") "2 " FORK " = 3\n"
						     "3 munmap(0x1000, 4096) = 0\n3 +++ "
						     "exited with 0 +++\n"
						     "2 munmap(0x1000, 4096) = 0\n";

	check_as(IMPORT_STRACE, &options, "one process begins with what it inherited",
		 log, 0,
		 "heap heap 0x9000\nbrk heap+4K\n"
		 "map m1 0x1000 4K rw anon private  # inherited\n" MAP(
			 "m2", "0x3000") "fork p1\nexit p1\nmunmap m1 4K\n");
	options.pid = 1;
	check_as(IMPORT_STRACE, &options, "the first process only", log, 0,
		 MAP("m1",
		     "0x1000") "heap heap 0x9000\nbrk heap+4K\nfork p1\nmunmap m1 4K\n");
}

int main(void)
{
	threads();
	forks();
	programs();
	filters();
	return tap_done();
}
