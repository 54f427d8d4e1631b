// SPDX-License-Identifier: GPL-2.0-or-later
/* A guest of a random script whose memslots stay: its VM, slots and accesses. */
#include "random_internal.h"

/* A memslot over the first 4 GiB of an area at most. */
static void random_memslot(struct random_state *r)
{
	const struct area *area = pick_area(r);
	uint64_t len = area->end - area->start;
	struct slot *slot = &r->slots[r->nr_slots];

	if (r->nr_slots == MAX_SLOTS)
		return;
	if (len > 4 * SIZE_1G)
		len = 4 * SIZE_1G;
	slot->addr = area->start;
	slot->len = len;
	slot->gpa = (r->nr_slots + 1) * 8 * SIZE_1G;
	if (chance(r, 2, 3))
		slot->gpa += area->start & (SIZE_1G - 1);
	strbuf_addf(r->out, "memslot vm0 %zu gpa=0x%llx", r->nr_slots,
		    (unsigned long long)slot->gpa);
	add_addr(r, slot->addr, area);
	add_size(r, slot->len);
	strbuf_addch(r->out, '\n');
	r->nr_slots++;
}

/* Guest memory without a slot, just behind one or far from all. */
static void random_mmio(struct random_state *r)
{
	const struct slot *slot = &r->slots[rng_below(&r->rng, r->nr_slots)];
	uint64_t gpa = chance(r, 1, 2) ? slot->gpa + slot->len : 200 * SIZE_1G;

	strbuf_addf(r->out, "guest vm0 %s 0x%llx 4K\n", chance(r, 1, 2) ? "w" : "r",
		    (unsigned long long)(gpa + rng_below(&r->rng, 4) * PAGE_SIZE));
}

static void random_guest_access(struct random_state *r)
{
	const struct slot *slot = &r->slots[rng_below(&r->rng, r->nr_slots)];
	bool write = chance(r, 2, 3);
	uint8_t prot = write ? SCRIPT_PROT_R | SCRIPT_PROT_W : SCRIPT_PROT_R;
	uint64_t offset = pick_page(r, 0, slot->len), start = slot->addr + offset;
	uint64_t nr = 1 + rng_below(&r->rng, 4), cost;
	const struct area *area = area_at(r, start);

	if (nr > (slot->len - offset) / PAGE_SIZE)
		nr = (slot->len - offset) / PAGE_SIZE;
	if (!areas_cover(r, start, start + nr * PAGE_SIZE, prot) && !chance(r, 1, 30))
		return;
	if (chance(r, 1, 16)) {
		random_mmio(r);
		return;
	}
	if (area && area->page_size && !r->huge_budget)
		return;
	cost = area ? page_cost(r, area, write) * nr : 0;
	if (cost > r->budget)
		return;
	r->budget -= cost;
	if (area && area->page_size)
		r->huge_budget--;
	strbuf_addf(r->out, "guest vm0 %s 0x%llx %lluK\n", write ? "w" : "r",
		    (unsigned long long)(slot->gpa + offset), (unsigned long long)nr * 4);
}

static const struct slot *slot_at(const struct random_state *r, uint64_t gpa)
{
	size_t i;

	for (i = 0; i < r->nr_slots; i++)
		if (gpa - r->slots[i].gpa < r->slots[i].len)
			return &r->slots[i];
	return NULL;
}

bool random_in_slot(const struct random_state *r, uint64_t gpa, uint64_t len)
{
	const struct slot *slot = slot_at(r, gpa);

	return slot && len <= slot->gpa + slot->len - gpa;
}

bool random_spend(struct random_state *r, uint64_t gpa, bool write)
{
	const struct slot *slot = slot_at(r, gpa);
	uint8_t prot = write ? SCRIPT_PROT_R | SCRIPT_PROT_W : SCRIPT_PROT_R;
	uint64_t addr = slot ? slot->addr + (gpa - slot->gpa) : 0, cost;
	const struct area *area = slot ? area_at(r, addr) : NULL;

	if (!area)
		return slot && chance(r, 1, 30);
	if (!areas_cover(r, addr, addr + PAGE_SIZE, prot) && !chance(r, 1, 30))
		return false;
	cost = page_cost(r, area, write);
	if (cost > r->budget || (area->page_size && !r->huge_budget))
		return false;
	r->budget -= cost;
	r->huge_budget -= area->page_size != 0;
	return true;
}

static bool pick_nested(struct random_state *r)
{
	return r->kind_given || !has(r, SCRIPT_RANDOM_GUEST | SCRIPT_RANDOM_MEMSLOT) ||
	       chance(r, 1, 4);
}

/* The VM first, then its memslots, then what it does. */
void random_guest(struct random_state *r)
{
	static const char *const mmus[] = {"tdp", "direct", "shadow"};

	if (r->running)
		return;
	if (has(r, SCRIPT_RANDOM_NESTED) && (r->nested.on || (!r->vm && pick_nested(r))) &&
	    random_nested(r))
		return;
	if (has(r, SCRIPT_RANDOM_MEMSLOT))
		return;
	if (!r->vm)
		strbuf_addf(r->out, "vm vm0 %s\n",
			    mmus[r->kind_given ? r->mmu : rng_below(&r->rng, 3)]);
	else if (!r->nr_slots || chance(r, 1, 8))
		random_memslot(r);
	else
		random_guest_access(r);
	r->vm = true;
}
