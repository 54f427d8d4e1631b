// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The contents of the guest's page tables, and the loader that writes them. The model
 * keeps no other contents of memory; these are kept by guest frame, beside the frames of
 * the primary MMU that hold them in reality.
 */
#include "kvm_internal.h"

#include <errno.h>

/* How kvm_guest_map() writes entries: long mode, four levels. */
#define GUEST_LEVELS 4u
#define GPTE_PRESENT (1ull << 0)
#define GPTE_LARGE (1ull << 7)

static int guest_page_cmp(const struct guest_page *a, const struct guest_page *b)
{
	return (a->gfn > b->gfn) - (a->gfn < b->gfn);
}

RB_GENERATE_INTERNAL(guest_memory, guest_page, node, guest_page_cmp,
		     __attribute__((unused)) static)

static struct guest_page *find_page(struct kvm *kvm, uint64_t gfn)
{
	struct guest_page *page = RB_ROOT(&kvm->guest_memory);

	while (page && page->gfn != gfn)
		page = gfn < page->gfn ? RB_LEFT(page, node) : RB_RIGHT(page, node);
	return page;
}

uint64_t guest_entry(struct kvm *kvm, uint64_t gpa)
{
	struct guest_page *page = find_page(kvm, gpa >> PAGE_SHIFT);

	return page ? page->entries[(gpa & (PAGE_SIZE - 1)) / sizeof(uint64_t)] : 0;
}

int guest_set_entry(struct kvm *kvm, uint64_t gpa, uint64_t value)
{
	struct guest_page *page = find_page(kvm, gpa >> PAGE_SHIFT);

	if (!page) {
		page = mem_zalloc(sizeof(*page));
		if (!page)
			return -ENOMEM;
		page->gfn = gpa >> PAGE_SHIFT;
		RB_INSERT(guest_memory, &kvm->guest_memory, page);
	}
	page->entries[(gpa & (PAGE_SIZE - 1)) / sizeof(uint64_t)] = value;
	return 0;
}

void guest_memory_release(struct kvm *kvm)
{
	struct guest_page *page;

	while ((page = RB_ROOT(&kvm->guest_memory))) {
		RB_REMOVE(guest_memory, &kvm->guest_memory, page);
		mem_free(page);
	}
}

int guest_touch_table(struct kvm *kvm, uint64_t gpa, bool write)
{
	struct kvm_memory_slot *slot =
		gfn_to_memslot(&kvm->memslots[0], gpa >> PAGE_SHIFT);
	struct mm_translation t;

	if (!slot)
		return -ENOENT;
	return mm_get_user_page(kvm->mm, slot_hva(slot, gpa >> PAGE_SHIFT), write, &t);
}

int kvm_load_guest_entry(struct kvm *kvm, uint64_t gpa, uint64_t value)
{
	int err;

	if (gpa & 7)
		return -EINVAL;
	err = guest_touch_table(kvm, gpa, true);
	return err ? err : guest_set_entry(kvm, gpa, value);
}

uint64_t kvm_guest_entry(struct kvm *kvm, uint64_t gpa)
{
	return guest_entry(kvm, gpa & ~7ull);
}

/*
 * The table below the entry at @entry_gpa, which is made in the caller's area where there
 * is none or a large page.
 */
static int next_table(struct kvm *kvm, struct kvm_guest_tables *tables,
		      uint64_t entry_gpa, uint64_t flags, uint64_t *ret_table)
{
	uint64_t entry = guest_entry(kvm, entry_gpa);
	int err;

	if (!(entry & GPTE_PRESENT) || entry & GPTE_LARGE) {
		if (tables->next >= tables->end)
			return -ENOSPC;
		entry = tables->next | flags;
		err = kvm_load_guest_entry(kvm, entry_gpa, entry);
		if (err)
			return err;
		tables->next += PAGE_SIZE;
	} else if (flags & ~entry) {
		err = kvm_load_guest_entry(kvm, entry_gpa, entry | flags);
		if (err)
			return err;
	}
	*ret_table = entry & SPTE_PFN_MASK;
	return 0;
}

uint64_t kvm_guest_leaf(const struct kvm_guest_tables *tables, uint64_t gpa,
			unsigned int level, uint64_t flags)
{
	(void)tables;
	return gpa | flags | GPTE_PRESENT | (level > SPTE_LEVEL_4K ? GPTE_LARGE : 0);
}

int kvm_guest_find_entry(struct kvm *kvm, const struct kvm_guest_tables *tables, uint64_t va,
			 unsigned int level, uint64_t *ret_gpa)
{
	uint64_t table = tables->root, entry;
	unsigned int at;

	if (level < SPTE_LEVEL_4K || level > SPTE_LEVEL_1G || !guest_address_valid(va))
		return -EINVAL;
	for (at = GUEST_LEVELS; at > level; at--) {
		entry = guest_entry(kvm, table + 8ull * spte_index(va >> PAGE_SHIFT, at));
		if (!(entry & GPTE_PRESENT) || (at <= SPTE_LEVEL_1G && (entry & GPTE_LARGE)))
			return -ENOENT;
		table = entry & SPTE_PFN_MASK;
	}
	*ret_gpa = table + 8ull * spte_index(va >> PAGE_SHIFT, level);
	return 0;
}

static int map_one(struct kvm *kvm, struct kvm_guest_tables *tables, uint64_t va,
		   uint64_t gpa, unsigned int leaf, uint64_t flags)
{
	uint64_t table = tables->root;
	unsigned int level;
	int err;

	for (level = GUEST_LEVELS; level > leaf; level--) {
		err = next_table(
			kvm, tables, table + 8ull * spte_index(va >> PAGE_SHIFT, level),
			GPTE_PRESENT | KVM_GPTE_WRITABLE | (flags & KVM_GPTE_USER),
			&table);
		if (err)
			return err;
	}
	return kvm_load_guest_entry(kvm, table + 8ull * spte_index(va >> PAGE_SHIFT, leaf),
				    kvm_guest_leaf(tables, gpa, leaf, flags));
}

int kvm_guest_map(struct kvm *kvm, struct kvm_guest_tables *tables, uint64_t va,
		  uint64_t gpa, uint64_t len, unsigned int level, uint64_t flags)
{
	uint64_t size, at;
	int err = 0;

	if (level < SPTE_LEVEL_4K || level > SPTE_LEVEL_1G)
		return -EINVAL;
	size = spte_pages(level) << PAGE_SHIFT;
	if (!tables->root) {
		if (tables->next >= tables->end)
			return -ENOSPC;
		tables->root = tables->next;
		tables->next += PAGE_SIZE;
	}
	if ((va | gpa | len) & (size - 1) || !guest_address_valid(va) ||
	    len > (1ull << 48) - va)
		return -EINVAL;
	for (at = 0; at < len && !err; at += size)
		err = map_one(kvm, tables, va + at, gpa + at, level,
			      flags);
	return err;
}
