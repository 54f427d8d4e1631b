// SPDX-License-Identifier: GPL-2.0-or-later
/* --touch all|written|none: what is assumed, and that the script says so. */
#include "import_test.h"

#define ANON(len, prot)                                                                  \
	"mmap(NULL, " len ", " prot ", MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x100000\n"

static void all(void)
{
	struct import_options options = { .touch = IMPORT_TOUCH_ALL, .no_origin = true };

	check_as(IMPORT_STRACE, &options, "all: by protection",
		 ANON("8192", "PROT_READ|PROT_WRITE") ANON("8192", "PROT_READ")
			 ANON("8192", "PROT_NONE"),
		 0,
		 "map m1 0x100000 8K rw anon private\ntouch m1 8K w  # assumed\n"
		 "map m2 0x100000 8K r anon private fixed\ntouch m2 8K r  # assumed\n"
		 "map m3 0x100000 8K none anon private fixed\n");
	check_as(IMPORT_STRACE, &options, "all: what mprotect makes accessible",
		 ANON("16384",
		      "PROT_NONE") "mprotect(0x101000, 4096, PROT_READ) = 0\n"
				   "mprotect(0x100000, 16384, PROT_READ|PROT_WRITE) = 0\n"
				   "mprotect(0x100000, 16384, PROT_READ) = 0\n",
		 0,
		 "map m1 0x100000 16K none anon private\nmprotect m1+4K 4K r\n"
		 "touch m1+4K 4K r  # assumed\nmprotect m1 16K rw\ntouch m1 4K w  # "
		 "assumed\n"
		 "touch m1+4K 4K w  # assumed\ntouch m1+8K 8K w  # assumed\nmprotect m1 "
		 "16K r\n");
	check_as(IMPORT_STRACE, &options, "all: what brk and mremap add",
		 "brk(NULL) = 0x200000\nbrk(0x202000) = 0x202000\n" ANON(
			 "4096",
			 "PROT_READ") "mremap(0x100000, 4096, 12288, 1) = 0x300000\n",
		 0,
		 "heap heap 0x200000\nbrk heap+8K\ntouch heap 8K w  # assumed\n"
		 "map m1 0x100000 4K r anon private\ntouch m1 4K r  # assumed\n"
		 "mremap m1 4K 12K 0x300000\ntouch 0x301000 8K r  # assumed\n");
	check_as(IMPORT_STRACE, &options, "all: MAP_POPULATE has done it",
		 "mmap(NULL, 4096, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_POPULATE, "
		 "-1, 0) = 0x1000\n",
		 0, "map m1 0x1000 4K r anon private populate\n");
	check_as(IMPORT_STRACE, &options, "all: 64M at most",
		 ANON("1073741824", "PROT_READ|PROT_WRITE"), 0,
		 "map m1 0x100000 1G rw anon private\ntouch m1 64M w  # assumed\n");
	tap_eq(report.untouched, 960ULL << 20, "... the rest is counted");
}

static void written(void)
{
	struct import_options options = { .touch = IMPORT_TOUCH_WRITTEN,
					  .no_origin = true };

	check_as(IMPORT_STRACE, &options, "written: pointers that calls used",
		 ANON("65536",
		      "PROT_READ|PROT_WRITE") "getpid() = 1\n"
					      "set_robust_list(0x101a20, 24) = "
					      "0\nset_robust_list(0x101a20, 24) = 0\n"
					      "futex(0x10f004, FUTEX_WAKE_PRIVATE, 1) = "
					      "0\n"
					      "futex(0x10e004, FUTEX_WAKE_PRIVATE, 1) = "
					      "-1 EFAULT (Bad address)\n"
					      "read(3, 0x103ff0, 100) = 32\nread(3, "
					      "\"\\0\"..., 100) = 32\nmunmap(0x105000, "
					      "4096) "
					      "= 0\nset_robust_list(0x101a20, 24) = "
					      "0\nset_robust_list(0x105a20, 24) = 0\n",
		 0,
		 "map m1 0x100000 64K rw anon private\ntouch m1+4K 4K w\ntouch m1+60K 4K "
		 "w\n"
		 "touch m1+12K 4K w\ntouch m1+16K 4K w\nmunmap m1+20K 4K\ntouch m1+4K 4K "
		 "w\n");
	check_as(IMPORT_STRACE, &options, "written: stacks given to threads",
		 ANON("65536",
		      "PROT_READ|PROT_WRITE") "clone3({flags=CLONE_VM|CLONE_THREAD, "
					      "stack=0x100000, stack_size=0x8000}, 88) = "
					      "2\n"
					      "clone(child_stack=0x110000, "
					      "flags=CLONE_VM|CLONE_THREAD) = 3\n",
		 0,
		 "map m1 0x100000 64K rw anon private\ntouch m1+28K 4K w\ntouch m1+60K "
		 "4K w\n");
}

static bool says(const struct import_options *options, const char *what)
{
	struct strbuf script = STRBUF_INIT;
	bool found;

	import_bytes(IMPORT_STRACE, options, ANON("4096", "PROT_READ"),
		     strlen(ANON("4096", "PROT_READ")), &script);
	found = strstr(strbuf_str(&script), what);
	strbuf_release(&script);
	return found;
}

static void said(void)
{
	struct import_options options = { .touch = IMPORT_TOUCH_ALL, .name = "x.log" };

	tap_ok(says(&options, "# Imported from x.log (strace)"),
	       "the script names the recording");
	tap_ok(says(&options, "every page that becomes accessible is touched"),
	       "it says: all");
	tap_ok(says(&options, "only the first 64M"), "... and the limit");
	tap_ok(says(&options, "# 1 lines read, 2 operations"), "it says what was read");
	tap_ok(says(&options, "# Used: 1 mmap"), "... and used");
	options.touch_limit = UINT64_MAX;
	tap_ok(!says(&options, "only the first"), "no limit is no limit");
	options.touch = IMPORT_TOUCH_WRITTEN;
	tap_ok(says(&options, "only pages that the log shows in use"),
	       "it says: written");
	options.touch = IMPORT_TOUCH_NONE;
	tap_ok(says(&options, "no page is touched"), "it says: none");
	options.name = "bad\nname\x01";
	tap_ok(says(&options, "# Imported from bad?name? ("),
	       "names cannot break out of a comment");
}

int main(void)
{
	all();
	written();
	said();
	return tap_done();
}
