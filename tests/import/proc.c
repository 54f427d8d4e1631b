// SPDX-License-Identifier: GPL-2.0-or-later
/* /proc/PID/maps and smaps. */
#include "import_test.h"

static const char maps[] =
	"00400000-00452000 r-xp 00000000 08:02 173521      /usr/bin/a b\n"
	"00e03000-00e24000 rw-p 00000000 00:00 0           [heap]\n"
	"7f0000000000-7f0040000000 ---p 00000000 00:00 0 \n"
	"7f1000000000-7f1000002000 rw-s 00001000 00:05 77  /dev/shm/x (deleted)\n"
	"7ffe0000000-7ffe0004000 r--p 00000000 00:00 0    [vvar]\n"
	"ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0 [vsyscall]\n";

static const char smaps[] =
	"00e03000-00e24000 rw-p 00000000 00:00 0           [heap]\n"
	"Size:                132 kB\nKernelPageSize:        4 kB\nRss:                  "
	"12 kB\n"
	"VmFlags: rd wr mr mw me ac\n"
	"7f0000000000-7f0000002000 r--p 00000000 00:00 0\nRss:                  0 kB\n"
	"7f0000002000-7f0000004000 r--p 00000000 00:00 0\nRss:         99999999 kB\n";

int main(void)
{
	struct import_options options = { .touch = IMPORT_TOUCH_NONE, .no_origin = true };

	check_as(IMPORT_PROC, &options, "maps", maps, 0,
		 "map m1 0x400000 328K rx file private\nmap m2 0xe03000 132K rw anon "
		 "private\n"
		 "map m3 0x7f0000000000 1G none anon private\n"
		 "map m4 0x7f1000000000 8K rw shmem shared\n");
	options.touch = IMPORT_TOUCH_ALL;
	check_as(IMPORT_PROC, &options, "maps, all touched", maps, 0,
		 "map m1 0x400000 328K rx file private\ntouch m1 328K r  # assumed\n"
		 "map m2 0xe03000 132K rw anon private\ntouch m2 132K w  # assumed\n"
		 "map m3 0x7f0000000000 1G none anon private\n"
		 "map m4 0x7f1000000000 8K rw shmem shared\ntouch m4 8K w  # assumed\n");
	options.touch = IMPORT_TOUCH_WRITTEN;
	check_as(IMPORT_PROC, &options, "smaps: as much as is resident", smaps, 0,
		 "map m1 0xe03000 132K rw anon private\ntouch m1 12K w\n"
		 "map m2 0x7f0000000000 8K r anon private\nmap m3 0x7f0000002000 8K r "
		 "anon private\n");
	tap_eq(report.nr_bad, 0, "... all of it is understood");
	check_as(IMPORT_PROC, &options, "junk between maps",
		 "zz\n2000-1000 rw-p 0 0:0 0\n1000-2000 rw-p 0 0:0 0\nx\n", 0,
		 "map m1 0x1000 4K rw anon private\n");
	tap_eq(report.nr_bad, 3, "... is counted");
	return tap_done();
}
