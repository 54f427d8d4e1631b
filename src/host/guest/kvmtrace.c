// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * KVM's tracepoints through event probes, which print plain fields under a short name
 * whatever the kernel's own format is. What belongs to the guest's own tables and code is
 * left out.
 */
#include "guestpaging_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kvm_events_internal.h"

#define TRACING "/sys/kernel/tracing/"
#define ROLE_LEVEL_MASK 0xf
#define ROLE_DIRECT (1u << 7)

/* The bits of a role below its access bits, and how many of these a record has. */
#define ROLE_ACCESS_SHIFT 8
#define ROLE_ACCESS_BITS 3
#define ROLE_HIGH 16

static bool present;
static bool shadow;
static unsigned int role_access_bits;

static int add_event_probe(unsigned int which)
{
	const struct kvm_event *event = &kvm_events[which];
	struct strbuf text = STRBUF_INIT;
	unsigned int i;
	int err;

	strbuf_addf(&text, "e:mmukvm/k%u %s.%s", which, event->system, event->name);
	for (i = 0; i < KVM_EVENT_FIELDS && event->field[i]; i++)
		strbuf_addf(&text, " a%u=$%s:x64", i, event->field[i]);
	strbuf_addch(&text, '\n');
	err = strbuf_error(&text);
	if (!err)
		err = put_file(TRACING "dynamic_events", text.buf);
	strbuf_release(&text);
	return err;
}

/*
 * Kernels that tell user and supervisor execution apart have one access bit more in a role. The
 * tracepoint's own format has a name for each value of the access bits.
 */
static unsigned int count_access_bits(void)
{
	struct strbuf text = STRBUF_INIT;
	unsigned int names = 0, bits = 0;
	const char *at;

	if (!get_file(TRACING "events/kvmmmu/kvm_mmu_get_page/format", &text)) {
		at = strstr(strbuf_str(&text), "access_str[]");
		for (at = at ? strchr(at, '{') : NULL; at && *at && *at != '}'; at++)
			names += *at == ',';
		names++;
	}
	while (2u << bits <= names)
		bits++;
	strbuf_release(&text);
	return bits > ROLE_ACCESS_BITS ? bits : ROLE_ACCESS_BITS;
}

/*
 * A role as records have it: execute, write, user. Kernels with more access bits than these have
 * read first and execute last. The bits from ROLE_HIGH on are where they always were: those
 * kernels lack as many bits before them.
 */
static uint64_t record_role(uint64_t role)
{
	const unsigned int more = role_access_bits - ROLE_ACCESS_BITS;
	const uint64_t low = (1u << (ROLE_ACCESS_SHIFT + ROLE_ACCESS_BITS)) - 1;
	const uint64_t high = ~((1ull << ROLE_HIGH) - 1), exec = 1u << ROLE_ACCESS_SHIFT;
	uint64_t moved = (role & ~high) >> more & ~low;

	if (more)
		role = (role & ~exec) | (role >> (role_access_bits - 1) & exec);
	return (role & low) | moved | (role & high);
}

void kvmtrace_kind(enum script_mmu mmu)
{
	shadow = mmu == SCRIPT_MMU_SHADOW;
}

int kvmtrace_set(bool on)
{
	unsigned int i;
	int err = 0;

	if (!role_access_bits)
		role_access_bits = count_access_bits();

	if (on == present)
		return 0;
	if (!on) {
		(void)put_file(TRACING "events/mmukvm/enable", "0");
		for (i = 0; i < KVM_EVENTS_NR; i++)
			(void)put_filef(TRACING "dynamic_events", "-:mmukvm/k%u\n", i);
		present = false;
		return 0;
	}
	for (i = 0; i < KVM_EVENTS_NR && !err; i++)
		err = add_event_probe(i);
	if (!err)
		err = put_file(TRACING "events/mmukvm/enable", "1");
	present = true;
	return err;
}

static bool overlap(uint64_t a, uint64_t a_end, uint64_t b, uint64_t b_end)
{
	return a < b_end && b < a_end;
}

static bool in_slots(const struct ranges *slots, uint64_t start, uint64_t end)
{
	size_t i;

	for (i = 0; i < slots->nr; i++)
		if (overlap(start, end, slots->range[i].start, slots->range[i].end))
			return true;
	return false;
}

/*
 * With shadow paging faults have guest-virtual addresses. The executor's own part is at
 * the end of what a guest's tables translate.
 */
static bool own_address(uint64_t addr, const struct ranges *slots)
{
	if (!shadow)
		return addr >= GUEST_OWN_GPA;
	if (addr >= GUEST_LOW_VA && addr < 1ull << 32)
		return !in_slots(slots, addr & -GUEST_PAGE, (addr & -GUEST_PAGE) + 1);
	return (addr >= GUEST_PAGED_GPA && addr < 1ull << GUEST_PHYS_BITS) ||
	       addr >> 39 == 255 || addr >> 48 == 255;
}

/* A part of guest-physical [start, end) is the executor's. */
static bool own_memory(uint64_t start, uint64_t end)
{
	if (overlap(start, end, GUEST_PAGED_GPA, 1ull << GUEST_PHYS_BITS))
		return true;
	return shadow && overlap(start, end, GUEST_LOW_GPA, 1ull << 32);
}

/* An entry or a page of entries that only the executor's own part needs. */
static bool is_own(const struct kvm_event *event, const uint64_t *arg,
		   const struct ranges *slots)
{
	uint64_t start, end;
	unsigned int level;

	if (event->id == EVENT_KVM_PAGE_FAULT)
		return own_address(arg[2], slots);
	if (event->id == EVENT_FAST_PAGE_FAULT)
		return own_address(arg[1], slots);
	if (event->gfn < 0)
		return false;
	start = arg[event->gfn] << 12;
	/* the shadow page of a table stands at the table's frame */
	if (event->page && shadow && !(arg[1] & ROLE_DIRECT))
		return own_memory(start, start + GUEST_PAGE);
	level = event->page ? arg[1] & ROLE_LEVEL_MASK : arg[event->level] - 1;
	end = start + (GUEST_PAGE << 9 * (level < 5 ? level : 5));
	/* without paging the four pages of level 2 are there from the start */
	if (event->page && shadow && level > 1 && start < 1ull << 32)
		return false;
	return own_memory(start, end) && !in_slots(slots, start, end);
}

/* Records with host addresses are about memory that the script maps. */
static bool of_maps(enum event_id id, const uint64_t *arg, const struct ranges *maps)
{
	if (id == EVENT_KVM_UNMAP_HVA_RANGE || id == EVENT_KVM_AGE_HVA)
		return ranges_touch(maps, arg[0], arg[1]);
	return id != EVENT_KVM_TEST_AGE_HVA || ranges_touch(maps, arg[0], arg[0] + 1);
}

/* "kN: (...) a0=0x... a1=0x..." */
void kvmtrace_line(const char *line, unsigned int proc, const struct ranges *maps,
		   const struct ranges *slots)
{
	unsigned int which = strtoul(line + 1, NULL, 10), i;
	const struct kvm_event *event;
	uint64_t arg[KVM_EVENT_FIELDS] = { 0 };
	char name[8];
	const char *at;

	if (which >= KVM_EVENTS_NR)
		return;
	event = &kvm_events[which];
	for (i = 0; i < KVM_EVENT_FIELDS && event->field[i]; i++) {
		snprintf(name, sizeof(name), " a%u=", i);
		at = strstr(line, name);
		if (at)
			arg[i] = strtoull(at + strlen(name), NULL, 0);
	}
	if (event->page)
		arg[1] = record_role(arg[1]);
	if (event->id == EVENT_KVM_MMU_GET_PAGE)
		arg[3] = (arg[3] != 0) | (arg[5] != 0) << 1;
	if (!of_maps(event->id, arg, maps))
		return;
	if (is_own(event, arg, slots))
		return;
	wire_printf("k %u %s %lx %lx %lx %lx %lx\n", proc, event->name, arg[0], arg[1],
		    arg[2], arg[3], arg[4]);
}
