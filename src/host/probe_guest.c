// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The probe's guest: a loop of five instructions in long mode at user level, with 2 MiB pages.
 *
 * User level, 2 MiB pages and an access to nothing as the way out are what also works where KVM
 * has no hardware support at all: 1 GiB pages are not offered there, and neither port I/O nor
 * privileged code runs on the processor itself. The guest's virtual addresses 0 to 4 GiB are the
 * start of the memslot; above are its code and what it leaves through, and then the aliases of the
 * slot's start: with tables of 4 KiB pages, because KVM has one shadow page for a large guest page
 * wherever it is mapped.
 */
#include "probe_internal.h"

#include <errno.h>
#include <linux/kvm.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

#include <base/mem.h>

#define PAGE 4096ull
#define WINDOWS (HOST_PROBE_GUEST_BYTES >> 30)
#define ALIAS_TABLES (HOST_PROBE_ALIAS_BYTES >> 21)
enum {
	OWN_PML4,
	OWN_PDPT,
	OWN_OWN_PD,
	OWN_CODE,
	OWN_PD,
	OWN_ALIAS_PD = OWN_PD + WINDOWS,
	OWN_ALIAS_PT,
	OWN_PAGES = OWN_ALIAS_PT + HOST_PROBE_ALIASES * ALIAS_TABLES
};

/* The guest's own memory, below the region; 2 MiB further on there is nothing. */
#define OWN_GPA (1ull << 30)
#define OWN_GVA HOST_PROBE_GUEST_BYTES
#define NOTHING_GVA (OWN_GVA + (2ull << 20))

#define PTE_TABLE 0x7ull /* present, writable, user */
#define PTE_LEAF 0x67ull /* the same, accessed, dirty */
#define PMD_LEAF 0xe7ull /* large, too */
#define CR0_PAGED 0x80000011ull
#define CR4_PAE 0x20ull
#define EFER_LONG 0x500ull
#define MAX_CPUID 256
#define MAX_STATS 1024

/*
 * rdi: address, rsi: how often, rdx: distance, rbx: nothing.
 *	1: movb $1,(%rdi); add %rdx,%rdi; dec %rsi; jnz 1b
 *	2: mov %al,(%rbx); jmp 2b
 */
static const unsigned char code[] = { 0xc6, 0x07, 0x01, 0x48, 0x01, 0xd7, 0x48, 0xff,
				      0xce, 0x75, 0xf5, 0x88, 0x03, 0xeb, 0xfc };

static uint64_t own_gpa(unsigned int page)
{
	return OWN_GPA + page * PAGE;
}

static uint64_t *own_table(struct probe_guest *guest, unsigned int page)
{
	return (uint64_t *)(guest->own + page * PAGE);
}

/* Each alias has tables of its own: the same guest pages in other shadow pages. */
static void fill_aliases(struct probe_guest *guest)
{
	unsigned int table, i;

	own_table(guest, OWN_PDPT)[PROBE_ALIAS_GVA >> 30] = own_gpa(OWN_ALIAS_PD) | PTE_TABLE;
	for (table = 0; table < HOST_PROBE_ALIASES * ALIAS_TABLES; table++) {
		uint64_t gpa = HOST_PROBE_GPA + ((uint64_t)(table % ALIAS_TABLES) << 21);

		own_table(guest, OWN_ALIAS_PD)[table] = own_gpa(OWN_ALIAS_PT + table) | PTE_TABLE;
		for (i = 0; i < 512; i++)
			own_table(guest, OWN_ALIAS_PT + table)[i] = (gpa + i * PAGE) | PTE_LEAF;
	}
}

static void fill_own_memory(struct probe_guest *guest)
{
	uint64_t *own_pd = own_table(guest, OWN_OWN_PD);
	unsigned int window, i;

	own_table(guest, OWN_PML4)[0] = own_gpa(OWN_PDPT) | PTE_TABLE;
	for (window = 0; window < WINDOWS; window++) {
		uint64_t gpa = HOST_PROBE_GPA + ((uint64_t)window << 30);

		own_table(guest, OWN_PDPT)[window] = own_gpa(OWN_PD + window) | PTE_TABLE;
		for (i = 0; i < 512; i++)
			own_table(guest, OWN_PD + window)[i] = (gpa + ((uint64_t)i << 21)) | PMD_LEAF;
	}
	own_table(guest, OWN_PDPT)[WINDOWS] = own_gpa(OWN_OWN_PD) | PTE_TABLE;
	own_pd[0] = OWN_GPA | PMD_LEAF;
	own_pd[1] = (OWN_GPA + (2ull << 20)) | PMD_LEAF;
	fill_aliases(guest);
	memcpy(guest->own + OWN_CODE * PAGE, code, sizeof(code));
}

static int set_slot(struct probe_guest *guest, unsigned int slot, uint64_t gpa, void *addr,
		    uint64_t len)
{
	struct kvm_userspace_memory_region region = {
		.slot = slot,
		.guest_phys_addr = gpa,
		.memory_size = len,
		.userspace_addr = (uintptr_t)addr,
	};

	return ioctl(guest->vm, KVM_SET_USER_MEMORY_REGION, &region) ? -errno : 0;
}

static int add_own_memory(struct probe_guest *guest)
{
	void *own = mmap(NULL, OWN_PAGES * PAGE, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (own == MAP_FAILED)
		return -errno;
	guest->own = own;
	fill_own_memory(guest);
	return set_slot(guest, 1, OWN_GPA, own, OWN_PAGES * PAGE);
}

static int set_cpuid(int kvm, struct probe_guest *guest)
{
	struct kvm_cpuid2 *cpuid =
		mem_zalloc(sizeof(*cpuid) + MAX_CPUID * sizeof(struct kvm_cpuid_entry2));
	int err = 0;

	if (!cpuid)
		return -ENOMEM;
	cpuid->nent = MAX_CPUID;
	if (ioctl(kvm, KVM_GET_SUPPORTED_CPUID, cpuid) ||
	    ioctl(guest->vcpu, KVM_SET_CPUID2, cpuid))
		err = -errno;
	mem_free(cpuid);
	return err;
}

static int set_long_mode(struct probe_guest *guest)
{
	const struct kvm_segment data = { .limit = 0xffffffff, .selector = 16 | 3, .type = 3,
					  .present = 1, .s = 1, .dpl = 3, .db = 1, .g = 1 };
	const struct kvm_segment text = { .limit = 0xffffffff, .selector = 8 | 3, .type = 11,
					  .present = 1, .s = 1, .dpl = 3, .l = 1, .g = 1 };
	struct kvm_sregs sregs;

	if (ioctl(guest->vcpu, KVM_GET_SREGS, &sregs))
		return -errno;
	sregs.cs = text;
	sregs.ds = sregs.es = sregs.ss = sregs.fs = sregs.gs = data;
	sregs.cr0 = CR0_PAGED;
	sregs.cr3 = own_gpa(OWN_PML4);
	sregs.cr4 = CR4_PAE;
	sregs.efer = EFER_LONG;
	return ioctl(guest->vcpu, KVM_SET_SREGS, &sregs) ? -errno : 0;
}

static int make_vcpu(int kvm, struct probe_guest *guest)
{
	int size = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0), err;
	void *run;

	if (size < 0)
		return -errno;
	err = add_own_memory(guest);
	if (err)
		return err;
	guest->vcpu = ioctl(guest->vm, KVM_CREATE_VCPU, 0);
	if (guest->vcpu < 0)
		return -errno;
	run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, guest->vcpu, 0);
	if (run == MAP_FAILED)
		return -errno;
	guest->run = run;
	guest->run_size = size;
	err = set_cpuid(kvm, guest);
	return err ? err : set_long_mode(guest);
}

/* Find "pages_4k" among the VM's statistics. */
static bool find_counter(struct probe_guest *guest, const struct kvm_stats_header *header)
{
	char buf[sizeof(struct kvm_stats_desc) + 128];
	size_t size = sizeof(struct kvm_stats_desc) + header->name_size;
	struct kvm_stats_desc desc;
	unsigned int i;

	if (size > sizeof(buf) || header->num_desc > MAX_STATS)
		return false;
	for (i = 0; i < header->num_desc; i++) {
		if (pread(guest->stats, buf, size, header->desc_offset + i * size) != (ssize_t)size)
			return false;
		memcpy(&desc, buf, sizeof(desc));
		buf[size - 1] = '\0';
		if (strcmp(buf + sizeof(desc), "pages_4k"))
			continue;
		guest->pages_4k = header->data_offset + desc.offset;
		return true;
	}
	return false;
}

/* KVM_GET_STATS_FD exists since 5.14. */
static void open_stats(struct probe_guest *guest)
{
	struct kvm_stats_header header;

	guest->stats = ioctl(guest->vm, KVM_GET_STATS_FD, NULL);
	if (guest->stats < 0)
		return;
	if (pread(guest->stats, &header, sizeof(header), 0) == sizeof(header) &&
	    find_counter(guest, &header))
		return;
	close(guest->stats);
	guest->stats = -1;
}

int probe_guest_create(int kvm, void *addr, uint64_t len, struct probe_guest *ret_guest)
{
	struct probe_guest guest = PROBE_NO_GUEST;
	int err;

	guest.vm = ioctl(kvm, KVM_CREATE_VM, 0);
	if (guest.vm < 0)
		return -errno;
	guest.len = len;
	err = set_slot(&guest, 0, HOST_PROBE_GPA, addr, len);
	if (!err)
		err = make_vcpu(kvm, &guest);
	if (err) {
		probe_guest_destroy(&guest);
		return err;
	}
	open_stats(&guest);
	*ret_guest = guest;
	return 0;
}

void probe_guest_destroy(struct probe_guest *guest)
{
	if (guest->run)
		munmap(guest->run, guest->run_size);
	if (guest->stats >= 0)
		close(guest->stats);
	if (guest->vcpu >= 0)
		close(guest->vcpu);
	if (guest->vm >= 0)
		close(guest->vm);
	if (guest->own)
		munmap(guest->own, OWN_PAGES * PAGE);
	*guest = (struct probe_guest)PROBE_NO_GUEST;
}

static void on_alarm(int sig)
{
	(void)sig;
}

/* A guest that does not come back is stopped by a signal. */
static int run_limited(struct probe_guest *guest, unsigned int seconds)
{
	const struct sigaction action = { .sa_handler = on_alarm };
	const struct itimerval on = { .it_value = { .tv_sec = seconds } }, off = { 0 };
	struct sigaction before;
	int err;

	sigaction(SIGALRM, &action, &before);
	setitimer(ITIMER_REAL, &on, NULL);
	err = ioctl(guest->vcpu, KVM_RUN, 0) ? -errno : 0;
	setitimer(ITIMER_REAL, &off, NULL);
	sigaction(SIGALRM, &before, NULL);
	return err;
}

/* Write at the guest's virtual address @gva and behind. */
static int touch(struct probe_guest *guest, uint64_t gva, uint64_t nr, uint64_t stride)
{
	struct kvm_regs regs = { .rflags = 2, .rip = OWN_GVA + OWN_CODE * PAGE, .rdi = gva,
				 .rsi = nr, .rdx = stride, .rbx = NOTHING_GVA };
	int err;

	if (ioctl(guest->vcpu, KVM_SET_REGS, &regs))
		return -errno;
	err = run_limited(guest, 5 + nr / 10000);
	if (err)
		return err == -EINTR ? -ETIMEDOUT : err;
	if (guest->run->exit_reason != KVM_EXIT_MMIO)
		return -EOPNOTSUPP;
	/* the instruction is over only when KVM has seen the answer to it */
	guest->run->immediate_exit = 1;
	(void)ioctl(guest->vcpu, KVM_RUN, 0);
	guest->run->immediate_exit = 0;
	return 0;
}

int probe_guest_touch(struct probe_guest *guest, uint64_t first, uint64_t nr, uint64_t stride)
{
	return touch(guest, first, nr, stride);
}

int probe_guest_touch_alias(struct probe_guest *guest, unsigned int alias, uint64_t first, uint64_t nr,
			    uint64_t stride)
{
	return touch(guest, PROBE_ALIAS_GVA + alias * HOST_PROBE_ALIAS_BYTES + first, nr, stride);
}

bool probe_guest_sptes(const struct probe_guest *guest, uint64_t *ret_nr)
{
	return guest->stats >= 0 &&
	       pread(guest->stats, ret_nr, sizeof(*ret_nr), guest->pages_4k) == sizeof(*ret_nr);
}
