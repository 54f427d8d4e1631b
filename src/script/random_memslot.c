// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memslots of random scripts that come, move, change and go, the same memory at two guest
 * addresses, dirty logs.
 */
#include "random_internal.h"

#define KINDS 3
/* Slots of one script in its life; each has 8 GiB of guest-physical memory for itself. */
#define SLOT_SPACE (8 * SIZE_1G)
#define PLACES 60
/* Large slots make large logs. */
#define MAX_SLOT_LEN (64 * SIZE_1M)

const char *random_vm_flags(struct random_state *r)
{
	static const char *const logs[] = {"", "", " manual_protect", " initially_set"};

	return logs[rng_below(&r->rng, 4)];
}

static void make_vm(struct random_state *r)
{
	static const char *const mmus[KINDS] = {"tdp", "direct", "shadow"};

	if (!r->nr_vms && !r->kind_given)
		r->mmu = rng_below(&r->rng, KINDS);
	strbuf_addf(r->out, "vm vm%zu %s%s\n", r->nr_vms, mmus[r->mmu], random_vm_flags(r));
	r->nr_vms++;
	r->vm = true;
}

static void write_slot(struct random_state *r, const struct slot *slot)
{
	strbuf_addf(r->out, "memslot vm%u %zu gpa=0x%llx", slot->vm, slot - r->slots,
		    (unsigned long long)slot->gpa);
	add_addr(r, slot->addr, NULL);
	add_size(r, slot->len);
	strbuf_addf(r->out, "%s%s\n", slot->readonly ? " readonly" : "",
		    slot->log ? " dirty_log" : "");
}

/* A place where no slot is, mostly aligned as the memory is. */
static uint64_t pick_gpa(struct random_state *r, uint64_t addr)
{
	uint64_t gpa = (1 + r->nr_places++ % PLACES) * SLOT_SPACE;
	uint64_t mask = chance(r, 2, 3) ? SIZE_1G - 1 : chance(r, 1, 2) ? SIZE_2M - 1 : PAGE_SIZE - 1;

	return gpa + (addr & mask);
}

/* A new slot, or the memory of another one once more. */
static void make_slot(struct random_state *r)
{
	const struct area *area = pick_area(r);
	struct slot *slot = &r->slots[r->nr_slots], *other;

	*slot = (struct slot){ .addr = area->start, .len = area->end - area->start };
	if (r->nr_slots && chance(r, 1, 4)) {
		other = &r->slots[rng_below(&r->rng, r->nr_slots)];
		slot->addr = other->addr;
		slot->len = other->len;
	}
	if (slot->len > MAX_SLOT_LEN)
		slot->len = MAX_SLOT_LEN;
	if (chance(r, 1, 10))
		slot->len = PAGE_SIZE;
	slot->vm = rng_below(&r->rng, r->nr_vms);
	slot->gpa = pick_gpa(r, slot->addr);
	slot->readonly = chance(r, 1, 10);
	slot->log = chance(r, 1, 5);
	slot->alive = true;
	r->nr_slots++;
	write_slot(r, slot);
}

static void change_slot(struct random_state *r, struct slot *slot)
{
	if (!slot->alive) {
		slot->alive = true;
		slot->readonly = chance(r, 1, 10);
		slot->gpa = pick_gpa(r, slot->addr);
	} else if (chance(r, 1, 6)) {
		slot->alive = false;
		slot->log = false;
		strbuf_addf(r->out, "memslot vm%u %zu delete\n", slot->vm, slot - r->slots);
		return;
	} else if (chance(r, 1, 6)) {
		slot->gpa = pick_gpa(r, slot->addr);
		slot->log = chance(r, 1, 2);
	} else {
		slot->log = !slot->log;
	}
	write_slot(r, slot);
}

void random_read_log(struct random_state *r, unsigned int vm, unsigned int id, uint64_t slot_len)
{
	uint64_t first = pick_page(r, 0, slot_len), len = PAGE_SIZE * (1 + rng_below(&r->rng, 600));

	if (chance(r, 2, 3)) {
		strbuf_addf(r->out, "dirty_log vm%u %u\n", vm, id);
		return;
	}
	if (chance(r, 9, 10))
		first &= ~(64 * PAGE_SIZE - 1);
	if (chance(r, 9, 10))
		len = (len + 64 * PAGE_SIZE - 1) & ~(64 * PAGE_SIZE - 1);
	if (len > slot_len - first && chance(r, 9, 10))
		len = slot_len - first;
	strbuf_addf(r->out, "clear_dirty_log vm%u %u", vm, id);
	add_size(r, first);
	add_size(r, len);
	strbuf_addch(r->out, '\n');
}

static void read_log(struct random_state *r, const struct slot *slot)
{
	random_read_log(r, slot->vm, slot - r->slots, slot->len);
}

static void access_slot(struct random_state *r, const struct slot *slot)
{
	bool write = chance(r, 2, 3);
	uint64_t offset = pick_page(r, 0, slot->len);
	uint64_t nr = 1 + rng_below(&r->rng, 6);

	if (nr > (slot->len - offset) / PAGE_SIZE)
		nr = (slot->len - offset) / PAGE_SIZE;
	if (!slot->alive && chance(r, 3, 4))
		return;
	/* a huge page of memory may come with it */
	if (r->budget < (SIZE_2M / PAGE_SIZE + 1) * 2)
		return;
	r->budget -= r->thp ? SIZE_2M / PAGE_SIZE : nr;
	strbuf_addf(r->out, "guest vm%u %s 0x%llx %lluK\n", slot->vm, write ? "w" : "r",
		    (unsigned long long)(slot->gpa + offset), (unsigned long long)nr * 4);
}

static bool memory_is_huge(const struct random_state *r, const struct slot *slot)
{
	size_t i;

	for (i = 0; i < r->nr_areas; i++)
		if (r->areas[i].page_size && r->areas[i].start < slot->addr + slot->len &&
		    slot->addr < r->areas[i].end)
			return true;
	return false;
}

void random_slots(struct random_state *r)
{
	struct slot *slot;
	uint64_t what;

	if (r->running || (r->vm && !r->nr_vms))
		return;
	if (!r->nr_vms || (!r->nested.on && r->nr_vms < MAX_VMS && chance(r, 1, 40))) {
		make_vm(r);
		return;
	}
	if (!r->nr_slots || (r->nr_slots < MAX_SLOTS && chance(r, 1, 8))) {
		make_slot(r);
		return;
	}
	slot = &r->slots[rng_below(&r->rng, r->nr_slots)];
	what = rng_below(&r->rng, 10);
	if (what < 2)
		change_slot(r, slot);
	else if (what < 4)
		read_log(r, slot);
	else if (!memory_is_huge(r, slot))
		access_slot(r, slot);
}
