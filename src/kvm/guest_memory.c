// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The contents of the guest's page tables, and the loader that writes them. The model
 * keeps no other contents of memory; these are kept by guest frame, beside the frames of
 * the primary MMU that hold them in reality.
 */
#include "guest_paging.h"

#include <errno.h>
#include <string.h>

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

uint64_t guest_get(struct kvm *kvm, uint64_t gpa, unsigned int size)
{
	struct guest_page *page = find_page(kvm, gpa >> PAGE_SHIFT);
	uint64_t value = 0;

	if (page)
		memcpy(&value, (char *)page->entries + (gpa & (PAGE_SIZE - 1)), size);
	return value;
}

int guest_set(struct kvm *kvm, uint64_t gpa, uint64_t value, unsigned int size)
{
	struct guest_page *page = find_page(kvm, gpa >> PAGE_SHIFT);

	if (!page) {
		page = mem_zalloc(sizeof(*page));
		if (!page)
			return -ENOMEM;
		page->gfn = gpa >> PAGE_SHIFT;
		RB_INSERT(guest_memory, &kvm->guest_memory, page);
	}
	memcpy((char *)page->entries + (gpa & (PAGE_SIZE - 1)), &value, size);
	return 0;
}

void guest_put_byte(struct kvm *kvm, uint64_t gpa, uint8_t value)
{
	struct guest_page *page = find_page(kvm, gpa >> PAGE_SHIFT);

	if (page)
		((uint8_t *)page->entries)[gpa & (PAGE_SIZE - 1)] = value;
}

bool guest_peek(struct kvm *kvm, uint64_t gpa, unsigned int size, uint64_t *ret)
{
	struct kvm_memory_slot *slot =
		gfn_to_memslot(&kvm->memslots[0], gpa >> PAGE_SHIFT);
	struct mm_translation t;

	if (!slot || mm_translate(kvm->mm, slot_hva(slot, gpa >> PAGE_SHIFT), &t))
		return false;
	*ret = guest_get(kvm, gpa, size);
	return true;
}

bool guest_readonly(struct kvm *kvm, uint64_t gpa)
{
	struct kvm_memory_slot *slot =
		gfn_to_memslot(&kvm->memslots[0], gpa >> PAGE_SHIFT);

	return slot && slot->flags & KVM_MEM_READONLY;
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

/* The process writes @size bytes of a table. */
static int load_entry(struct kvm *kvm, uint64_t gpa, uint64_t value, unsigned int size)
{
	int err = guest_touch_table(kvm, gpa, true);

	return err ? err : guest_set(kvm, gpa, value, size);
}

int kvm_load_guest_entry(struct kvm *kvm, uint64_t gpa, uint64_t value)
{
	return gpa & 7 ? -EINVAL : load_entry(kvm, gpa, value, 8);
}

uint64_t kvm_guest_entry(struct kvm *kvm, uint64_t gpa)
{
	return guest_get(kvm, gpa & ~7ull, 8);
}

/* PAE's four top entries have no rights. */
static uint64_t table_flags(const struct kvm_guest_tables *tables, unsigned int level,
			    uint64_t flags)
{
	if (tables->paging == KVM_PAGING_PAE && level == 3)
		return GPTE_PRESENT;
	return GPTE_PRESENT | GPTE_WRITABLE | (flags & GPTE_USER);
}

/*
 * The table below the entry at @entry_gpa, which is made in the caller's area where there
 * is none or a large page.
 */
static int next_table(struct kvm *kvm, struct kvm_guest_tables *tables,
		      uint64_t entry_gpa, uint64_t flags, unsigned int level,
		      uint64_t *ret_table)
{
	unsigned int size = guest_formats[tables->paging].entry_size;
	uint64_t entry = guest_get(kvm, entry_gpa, size);
	bool absent = !(entry & GPTE_PRESENT) || (level <= SPTE_LEVEL_1G && entry & GPTE_LARGE &&
						  flags & GPTE_WRITABLE);
	int err;

	if (absent && tables->next >= tables->end)
		return -ENOSPC;
	if (absent)
		entry = tables->next;
	if (absent || flags & ~entry) {
		err = load_entry(kvm, entry_gpa, (entry & ~GPTE_ACCESSED) | flags, size);
		if (err)
			return err;
		tables->next += absent ? PAGE_SIZE : 0;
	}
	*ret_table = entry & SPTE_PFN_MASK;
	return 0;
}

uint64_t kvm_guest_leaf(const struct kvm_guest_tables *tables, uint64_t gpa,
			unsigned int level, uint64_t flags)
{
	uint64_t value = gpa | flags | GPTE_PRESENT | (level > SPTE_LEVEL_4K ? GPTE_LARGE : 0);

	return guest_formats[tables->paging].entry_size == 8 ? value : value & ~GPTE_NX;
}

static bool level_valid(const struct kvm_guest_tables *tables, unsigned int level)
{
	return level >= SPTE_LEVEL_4K &&
	       level <= (tables->paging >= KVM_PAGING_PAE ? SPTE_LEVEL_2M : SPTE_LEVEL_1G);
}

int kvm_guest_find_entry(struct kvm *kvm, const struct kvm_guest_tables *tables, uint64_t va,
			 unsigned int level, uint64_t *ret_gpa)
{
	const struct guest_format *f = &guest_formats[tables->paging];
	uint64_t table = tables->root, entry;
	unsigned int at;

	if (!level_valid(tables, level) || !guest_address_valid(tables->paging, va))
		return -EINVAL;
	for (at = f->levels; at > level; at--) {
		entry = guest_get(kvm, gpte_address(f, table, va, at), f->entry_size);
		if (!(entry & GPTE_PRESENT) || (at <= SPTE_LEVEL_1G && (entry & GPTE_LARGE)))
			return -ENOENT;
		table = entry & SPTE_PFN_MASK;
	}
	*ret_gpa = gpte_address(f, table, va, level);
	return 0;
}

static int map_one(struct kvm *kvm, struct kvm_guest_tables *tables, uint64_t va,
		   uint64_t gpa, unsigned int leaf, uint64_t flags)
{
	const struct guest_format *f = &guest_formats[tables->paging];
	uint64_t table = tables->root;
	unsigned int level;
	int err;

	for (level = f->levels; level > leaf; level--) {
		err = next_table(kvm, tables, gpte_address(f, table, va, level),
				 table_flags(tables, level, flags), level, &table);
		if (err)
			return err;
	}
	return load_entry(kvm, gpte_address(f, table, va, leaf),
			  kvm_guest_leaf(tables, gpa, leaf, flags), f->entry_size);
}

int kvm_guest_map(struct kvm *kvm, struct kvm_guest_tables *tables, uint64_t va,
		  uint64_t gpa, uint64_t len, unsigned int level, uint64_t flags)
{
	uint64_t size, at;
	int err = 0;

	if (!level_valid(tables, level))
		return -EINVAL;
	size = gpte_frames(&guest_formats[tables->paging], level) << PAGE_SHIFT;
	if (!tables->root) {
		if (tables->next >= tables->end)
			return -ENOSPC;
		tables->root = tables->next;
		tables->next += PAGE_SIZE;
	}
	if ((va | gpa | len) & (size - 1) || !guest_address_valid(tables->paging, va) ||
	    (len && !guest_address_valid(tables->paging, va + len - 1)) || va + len < va)
		return -EINVAL;
	for (at = 0; at < len && !err; at += size)
		err = map_one(kvm, tables, va + at, gpa + at, level, flags);
	return err;
}
