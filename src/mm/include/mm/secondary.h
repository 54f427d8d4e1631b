/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a secondary MMU may ask of the primary one: fault a page in, look up a translation, and
 * its notifications. The counterpart of get_user_pages() and of KVM's hva_to_pfn().
 */
#ifndef MM_SECONDARY_H
#define MM_SECONDARY_H

#include <stdbool.h>
#include <stdint.h>

struct mm_struct;
struct mmu_notifier_mm;

/**
 * struct mm_translation - what the primary page table says of one address
 * @pfn: 4 KiB frame that backs the address
 * @level: 1, 2 or 3: level of the leaf (4 KiB, 2 MiB, 1 GiB)
 * @writable: the entry has the write bit
 * @clean: it is writable and does not say that the page was written to: who writes through a
 *	mapping of its own has to say so, by mm_page_dirtied()
 * @zero_page: the (huge) zero page, never writable
 */
struct mm_translation {
	uint64_t pfn;
	uint8_t level;
	bool writable;
	bool clean;
	bool zero_page;
};

/** mm_notifiers() - to register with. */
struct mmu_notifier_mm *mm_notifiers(struct mm_struct *mm);

/**
 * mm_get_user_page() - fault @address in as a CPU access by the process would and translate it.
 * @address: byte address
 * @write: a write access
 * @ret: untouched on failure
 *
 * May send notifications (COW) before it returns. Never takes a reference.
 * Return: 0; -EFAULT when the access is not allowed or nothing is mapped; -ENOMEM.
 */
int mm_get_user_page(struct mm_struct *mm, uint64_t address, bool write,
		     struct mm_translation *ret);

/** mm_may_read() - is @address in a VMA with VM_READ? (virt/kvm/kvm_main.c:vma_is_valid()) */
bool mm_may_read(struct mm_struct *mm, uint64_t address);

/**
 * mm_get_user_run() - mm_get_user_page() of up to @nr pages from @address on, as far as each is
 * mapped writable by an entry of its own and the access needs no fault.
 * @every: only every so many pages is accessed (its entry marked), the others are looked at as by
 *	mm_translate()
 * @ret_pfn: frames, for @nr pages at most
 * Return: how many; never beyond one table, 512 at most.
 */
uint64_t mm_get_user_run(struct mm_struct *mm, uint64_t address, bool write, unsigned int every,
			 uint64_t nr, uint64_t *ret_pfn);

/**
 * mm_translate() - look only; no fault, no change.
 * Return: 0; -ENOENT when no present leaf maps @address (protnone is not present).
 */
int mm_translate(struct mm_struct *mm, uint64_t address, struct mm_translation *ret);

/**
 * mm_page_written() - a secondary MMU has let a write to frame @pfn through: the page is not all
 * zeros any more, which the split of a huge page asks about (mm/huge_memory.c, since 6.12).
 */
void mm_page_written(struct mm_struct *mm, uint64_t pfn);

/**
 * mm_page_dirtied() - a secondary MMU may write to frame @pfn, whose primary entry is @clean: when
 * reclaim has taken the mapping away it finds the page dirty (kvm_set_pfn_dirty(), to 6.12 when the
 * mapping goes, later when it is made, which comes to the same).
 */
void mm_page_dirtied(struct mm_struct *mm, uint64_t pfn);

/** mm_pages_written() - the same for @nr frames, @step apart, of one huge page or of none. */
void mm_pages_written(struct mm_struct *mm, uint64_t pfn, uint64_t step, uint64_t nr);

/**
 * mm_next_populated() - the first address in [@address, @end), bytes of user space, that has a leaf
 * entry, present or not (anything but none). Cost: in proportion to the entries passed over.
 * Return: @end when there is none.
 */
uint64_t mm_next_populated(struct mm_struct *mm, uint64_t address, uint64_t end);

#endif /* MM_SECONDARY_H */
