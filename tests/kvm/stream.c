// SPDX-License-Identifier: GPL-2.0-or-later
/* The model does what was recorded from KVM of Linux 6.12, record by record. */
#include <inttypes.h>
#include <stdlib.h>

#include <kvm/kvm.h>

#include "fake_mm.h"
#include "recorded.h"
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
	snprintf(line, size, "%s gen %" PRIu64 " gfn %" PRIx64 " l%" PRIu64 " root %" PRIu64 "%s%s",
		 what, e->arg[4], e->arg[0], e->arg[1] & 0xf, e->arg[2],
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
	case EVENT_KVM_PAGE_FAULT:
		snprintf(line, size, "page_fault %" PRIx64 " 0x%" PRIx64, e->arg[2], e->arg[3]);
		return true;
	case EVENT_KVM_MMU_SPTE_REQUESTED:
		snprintf(line, size, "requested %" PRIx64 " l%" PRIu64, e->arg[0], e->arg[2]);
		return true;
	case EVENT_KVM_TDP_MMU_SPTE_CHANGED:
		snprintf(line, size, "changed %" PRIx64 " l%" PRIu64 " %s %s", e->arg[1], e->arg[2],
			 low_bits(e->arg[3], old, sizeof(old)),
			 low_bits(e->arg[4], new, sizeof(new)));
		return true;
	case EVENT_KVM_MMU_SET_SPTE:
		snprintf(line, size, "set_spte %" PRIx64 " %s l%" PRIu64 " at %03" PRIx64,
			 e->arg[0], low_bits(e->arg[1], old, sizeof(old)), e->arg[2],
			 e->arg[3] & 0xfff);
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
	char line[160];

	if (!print_event(line, sizeof(line), event))
		return;
	while (r->at < r->nr && !strncmp(r->want[r->at], "mark", 4))
		r->at++;
	if (r->at < r->nr && !strcmp(r->want[r->at], line)) {
		r->at++;
		return;
	}
	if (!r->bad++)
		printf("# record %u: got \"%s\", want \"%s\"\n", r->at, line,
		       r->at < r->nr ? r->want[r->at] : "nothing");
}

static void writable_again(struct fake_pte *pte)
{
	pte->may_write = true;
	pte->writable = pte->level;
}

/* The recorded page faults of the section that starts at @mark say what the guest did. */
static void replay_accesses(struct kvm *kvm, const char *const *want, unsigned int nr,
			    const char *mark)
{
	unsigned int i = 0;

	while (i < nr && strcmp(want[i], mark))
		i++;
	for (i++; i < nr && strncmp(want[i], "mark", 4); i++) {
		unsigned int access = KVM_ACCESS_READ;
		uint64_t gpa, code;
		char *end;

		if (strncmp(want[i], "page_fault ", 11))
			continue;
		gpa = strtoull(want[i] + 11, &end, 16);
		code = strtoull(end, NULL, 16);
		access |= code & 2 ? KVM_ACCESS_WRITE : 0;
		access |= code & 0x10 ? KVM_ACCESS_EXEC : 0;
		access |= code >> 33 ? KVM_ACCESS_PAGING : 0;
		if (kvm_guest_access(kvm, gpa, access))
			printf("# the access of gpa 0x%" PRIx64 " failed\n", gpa);
	}
}

static void populate(struct mm_struct *mm, uint64_t gfn, uint64_t nr)
{
	struct mm_translation t;

	for (; nr--; gfn++)
		mm_get_user_page(mm, BASE + gfn * FAKE_PAGE, true, &t);
}

static void run(const char *name, enum kvm_mmu_kind kind, const char *const *want, unsigned int nr)
{
	struct replay r = { .sink.emit = compare, .want = want, .nr = nr };
	struct event_source events = { .sink = &r.sink };
	struct kvm_memory_region region = { .memory_size = 2 * GIB, .userspace_addr = BASE };
	struct kvm_config config = { .mmu = kind, .events = &events };
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

	replay_accesses(kvm, want, nr, "mark V1");
	fake_mm_change(&mm, BASE, BASE + 2 * GIB, fake_readonly);
	fake_mm_change(&mm, BASE, BASE + 2 * GIB, writable_again);
	replay_accesses(kvm, want, nr, "mark V3");
	fake_mm_change(&mm, BASE + GIB, BASE + GIB + (2u << 20), NULL);
	fake_mm_change(&mm, BASE + GIB, BASE + GIB + 0x10000, fake_readonly);
	fake_mm_change(&mm, BASE + GIB, BASE + GIB + 0x10000, writable_again);
	kvm_destroy(kvm);

	tap_eq(r.bad, 0, name);
	tap_eq(r.at, nr, "all of the recording was seen");
	fake_mm_release(&mm);
}

int main(void)
{
	uint64_t live = mem_live();

	run("npt=1 tdp_mmu=1", KVM_MMU_TDP, recorded_tdp,
	    sizeof(recorded_tdp) / sizeof(recorded_tdp[0]));
	run("npt=1 tdp_mmu=0", KVM_MMU_DIRECT, recorded_direct,
	    sizeof(recorded_direct) / sizeof(recorded_direct[0]));
	tap_eq(mem_live(), live, "nothing leaked");
	return tap_done();
}
