// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The contents of the guest's page tables. The model keeps no other contents of memory; these are
 * kept by guest frame, beside the frames of the primary MMU that hold them in reality.
 */
#include "kvm_internal.h"

#include <errno.h>

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
