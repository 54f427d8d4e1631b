// SPDX-License-Identifier: GPL-2.0-or-later
/* Every form a line of strace can have. */
#include "import_test.h"

#define MAP "mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)"
#define AT " = 0x7f0000000000"
#define M1 "map m1 0x7f0000000000 8K rw anon private\n"

static void prefixes(void)
{
	check("plain", MAP AT "\n", M1);
	check("pid in front (-f -o)", "1234  " MAP AT "\n", BLANK M1);
	check("[pid N] (-f)", "[pid  1234] " MAP AT "\n", BLANK M1);
	check("-Y: pid with name", "[pid  1234<a]b>] " MAP AT "\n", BLANK M1);
	check("-Y -o: pid with name", "1234<bash> " MAP AT "\n", BLANK M1);
	check("-t", "12:34:56 " MAP AT "\n", M1);
	check("-tt", "1234 12:34:56.123456 " MAP AT "\n", BLANK M1);
	check("-ttt", "1234 1700000000.123456 " MAP AT "\n", BLANK M1);
	check("-r", "     0.000123 " MAP AT "\n", M1);
	check("[pid N] and -tt", "[pid 7] 12:34:56.123456 " MAP AT "\n", BLANK M1);
	check("-i: instruction pointer", "[00007f1234567890] " MAP AT "\n", M1);
	check("-T", MAP AT " <0.000012>\n", M1);
	check("-n: call number", "[   9] " MAP AT "\n", M1);
	check("carriage return", MAP AT "\r\n", M1);
	check("empty lines", "\n\n" MAP AT "\n\n", M1);
	tap_eq(report.nr_bad, 0, "none of it is unreadable");
}

static void times(void)
{
	struct import_options options = { .touch = IMPORT_TOUCH_NONE };

	check_as(IMPORT_STRACE, &options, "-ttt counts from the first line",
		 "1700000000.500000 brk(NULL) = 0x1000\n1700000002.625000 " MAP AT "\n",
		 0,
		 "heap heap 0x1000  # line 1, 0.000000 s\n"
		 "map m1 0x7f0000000000 8K rw anon private  # line 2, 2.125000 s\n");
	check_as(IMPORT_STRACE, &options, "-r adds up",
		 "     0.000000 brk(NULL) = 0x1000\n     0.000100 getpid() = 1\n     "
		 "0.000200 " MAP AT "\n",
		 0,
		 "heap heap 0x1000  # line 1, 0.000000 s\n"
		 "map m1 0x7f0000000000 8K rw anon private  # line 3, 0.000300 s\n");
	check_as(IMPORT_STRACE, &options, "-tt counts from the first line",
		 "23:59:58.900000 brk(NULL) = 0x1000\n23:59:59.000000 " MAP AT "\n", 0,
		 "heap heap 0x1000  # line 1, 0.000000 s\n"
		 "map m1 0x7f0000000000 8K rw anon private  # line 2, 0.100000 s\n");
}

static void arguments(void)
{
	check("-X raw", "mmap(0, 8192, 0x3, 0x22, -1, 0)" AT "\n", M1);
	check("-X raw, descriptor as a number",
	      "mmap(0, 0x2000, 0x3, 0x22, 0xffffffff, 0)" AT "\n", M1);
	check("-X verbose",
	      "mmap(NULL, 8192, 0x3 /* PROT_READ|PROT_WRITE */, 0x22 /* MAP_PRIVATE|"
	      "MAP_ANONYMOUS */, -1, 0)" AT "\n",
	      M1);
	check("-y path with brackets and commas",
	      "mmap(NULL, 8192, PROT_READ, MAP_SHARED, 3</tmp/a, (b) [c]{d>, 0)" AT "\n",
	      "map m1 0x7f0000000000 8K r file shared\n");
	check("-yy socket with an arrow",
	      "mmap(NULL, 8192, PROT_READ, MAP_SHARED, "
	      "3<TCP:[127.0.0.1:80->127.0.0.1:90]>, 0)" AT "\n",
	      "map m1 0x7f0000000000 8K r file shared\n");
	check("-y deleted file",
	      "mmap(NULL, 8192, PROT_READ, MAP_SHARED, 3</memfd:x (deleted)>(deleted), "
	      "0)" AT "\n",
	      "map m1 0x7f0000000000 8K r shmem shared\n");
	check("result with flags", "brk(NULL) = 0x1000 (flags X)\n",
	      "heap heap 0x1000\n");
	check("string with quotes and parentheses",
	      "write(1, \"a\\\") = 0x1\\n\", 9) = 9\n" MAP AT "\n", M1);
	check("mmap2",
	      "mmap2(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, "
	      "0)" AT "\n",
	      M1);
}

static void unfinished(void)
{
	check("unfinished and resumed",
	      "1 mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0 "
	      "<unfinished ...>\n"
	      "2 getpid() = 2\n"
	      "1 <... mmap resumed>)" AT "\n",
	      BLANK M1);
	tap_eq(find_call("mmap")->seen, 1, "... counts once");
	tap_eq(find_call("mmap")->used, 1, "... and is used");
	check("[pid N] unfinished, old spacing, -T",
	      "[pid 1] mprotect(0x7f0000000000, 4096, PROT_READ <unfinished ...>\n"
	      "[pid 1] <... mprotect resumed> )      = -1 EINVAL (Invalid argument) "
	      "<0.1>\n",
	      BLANK);
	check("munmap takes effect where it began",
	      "1 " MAP AT "\n"
	      "1 munmap(0x7f0000000000, 8192 <unfinished ...>\n"
	      "2 " MAP AT "\n"
	      "1 <... munmap resumed>) = 0\n"
	      "1 mprotect(0x7f0000000000, 8192, PROT_READ) = 0\n",
	      BLANK M1 "munmap m1 8K\nmap m2 0x7f0000000000 8K rw anon private\n"
		       "mprotect m2 8K r\n");
	tap_eq(find_call("munmap")->seen, 1, "... counts once");
	check("two threads inside calls",
	      "1 brk(NULL <unfinished ...>\n2 madvise(0x7f0000000000, 8192, "
	      "MADV_DONTNEED "
	      "<unfinished ...>\n1 <... brk resumed>) = 0x1000\n2 <... madvise resumed>) "
	      "= -1 "
	      "EINVAL (Invalid argument)\n",
	      BLANK "heap heap 0x1000\n");
	check("resumed without a beginning",
	      "1 <... mmap resumed>)" AT "\n1 getpid() = 1\n", BLANK);
	check("begun and never finished",
	      "1 getpid() = 1\n1 munmap(0x1000 <unfinished ...>\n", BLANK);
	tap_eq(report.unfinished, 1, "... is counted");
	check("of an unknown call",
	      "1 read(3,  <unfinished ...>\n1 <... read resumed>\"x\", 1) = 1\n", BLANK);
}

static void remarks(void)
{
	check("signals, exits, messages, restarts",
	      "strace: Process 12 attached\n"
	      "--- SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_ACCERR, si_addr=0x7f0} ---\n"
	      "--- stopped by SIGSTOP ---\n"
	      "futex(0x7f0, FUTEX_WAIT, 2, NULL) = ? ERESTARTSYS (To be restarted if "
	      "SA_RESTART is "
	      "set)\n"
	      "restart_syscall(<... resuming interrupted read ...>) = 1\n"
	      "?\?\?\?( <detached ...>\n" MAP AT "\n"
	      " > /usr/lib/libc.so.6(mmap+0x5) [0x12]\n"
	      "exit_group(0) = ?\n"
	      "+++ exited with 0 +++\n",
	      M1);
	tap_eq(report.nr_bad, 0, "... none of them unreadable");
	check("killed", MAP AT "\n+++ killed by SIGKILL (core dumped) +++\n", M1);
	check("garbage between lines",
	      "hello world\n" MAP AT "\nmmap without end(\n\x01\x02\n", M1);
	tap_eq(report.nr_bad, 3, "... is counted");
	tap_eq(report.bad[1].line, 3, "... with its line");
	tap_ok(!strcmp(report.bad[0].text, "hello world"), "... and its text");
	tap_ok(!strcmp(report.bad[2].text, "??"), "... made printable");
}

static void counts(void)
{
	check("other calls",
	      "read(3, \"\", 1) = 0\nread(3, \"\", 1) = 0\nshmat(3, NULL, 0) = 0x7f\n" MAP
	      " = -1 ENOMEM (Cannot allocate memory)\n",
	      "");
	tap_eq(find_call("read")->seen, 2, "are counted by name");
	tap_ok(find_call("shmat")->memory && !find_call("read")->memory,
	       "memory calls that are not understood are marked");
	tap_eq(find_call("mmap")->failed, 1, "failed calls are counted");
	tap_eq(report.failed, 1, "... in all");
	tap_eq(report.lines, 4, "lines are counted");
}

int main(void)
{
	prefixes();
	times();
	arguments();
	unfinished();
	remarks();
	counts();
	return tap_done();
}
