/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * x86-64 page-table entries of the primary MMU, in the hardware's format with Linux's software
 * bits (arch/x86/include/asm/pgtable_types.h). The only place that knows them.
 *
 * A pte_t is an entry of any level, as in Linux's hugetlb code; functions whose answer depends on
 * the level take it.
 *
 *   63    62..59  58           51..12  11          10        9        8
 *   NX    pkey    saved dirty  frame   soft dirty  uffd-wp   special  global, or PROTNONE if !P
 *   7               6      5         4    3    2     1   0
 *   PSE (level > 1) dirty  accessed  PCD  PWT  user  RW  present
 *
 * Invariants, checked below or by pte_check():
 * - P = 0 and the entry not none: the frame bits are stored inverted (L1TF).
 * - PROTNONE is bit 8 with P = 0; it never carries RW or user.
 * - saved dirty only in entries without RW.
 */
#ifndef ARCH_PGTABLE_H
#define ARCH_PGTABLE_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include <arch/geometry.h>

typedef struct {
	uint64_t val;
} pte_t;

/* The bits that a VMA's protection gives to its entries (Linux: pgprot_t, vm_page_prot). */
typedef struct {
	uint64_t val;
} pgprot_t;

#define PTE_BIT(n) (UINT64_C(1) << (n))
#define _PAGE_PRESENT PTE_BIT(0)
#define _PAGE_RW PTE_BIT(1)
#define _PAGE_USER PTE_BIT(2)
#define _PAGE_PWT PTE_BIT(3)
#define _PAGE_PCD PTE_BIT(4)
#define _PAGE_ACCESSED PTE_BIT(5)
#define _PAGE_DIRTY PTE_BIT(6)
#define _PAGE_PSE PTE_BIT(7)
#define _PAGE_GLOBAL PTE_BIT(8)
#define _PAGE_PROTNONE PTE_BIT(8)
#define _PAGE_SPECIAL PTE_BIT(9)
#define _PAGE_UFFD_WP PTE_BIT(10)
#define _PAGE_SOFT_DIRTY PTE_BIT(11)
#define _PAGE_SAVED_DIRTY PTE_BIT(58)
#define _PAGE_NX PTE_BIT(63)

#define PTE_PFN_MASK UINT64_C(0x000ffffffffff000)

/* What pte_modify() keeps of the old entry (Linux: _PAGE_CHG_MASK) */
#define _PAGE_CHG_MASK                                                                         \
	(PTE_PFN_MASK | _PAGE_PWT | _PAGE_PCD | _PAGE_ACCESSED | _PAGE_DIRTY | _PAGE_SPECIAL | \
	 _PAGE_UFFD_WP | _PAGE_SOFT_DIRTY | _PAGE_SAVED_DIRTY)
#define _HPAGE_CHG_MASK (_PAGE_CHG_MASK | _PAGE_PSE)

static_assert(!(PTE_PFN_MASK & (_PAGE_NX | _PAGE_SAVED_DIRTY | _PAGE_SOFT_DIRTY)),
	      "software bits and frame overlap");

#define PAGE_NONE ((pgprot_t){ _PAGE_ACCESSED | _PAGE_PROTNONE })
#define PAGE_SHARED                                                                            \
	((pgprot_t){ _PAGE_PRESENT | _PAGE_RW | _PAGE_USER | _PAGE_ACCESSED | _PAGE_NX })
#define PAGE_SHARED_EXEC ((pgprot_t){ _PAGE_PRESENT | _PAGE_RW | _PAGE_USER | _PAGE_ACCESSED })
#define PAGE_READONLY ((pgprot_t){ _PAGE_PRESENT | _PAGE_USER | _PAGE_ACCESSED | _PAGE_NX })
#define PAGE_READONLY_EXEC ((pgprot_t){ _PAGE_PRESENT | _PAGE_USER | _PAGE_ACCESSED })

/* An entry that points to a table of the next level (Linux: _KERNPG_TABLE | _PAGE_USER) */
#define _PAGE_TABLE                                                                            \
	(_PAGE_PRESENT | _PAGE_RW | _PAGE_USER | _PAGE_ACCESSED | _PAGE_DIRTY)

/** pte_none() - nothing is mapped, and nothing left behind. */
static inline bool pte_none(pte_t pte)
{
	return !pte.val;
}

/** pte_present() - maps something, PROT_NONE included (Linux: pte_present(), pmd_present()). */
static inline bool pte_present(pte_t pte)
{
	return pte.val & (_PAGE_PRESENT | _PAGE_PROTNONE);
}

/** pte_hw_present() - the hardware would use it. */
static inline bool pte_hw_present(pte_t pte)
{
	return pte.val & _PAGE_PRESENT;
}

/** pte_protnone() - PROT_NONE or a NUMA hint: the frame is kept, the hardware faults. */
static inline bool pte_protnone(pte_t pte)
{
	return (pte.val & (_PAGE_PRESENT | _PAGE_PROTNONE)) == _PAGE_PROTNONE;
}

/** pte_write() - the hardware lets writes through (Linux: without shadow stacks). */
static inline bool pte_write(pte_t pte)
{
	return pte.val & _PAGE_RW;
}

/** pte_exec() - the hardware lets fetches through. */
static inline bool pte_exec(pte_t pte)
{
	return !(pte.val & _PAGE_NX);
}

/** pte_dirty() - written to, wherever that is kept now. */
static inline bool pte_dirty(pte_t pte)
{
	return pte.val & (_PAGE_DIRTY | _PAGE_SAVED_DIRTY);
}

/** pte_young() - accessed since pte_mkold(). */
static inline bool pte_young(pte_t pte)
{
	return pte.val & _PAGE_ACCESSED;
}

/** pte_special() - the frame has no record to be counted in (the zero page). */
static inline bool pte_special(pte_t pte)
{
	return pte.val & _PAGE_SPECIAL;
}

/** pte_soft_dirty() - written to since /proc/PID/clear_refs. */
static inline bool pte_soft_dirty(pte_t pte)
{
	return pte.val & _PAGE_SOFT_DIRTY;
}

/** pte_uffd_wp() - a userfaultfd protects it from writes. */
static inline bool pte_uffd_wp(pte_t pte)
{
	return pte.val & _PAGE_UFFD_WP;
}

/** pte_leaf() - a present entry of @level that maps memory itself. */
static inline bool pte_leaf(pte_t pte, unsigned int level)
{
	return pte_present(pte) && (level == PT_LEVEL_PTE || (pte.val & _PAGE_PSE));
}

/** pte_table() - an entry of @level that points to a table of the next lower level. */
static inline bool pte_table(pte_t pte, unsigned int level)
{
	return level > PT_LEVEL_PTE && (pte.val & (_PAGE_PRESENT | _PAGE_PSE)) == _PAGE_PRESENT;
}

/* The mask that a frame number is xor-ed with in an entry with these bits (L1TF). */
static inline uint64_t pte_pfn_invert(uint64_t val)
{
	return val && !(val & _PAGE_PRESENT) ? PTE_PFN_MASK : 0;
}

/** pte_pfn() - the 4 KiB frame that a leaf maps; of a huge one the first. */
static inline uint64_t pte_pfn(pte_t pte)
{
	return ((pte.val ^ pte_pfn_invert(pte.val)) & PTE_PFN_MASK) >> PAGE_SHIFT;
}

/** pfn_pte() - a leaf for frame @pfn with the bits of @prot (Linux: pfn_pte(), L1TF included). */
static inline pte_t pfn_pte(uint64_t pfn, pgprot_t prot)
{
	uint64_t val = ((pfn << PAGE_SHIFT) ^ pte_pfn_invert(prot.val)) & PTE_PFN_MASK;

	return (pte_t){ val | prot.val };
}

/** pte_mkhuge() - the same as a leaf above the PTE level. */
static inline pte_t pte_mkhuge(pte_t pte)
{
	return (pte_t){ pte.val | _PAGE_PSE };
}

/** pte_mktable() - points to the table at frame @pfn. */
static inline pte_t pte_mktable(uint64_t pfn)
{
	return (pte_t){ pfn << PAGE_SHIFT | _PAGE_TABLE };
}

/** pte_table_pfn() - frame of the table that @pte points to. */
static inline uint64_t pte_table_pfn(pte_t pte)
{
	return (pte.val & PTE_PFN_MASK) >> PAGE_SHIFT;
}

/** pte_set() - with @bits (_PAGE_*) set. */
static inline pte_t pte_set(pte_t pte, uint64_t bits)
{
	return (pte_t){ pte.val | bits };
}

/** pte_clear() - without them. */
static inline pte_t pte_clear(pte_t pte, uint64_t bits)
{
	return (pte_t){ pte.val & ~bits };
}

/** pte_mkyoung() - accessed. */
static inline pte_t pte_mkyoung(pte_t pte)
{
	return pte_set(pte, _PAGE_ACCESSED);
}

/** pte_mkold() - not accessed. */
static inline pte_t pte_mkold(pte_t pte)
{
	return pte_clear(pte, _PAGE_ACCESSED);
}

/** pte_mkdirty() - dirty by software: soft-dirty too (Linux: pte_mkdirty()). */
static inline pte_t pte_mkdirty(pte_t pte)
{
	return pte_set(pte, _PAGE_DIRTY | _PAGE_SOFT_DIRTY);
}

/** pte_mkclean() - not dirty; soft-dirty stays (Linux: pte_mkclean()). */
static inline pte_t pte_mkclean(pte_t pte)
{
	return pte_clear(pte, _PAGE_DIRTY | _PAGE_SAVED_DIRTY);
}

/*
 * Dirty without RW would be a shadow-stack entry: Linux 6.6 on moves the dirty bit to a software
 * bit when an entry loses RW, and back when it gains it (pte_mksaveddirty(), pte_clear_saveddirty()).
 */
static inline uint64_t pte_move_dirty(uint64_t val)
{
	uint64_t ro_dirty = (~val >> 1) & (val >> 6) & 1;
	uint64_t rw_saved = (val >> 1) & (val >> 58) & 1;

	val |= ro_dirty << 58 | rw_saved << 6;
	return val & ~(ro_dirty << 6 | rw_saved << 58);
}

/** pte_mkwrite() - @saved_dirty: the profile keeps dirty in bit 58 while read-only. */
static inline pte_t pte_mkwrite(pte_t pte, bool saved_dirty)
{
	uint64_t val = pte.val | _PAGE_RW;

	return (pte_t){ saved_dirty ? pte_move_dirty(val) : val };
}

/** pte_wrprotect() - the opposite. */
static inline pte_t pte_wrprotect(pte_t pte, bool saved_dirty)
{
	uint64_t val = pte.val & ~_PAGE_RW;

	return (pte_t){ saved_dirty ? pte_move_dirty(val) : val };
}

/**
 * pte_modify() - a present leaf with another protection (Linux: pte_modify(), pmd_modify()).
 * Without branches, so that a loop over it can be vectorised.
 */
static inline pte_t pte_modify(pte_t pte, pgprot_t newprot, bool saved_dirty)
{
	uint64_t keep = _PAGE_CHG_MASK | (pte.val & _PAGE_PSE);
	uint64_t val = (pte.val & keep) | (newprot.val & ~keep);
	/* all ones when exactly one of old and new has P: the frame bits flip */
	uint64_t flip = -((pte.val ^ newprot.val) & _PAGE_PRESENT);

	val ^= flip & PTE_PFN_MASK;
	return (pte_t){ saved_dirty ? pte_move_dirty(val) : val };
}

/** pte_access_ok() - would the hardware let user mode read, write (@write) or fetch (@exec)? */
static inline bool pte_access_ok(pte_t pte, bool write, bool exec)
{
	if (!(pte.val & _PAGE_PRESENT) || !(pte.val & _PAGE_USER))
		return false;
	return (!write || (pte.val & _PAGE_RW)) && (!exec || !(pte.val & _PAGE_NX));
}

/** pte_check() - true when a leaf of @level keeps the invariants on top of this file. */
static inline bool pte_check(pte_t pte, unsigned int level)
{
	if (pte_protnone(pte) && (pte.val & (_PAGE_RW | _PAGE_USER)))
		return false;
	if ((pte.val & _PAGE_SAVED_DIRTY) && (pte.val & _PAGE_RW))
		return false;
	return level == PT_LEVEL_PTE || (pte.val & _PAGE_PSE);
}

#endif /* ARCH_PGTABLE_H */
