/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The entries of KVM's page tables on AMD with accessed and dirty bits: the hardware's
 * bits, and the software bits that KVM keeps in them (arch/x86/kvm/mmu/spte.h, Linux 6.1
 * to 7.2).
 *
 *   63   NX
 *   51:12 frame
 *   11   MMU_PRESENT: present as KVM sees it, set in every entry that maps or points
 *   10   MMU_WRITABLE: KVM itself allows writing
 *    9   HOST_WRITABLE: the primary MMU allows writing
 *    7   LARGE: a leaf above level 1
 *    6   DIRTY    5 ACCESSED    2 USER    1 WRITABLE    0 PRESENT
 *
 * Invariants of a leaf: WRITABLE implies MMU_WRITABLE, MMU_WRITABLE implies HOST_WRITABLE
 * (spte_valid() checks both).
 *
 * Seen on real kernels: leaf e67, prefetched leaf e47, read-only leaf of a shadow table
 * a21, pointer to a table 827.
 */
#ifndef ARCH_SPTE_H
#define ARCH_SPTE_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

/** struct spte_t - one entry of a secondary page table */
typedef struct {
	uint64_t val;
} spte_t;

#define SPTE_PRESENT (1ull << 0)
#define SPTE_WRITABLE (1ull << 1)
#define SPTE_USER (1ull << 2)
#define SPTE_ACCESSED (1ull << 5)
#define SPTE_DIRTY (1ull << 6)
#define SPTE_LARGE (1ull << 7)
#define SPTE_HOST_WRITABLE (1ull << 9)
#define SPTE_MMU_WRITABLE (1ull << 10)
#define SPTE_MMU_PRESENT (1ull << 11)
#define SPTE_NX (1ull << 63)
#define SPTE_PFN_MASK 0x000ffffffffff000ull

/*
 * What an absent entry holds: 0 up to Linux 6.9, then bit 63 (SHADOW_NONPRESENT_VALUE).
 */
#define SPTE_NONPRESENT_ZERO 0ull
#define SPTE_NONPRESENT_VE (1ull << 63)
/*
 * Added to the absent value while a table is being taken down (REMOVED_SPTE,
 * FROZEN_SPTE).
 */
#define SPTE_FROZEN 0x5a0ull
#define SPTE_FROZEN_7 0x1a0ull /* Linux 7.x */

/*
 * Set, beside SPTE_PRESENT, in an entry for guest memory without a slot: a reserved bit, so that
 * each access faults (shadow_mmio_value with 40 physical address bits). The generation of the
 * memslots stands in bits 3 to 10 and from bit 52 on (spte.c:make_mmio_spte()).
 */
#define SPTE_MMIO (1ull << 51)
#define SPTE_MMIO_GEN_LOW 0x7f8ull

/* Access rights of a mapping (KVM's ACC_*). */
#define SPTE_ACC_EXEC 1u
#define SPTE_ACC_WRITE 2u
#define SPTE_ACC_USER 4u
#define SPTE_ACC_ALL 7u

/* Levels: 1 is 4 KiB, 2 is 2 MiB, 3 is 1 GiB (PG_LEVEL_*). */
#define SPTE_LEVEL_4K 1u
#define SPTE_LEVEL_2M 2u
#define SPTE_LEVEL_1G 3u
#define SPTE_LEVEL_BITS 9u

#define SPTE_SOFT_BITS (SPTE_HOST_WRITABLE | SPTE_MMU_WRITABLE | SPTE_MMU_PRESENT)
#define SPTE_HARD_BITS                                                                   \
	(SPTE_PRESENT | SPTE_WRITABLE | SPTE_USER | SPTE_ACCESSED | SPTE_DIRTY |         \
	 SPTE_LARGE | SPTE_NX)

static_assert(sizeof(spte_t) == 8, "an entry is one word of the table");
static_assert(!(SPTE_SOFT_BITS & SPTE_HARD_BITS),
	      "software bits are ignored by the hardware");
static_assert(!(SPTE_SOFT_BITS & SPTE_PFN_MASK), "software bits are not in the frame");
static_assert(!(SPTE_HARD_BITS & SPTE_PFN_MASK), "no right is in the frame");
static_assert(!(SPTE_FROZEN & (SPTE_PRESENT | SPTE_MMU_PRESENT)),
	      "a frozen entry is absent");
static_assert(!(SPTE_NONPRESENT_VE & (SPTE_PRESENT | SPTE_MMU_PRESENT)),
	      "absent is absent");

/** spte_pages() - frames that an entry of @level covers. */
static inline uint64_t spte_pages(unsigned int level)
{
	return 1ull << (SPTE_LEVEL_BITS * (level - 1));
}

/** spte_index() - index of frame @gfn in a table of @level. */
static inline unsigned int spte_index(uint64_t gfn, unsigned int level)
{
	return (gfn >> (SPTE_LEVEL_BITS * (level - 1))) & 511;
}

/** spte_present() - KVM regards the entry as present (is_shadow_present_pte). */
static inline bool spte_present(spte_t spte)
{
	return spte.val & SPTE_MMU_PRESENT;
}

/** spte_leaf() - a present entry of @level that maps a frame (is_last_spte). */
static inline bool spte_leaf(spte_t spte, unsigned int level)
{
	return spte_present(spte) && (level == SPTE_LEVEL_4K || (spte.val & SPTE_LARGE));
}

/** spte_table() - a present entry of @level that points to a table. */
static inline bool spte_table(spte_t spte, unsigned int level)
{
	return spte_present(spte) && !spte_leaf(spte, level);
}

/** spte_pfn() - the 4 KiB frame that it maps, or of the table that it points to (spte_to_pfn). */
static inline uint64_t spte_pfn(spte_t spte)
{
	return (spte.val & SPTE_PFN_MASK) >> 12;
}

/** spte_writable() - the hardware lets writes through (is_writable_pte). */
static inline bool spte_writable(spte_t spte)
{
	return spte.val & SPTE_WRITABLE;
}

/**
 * spte_make_table() - an entry that points to the table at frame @pfn
 * (make_nonleaf_spte).
 */
static inline spte_t spte_make_table(uint64_t pfn)
{
	return (spte_t){ pfn << 12 | SPTE_MMU_PRESENT | SPTE_ACCESSED | SPTE_USER |
			 SPTE_WRITABLE | SPTE_PRESENT };
}

/**
 * spte_make_leaf() - an entry that maps a frame (make_spte).
 * @pfn: first 4 KiB frame, aligned to @level
 * @acc: SPTE_ACC_* that the guest side grants
 * @host_writable: the primary entry can be written; without it no write right is given
 * @prefetch: nobody has accessed the page yet: no accessed bit
 */
static inline spte_t spte_make_leaf(uint64_t pfn, unsigned int level, unsigned int acc,
				    bool host_writable, bool prefetch)
{
	uint64_t val = pfn << 12 | SPTE_MMU_PRESENT | SPTE_PRESENT;

	if (!prefetch)
		val |= SPTE_ACCESSED;
	if (!(acc & SPTE_ACC_EXEC))
		val |= SPTE_NX;
	if (acc & SPTE_ACC_USER)
		val |= SPTE_USER;
	if (level > SPTE_LEVEL_4K)
		val |= SPTE_LARGE;
	if (host_writable)
		val |= SPTE_HOST_WRITABLE;
	if (host_writable && (acc & SPTE_ACC_WRITE))
		val |= SPTE_WRITABLE | SPTE_MMU_WRITABLE | SPTE_DIRTY;
	return (spte_t){ val };
}

/** spte_make_mmio() - an entry for @gfn, which has no slot, at @generation of the slots. */
static inline spte_t spte_make_mmio(uint64_t gfn, unsigned int acc, uint64_t generation)
{
	return (spte_t){ SPTE_MMIO | SPTE_PRESENT | gfn << 12 |
			 (acc & SPTE_ACC_WRITE ? SPTE_WRITABLE : 0) |
			 (acc & SPTE_ACC_USER ? SPTE_USER : 0) | (generation & 0xff) << 3 |
			 (generation >> 8 & 0x7ff) << 52 };
}

/** spte_is_mmio() - the entry is one of those (is_mmio_spte). */
static inline bool spte_is_mmio(spte_t spte)
{
	return (spte.val & (SPTE_MMIO | SPTE_PRESENT | SPTE_MMU_PRESENT)) ==
	       (SPTE_MMIO | SPTE_PRESENT);
}

/** spte_mmio_current() - the slots are still those of when it was made (check_mmio_spte). */
static inline bool spte_mmio_current(spte_t spte, uint64_t generation)
{
	return (spte.val >> 3 & 0xff) == (generation & 0xff) &&
	       (spte.val >> 52 & 0x7ff) == (generation >> 8 & 0x7ff);
}

/** spte_valid() - the invariants of a leaf hold, or it is absent or for MMIO. */
static inline bool spte_valid(spte_t spte)
{
	if (!spte_present(spte))
		return spte_is_mmio(spte) || !(spte.val & SPTE_PRESENT);
	if (!(spte.val & SPTE_PRESENT))
		return false;
	if ((spte.val & SPTE_WRITABLE) && !(spte.val & SPTE_MMU_WRITABLE))
		return false;
	return !(spte.val & SPTE_MMU_WRITABLE) || (spte.val & SPTE_HOST_WRITABLE);
}

/** spte_allows() - the hardware lets an access with rights @acc (SPTE_ACC_*) through. */
static inline bool spte_allows(spte_t spte, unsigned int acc)
{
	if (!(spte.val & SPTE_PRESENT) || spte_is_mmio(spte))
		return false;
	if ((acc & SPTE_ACC_WRITE) && !(spte.val & SPTE_WRITABLE))
		return false;
	if ((acc & SPTE_ACC_USER) && !(spte.val & SPTE_USER))
		return false;
	return !((acc & SPTE_ACC_EXEC) && (spte.val & SPTE_NX));
}

#endif /* ARCH_SPTE_H */
