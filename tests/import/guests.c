// SPDX-License-Identifier: GPL-2.0-or-later
/* KVM's calls in a strace log: VMs and memslots. */
#include "import_test.h"

#include <errno.h>

#define CREATE "ioctl(3</dev/kvm>, KVM_CREATE_VM, 0) = 8<anon_inode:kvm-vm>\n"
#define RAM                                                                              \
	"mmap(NULL, 4294967296, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, "   \
	"0) = "                                                                          \
	"0x7f0000000000\n"
#define M_RAM "map ram 0x7f0000000000 4G rw anon private\n"
#define SLOT(id, flags, gpa, size, hva)                                                  \
	"ioctl(8<anon_inode:kvm-vm>, KVM_SET_USER_MEMORY_REGION, {slot=" id              \
	", flags=" flags ", guest_phys_addr=" gpa ", memory_size=" size                  \
	", userspace_addr=" hva "}) = 0\n"

static void memslots(void)
{
	check("a memslot comes, changes and goes",
	      CREATE RAM SLOT("0", "0", "0", "2147483648", "0x7f0000000000")
		      SLOT("1", "KVM_MEM_READONLY", "0x100000000", "1048576",
			   "0x7f0080000000") SLOT("0", "KVM_MEM_LOG_DIRTY_PAGES", "0",
						  "2147483648", "0x7f0000000000")
			      SLOT("0", "0", "0x40000000", "2147483648", "0x7f0000000000")
				      SLOT("0", "0", "0", "0", "0x7f0000000000"),
	      "vm vm0 tdp\n" M_RAM "memslot vm0 0 gpa=0x0 ram 2G\n"
	      "memslot vm0 1 gpa=0x100000000 ram+2G 1M readonly\n"
	      "memslot vm0 0 delete\nmemslot vm0 0 gpa=0x40000000 ram 2G\nmemslot vm0 0 "
	      "delete\n");
	tap_eq(report.vms, 1, "one VM");
	check("system management mode has its own slots, which are left out",
	      CREATE RAM SLOT("65536", "0", "0", "2147483648", "0x7f0000000000"),
	      "vm vm0 tdp\n" M_RAM);
	check("raw numbers",
	      "ioctl(3, 0xae01, 0) = 8\n" RAM "ioctl(8, 0x4020ae46, {slot=0, flags=0, "
	      "guest_phys_addr=0, memory_size=4096, userspace_addr=0x7f0000000000}) = "
	      "0\n",
	      "vm vm0 tdp\n" M_RAM "memslot vm0 0 gpa=0x0 ram 4K\n");
	check("a slot whose VM and memory were not shown",
	      SLOT("0", "0", "0", "8192", "0x7f0000000000"),
	      "vm vm0 tdp\nmap seen1 0x7f0000000000 8K rw anon private  # assumed, not "
	      "shown being "
	      "mapped\nmemslot vm0 0 gpa=0x0 seen1 8K\n");
	check("slots that KVM would refuse",
	      CREATE RAM SLOT("0", "0", "0", "4095", "0x7f0000000000")
		      SLOT("0", "0", "1", "4096", "0x7f0000000000")
			      SLOT("0", "0", "0", "4096", "0x7f0000000001"),
	      "vm vm0 tdp\n" M_RAM);
	check("a descriptor used again is another VM",
	      CREATE RAM SLOT("0", "0", "0", "4096", "0x7f0000000000")
		      CREATE SLOT("0", "0", "0", "4096", "0x7f0000000000"),
	      "vm vm0 tdp\n" M_RAM "memslot vm0 0 gpa=0x0 ram 4K\nvm vm1 tdp\n"
	      "memslot vm1 0 gpa=0x0 ram 4K\n");
	check("other ioctls and pointers only",
	      "ioctl(1, TCGETS, {c_iflag=0}) = 0\nioctl(8, KVM_RUN, 0) = 0\n"
	      "ioctl(8, KVM_SET_USER_MEMORY_REGION, 0x7ffe00) = 0\n",
	      "");
	tap_eq(find_call("ioctl")->used, 0, "... are counted only");
}

static void touched(void)
{
	struct import_options options = { .touch = IMPORT_TOUCH_ALL,
					  .no_origin = true,
					  .touch_limit = 1 << 20,
					  .mmu = "shadow" };

	check_as(IMPORT_STRACE, &options,
		 "the guest is assumed to use its memory, up to the limit",
		 CREATE RAM SLOT("0", "0", "0", "2147483648", "0x7f0000000000")
			 SLOT("1", "KVM_MEM_READONLY", "0x100000000", "8192",
			      "0x7f0080000000"),
		 0,
		 "vm vm0 shadow\n" M_RAM
		 "touch ram 1M w  # assumed\nmemslot vm0 0 gpa=0x0 ram 2G\n"
		 "memslot vm0 1 gpa=0x100000000 ram+2G 8K readonly\n"
		 "guest vm0 w 0x0 1M  # assumed\nguest vm0 r 0x100000000 8K  # assumed\n");
	tap_eq(report.untouched, (4096ULL - 1 + 2048 - 1) << 20,
	       "... the rest is counted");
	tap_eq(report.touched, (2ULL << 20) + 8192, "... as is what is touched");
	check_as(IMPORT_STRACE, &options,
		 "... again after a slot was deleted, and before anything else",
		 CREATE RAM SLOT("0", "0", "0", "8192", "0x7f0000000000")
			 SLOT("1", "0", "0x100000000", "4096", "0x7f0080000000")
		 "madvise(0x7f0000000000, 4096, MADV_DONTNEED) = 0\n"
			 SLOT("1", "0", "0", "0", "0")
		 "fork() = 2\n",
		 0,
		 "vm vm0 shadow\n" M_RAM
		 "touch ram 1M w  # assumed\nmemslot vm0 0 gpa=0x0 ram 8K\n"
		 "memslot vm0 1 gpa=0x100000000 ram+2G 4K\n"
		 "guest vm0 w 0x0 8K  # assumed\nguest vm0 w 0x100000000 4K  # assumed\n"
		 "madvise ram 4K dontneed\nmemslot vm0 1 delete\n"
		 "guest vm0 w 0x0 8K  # assumed\nfork p1\n");
}

#define EVENT(text) "x-7 [000] ..... 1.0: " text "\n"
#define MAPPED(len)                                                                      \
	EVENT("sys_mmap(addr: 0, len: " len ", prot: 3, flags: 22, fd: ffffffff, off: 0)") \
	EVENT("sys_mmap -> 0x7f0000000000")
#define CREATED EVENT("sys_ioctl(fd: 3, cmd: ae01, arg: 0)") EVENT("sys_ioctl -> 0x9")
#define SLOT_SET EVENT("sys_ioctl(fd: 9, cmd: 4020ae46, arg: 7ffe0000)") EVENT("sys_ioctl -> 0x0")
#define VM "vm vm0 tdp\n"
#define RAM_OF(size) "map m1 0x7f0000000000 " size " rw anon private\n"

/* A recorded VM had no memslots at all, and so nothing was zapped. */
static void guessed(void)
{
	static const struct import_options options = { .no_origin = true };

	check_as(IMPORT_FTRACE, &options, "ftrace shows that memslots are set, not which: guessed, once",
		 MAPPED("40000000") CREATED SLOT_SET SLOT_SET, 0,
		 RAM_OF("1G") VM "memslot vm0 0 gpa=0x0 m1 1G\n");
	check_as(IMPORT_FTRACE, &options, "... without a map that could be the guest's memory: not at all",
		 MAPPED("400000") CREATED SLOT_SET, 0, RAM_OF("4M") VM);
	/* it was split at 2G, where QEMU does so from 2.75G on */
	check_as(IMPORT_FTRACE, &options, "... memory of 2.25G is not split",
		 MAPPED("90000000") CREATED SLOT_SET, 0,
		 RAM_OF("2304M") VM "memslot vm0 0 gpa=0x0 m1 2304M\n");
	check_as(IMPORT_FTRACE, &options, "... memory of 2.75G is",
		 MAPPED("b0000000") CREATED SLOT_SET, 0,
		 RAM_OF("2816M") VM "memslot vm0 0 gpa=0x0 m1 2G\n"
				    "memslot vm0 1 gpa=0x100000000 m1+2G 768M\n");
}

#define GUEST_FAULT(gpa, code)                                                             \
	EVENT("kvm_page_fault: vcpu 0 rip 0xfff0 address 0x" gpa " error_code " code)
#define KVM_1G RAM_OF("1G") VM "memslot vm0 0 gpa=0x0 m1 1G\n"

/* What a guest did was counted by name and forgotten: no replay had a secondary MMU with entries. */
static void accesses(void)
{
	static const struct import_options options = { .no_origin = true };
	static const struct import_options none = { .no_origin = true, .touch = IMPORT_TOUCH_NONE };

	check_as(IMPORT_FTRACE, &options, "faults of a guest are its accesses; neighbours are joined",
		 MAPPED("40000000") CREATED SLOT_SET GUEST_FAULT("0000000000100010", "0x6")
			 GUEST_FAULT("0000000000101000", "0x2") GUEST_FAULT("0000000000102ff8", "2")
			 GUEST_FAULT("0000000000200000", "0x4"), 0,
		 KVM_1G "guest vm0 w 0x100000 12K\nguest vm0 r 0x200000 4K\n");
	tap_eq(report.guest, 4, "... and counted");
	tap_eq(find_call("kvm_page_fault")->used, 4, "... as used");
	check_as(IMPORT_FTRACE, &options, "... before whatever the process does next",
		 MAPPED("40000000") CREATED SLOT_SET GUEST_FAULT("0000000000100000", "0x100000006")
			 EVENT("sys_madvise(start: 7f0000000000, len_in: 200000, behavior: 4)")
				 EVENT("sys_madvise -> 0x0") GUEST_FAULT("0000000000100000", "0x6"), 0,
		 KVM_1G "guest vm0 w 0x100000 4K\nmadvise m1 2M dontneed\nguest vm0 w 0x100000 4K\n");
	check_as(IMPORT_FTRACE, &options, "... and not joined with those of the process",
		 MAPPED("40000000") CREATED SLOT_SET GUEST_FAULT("0000000000000000", "0x6")
			 EVENT("page_fault_user: address=0x7f0000001000 ip=0x1 error_code=0x6"), 0,
		 KVM_1G "guest vm0 w 0x0 4K\ntouch m1+4K 4K w\n");
	check_as(IMPORT_FTRACE, &options, "a device's registers are no memory",
		 MAPPED("40000000") CREATED SLOT_SET GUEST_FAULT("00000000fee00000", "0xe")
			 GUEST_FAULT("0000000040000000", "0x6"), 0, KVM_1G);
	tap_eq(report.guest_outside, 2, "... and are counted apart");
	check_as(IMPORT_FTRACE, &options, "of a VM that is older than the recording all is guessed, once",
		 MAPPED("40000000") GUEST_FAULT("0000000000001000", "0x6")
			 GUEST_FAULT("00000000fee00000", "0xe") GUEST_FAULT("0000000000003000", "0x6"), 0,
		 KVM_1G "guest vm0 w 0x1000 12K stride=8K\n");
	check_as(IMPORT_FTRACE, &options, "... where there is a map that could be its memory",
		 MAPPED("1000") GUEST_FAULT("0000000000001000", "0x6"), 0, RAM_OF("4K"));
	check_as(IMPORT_FTRACE, &none, "without accesses: not those of guests either",
		 MAPPED("40000000") CREATED SLOT_SET GUEST_FAULT("0000000000100000", "0x6"), 0, KVM_1G);
	check_as(IMPORT_FTRACE, &options, "a fault that cannot be read",
		 MAPPED("40000000") EVENT("kvm_page_fault: vcpu 0 rip 0xfff0 address 0xgg error_code 0x6")
			 EVENT("kvm_page_fault: vcpu 0") EVENT("sys_getpid()"), 0, RAM_OF("1G"));
	tap_eq(report.nr_bad, 2, "... is counted as such");
}

struct heard {
	struct import_notification all[8];
	unsigned int nr;
	int err;
};

static int hear(void *ctx, const struct import_notification *notification)
{
	struct heard *heard = ctx;

	if (heard->nr < 8)
		heard->all[heard->nr++] = *notification;
	return heard->err;
}

#define UNMAP(thread, range) \
	"x-" thread " ( 7) [000] 1.0: kvm_unmap_hva_range: mmu notifier unmap range: " range "\n"

static void notifications(void)
{
	struct heard heard = { .nr = 0 };
	struct import_options options = { .no_origin = true, .notified = hear, .ctx = &heard };
	static const char text[] =
		"# kernel 6.12.9-test\n" MAPPED("40000000") CREATED CREATED
		UNMAP("7", "0x1000 -- 0x2000") UNMAP("8", "0x1000 -- 0x2000")
		UNMAP("7", "0x1000 -- 0x2000") UNMAP("8", "0x1000 -- 0x2000")
		UNMAP("7", "0x1000 -- 0x2000") EVENT("sys_getpid()") UNMAP("7", "0x1000 -- 0x2000");

	check_as(IMPORT_FTRACE, &options, "notifications are told", text, 0,
		 RAM_OF("1G") VM "vm vm1 tdp\n");
	/* the second ioctl gives the same descriptor: one VM in the end */
	tap_eq(heard.nr, 6, "... one by one with one VM");
	tap_ok(heard.nr && heard.all[1].process == 7 && heard.all[1].start == 0x1000 &&
	       heard.all[1].end == 0x2000, "... with process and range");
	tap_ok(!strcmp(report.release, "6.12.9-test"), "the kernel is known");
	tap_eq(report.first, 7, "... and the process that the script begins with");
	heard = (struct heard){ .err = -ENOSPC };
	check_as(IMPORT_FTRACE, &options, "who hears them may end the import", text, -ENOSPC, "");
}

int main(void)
{
	memslots();
	touched();
	guessed();
	accesses();
	notifications();
	return tap_done();
}
