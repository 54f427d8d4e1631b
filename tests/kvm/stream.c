// SPDX-License-Identifier: GPL-2.0-or-later
/* The model does what was recorded from KVM of Linux 6.12, record by record. */
#include <inttypes.h>
#include <stdlib.h>

#include <kvm/kvm.h>

#include "fake_mm.h"
#include "recorded.h"
#include "recorded_nested.h"
#include "tap.h"

#define BASE 0x100000000000ull
#define GIB (1ull << 30)
#define PAGES (2 * GIB / FAKE_PAGE)

/** struct replay - how far the comparison got */
struct replay {
	struct event_sink sink;
	const char *const *want;
	unsigned int nr;
	unsigned int at;
	unsigned int bad;
};

static const char *low_bits(uint64_t spte, char *buf, size_t size)
{
	if (spte == 1ull << 63)
		return "none";
	snprintf(buf, size, "%03" PRIx64, spte & 0xfff);
	return buf;
}

static void print_page(char *line, size_t size, const char *what, const struct event *e)
{
	static const char *const access[] = { "---", "--x", "w--", "w-x",
					      "-u-", "-ux", "wu-", "wux" };

	snprintf(line, size,
		 "%s gen %" PRIu64 " gfn %" PRIx64 " l%" PRIu64 " %s%s root %" PRIu64
		 "%s%s",
		 what, e->arg[4], e->arg[0], e->arg[1] & 0xf, access[e->arg[1] >> 8 & 7],
		 e->arg[1] & (1u << 7) ? " direct" : "", e->arg[2],
		 e->arg[3] & 2 ? " new" : "", e->arg[1] & (1u << 11) ? " invalid" : "");
}

static bool print_event(char *line, size_t size, const struct event *e)
{
	char old[8], new[8];

	switch (e->id) {
	case EVENT_KVM_MMU_GET_PAGE:
		print_page(line, size, "get_page", e);
		return true;
	case EVENT_KVM_MMU_PREPARE_ZAP_PAGE:
		print_page(line, size, "prepare_zap", e);
		return true;
	case EVENT_KVM_MMU_UNSYNC_PAGE:
		print_page(line, size, "unsync", e);
		return true;
	case EVENT_KVM_MMU_SYNC_PAGE:
		print_page(line, size, "sync", e);
		return true;
	case EVENT_KVM_PAGE_FAULT:
		snprintf(line, size, "page_fault %" PRIx64 " 0x%" PRIx64, e->arg[2],
			 e->arg[3]);
		return true;
	case EVENT_KVM_MMU_SPTE_REQUESTED:
		snprintf(line, size, "requested %" PRIx64 " l%" PRIu64, e->arg[0],
			 e->arg[2]);
		return true;
	case EVENT_KVM_TDP_MMU_SPTE_CHANGED:
		snprintf(line, size, "changed %" PRIx64 " l%" PRIu64 " %s %s", e->arg[1],
			 e->arg[2], low_bits(e->arg[3], old, sizeof(old)),
			 low_bits(e->arg[4], new, sizeof(new)));
		return true;
	case EVENT_KVM_MMU_SET_SPTE:
		snprintf(line, size, "set_spte %" PRIx64 " %s l%" PRIu64 " at %03" PRIx64,
			 e->arg[0], low_bits(e->arg[1], old, sizeof(old)), e->arg[2],
			 e->arg[3] & 0xfff);
		return true;
	case EVENT_KVM_MMU_PAGETABLE_WALK:
		snprintf(line, size, "walk %" PRIx64 " %" PRIx64, e->arg[0], e->arg[1]);
		return true;
	case EVENT_KVM_MMU_PAGING_ELEMENT:
		snprintf(line, size, "element %" PRIx64 " l%" PRIu64, e->arg[0],
			 e->arg[1]);
		return true;
	case EVENT_KVM_MMU_SET_ACCESSED_BIT:
		snprintf(line, size, "accessed %" PRIx64, e->arg[0]);
		return true;
	case EVENT_KVM_MMU_SET_DIRTY_BIT:
		snprintf(line, size, "dirty %" PRIx64, e->arg[0]);
		return true;
	case EVENT_KVM_UNMAP_HVA_RANGE:
		snprintf(line, size, "unmap %" PRIx64 " %" PRIx64, e->arg[0], e->arg[1]);
		return true;
	default:
		return false;
	}
}

static void compare(struct event_sink *sink, const struct event *event)
{
	struct replay *r = (struct replay *)sink;
	const char *want;
	char line[160];

	if (!print_event(line, sizeof(line), event))
		return;
	while (r->at < r->nr &&
	       (!strncmp(r->want[r->at], "mark", 4) || !strcmp(r->want[r->at], "vmrun")))
		r->at++;
	want = r->at < r->nr ? r->want[r->at] : "nothing";
	if (!strncmp(want, "l2_", 3))
		want += 3;
	if (!strcmp(want, line)) {
		r->at++;
		return;
	}
	if (!r->bad++)
		printf("# record %u: got \"%s\", want \"%s\"\n", r->at, line, want);
}

static void writable_again(struct fake_pte *pte)
{
	pte->may_write = true;
	pte->writable = pte->level;
}

/* The access that a recorded page fault tells of; @l2: by the L2 guest. */
static int replay_fault(struct kvm *kvm, const char *fault, bool paging)
{
	unsigned int access = KVM_ACCESS_READ;
	uint64_t gpa, code;
	char *end;

	gpa = strtoull(strchr(fault, ' '), &end, 16);
	code = strtoull(end, NULL, 16);
	access |= code & 2 ? KVM_ACCESS_WRITE : 0;
	access |= code & 0x10 ? KVM_ACCESS_EXEC : 0;
	access |= code >> 33 ? KVM_ACCESS_PAGING : 0;
	return paging ? kvm_guest_access_gva(kvm, gpa, access) :
			kvm_guest_access(kvm, gpa, access);
}

/* The recorded page faults of the section that starts at @mark say what the guest did. */
static void replay_accesses(struct kvm *kvm, bool paging, const char *const *want,
			    unsigned int nr, const char *mark)
{
	unsigned int i = 0;

	while (i < nr && strcmp(want[i], mark))
		i++;
	for (i++; i < nr && strncmp(want[i], "mark", 4); i++)
		if (!strncmp(want[i], "page_fault ", 11) &&
		    replay_fault(kvm, want[i], paging))
			printf("# the access of %s failed\n", want[i]);
}

static void populate(struct mm_struct *mm, uint64_t gfn, uint64_t nr)
{
	struct mm_translation t;

	for (; nr--; gfn++)
		mm_get_user_page(mm, BASE + gfn * FAKE_PAGE, true, &t);
}

/* The recorded guest's tables: its code at 0x1000 and eight pages at 1 GiB. */
static int load_tables(struct kvm *kvm)
{
	static const uint64_t entries[][2] = {
		{ 0x10000, 0x11003 }, { 0x11000, 0x12003 }, { 0x12000, 0x200003 },
		{ 0x200008, 0x1003 }, { 0x11008, 0x13003 }, { 0x13000, 0x400003 }
	};
	unsigned int i;
	int err = 0;

	for (i = 0; i < sizeof(entries) / sizeof(entries[0]); i++)
		err |= kvm_load_guest_entry(kvm, entries[i][0], entries[i][1]);
	for (i = 0; i < 8; i++)
		err |= kvm_load_guest_entry(kvm, 0x400000 + 8 * i,
					    GIB + i * FAKE_PAGE + 3);
	return err ? err : kvm_set_cr3(kvm, 0x10000);
}

static void run(const char *name, enum kvm_mmu_kind kind, const char *const *want,
		unsigned int nr)
{
	struct replay r = { .sink.emit = compare, .want = want, .nr = nr };
	struct event_source events = { .sink = &r.sink };
	struct kvm_memory_region region = { .memory_size = 2 * GIB,
					    .userspace_addr = BASE };
	struct kvm_config config = { .mmu = kind, .events = &events };
	bool paging = kind == KVM_MMU_SHADOW;
	struct mm_struct mm;
	struct kvm *kvm;

	fake_mm_init(&mm, &events, BASE, PAGES);
	/* what the loader of the guest wrote */
	populate(&mm, 1, 1);
	populate(&mm, 0x10, 4);
	populate(&mm, 0x200, 8);
	populate(&mm, 0x400, 1);
	config.mm = &mm;
	config.profile = kvm_profile_find("linux-6.12");
	tap_eq(kvm_create(&config, &kvm), 0, "create");
	kvm_set_rip(kvm, 0x1000);
	tap_eq(kvm_set_memory_region(kvm, &region), 0, "memory");

	if (paging)
		tap_eq(load_tables(kvm), 0, "the guest's tables");
	replay_accesses(kvm, paging, want, nr, "mark V1");
	fake_mm_change(&mm, BASE, BASE + 2 * GIB, fake_readonly);
	fake_mm_change(&mm, BASE, BASE + 2 * GIB, writable_again);
	replay_accesses(kvm, paging, want, nr, "mark V3");
	fake_mm_change(&mm, BASE + GIB, BASE + GIB + (2u << 20), NULL);
	fake_mm_change(&mm, BASE + GIB, BASE + GIB + 0x10000, fake_readonly);
	fake_mm_change(&mm, BASE + GIB, BASE + GIB + 0x10000, writable_again);
	kvm_destroy(kvm);

	tap_eq(r.bad, 0, name);
	tap_eq(r.at, nr, "all of the recording was seen");
	fake_mm_release(&mm);
}

/* L1 rewrites two entries of its nested tables; else its faults are accesses. */
static int replay_l1(struct kvm *kvm, const char *fault, const char *section)
{
	if (!strcmp(section, "mark N13"))
		return kvm_guest_store(kvm, 0x34000, 0x50000007);
	if (!strcmp(section, "mark N15c"))
		return kvm_guest_store(kvm, 0x32800, 0x4a000087);
	return replay_fault(kvm, fault, false);
}

static void replay_unmap(struct mm_struct *mm, const char *line, bool dontneed)
{
	uint64_t start, end;
	char *rest;

	start = strtoull(line + 6, &rest, 16);
	end = strtoull(rest, NULL, 16);
	fake_mm_change(mm, start, end, dontneed ? fake_unmap : NULL);
}

static int replay_nested(struct kvm *kvm, struct mm_struct *mm)
{
	const char *const *want = recorded_nested, *section = "";
	unsigned int i, nr = sizeof(recorded_nested) / sizeof(recorded_nested[0]);
	int err = 0;

	for (i = 0; i < nr && strcmp(want[i], "mark done") && !err; i++) {
		if (!strncmp(want[i], "mark ", 5))
			section = want[i];
		else if (!strcmp(want[i], "vmrun"))
			err = kvm_set_cr3(kvm, 0x30000);
		else if (!strncmp(want[i], "unmap ", 6))
			replay_unmap(mm, want[i], !strcmp(section, "mark N17"));
		else if (!strncmp(want[i], "page_fault ", 11))
			err = replay_l1(kvm, want[i], section);
		else if (!strncmp(want[i], "l2_page_fault ", 14))
			err = replay_fault(kvm, want[i], true);
		if (err)
			printf("# record %u: %s: error %d\n", i, want[i], err);
	}
	return err;
}

static void run_nested(void)
{
	struct replay r = { .sink.emit = compare,
			    .want = recorded_nested,
			    .nr = sizeof(recorded_nested) / sizeof(recorded_nested[0]) };
	struct event_source events = { .sink = &r.sink };
	struct kvm_memory_region region = { .memory_size = 2 * GIB,
					    .userspace_addr = BASE };
	struct kvm_config config = { .mmu = KVM_MMU_NESTED, .events = &events };
	struct mm_struct mm;
	struct kvm *kvm;
	unsigned int i;
	int err;

	fake_mm_init(&mm, &events, BASE, PAGES);
	config.mm = &mm;
	config.profile = kvm_profile_find("linux-6.12");
	err = kvm_create(&config, &kvm);
	err = err ? err : kvm_set_memory_region(kvm, &region);
	for (i = 0; !err && i < sizeof(nested_tables) / sizeof(nested_tables[0]); i++)
		err = kvm_load_guest_entry(kvm, nested_tables[i][0], nested_tables[i][1]);
	tap_eq(err, 0, "an L1 hypervisor");
	tap_eq(replay_nested(kvm, &mm), 0, "its L2 guest runs");
	tap_eq(kvm_audit(kvm, true, NULL, NULL), 0, "audit");
	kvm_destroy(kvm);
	tap_eq(r.bad, 0, "npt=1 tdp_mmu=1, nested");
	tap_eq(r.at, r.nr, "all of the recording was seen");
	fake_mm_release(&mm);
}

int main(void)
{
	uint64_t live = mem_live();

	run("npt=1 tdp_mmu=1", KVM_MMU_TDP, recorded_tdp,
	    sizeof(recorded_tdp) / sizeof(recorded_tdp[0]));
	run("npt=1 tdp_mmu=0", KVM_MMU_DIRECT, recorded_direct,
	    sizeof(recorded_direct) / sizeof(recorded_direct[0]));
	run("npt=0", KVM_MMU_SHADOW, recorded_shadow,
	    sizeof(recorded_shadow) / sizeof(recorded_shadow[0]));
	run_nested();
	tap_eq(mem_live(), live, "nothing leaked");
	return tap_done();
}
